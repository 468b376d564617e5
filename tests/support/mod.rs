//! What tests at the boundary share: a browser that is driven, and a branch's web room on a port of its own.
// Each test binary uses a part of it.
#![allow(dead_code)]

pub mod agent_page;
pub mod branch;
pub mod browser;
pub mod chaos;
pub mod http;
pub mod microphone;
pub mod office;
pub mod png;
pub mod postgres;
pub mod process;
pub mod transcribing;
