//! Take urgent jobs before normal ones, without starving the normal ones.
//!
//! A `biased` `select!` over two bounded channels is broken alone: no normal
//! job is taken while urgent ones keep coming. So after four in a row it is a
//! normal one's turn. `close` refuses new jobs; those accepted are still done.
//! A job that panics, the `x`, ends no other. Not for many levels or due times,
//! which ask for a heap; and where the queue is always full, order does not
//! help.
//!
//! ```console
//! $ cargo run -p examples-channels --bin priority_queue
//! ...
//! broken: UUUUUUUUUUUxNNNN, the first N is number 13, 1 refused
//! ...
//! fixed: UUUUNUUUUNUUUxNN, the first N is number 5, 1 refused
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync`.

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;

/// How many jobs of each kind may wait.
const WAITING: usize = 16;

#[tokio::main]
async fn main() {
    run("broken", usize::MAX).await;
    run("fixed", 4).await;
}

async fn run(name: &str, in_a_row: usize) {
    let (urgent, normal, mut queue) = priority_queue(WAITING, in_a_row);
    let mut refused = 0;
    for call in 1..=12 {
        refused += u32::from(urgent.send(('U', call)).await.is_err());
    }
    for call in 1..=4 {
        refused += u32::from(normal.send(('N', call)).await.is_err());
    }
    queue.close();
    refused += u32::from(urgent.send(('U', 13)).await.is_err());

    let done = serve(queue).await;
    let first = done.find('N').map_or(0, |index| index + 1);
    println!("{name}: {done}, the first N is number {first}, {refused} refused");
}

/// Answers one call after the other until the queue is closed and empty.
async fn serve(mut queue: PriorityQueue<Call>) -> String {
    let mut done = String::new();
    while let Some(call) = queue.recv().await {
        // In a task of its own a call can panic, and when this loop is
        // cancelled, so is the call.
        let mut running = JoinSet::new();
        running.spawn(answer(call));
        if let Some(ended) = running.join_next().await {
            done.push(ended.unwrap_or('x'));
        }
    }
    done
}

type Call = (char, u32);

async fn answer(call: Call) -> char {
    assert!(call != ('U', 12), "the line is cut");
    call.0
}

/// The senders of urgent and of normal jobs, and the queue that takes both.
pub(crate) fn priority_queue<T>(
    waiting: usize,
    in_a_row: usize,
) -> (Sender<T>, Sender<T>, PriorityQueue<T>) {
    let (to_urgent, urgent) = mpsc::channel(waiting);
    let (to_normal, normal) = mpsc::channel(waiting);
    let queue = PriorityQueue {
        urgent,
        normal,
        in_a_row,
        urgent_taken: 0,
    };
    (to_urgent, to_normal, queue)
}

pub(crate) struct PriorityQueue<T> {
    urgent: Receiver<T>,
    normal: Receiver<T>,
    in_a_row: usize,
    urgent_taken: usize,
}

impl<T> PriorityQueue<T> {
    /// `None` when it is closed and empty. Cancelling it loses no job.
    pub(crate) async fn recv(&mut self) -> Option<T> {
        let normal_first = self.urgent_taken >= self.in_a_row;
        let (first, second) = if normal_first {
            (&mut self.normal, &mut self.urgent)
        } else {
            (&mut self.urgent, &mut self.normal)
        };
        let (job, urgent) = tokio::select! {
            biased;
            Some(job) = first.recv() => (job, !normal_first),
            Some(job) = second.recv() => (job, normal_first),
            else => return None,
        };
        self.urgent_taken = if urgent { self.urgent_taken + 1 } else { 0 };
        Some(job)
    }

    pub(crate) fn close(&mut self) {
        self.urgent.close();
        self.normal.close();
    }
}
