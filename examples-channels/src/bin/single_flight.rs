//! Share one fetch among concurrent callers of the same key with `OnceCell`.
//!
//! 100 callers ask for one user at the same time, and one of them fetches it
//! for all. The first fetch fails, stalls or panics (`...` is the panic's
//! message). Only its caller gets an error, or times out. The next caller
//! fetches again, so the database sees two calls. A key is stored only while
//! somebody waits for it: this is not a cache.
//!
//! ```console
//! $ cargo run -p examples-channels --bin single_flight
//! the first fetch fails: 2 calls, 99 ok, 1 failed      # 200 ms
//! the first fetch stalls: 2 calls, 99 ok, 1 failed     # 500 ms
//! ...                                                  # 600 ms
//! the first fetch panics: 2 calls, 99 ok, 1 failed     # 700 ms
//! keys left: 0
//! ```
//!
//! While the database is down, the callers fail one after the other, so put a
//! `timeout` around `get`. Do not share requests that change something, or
//! whose answer depends on the caller.
//!
//! Take `SingleFlight`. Copy it with `cargo add tokio -F macros,rt,sync,time`.

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
        let calls = Arc::new(AtomicU32::new(0));
        let mut callers = JoinSet::new();
        for caller in 0..100 {
            let (users, calls) = (Arc::clone(&users), Arc::clone(&calls));
            let limit = if caller == 0 { 200 } else { 1000 };
            callers.spawn(async move {
                let user = users.get("ada", || fetch_user(&calls, fault));
                timeout(Duration::from_millis(limit), user).await
            });
        }
        let (mut ok, mut failed) = (0, 0);
        while let Some(result) = callers.join_next().await {
            match result {
                Ok(Ok(Ok(_user))) => ok += 1,
                _panic_timeout_or_error => failed += 1,
            }
        }
        let calls = calls.load(Relaxed);
        println!("the first fetch {fault}: {calls} calls, {ok} ok, {failed} failed");
    }
    println!("keys left: {}", users.keys());
}

async fn fetch_user(calls: &AtomicU32, fault: &str) -> Result<String, &'static str> {
    let first = calls.fetch_add(1, Relaxed) == 0;
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

/// The value, once it is there, and how many callers wait for it.
type Flight<V> = (Arc<OnceCell<V>>, usize);

impl<K: Clone + Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Waits for the fetch of this key that is in progress, or starts one.
    pub async fn get<E, F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let caller = self.join(key);
        // One `fetch` runs. If it fails or is canceled, the next one runs.
        caller.value.get_or_try_init(fetch).await.cloned()
    }

    fn join(&self, key: K) -> Caller<'_, K, V> {
        let mut flights = self.flights.lock().unwrap();
        let (value, callers) = flights.entry(key.clone()).or_default();
        *callers += 1;
        let value = Arc::clone(value);
        Caller {
            flights: self,
            key,
            value,
        }
    }
}

impl<K, V> SingleFlight<K, V> {
    /// The number of keys that somebody waits for.
    pub fn keys(&self) -> usize {
        self.flights.lock().unwrap().len()
    }
}

/// A caller that waits. Dropping it, for any reason, takes it off the list.
struct Caller<'a, K: Eq + Hash, V> {
    flights: &'a SingleFlight<K, V>,
    key: K,
    value: Arc<OnceCell<V>>,
}

impl<K: Eq + Hash, V> Drop for Caller<'_, K, V> {
    fn drop(&mut self) {
        let mut flights = self.flights.flights.lock().unwrap();
        // The key may belong to a later flight by now.
        if let Some((value, callers)) = flights.get_mut(&self.key)
            && Arc::ptr_eq(value, &self.value)
        {
            *callers -= 1;
            // A caller that arrives after the value must start a new fetch.
            if *callers == 0 || self.value.initialized() {
                flights.remove(&self.key);
            }
        }
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(), // `derive` would demand `K: Default`.
        }
    }
}
