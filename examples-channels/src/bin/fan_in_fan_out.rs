//! Fan out by key to keep the order within a key, and fan in to one channel.
//!
//! Four orders are created, paid and shipped. Three workers share these twelve
//! steps; giving them out is called fan out. `broken` gives each step to the
//! next worker in turn. So one worker creates, one pays and one ships:
//! shipping is done first, creating last. Only paying is in its place, so 8 of
//! 12 are out of order. `fixed` chooses the worker by key, the number of the
//! order. All steps of one order wait in one queue, so they finish in order.
//! All workers send their results into one channel, which is called fan in.
//!
//! ```console
//! $ cargo run -p examples-channels --bin fan_in_fan_out
//! broken: 8 of 12 steps out of order, in 120 ms
//! fixed: 0 of 12 steps out of order, in 120 ms
//! ```
//!
//! If order does not matter, see `worker_pool`. While the queue of one worker
//! is full, `fan_out` waits, and the other workers get no new steps either.
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,test-util`.

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const WORKERS: usize = 3;
const ORDERS: usize = 4;
/// How long it takes to create an order, to pay it and to ship it.
const STEPS: [Duration; 3] = [
    Duration::from_millis(30),
    Duration::from_millis(20),
    Duration::from_millis(10),
];

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    run("broken", |turn, _order| turn % WORKERS).await;
    // If the key is not a number, compute a hash of it first.
    run("fixed", |_turn, order| order % WORKERS).await;
}

async fn run(name: &str, choose_worker: fn(usize, usize) -> usize) {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    let (done, mut results) = mpsc::channel(8);
    let mut queues = Vec::new();
    for _ in 0..WORKERS {
        let (queue, steps) = mpsc::channel(8);
        queues.push(queue);
        tasks.spawn(work(steps, done.clone()));
    }
    // `recv` returns `None` when the workers have dropped their clones, too.
    drop(done);
    tasks.spawn(fan_out(queues, choose_worker));

    let mut next_step = [0; ORDERS];
    let mut out_of_order = 0;
    while let Some(step) = results.recv().await {
        if step.number != next_step[step.order] {
            out_of_order += 1;
        }
        next_step[step.order] += 1;
    }
    tasks.join_all().await;
    let steps = ORDERS * STEPS.len();
    let time = start.elapsed().as_millis();
    println!("{name}: {out_of_order} of {steps} steps out of order, in {time} ms");
}

struct Step {
    order: usize,
    /// The place of the step in `STEPS`.
    number: usize,
}

async fn fan_out(queues: Vec<Sender<Step>>, choose_worker: fn(usize, usize) -> usize) {
    let mut turn = 0;
    for order in 0..ORDERS {
        for number in 0..STEPS.len() {
            let queue = &queues[choose_worker(turn, order)];
            // An error means that the worker panicked. Then `join_all` panics.
            if queue.send(Step { order, number }).await.is_err() {
                return;
            }
            turn += 1;
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
