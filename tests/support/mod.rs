//! What tests at the boundary share: a browser that is driven, and a branch's web room on a port of its own.
// Each test binary uses a part of it.
#![allow(dead_code)]

pub mod agent_page;
pub mod branch;
pub mod browser;
pub mod http;
pub mod microphone;
pub mod office;
pub mod process;
pub mod transcribing;
