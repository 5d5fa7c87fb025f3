//! Wake a sleeping thread with `std::task::Wake`, and lose no wake-up.
//!
//! A postman rings after 100 ms, and `block_on` waits for the doorbell. The
//! broken future looks at the bell first and leaves its waker afterwards. If
//! the bell rings in between, nobody is woken, and the task sleeps on. That
//! moment is short, so tests miss the mistake and production hits it. Here a
//! pause makes it certain. The fixed future leaves its waker first.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin waker
//! broken, without a pause: opened after ~100 ms      # 100 ms
//! broken, with a pause: asleep, has rung: true       # 600 ms
//! fixed, without a pause: opened after ~100 ms       # 700 ms
//! fixed, with a pause: opened after ~200 ms          # 900 ms
//! ```
//!
//! Take `block_on`.
//!
//! Copy it with `cargo add futures --no-default-features`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;

const PAUSE: Duration = Duration::from_millis(200);

fn main() {
    postman("broken, without a pause", broken, Duration::ZERO);
    postman("broken, with a pause", broken, PAUSE);
    postman("fixed, without a pause", fixed, Duration::ZERO);
    postman("fixed, with a pause", fixed, PAUSE);
}

async fn broken(bell: &Bell, pause: Duration) {
    poll_fn(|context| {
        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
        // The system may stop this thread here and run the postman's.
        thread::sleep(pause);
        bell.waker.register(context.waker());
        Poll::Pending
    })
    .await;
}

async fn fixed(bell: &Bell, pause: Duration) {
    poll_fn(|context| {
        // From here on a ring wakes the task.
        bell.waker.register(context.waker());
        thread::sleep(pause);
        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

#[derive(Default)]
struct Bell {
    has_rung: AtomicBool,
    waker: AtomicWaker,
}

impl Bell {
    fn ring(&self) {
        self.has_rung.store(true, SeqCst);
        self.waker.wake();
    }
}

/// Rings after 100 ms at a door, where another thread listens.
fn postman(name: &str, listen: impl AsyncFn(&Bell, Duration) + Send + 'static, pause: Duration) {
    let start = Instant::now();
    let bell = Arc::new(Bell::default());
    let (open, opened) = mpsc::channel();
    thread::spawn({
        let bell = Arc::clone(&bell);
        move || {
            block_on(listen(&bell, pause));
            let _ = open.send(());
        }
    });

    thread::sleep(Duration::from_millis(100));
    bell.ring();
    if opened.recv_timeout(Duration::from_millis(400)).is_ok() {
        let waited = start.elapsed().as_millis();
        println!("{name}: opened after {waited} ms");
    } else {
        let has_rung = bell.has_rung.load(SeqCst);
        println!("{name}: asleep, has rung: {has_rung}");
    }
}

/// Runs a future on this thread, which sleeps whenever the future waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        // Returns immediately if `unpark` was called since the last time.
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
