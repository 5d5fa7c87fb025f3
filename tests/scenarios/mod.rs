//! What a header cannot say: many clients, faults, signals. The scenarios of an
//! example stand in the file of its name, `scenarios/<crate>/<example>.rs`.

mod advanced;
mod basics;
mod channels;
mod http;
mod io;
pub mod support;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    let all = [
        basics::tests(),
        io::tests(),
        http::tests(),
        channels::tests(),
        advanced::tests(),
    ];
    all.into_iter().flatten().collect()
}
