//! Detect a deadlock with `timeout`, and fix it by locking in one order.
//!
//! Ann and Bob have 100 each. Ann pays Bob 10 while Bob pays Ann 30. In
//! `broken`, each transfer locks the account of the payer first. Then it waits
//! for the other account, which the other transfer has locked. Both wait
//! forever, and there is no error. Transfers should be quick, so a timeout
//! around them shows that they hang. `fixed` always locks the account with the
//! smaller number first. Then one transfer waits before it has locked anything,
//! and the other one finishes.
//!
//! ```console
//! $ cargo run -p examples-channels --bin deadlock
//! broken: timeout, Ann has 100, Bob has 100     # 200 ms
//! fixed: done, Ann has 120, Bob has 80          # 200 ms
//! ```
//!
//! The timeout is not the fix: it cancels a transfer at an `.await`, perhaps
//! after half of its work. For a lock that is held longer than it looks, see
//! `guard_scope`. For two actors that wait for each other, see `actor_cycle`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::yield_now;
use tokio::time::timeout;

const TRANSFER_TIMEOUT: Duration = Duration::from_millis(200);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (ann, bob) = (Account::new(1), Account::new(2));
    let transfers = async { tokio::join!(broken(&ann, &bob, 10), broken(&bob, &ann, 30)) };
    let done = timeout(TRANSFER_TIMEOUT, transfers).await.is_ok();
    show("broken", done, &ann, &bob).await;

    let transfers = async { tokio::join!(fixed(&ann, &bob, 10), fixed(&bob, &ann, 30)) };
    let done = timeout(TRANSFER_TIMEOUT, transfers).await.is_ok();
    show("fixed", done, &ann, &bob).await;
}

struct Account {
    number: u32,
    balance: Mutex<i64>,
}

impl Account {
    fn new(number: u32) -> Self {
        let balance = Mutex::new(100);
        Self { number, balance }
    }
}

async fn broken(from: &Account, to: &Account, amount: i64) {
    let mut payer = from.balance.lock().await;
    // On several threads, the other transfer can run at this point. `yield_now`
    // makes sure that it does, here and in `fixed`.
    yield_now().await;
    let mut payee = to.balance.lock().await;
    *payer -= amount;
    *payee += amount;
}

async fn fixed(from: &Account, to: &Account, amount: i64) {
    // Locking the same account twice would be a deadlock, too.
    if from.number == to.number {
        return;
    }
    let (mut payer, mut payee);
    if from.number < to.number {
        payer = from.balance.lock().await;
        yield_now().await;
        payee = to.balance.lock().await;
    } else {
        payee = to.balance.lock().await;
        yield_now().await;
        payer = from.balance.lock().await;
    }
    *payer -= amount;
    *payee += amount;
}

async fn show(name: &str, done: bool, ann: &Account, bob: &Account) {
    let end = if done { "done" } else { "timeout" };
    let (ann, bob) = (ann.balance.lock().await, bob.balance.lock().await);
    println!("{name}: {end}, Ann has {ann}, Bob has {bob}");
}
