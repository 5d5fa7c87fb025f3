//! Give state to one task, an actor, and send it requests through a handle.
//!
//! One task, the actor, owns the readings of a sensor, so they need no lock.
//! 100 tasks send it readings through clones of a handle, and none is lost. The
//! inbox is a bounded `mpsc` channel: once it is full, callers wait for room.
//! After `stop`, new requests get an error, and the actor still handles those
//! that it has accepted. It also stops when its last handle is dropped.
//!
//! ```console
//! $ cargo run -p examples-channels --bin actor
//! no readings: average None
//! 100 tasks record: average Some(21)
//! after stop: the actor has stopped
//! the actor recorded 100 readings
//! the last handle is dropped: the actor recorded 1 readings
//! ```
//!
//! If each change is short and has no `.await`, a `Mutex` is simpler: see
//! `which_mutex`. To restart an actor that panics, see `supervisor`.
//!
//! Take `Sensor`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt,sync
//! cargo add anyhow
//! ```

use std::fmt;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (sensor, actor) = Sensor::start();
    println!("no readings: average {:?}", sensor.average().await?);

    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let sensor = sensor.clone();
        tasks.spawn(async move { sensor.record(21).await });
    }
    while let Some(recorded) = tasks.join_next().await {
        recorded??; // The task panicked, or the actor has stopped.
    }
    println!("100 tasks record: average {:?}", sensor.average().await?);

    sensor.stop().await;
    if let Err(error) = sensor.record(21).await {
        println!("after stop: {error}");
    }
    println!("the actor recorded {} readings", actor.await?.count);

    let (sensor, actor) = Sensor::start();
    sensor.record(19).await?;
    drop(sensor);
    let count = actor.await?.count;
    println!("the last handle is dropped: the actor recorded {count} readings");
    Ok(())
}

/// The handle.
#[derive(Clone)]
pub struct Sensor {
    inbox: mpsc::Sender<Request>,
}

const INBOX_CAPACITY: usize = 8;

enum Request {
    Record(i64),
    Average(oneshot::Sender<Option<i64>>),
    Stop,
}

impl Sensor {
    /// Starts the actor. Its `JoinHandle` returns the last state.
    pub fn start() -> (Self, JoinHandle<Readings>) {
        let (inbox, requests) = mpsc::channel(INBOX_CAPACITY);
        (Self { inbox }, tokio::spawn(run(requests)))
    }

    /// Waits while the inbox is full. `Ok` means that it will be recorded.
    pub async fn record(&self, degrees: i64) -> Result<(), Stopped> {
        self.send(Request::Record(degrees)).await
    }

    pub async fn average(&self) -> Result<Option<i64>, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Average(reply)).await?;
        answer.await.map_err(|_| Stopped)
    }

    /// Returns when the actor accepts no more requests.
    pub async fn stop(&self) {
        // An error means that it has stopped already.
        let _ = self.send(Request::Stop).await;
        self.inbox.closed().await;
    }

    async fn send(&self, request: Request) -> Result<(), Stopped> {
        self.inbox.send(request).await.map_err(|_| Stopped)
    }
}

#[derive(Default)]
pub struct Readings {
    pub count: i64,
    sum: i64,
}

async fn run(mut requests: mpsc::Receiver<Request>) -> Readings {
    let mut readings = Readings::default();
    while let Some(request) = requests.recv().await {
        match request {
            Request::Record(degrees) => {
                readings.sum += degrees;
                readings.count += 1;
            }
            Request::Average(reply) => {
                // `None` if the count is 0. An error: the caller has left.
                let _ = reply.send(readings.sum.checked_div(readings.count));
            }
            // From here on `send` fails, and `recv` empties the inbox.
            Request::Stop => requests.close(),
        }
    }
    readings
}

#[derive(Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the actor has stopped")
    }
}

impl std::error::Error for Stopped {}
