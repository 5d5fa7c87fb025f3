//! Wake a sleeping thread with `Wake`, and lose no wake-up.
//!
//! A waker for `block_on` is a thread to unpark. A future has to leave its
//! waker first and to look then: in the broken order the doorbell rings between
//! the look and the leaving, wakes nobody, and the task sleeps beside a bell
//! that has rung. That takes an unlucky moment, so it passes tests and happens
//! in production; here the bell is rung at just that moment.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin waker
//! waiting for the postman
//! broken: asleep after 300 ms, has rung: true   # 300 ms
//! fixed: opened, has rung: true                 # 300 ms
//! ```
//!
//! Copy it with `cargo add futures --no-default-features`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;

fn main() {
    println!("waiting for the postman");

    let bell = broken::Bell::default();
    let opened = block_on(bell.rings());
    report("broken", opened, &bell.has_rung);

    let bell = fixed::Bell::default();
    let opened = block_on(bell.rings());
    report("fixed", opened, &bell.has_rung);
}

fn report(which: &str, opened: Option<()>, has_rung: &AtomicBool) {
    let opened = opened.map_or("asleep after 300 ms", |()| "opened");
    let has_rung = has_rung.load(Ordering::SeqCst);
    println!("{which}: {opened}, has rung: {has_rung}");
}

mod broken {
    use super::{AtomicBool, Mutex, Ordering, Poll, Waker, poll_fn};

    #[derive(Default)]
    pub struct Bell {
        pub has_rung: AtomicBool,
        waker: Mutex<Option<Waker>>,
    }

    impl Bell {
        pub async fn rings(&self) {
            poll_fn(|context| {
                if self.has_rung.load(Ordering::SeqCst) {
                    return Poll::Ready(());
                }
                // At just this moment another thread rings.
                self.ring();
                *self.waker.lock().unwrap() = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        }

        fn ring(&self) {
            self.has_rung.store(true, Ordering::SeqCst);
            if let Some(waker) = self.waker.lock().unwrap().take() {
                waker.wake();
            }
        }
    }
}

mod fixed {
    use super::{AtomicBool, AtomicWaker, Ordering, Poll, poll_fn};

    #[derive(Default)]
    pub struct Bell {
        pub has_rung: AtomicBool,
        waker: AtomicWaker,
    }

    impl Bell {
        pub async fn rings(&self) {
            poll_fn(|context| {
                self.waker.register(context.waker());
                // The same moment: now there is somebody to wake.
                self.ring();
                // From here on, a ring that this does not see wakes the task.
                if self.has_rung.load(Ordering::SeqCst) {
                    return Poll::Ready(());
                }
                Poll::Pending
            })
            .await;
        }

        fn ring(&self) {
            self.has_rung.store(true, Ordering::SeqCst);
            self.waker.wake();
        }
    }
}

struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        // Even before the thread parks: then `park` returns at once.
        self.0.unpark();
    }
}

/// Gives up after 300 ms; a real one would sleep on.
fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let give_up = Instant::now() + Duration::from_millis(300);
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        thread::park_timeout(give_up.saturating_duration_since(Instant::now()));
        if Instant::now() >= give_up {
            return None;
        }
    }
}
