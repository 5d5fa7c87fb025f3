//! What `framing_codec` of examples-io does with memory.

use super::framing::memory;
use crate::scenarios::support::runner::Scenario;

pub fn scenarios() -> Vec<Scenario> {
    vec![memory("framing_codec", "station: frame size too big")]
}
