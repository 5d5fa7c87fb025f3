//! When each line of `tokio_main` comes.

use crate::scenarios::basics::exact_times;
use crate::scenarios::support::runner::Scenario;

pub fn scenarios() -> Vec<Scenario> {
    vec![exact_times("tokio_main")]
}
