//! What the scenarios of several examples have in common.

pub mod browser;
pub mod changed;
pub mod clients;
pub mod compile;
pub mod faults;
#[cfg(unix)]
pub mod files;
pub mod http;
pub mod postgres;
pub mod relay;
pub mod runner;
pub mod seeds;
