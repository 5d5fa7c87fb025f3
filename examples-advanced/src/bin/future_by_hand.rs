//! Implement `Future` by hand: `poll`, `Context` and `Waker`.
//!
//! The egg timer below is polled twice in 300 ms. It uses no CPU time in
//! between. A future that is not ready keeps the `Waker` from the `Context`,
//! and its `poll` returns `Pending`. That is a promise: something will call
//! `wake`, here a thread. Only then is the task polled again. Without a kept
//! waker it would sleep forever. A waker that is called immediately would make
//! the runtime poll in a busy loop.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin future_by_hand
//! the egg is in the water
//! poll 1: too soft, keep the waker
//! timer: rings and wakes the task      # 300 ms
//! poll 2: ready                        # 300 ms
//! the egg was looked at 2 times        # 300 ms
//! ```
//!
//! To see a wake-up get lost, see `waker`. To see what the compiler writes for
//! an `async fn`, see `state_machine`.
//!
//! Copy it with `cargo add tokio -F macros,rt`.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("the egg is in the water");
    let polls = EggTimer::new(Duration::from_millis(300)).await;
    println!("the egg was looked at {polls} times");
}

/// Resolves after a while, to the number of its polls.
struct EggTimer {
    duration: Duration,
    polls: u32,
    bell: Arc<Mutex<Bell>>,
}

#[derive(Default)]
struct Bell {
    has_rung: bool,
    waker: Option<Waker>,
}

impl EggTimer {
    fn new(duration: Duration) -> Self {
        Self {
            duration,
            polls: 0,
            bell: Arc::default(),
        }
    }
}

impl Future for EggTimer {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        self.polls += 1;
        // A future is lazy: nothing starts before the first poll.
        if self.polls == 1 {
            start_timer(self.duration, Arc::clone(&self.bell));
        }

        // Check and keep the waker under one lock. Between two locks the bell
        // could ring and find no waker to wake.
        let mut bell = self.bell.lock().unwrap();
        if bell.has_rung {
            println!("poll {}: ready", self.polls);
            return Poll::Ready(self.polls);
        }
        println!("poll {}: too soft, keep the waker", self.polls);
        // Keep the newest waker: the future may have moved to another task.
        bell.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

fn start_timer(duration: Duration, bell: Arc<Mutex<Bell>>) {
    thread::spawn(move || {
        thread::sleep(duration);
        println!("timer: rings and wakes the task");
        let mut bell = bell.lock().unwrap();
        bell.has_rung = true;
        if let Some(waker) = bell.waker.take() {
            waker.wake();
        }
    });
}
