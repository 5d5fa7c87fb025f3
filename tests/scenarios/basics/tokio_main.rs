//! When each line of `tokio_main` comes.

use crate::scenarios::support::changed::exact_times;
use crate::scenarios::support::runner::Scenario;

pub fn scenarios() -> Vec<Scenario> {
    vec![exact_times("examples-basics", "tokio_main")]
}
