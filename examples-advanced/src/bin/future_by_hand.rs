//! Implement `Future` by hand: `poll`, `Context` and `Waker`.
//!
//! An egg timer rings after 300 ms. Its future is polled twice and uses no CPU
//! time in between. The first `poll` is too early. It stores the `Waker` that
//! it finds in the `Context`, and returns `Pending`. This is a promise:
//! somebody will call the waker's `wake` later. Here a thread does. Only then
//! does the runtime poll the task again. If nobody called `wake`, the task
//! would sleep forever. If `poll` called it immediately, the runtime would poll
//! again and again, and keep the CPU busy.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin future_by_hand
//! the egg is in the water
//! poll 1: too soft, store the waker
//! timer: rings and wakes the task      # 300 ms
//! poll 2: ready                        # 300 ms
//! the egg was looked at 2 times        # 300 ms
//! ```
//!
//! To see a lost wake-up, see `waker`. To see what `Pin` is for, see `pin`. To
//! see what the compiler writes for an `async fn`, see `state_machine`.
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

/// Waits for a while; returns how many times it was polled.
struct EggTimer {
    duration: Duration,
    polls: u32,
    bell: Arc<Mutex<Bell>>,
}

/// What the future and the thread of its timer share.
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

    // `Pin` protects futures that must not move. This one may move (it holds no
    // reference to itself), so its fields can be changed as usual.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        self.polls += 1;
        // A future is lazy: nothing starts before the first poll.
        if self.polls == 1 {
            start_timer(self.duration, Arc::clone(&self.bell));
        }

        // Hold one lock from the check until the waker is stored. Otherwise the
        // bell could ring in between, and find no waker.
        let mut bell = self.bell.lock().unwrap();
        if bell.has_rung {
            println!("poll {}: ready", self.polls);
            return Poll::Ready(self.polls);
        }
        println!("poll {}: too soft, store the waker", self.polls);
        // Each poll stores its waker: the future may be in another task now.
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
        let waker = bell.waker.take();
        drop(bell); // `poll` needs the lock, maybe immediately.
        if let Some(waker) = waker {
            waker.wake();
        }
    });
}
