//! Share one fetch among concurrent callers of the same key with `OnceCell`.
//!
//! 100 callers ask for the same user at the same time. One of them fetches it,
//! and all get the result: this is called a single flight. In three runs, the
//! first fetch fails, stalls until its caller gives up, or panics (`...` is the
//! panic's message). Only that caller fails. Another one then fetches again.
//!
//! ```console
//! $ cargo run -p examples-channels --bin single_flight
//! the first fetch fails: 2 calls for 99 of 100 callers      # 200 ms
//! the first fetch stalls: 2 calls for 99 of 100 callers     # 500 ms
//! ...                                                       # 600 ms
//! the first fetch panics: 2 calls for 99 of 100 callers     # 700 ms
//! keys left: 0
//! ```
//!
//! A key is kept only while somebody waits for it. For a cache that also shares
//! fetches, use the `moka` crate. While the database is down, the callers fetch
//! one after the other: put a `timeout` around `get`. Do not share a request
//! that changes something, or whose answer depends on the caller.
//!
//! The part to reuse starts at `SingleFlight`.
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let users = Arc::new(SingleFlight::default());
    for fault in ["fails", "stalls", "panics"] {
        let mut callers = JoinSet::new();
        for caller in 0..100 {
            let users = Arc::clone(&users);
            // Caller 0 fetches first, and gives up before the others.
            let limit = if caller == 0 { 200 } else { 1000 };
            callers.spawn(async move {
                let get = users.get("ada", || fetch_user(fault));
                timeout(Duration::from_millis(limit), get).await
            });
        }
        let mut served = 0;
        while let Some(result) = callers.join_next().await {
            // The `Ok`s exclude a panic, a timeout and an error.
            if let Ok(Ok(Ok(_user))) = result {
                served += 1;
            }
        }
        let calls = CALLS.swap(0, Relaxed);
        println!("the first fetch {fault}: {calls} calls for {served} of 100 callers");
    }
    println!("keys left: {}", users.keys());
}

/// How many calls the database sees.
static CALLS: AtomicU32 = AtomicU32::new(0);

async fn fetch_user(fault: &str) -> Result<String, &'static str> {
    let first = CALLS.fetch_add(1, Relaxed) == 0;
    sleep(Duration::from_millis(100)).await;
    match fault {
        "fails" if first => return Err("503 Service Unavailable"),
        "stalls" if first => sleep(Duration::from_secs(60)).await,
        "panics" if first => panic!("no such column"),
        _ => {}
    }
    Ok("Ada Lovelace".into())
}

pub struct SingleFlight<K, V> {
    flights: Mutex<HashMap<K, Flight<V>>>,
}

/// The value, once it is there, and the number of callers that wait for it.
type Flight<V> = (Arc<OnceCell<V>>, usize);

impl<K: Clone + Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Waits for the fetch of this key that is in progress, or starts one.
    pub async fn get<E, F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let value = {
            let mut flights = self.flights.lock().unwrap();
            let (value, callers) = flights.entry(key.clone()).or_default();
            *callers += 1;
            Arc::clone(value)
        };
        let caller = Caller {
            all: self,
            key,
            value,
        };
        // One `fetch` runs. If it fails or is canceled, the next one runs.
        caller.value.get_or_try_init(fetch).await.cloned()
    }

    /// The number of keys that somebody waits for.
    pub fn keys(&self) -> usize {
        self.flights.lock().unwrap().len()
    }
}

/// A caller that waits. It is counted until it is dropped, for any reason.
struct Caller<'a, K: Eq + Hash, V> {
    all: &'a SingleFlight<K, V>,
    key: K,
    value: Arc<OnceCell<V>>,
}

impl<K: Eq + Hash, V> Drop for Caller<'_, K, V> {
    fn drop(&mut self) {
        let mut flights = self.all.flights.lock().unwrap();
        // The key may belong to a later fetch by now.
        if let Some((value, callers)) = flights.get_mut(&self.key)
            && Arc::ptr_eq(value, &self.value)
        {
            *callers -= 1;
            // Those that wait hold the cell. A new caller must fetch again.
            if *callers == 0 || self.value.initialized() {
                flights.remove(&self.key);
            }
        }
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(), // `derive` would require `K: Default`.
        }
    }
}
