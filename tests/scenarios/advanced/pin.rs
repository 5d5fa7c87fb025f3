//! When each line of `pin` comes.

use crate::scenarios::advanced::exact_times;
use crate::scenarios::support::runner::Scenario;

pub fn scenarios() -> Vec<Scenario> {
    vec![exact_times("pin")]
}
