//! What `framing_codec` of examples-io does with memory.

use super::framing::memory;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    // Elsewhere `ulimit -v` limits nothing.
    if cfg!(target_os = "linux") {
        vec![scenario("memory", || {
            memory("framing_codec", "station: frame size too big")
        })]
    } else {
        Vec::new()
    }
}
