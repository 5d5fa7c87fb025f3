//! Race two futures with `select!`, which cancels the slower one.
//!
//! Two mirrors are asked for the same page, and the near one answers first.
//! `select!` returns this answer and drops the other future. Dropping a future
//! is how async Rust cancels it. The canceled `fetch` never runs the code after
//! its `.await`, so `far: answers` is never printed. The local variables of the
//! canceled `fetch` are dropped too, so its connection hangs up.
//!
//! ```console
//! $ cargo run -p examples-basics --bin select
//! near: asked
//! far: asked
//! near: answers                 # 100 ms
//! near: hangs up                # 100 ms
//! far: hangs up                 # 100 ms
//! page from the near mirror     # 100 ms
//! ```
//!
//! To wait for both, see `join`. To stop at the first error, see `try_join`. To
//! run `select!` in a loop, see `select_forms`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    // A branch is `pattern = future => value`. Without `biased`, `select!`
    // picks at random which future it starts first.
    let mirror = tokio::select! {
        biased;
        name = fetch("near", Duration::from_millis(100)) => name,
        name = fetch("far", Duration::from_millis(500)) => name,
    };

    println!("page from the {mirror} mirror");
}

async fn fetch(mirror: &'static str, latency: Duration) -> &'static str {
    let _connection = Connection(mirror);
    println!("{mirror}: asked");
    sleep(latency).await;
    println!("{mirror}: answers");
    mirror
}

struct Connection(&'static str);

impl Drop for Connection {
    fn drop(&mut self) {
        println!("{}: hangs up", self.0);
    }
}
