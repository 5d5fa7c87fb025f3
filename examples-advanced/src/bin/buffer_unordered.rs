//! Fetch ten users at a time with `buffer_unordered`.
//!
//! Twenty users are fetched in three ways. User 1 answers after 400 ms, the
//! others after 100 ms. User 3 does not exist. `buffer_unordered` returns each
//! answer as soon as it is there. `buffered` returns the answers in the order
//! of the ids. The answers of users 2 to 10 must wait for user 1, and they
//! still count toward the limit of ten, so the next requests start late. All
//! requests run in one task: their waits overlap, but their computing does not.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin buffer_unordered
//! sequential_processing: ~2.3 s, at most 1 open      # 2.3 s
//!   20 answers, user 1 is number 1, error: no user 3
//! buffered: ~0.5 s, at most 10 open                  # 2.8 s
//!   20 answers, user 1 is number 1, error: no user 3
//! concurrent_processing: ~0.4 s, at most 10 open     # 3.2 s
//!   20 answers, user 1 is number 20, error: no user 3
//! buffer_unordered(0): no answer after 100 ms        # 3.3 s
//! ```
//!
//! With a limit of 0, the stream never returns anything. To limit HTTP
//! requests, see `bounded_fetch` in examples-http.
//!
//! Copy it with
//!
//! ```sh
//! cargo add futures --no-default-features -F alloc
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use tokio::time::{sleep, timeout};

/// How many requests may be open at the same time.
const LIMIT: usize = 10;

#[tokio::main]
async fn main() {
    let ids: Vec<u32> = (1..=20).collect();

    let start = Instant::now();
    let answers = sequential_processing(ids.clone()).await;
    report("sequential_processing", start, &answers);

    let start = Instant::now();
    let answers: Vec<Answer> = stream::iter(ids.clone())
        .map(fetch_user)
        .buffered(LIMIT)
        .collect()
        .await;
    report("buffered", start, &answers);

    let start = Instant::now();
    let answers = concurrent_processing(ids.clone()).await;
    report("concurrent_processing", start, &answers);

    // A limit that is computed, such as `ids.len()`, may be 0. Then use
    // `.max(1)`.
    let mut never = stream::iter(ids).map(fetch_user).buffer_unordered(0);
    match timeout(Duration::from_millis(100), never.next()).await {
        Ok(_) => println!("buffer_unordered(0): an answer"),
        Err(_) => println!("buffer_unordered(0): no answer after 100 ms"),
    }
}

async fn sequential_processing(ids: Vec<u32>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for id in ids {
        answers.push(fetch_user(id).await);
    }
    answers
}

async fn concurrent_processing(ids: Vec<u32>) -> Vec<Answer> {
    stream::iter(ids)
        .map(fetch_user)
        .buffer_unordered(LIMIT)
        .collect()
        .await
}

/// A user's name, or an error. The program collects every answer, so no error
/// is lost.
type Answer = Result<String, String>;

/// How many requests are open now, and the most there have been.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static MOST_OPEN: AtomicUsize = AtomicUsize::new(0);

/// Stands for a request to a server.
async fn fetch_user(id: u32) -> Answer {
    let open = OPEN.fetch_add(1, Relaxed) + 1;
    MOST_OPEN.fetch_max(open, Relaxed);
    let latency = if id == 1 { 400 } else { 100 };
    sleep(Duration::from_millis(latency)).await;
    OPEN.fetch_sub(1, Relaxed);

    match id {
        3 => Err(format!("no user {id}")),
        _ => Ok(format!("user {id}")),
    }
}

fn report(name: &str, start: Instant, answers: &[Answer]) {
    let seconds = start.elapsed().as_secs_f64();
    let most_open = MOST_OPEN.swap(0, Relaxed);
    println!("{name}: {seconds:.1} s, at most {most_open} open");

    let is_user_1 = |answer: &Answer| answer.as_deref() == Ok("user 1");
    let place = answers.iter().position(is_user_1).map_or(0, |it| it + 1);
    print!("  {} answers, user 1 is number {place}", answers.len());
    for error in answers.iter().filter_map(|it| it.as_ref().err()) {
        print!(", error: {error}");
    }
    println!();
}
