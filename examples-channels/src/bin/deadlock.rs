//! Find a deadlock with `timeout`, and cure it by lock order or by scope.
//!
//! Two transfers lock two accounts, each its payer first, then each waits for
//! what the other holds. Where all lock the smaller number first, no circle can
//! close. A guard over the `.await` of `send` closes one with a receiver that
//! wants the lock; in the head of a `for` it lives, unseen, as long as the
//! loop. All tasks sleep and nothing is reported: a `timeout` around what
//! should be short says where. Not as the cure: what it drops stays half done.
//!
//! ```console
//! $ cargo run -p examples-channels --bin deadlock
//! broken order: stuck for 200ms              # 200 ms
//! fixed order: both transfers are done       # 200 ms
//! broken scope: stuck for 200ms              # 400 ms
//! fixed scope: all parcels are delivered     # 400 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::cmp::Ordering;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_millis(200);

struct Account {
    number: u32,
    balance: Mutex<i64>,
}

// On one thread the broken ways get stuck every time, not once a month.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("broken order: {}", transfers(broken_order).await);
    println!("fixed order: {}", transfers(fixed_order).await);
    println!("broken scope: {}", parcels(broken_scope).await);
    println!("fixed scope: {}", parcels(fixed_scope).await);
}

async fn broken_order(from: Arc<Account>, to: Arc<Account>) {
    let mut payer = from.balance.lock().await;
    // Another transfer may run here at any time; this makes it certain.
    yield_now().await;
    let mut payee = to.balance.lock().await;
    *payer -= 10;
    *payee += 10;
}

async fn fixed_order(from: Arc<Account>, to: Arc<Account>) {
    // To lock one account twice would be the smallest circle.
    let (low, high, amount) = match from.number.cmp(&to.number) {
        Ordering::Less => (from, to, 10),
        Ordering::Equal => return,
        Ordering::Greater => (to, from, -10),
    };
    let mut low = low.balance.lock().await;
    yield_now().await;
    let mut high = high.balance.lock().await;
    *low -= amount;
    *high += amount;
}

async fn transfers<F>(transfer: fn(Arc<Account>, Arc<Account>) -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let [ann, bob] = [1, 2].map(|number| {
        Arc::new(Account {
            number,
            balance: Mutex::new(100),
        })
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(transfer(ann.clone(), bob.clone()));
    tasks.spawn(transfer(bob, ann));
    match timeout(LIMIT, tasks.join_all()).await {
        Ok(_) => "both transfers are done".into(),
        Err(_) => format!("stuck for {LIMIT:?}"),
    }
}

async fn broken_scope(shelf: &Mutex<Vec<u32>>, van: mpsc::Sender<u32>) {
    // The guard that this line makes lives until the loop ends.
    for parcel in shelf.lock().await.drain(..) {
        if van.send(parcel).await.is_err() {
            return;
        }
    }
}

async fn fixed_scope(shelf: &Mutex<Vec<u32>>, van: mpsc::Sender<u32>) {
    // The guard ends with this statement, before anything is sent.
    let parcels = mem::take(&mut *shelf.lock().await);
    for parcel in parcels {
        if van.send(parcel).await.is_err() {
            return;
        }
    }
}

async fn parcels(load: impl AsyncFn(&Mutex<Vec<u32>>, mpsc::Sender<u32>)) -> String {
    let shelf = Mutex::new(vec![3, 2, 1]);
    let (van, mut parcels) = mpsc::channel(1);
    let deliver = async {
        while parcels.recv().await.is_some() {
            // The driver looks how many are still to come.
            let _left = shelf.lock().await.len();
        }
    };
    let work = async { tokio::join!(load(&shelf, van), deliver) };
    match timeout(LIMIT, work).await {
        Ok(_) => "all parcels are delivered".into(),
        Err(_) => format!("stuck for {LIMIT:?}"),
    }
}
