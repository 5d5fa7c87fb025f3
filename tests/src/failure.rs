//! What a failure of a scenario says besides its message: where it began, and
//! what the servers of the scenario had said.

use std::env;

use anyhow::{Error, anyhow};

use crate::server::last_words;

/// Lets each error keep the place where it began. Call it before any thread runs.
pub fn keep_places() {
    // SAFETY: no other thread runs that could read the environment.
    unsafe { env::set_var("RUST_LIB_BACKTRACE", "1") };
}

/// Forgets what earlier tests of this thread have left.
pub fn forget() {
    drop(last_words());
}

/// Adds to an error where in the scenarios it began, outermost place first, and
/// what the servers had said which this thread has dropped since [`forget`].
#[must_use]
pub fn explain(error: Error) -> Error {
    let mut lines = vec![format!("{error:#}")];
    let places = places_in(&error.backtrace().to_string());
    if !places.is_empty() {
        lines.push(format!("at tests/scenarios/{}", places.join(", ")));
    }
    lines.extend(last_words());
    anyhow!(lines.join("\n  "))
}

/// The lines of scenarios in a backtrace.
fn places_in(backtrace: &str) -> Vec<String> {
    let mut places = Vec::new();
    for line in backtrace.lines() {
        let Some((_, place)) = line.trim().strip_prefix("at ").and_then(|path| {
            path.split_once("tests/scenarios/")
                .or_else(|| path.split_once("./scenarios/"))
        }) else {
            continue;
        };
        // An example that is compiled in has a path that leads out again.
        let is_own = !place.contains("/../") && !place.starts_with("support/runner.rs");
        let place = place.rsplit_once(':').map_or(place, |(line, _column)| line);
        if is_own && places.last().is_none_or(|last| last != place) {
            places.push(place.to_string());
        }
    }
    places.reverse();
    places
}

#[cfg(test)]
mod tests {
    use super::places_in;

    #[test]
    fn the_lines_of_scenarios_are_shown() {
        let backtrace = "\
   0: anyhow::error::<impl core::convert::From<E> for anyhow::Error>::from
             at /home/ann/.cargo/registry/src/index/anyhow-1.0.100/src/backtrace.rs:27:14
   1: all::scenarios::support::clients::exchange::{{closure}}
             at ./scenarios/support/clients.rs:88:9
   2: all::scenarios::io::echo::stops::{{closure}}
             at /home/ann/work/tests/scenarios/io/echo.rs:31:5
   3: all::scenarios::channels::actor::example::main
             at ./scenarios/channels/../../../examples-channels/src/bin/actor.rs:9:1
   4: all::scenarios::support::runner::run::{{closure}}
             at ./scenarios/support/runner.rs:132:20
   5: core::ops::function::FnOnce::call_once";
        assert_eq!(
            places_in(backtrace),
            ["io/echo.rs:31", "support/clients.rs:88"]
        );
        assert!(places_in("disabled backtrace").is_empty());
    }
}
