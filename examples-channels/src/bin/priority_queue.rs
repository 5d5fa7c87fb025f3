//! Take urgent jobs before normal ones without starving the normal ones.
//!
//! Twelve urgent and four normal jobs wait in two channels. `broken` takes a
//! normal job only if there is no urgent one. If urgent jobs kept coming, the
//! normal ones would never be done: they starve. `fixed` takes a normal job
//! after four urgent ones in a row, so the first normal job is number 5 of 16.
//! After `close`, a new job is refused, and the jobs in the queue are still
//! done.
//!
//! ```console
//! $ cargo run -p examples-channels --bin priority_queue
//! broken: normal jobs are number 13, 14, 15, 16 of 16, refused 1
//! fixed: normal jobs are number 5, 10, 15, 16 of 16, refused 1
//! ```
//!
//! For many priorities, or for jobs with a due time, use a `BinaryHeap`. If the
//! queue is always full, priorities do not help: see `backpressure`.
//!
//! The part to reuse starts at `priority_queue`. Copy it with
//! `cargo add tokio -F macros,rt-multi-thread,sync`.

use tokio::sync::mpsc::{self, Receiver, Sender};

/// How many jobs of each kind may wait.
const CAPACITY: usize = 16;

#[tokio::main]
async fn main() {
    // `broken` may take any number of urgent jobs in a row, `fixed` four.
    run("broken", usize::MAX).await;
    run("fixed", 4).await;
}

async fn run(name: &str, urgent_in_a_row: usize) {
    let (urgent, normal, mut queue) = priority_queue(CAPACITY, urgent_in_a_row);
    let mut refused = 0;
    for _ in 0..12 {
        if urgent.send("urgent").await.is_err() {
            refused += 1;
        }
    }
    for _ in 0..4 {
        if normal.send("normal").await.is_err() {
            refused += 1;
        }
    }
    queue.close();
    if urgent.send("urgent").await.is_err() {
        refused += 1;
    }

    let mut done = 0;
    let mut numbers = Vec::new();
    while let Some(job) = queue.recv().await {
        done += 1;
        if job == "normal" {
            numbers.push(done.to_string());
        }
    }
    let numbers = numbers.join(", ");
    println!("{name}: normal jobs are number {numbers} of {done}, refused {refused}");
}

/// Returns the senders of urgent and of normal jobs, and the queue of both.
pub fn priority_queue<T>(
    capacity: usize,
    urgent_in_a_row: usize,
) -> (Sender<T>, Sender<T>, PriorityQueue<T>) {
    let (to_urgent, urgent) = mpsc::channel(capacity);
    let (to_normal, normal) = mpsc::channel(capacity);
    let queue = PriorityQueue {
        urgent,
        normal,
        urgent_in_a_row,
        urgent_taken: 0,
    };
    (to_urgent, to_normal, queue)
}

pub struct PriorityQueue<T> {
    urgent: Receiver<T>,
    normal: Receiver<T>,
    urgent_in_a_row: usize,
    urgent_taken: usize,
}

impl<T> PriorityQueue<T> {
    /// Takes the next job; `None` means closed and empty. If this future is
    /// dropped, for example by a timeout, no job is lost.
    pub async fn recv(&mut self) -> Option<T> {
        if self.urgent_taken >= self.urgent_in_a_row
            && let Ok(job) = self.normal.try_recv()
        {
            self.urgent_taken = 0;
            return Some(job);
        }
        tokio::select! {
            // Try the branches in this order, not in a random one.
            biased;
            Some(job) = self.urgent.recv() => {
                self.urgent_taken += 1;
                Some(job)
            }
            Some(job) = self.normal.recv() => {
                self.urgent_taken = 0;
                Some(job)
            }
            else => None,
        }
    }

    /// Refuses new jobs; those that wait can still be taken.
    pub fn close(&mut self) {
        self.urgent.close();
        self.normal.close();
    }
}
