//! Keep ten futures of a stream under way with `buffer_unordered`.
//!
//! Of 12 requests one takes 400 ms and the others 100 ms, one by one 1.5 s.
//! `buffered(10)` gives the answers in order; those that are ready keep their
//! places behind the slow one, so the last two start late: 500 ms.
//! `buffer_unordered(10)` gives each as it comes: 400 ms. One task polls them
//! all: waits overlap, work of the processor does not. A limit of 0, such as
//! `urls.len()` when there are none, starts nothing and never ends.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin buffer_unordered
//! 12 users, of whom user 1 answers late
//! one at a time: [..] s, user 1 comes first, 11 found, no user 3     # 1500 ms
//! buffered: [..] s, user 1 comes first, 11 found, no user 3          # 2 s
//! buffer_unordered: [..] s, user 1 comes last, 11 found, no user 3   # 2400 ms
//! buffer_unordered(0): still nothing, and for ever                   # 2500 ms
//! ```
//!
//! Copy it with `cargo add futures --no-default-features -F alloc` and
//! `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use tokio::time::{sleep, timeout};

/// More at a time would be a burden to the server.
const LIMIT: usize = 10;

#[tokio::main]
async fn main() {
    println!("12 users, of whom user 1 answers late");
    let start = Instant::now();
    let mut answers = Vec::new();
    for id in 1..=12 {
        answers.push(fetch_user(id).await);
    }
    report("one at a time", start, &answers);

    let start = Instant::now();
    let requests = stream::iter(1..=12).map(fetch_user);
    let answers: Vec<_> = requests.buffered(LIMIT).collect().await;
    report("buffered", start, &answers);

    let start = Instant::now();
    let requests = stream::iter(1..=12).map(fetch_user);
    let answers: Vec<_> = requests.buffer_unordered(LIMIT).collect().await;
    report("buffer_unordered", start, &answers);

    let no_requests = stream::iter(0..0).map(fetch_user).buffer_unordered(0);
    let answers = no_requests.collect::<Vec<_>>();
    match timeout(Duration::from_millis(100), answers).await {
        Ok(_) => println!("buffer_unordered(0): no answers, as it should be"),
        Err(_) => {
            println!("buffer_unordered(0): still nothing, and for ever");
        }
    }
}

struct Answer {
    id: u32,
    user: Result<String, String>,
}

async fn fetch_user(id: u32) -> Answer {
    let latency = if id == 1 { 400 } else { 100 };
    sleep(Duration::from_millis(latency)).await;
    let user = match id {
        3 => Err(format!("no user {id}")),
        _ => Ok(format!("user {id}")),
    };
    Answer { id, user }
}

fn report(how: &str, start: Instant, answers: &[Answer]) {
    let elapsed = start.elapsed().as_secs_f64();
    let is_first = answers.first().is_some_and(|it| it.id == 1);
    let place = if is_first { "first" } else { "last" };
    let found = answers.iter().filter(|it| it.user.is_ok()).count();
    print!("{how}: {elapsed:.1} s, user 1 comes {place}, {found} found");
    // An answer that failed is an answer: it ends nothing, and is not lost.
    for error in answers.iter().filter_map(|it| it.user.as_ref().err()) {
        print!(", {error}");
    }
    println!();
}
