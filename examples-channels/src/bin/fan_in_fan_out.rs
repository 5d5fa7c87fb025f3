//! Fan out by key, so that order stays within a key, and fan in to one sender.
//!
//! If each step of an order goes to the next worker in turn, two of one order
//! are under way at once, and the quicker one is done first: shipped before it
//! is paid. With a channel to each worker, chosen by the order's number, its
//! steps queue up while other orders go on beside them. Clones of one sender
//! bring the results together. Not where order does not matter: a busy key has
//! one worker, and its full channel holds up all keys; see `worker_pool`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin fan_in_fan_out
//! broken: 8 of 12 steps came out of turn, in 120 ms
//! fixed: 0 of 12 steps came out of turn, in 120 ms
//! ```
//!
//! The clock is paused, so the schedule is exact and the run takes no time.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,test-util`.

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const WORKERS: usize = 3;
const ORDERS: usize = 4;
/// How long each step takes: to create an order, to pay it, to ship it.
const STEPS: [Duration; 3] = [
    Duration::from_millis(30),
    Duration::from_millis(20),
    Duration::from_millis(10),
];

#[derive(Clone, Copy)]
struct Step {
    order: usize,
    number: usize,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    run("broken", |turn, _| turn % WORKERS).await;
    // A key that is no number would be hashed first.
    run("fixed", |_, order| order % WORKERS).await;
}

async fn run(name: &str, choose: fn(usize, usize) -> usize) {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    let (done, mut results) = mpsc::channel(8);
    let mut queues = Vec::new();
    for _ in 0..WORKERS {
        let (queue, steps) = mpsc::channel(8);
        queues.push(queue);
        tasks.spawn(work(steps, done.clone()));
    }
    // The workers have clones of it; when they are dropped, `results` ends.
    drop(done);
    tasks.spawn(fan_out(queues, choose));

    let mut reached = [0; ORDERS];
    let mut out_of_turn = 0;
    while let Some(Step { order, number }) = results.recv().await {
        out_of_turn += usize::from(number != reached[order]);
        reached[order] += 1;
    }
    tasks.join_all().await;
    println!(
        "{name}: {out_of_turn} of {} steps came out of turn, in {} ms",
        ORDERS * STEPS.len(),
        start.elapsed().as_millis()
    );
}

async fn fan_out(queues: Vec<Sender<Step>>, choose: fn(usize, usize) -> usize) {
    for turn in 0..ORDERS * STEPS.len() {
        let (order, number) = (turn / STEPS.len(), turn % STEPS.len());
        let queue = &queues[choose(turn, order)];
        // The worker has panicked, which `join_all` passes on.
        if queue.send(Step { order, number }).await.is_err() {
            return;
        }
    }
}

async fn work(mut steps: Receiver<Step>, done: Sender<Step>) {
    while let Some(step) = steps.recv().await {
        sleep(STEPS[step.number]).await;
        if done.send(step).await.is_err() {
            return;
        }
    }
}
