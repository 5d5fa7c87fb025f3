//! Wake a sleeping thread with `std::task::Wake`, and never miss a wake-up.
//!
//! A future waits for a doorbell, which rings after 100 ms. `block_on` polls
//! the future, and its thread sleeps until the waker is called. The `broken`
//! future first checks the bell and then stores its waker. If the bell rings in
//! between, it finds no waker to call, and the thread keeps sleeping. This
//! moment is short, so tests rarely show the mistake. Here a pause of 200 ms
//! makes it certain. The `fixed` future stores its waker first.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin waker
//! broken, without a pause: opened after ~100 ms      # 100 ms
//! broken, with a pause: asleep, has rung: true       # 600 ms
//! fixed, without a pause: opened after ~100 ms       # 700 ms
//! fixed, with a pause: opened after ~200 ms          # 900 ms
//! ```
//!
//! For what `poll` and a waker are, see `future_by_hand` first.
//!
//! The part to reuse starts at `block_on`.
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
    visit("broken, without a pause", broken, Duration::ZERO);
    visit("broken, with a pause", broken, PAUSE);
    visit("fixed, without a pause", fixed, Duration::ZERO);
    visit("fixed, with a pause", fixed, PAUSE);
}

async fn broken(bell: &Bell, pause: Duration) {
    // `poll_fn` makes a future from a closure, which is its `poll`.
    poll_fn(|context| {
        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
        // The bell may ring here, on another thread.
        thread::sleep(pause);
        bell.waker.register(context.waker());
        Poll::Pending
    })
    .await;
}

async fn fixed(bell: &Bell, pause: Duration) {
    poll_fn(|context| {
        // If the bell rings after this line, it finds the waker.
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
    /// A place for one waker. `register` stores it, and any thread may wake it.
    waker: AtomicWaker,
}

/// A visitor rings after 100 ms at a door where another thread listens, and
/// gives up after another 400 ms.
fn visit(name: &str, listen: impl AsyncFn(&Bell, Duration) + Send + 'static, pause: Duration) {
    let start = Instant::now();
    let bell = Arc::new(Bell::default());
    let (open, opened) = mpsc::channel();
    thread::spawn({
        let bell = Arc::clone(&bell);
        move || {
            block_on(listen(&bell, pause));
            // An error means that the visitor has given up.
            let _ = open.send(());
        }
    });

    thread::sleep(Duration::from_millis(100));
    bell.has_rung.store(true, SeqCst);
    bell.waker.wake();
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
        // Sleep until the waker calls `unpark`. If it has done so since the
        // last `park`, this returns immediately.
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
