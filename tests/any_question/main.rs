//! What holds of any question at all, whoever asks it and however: nothing is invented, nothing private is said, and
//! every text gets a reply. Thousands of conversations are made up from the vocabulary itself, and an audit that
//! shares no code with the assistant's answering works every reply out again from the rows.
//!
//! Left out: whether a question was understood as its author meant it; `tests/questions.rs` looks after that.

#[path = "../support/mod.rs"]
mod support;

mod any_text;
mod audit;
mod boundary;
mod composer;
mod figures;
mod fuzz_seeds;
mod no_invention;
mod select;
mod words;
mod world;
