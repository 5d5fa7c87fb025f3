//! Write a `Future` by hand: `poll` it, and let a timer thread wake its task.
//!
//! `poll` answers `Ready`, or it keeps the `Waker` of its `Context` and answers
//! `Pending`: a promise that somebody will call `wake`, here a thread. Only
//! then is the task polled again, so waiting for 300 ms takes 2 polls and no
//! time of the processor. Answer `Pending` without having kept the waker, and
//! the task sleeps for ever; call `wake` at once, and it is polled over and
//! over.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin future_by_hand
//! the egg is in the water
//! poll 1: too soft, keep the waker
//! timer: rings, wakes the task         # 300 ms
//! poll 2: ready                        # 300 ms
//! the egg was looked at 2 times        # 300 ms
//! ```
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

/// Is ready when its time is over; gives the number of polls that this took.
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
        let polls = self.polls;
        if polls == 1 {
            start(self.duration, Arc::clone(&self.bell));
        }

        // One lock over the question and the answer: between the two the bell
        // could ring, find no waker, and leave the task asleep.
        let mut bell = self.bell.lock().unwrap();
        if bell.has_rung {
            println!("poll {polls}: ready");
            return Poll::Ready(polls);
        }
        println!("poll {polls}: too soft, keep the waker");
        // That of the newest poll, since the future may have changed its task.
        bell.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Nothing ran before the first poll: a future is lazy, and so is this one.
fn start(duration: Duration, bell: Arc<Mutex<Bell>>) {
    thread::spawn(move || {
        thread::sleep(duration);
        println!("timer: rings, wakes the task");
        let waker = {
            let mut bell = bell.lock().unwrap();
            bell.has_rung = true;
            bell.waker.take()
        };
        // The task may be polled at once, and then needs the lock.
        if let Some(waker) = waker {
            waker.wake();
        }
    });
}
