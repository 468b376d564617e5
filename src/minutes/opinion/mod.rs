//! A second opinion on minutes: what is asked of a language model of one's own ([`asking`]), and what of its answer is
//! kept ([`reading`]). Pure; the call is `daemon::second_opinion`'s.
//!
//! The model is not trusted. A proposal stands or falls with its quote, which is searched for in the transcript; its
//! slot and its value must be ones we know, a figure or a place must be in the quote, and it is put into our own words.
//! Nothing that the model wrote itself is kept but its summary, and that only where each figure in it was said or noted.

mod asking;
mod quotes;
mod reading;

pub use asking::{Question, question};
pub use reading::{Opinion, opinion};

/// Without line breaks, control characters and marks that turn the direction of a text.
fn one_line(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
