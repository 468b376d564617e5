//! The command line: one file a command.

pub mod enrol;
pub mod headoffice;
