//! When each line of `stream` comes.

use crate::scenarios::support::changed::exact_times;
use crate::scenarios::support::runner::Scenario;

pub fn scenarios() -> Vec<Scenario> {
    vec![exact_times("examples-advanced", "stream")]
}
