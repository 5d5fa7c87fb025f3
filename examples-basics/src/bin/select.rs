//! Let the first of two futures win with `select!`.
//!
//! Two mirrors are asked for the same page. `select!` goes on with the first
//! answer and drops the other future where it stands: the slow mirror hangs up
//! without having answered. Dropping is how a future is cancelled: whatever it
//! holds is released here, but nothing after its pending `.await` runs.
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
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    // `biased` asks in the order written; without it the first poll is random.
    let mirror = tokio::select! {
        biased;
        name = ask("near", Duration::from_millis(100)) => name,
        name = ask("far", Duration::from_millis(500)) => name,
    };

    println!("page from the {mirror} mirror");
}

async fn ask(mirror: &'static str, latency: Duration) -> &'static str {
    let _connection = Connection { mirror };
    println!("{mirror}: asked");
    sleep(latency).await;
    println!("{mirror}: answers");
    mirror
}

struct Connection {
    mirror: &'static str,
}

impl Drop for Connection {
    fn drop(&mut self) {
        println!("{}: hangs up", self.mirror);
    }
}
