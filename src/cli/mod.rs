//! The command line: one file a subcommand, each with its arguments and a `run`.

pub mod model;
pub mod speech_worker;
pub mod transcribe;
pub mod virtual_microphone;
