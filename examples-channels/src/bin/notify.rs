//! Wake waiting tasks with `Notify`: one, or all of them.
//!
//! Each waiter below waits for a bell, at most 1 s. The output shows which of
//! them are woken. `notify_one` wakes one waiter. If nobody is waiting, it
//! stores a permit: the next waiter takes it and continues immediately.
//! `Notify` stores at most one permit, so two calls store only one.
//! `notify_waiters` wakes all that are waiting now, and stores nothing. Tokio's
//! clock is paused: it jumps to the next timer instead of waiting, so a timeout
//! of 1 s takes no time.
//!
//! ```console
//! $ cargo run -p examples-channels --bin notify
//! notify_one twice, then two waiters: woken true, false
//! two waiters, then notify_waiters: woken true, true
//! notify_waiters, then a waiter: woken false
//! ```
//!
//! To wait for a state that others change, see `notify_enable`. To wake a task
//! with a value, use a channel.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let bell = Notify::new();
    bell.notify_one();
    bell.notify_one();
    // `biased` polls the futures in the order written.
    let (first, second) = tokio::join!(biased; is_woken(&bell), is_woken(&bell));
    println!("notify_one twice, then two waiters: woken {first}, {second}");

    let ring = async { bell.notify_waiters() };
    let (first, second, ()) = tokio::join!(biased; is_woken(&bell), is_woken(&bell), ring);
    println!("two waiters, then notify_waiters: woken {first}, {second}");

    bell.notify_waiters();
    let woken = is_woken(&bell).await;
    println!("notify_waiters, then a waiter: woken {woken}");
}

async fn is_woken(bell: &Notify) -> bool {
    timeout(Duration::from_secs(1), bell.notified())
        .await
        .is_ok()
}
