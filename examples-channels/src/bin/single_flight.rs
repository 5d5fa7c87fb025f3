//! Let all who want the same key at the same time share one fetch: `OnceCell`.
//!
//! When 100 callers miss a cache at once, the backend shall see one request. A
//! failure goes to the one caller whose fetch it was, and the next one fetches.
//! So it does when a fetch panics or its caller is cancelled. With the backend
//! down they fail one after the other: put a `timeout` around each call. A key
//! is kept only while somebody waits for it; this is no cache. Not for requests
//! that change something, nor for answers that depend on who asks.
//!
//! ```console
//! $ cargo run -p examples-channels --bin single_flight
//! the first fetch fails: calls=2 ok=99 err=1      # 200 ms
//! the first fetch stalls: calls=2 ok=99 err=1     # 500 ms
//! ...                                             # 600 ms
//! no such column
//! ...
//! the first fetch panics: calls=2 ok=99 err=1     # 700 ms
//! keys kept: 0, tasks alive: 0
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let users = Arc::new(SingleFlight::default());
    for fault in ["fails", "stalls", "panics"] {
        let calls = Arc::new(AtomicU32::new(0));
        let mut callers = JoinSet::new();
        for caller in 0..100 {
            let (users, calls) = (Arc::clone(&users), Arc::clone(&calls));
            let patience = if caller == 0 { 200 } else { 1000 };
            callers.spawn(async move {
                let user = users.get("ada", || fetch_user(&calls, fault));
                timeout(Duration::from_millis(patience), user).await
            });
        }
        let mut ok = 0;
        while let Some(ended) = callers.join_next().await {
            // Not ok: a task that panicked, a timeout, or the fetch's error.
            ok += u32::from(matches!(ended, Ok(Ok(Ok(_)))));
        }
        let (calls, err) = (calls.load(Relaxed), 100 - ok);
        println!("the first fetch {fault}: calls={calls} ok={ok} err={err}");
    }
    let alive = Handle::current().metrics().num_alive_tasks();
    println!("keys kept: {}, tasks alive: {alive}", users.under_way());
}

async fn fetch_user(calls: &AtomicU32, fault: &str) -> Result<String, &'static str> {
    let number = calls.fetch_add(1, Relaxed);
    sleep(Duration::from_millis(100)).await;
    match fault {
        "fails" if number == 0 => return Err("503 Service Unavailable"),
        "stalls" if number == 0 => sleep(Duration::from_secs(60)).await,
        "panics" if number == 0 => panic!("no such column"),
        _ => {}
    }
    Ok("Ada Lovelace".into())
}

/// For each key its value to be, and how many callers wait for that.
type Flights<K, V> = HashMap<K, (Arc<OnceCell<V>>, usize)>;

pub(crate) struct SingleFlight<K, V> {
    flights: Mutex<Flights<K, V>>,
}

impl<K: Copy + Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Waits for the fetch of this key that is under way, or begins one.
    pub(crate) async fn get<E, F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let place = self.place(key);
        place.value.get_or_try_init(fetch).await.cloned()
    }

    fn place(&self, key: K) -> Place<'_, K, V> {
        let mut flights = self.lock();
        let (value, callers) = flights.entry(key).or_default();
        *callers += 1;
        Place {
            flights: self,
            key,
            value: Arc::clone(value),
        }
    }
}

impl<K, V> SingleFlight<K, V> {
    /// The number of keys that somebody waits for.
    pub(crate) fn under_way(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Flights<K, V>> {
        // No fetch runs while it is locked, so no panic leaves it half done.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller's place, given up alike at a value, an error, a panic, and when the
/// caller is cancelled.
struct Place<'a, K: Eq + Hash, V> {
    flights: &'a SingleFlight<K, V>,
    key: K,
    value: Arc<OnceCell<V>>,
}

impl<K: Eq + Hash, V> Drop for Place<'_, K, V> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // By now the key may belong to a later flight, with callers of its own.
        if let Some((value, callers)) = flights.get_mut(&self.key)
            && Arc::ptr_eq(value, &self.value)
        {
            *callers -= 1;
            // Whoever comes after the value is there shall get a newer one.
            if *callers == 0 || self.value.initialized() {
                flights.remove(&self.key);
            }
        }
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(),
        }
    }
}
