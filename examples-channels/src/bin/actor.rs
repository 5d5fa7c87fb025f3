//! Give state to one task, an actor, and send it requests through a handle.
//!
//! One task, the actor, owns the readings of a sensor, so they need no lock.
//! 100 tasks send it readings through clones of a handle, and none is lost. The
//! requests wait in a bounded `mpsc` channel, the inbox. While it is full,
//! callers wait. After `stop`, new requests get an error, but the actor still
//! handles those that it has accepted. It also stops when its last handle is
//! dropped.
//!
//! ```console
//! $ cargo run -p examples-channels --bin actor
//! average of no readings: None
//! average of 100 readings: Some(21)
//! after stop: the actor has stopped
//! recorded until stop: 100
//! recorded until the last handle was dropped: 1
//! ```
//!
//! If each change is short and has no `.await`, a `Mutex` is simpler: see
//! `which_mutex`. To restart an actor that panics, see `supervisor`.
//!
//! The part to reuse starts at `Sensor`. Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add tokio -F macros,rt,sync
//! ```

use anyhow::Context;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (sensor, actor) = Sensor::start();
    println!("average of no readings: {:?}", sensor.average().await?);

    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let sensor = sensor.clone();
        tasks.spawn(async move { sensor.record(21).await });
    }
    while let Some(recorded) = tasks.join_next().await {
        // The first `?` is for a task that panicked, the second for a reading
        // that was not recorded.
        recorded??;
    }
    println!("average of 100 readings: {:?}", sensor.average().await?);

    sensor.stop().await;
    if let Err(error) = sensor.record(21).await {
        println!("after stop: {error}");
    }
    println!("recorded until stop: {}", actor.await?.count);

    let (sensor, actor) = Sensor::start();
    sensor.record(19).await?;
    drop(sensor);
    let count = actor.await?.count;
    println!("recorded until the last handle was dropped: {count}");
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
    /// Starts the actor. When it stops, the `JoinHandle` returns its state.
    pub fn start() -> (Self, JoinHandle<Readings>) {
        let (inbox, requests) = mpsc::channel(INBOX_CAPACITY);
        (Self { inbox }, tokio::spawn(run(requests)))
    }

    /// Waits while the inbox is full. `Ok` means that the inbox has the
    /// reading.
    pub async fn record(&self, degrees: i64) -> anyhow::Result<()> {
        self.send(Request::Record(degrees)).await
    }

    pub async fn average(&self) -> anyhow::Result<Option<i64>> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Average(reply)).await?;
        answer.await.context("the actor has stopped")
    }

    /// Returns when the actor accepts no more requests.
    pub async fn stop(&self) {
        // An error means that it has stopped already.
        let _ = self.send(Request::Stop).await;
        self.inbox.closed().await;
    }

    async fn send(&self, request: Request) -> anyhow::Result<()> {
        let sent = self.inbox.send(request).await;
        sent.context("the actor has stopped")
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
                // This is `None` if there are no readings.
                let average = readings.sum.checked_div(readings.count);
                // An error means that the caller has left.
                let _ = reply.send(average);
            }
            // This makes `send` fail. `recv` returns what is in the inbox, and
            // then `None`.
            Request::Stop => requests.close(),
        }
    }
    readings
}
