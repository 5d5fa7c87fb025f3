//! What a header cannot say: many clients, faults, signals. The scenarios of an
//! example stand in the file of its name, `scenarios/<crate>/<example>.rs`.

mod advanced;
mod basics;
mod channels;
mod http;
mod io;
pub mod support;

use libtest_mimic::Trial;

/// The scenarios that others may run beside, and those that run alone. While one
/// of these waits for the others to end, it holds a thread of the tests: so they
/// come last.
pub fn tests() -> (Vec<Trial>, Vec<Trial>) {
    // Those come first that wait for seconds.
    let all = [
        advanced::tests(),
        io::tests(),
        http::tests(),
        channels::tests(),
        basics::tests(),
    ];
    let (alone, beside): (Vec<_>, Vec<_>) = all.into_iter().flatten().partition(|it| it.0);
    let trials = |tests: Vec<(bool, Trial)>| tests.into_iter().map(|it| it.1).collect();
    (trials(beside), trials(alone))
}
