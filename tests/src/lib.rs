//! The harness: it holds every example to its own header.
//!
//! An example's header says which commands a reader types, which lines then
//! appear, and when. [`Header`] reads that, [`transcript::run`] does it in a
//! [`Terminal`] that stamps each line with its time, and
//! [`compare`](compare::compare) sets the two side by side.
//!
//! Scenarios, which need more than a header can say, start servers with
//! [`Server`] and talk to them as clients would.

#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]

pub mod articles;
pub mod compare;
pub mod failure;
pub mod header;
pub mod lateness;
pub mod pattern;
pub mod repository;
pub mod server;
pub mod suite;
pub mod take;
pub mod terminal;
pub mod transcript;
pub mod translate;
pub mod usage;
pub mod workspace;

pub use header::Header;
pub use server::Server;
pub use terminal::Terminal;
