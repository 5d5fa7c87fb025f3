//! Give state to one task, an actor, and reach it through an `mpsc` handle.
//!
//! No lock: one task owns the readings and takes requests from a bounded `mpsc`
//! queue, 8 at most; what does not fit is refused or waits. A request that
//! panics costs its asker an error, not the actor. `stop` closes the inbox, and
//! what was accepted before is still done. It also ends with its last handle.
//! Not for state that a `Mutex` guards in three lines without an `.await`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin actor
//! ...
//! attempt to divide by zero
//! ...
//! average of nothing: the request failed
//! an asker leaves before the answer
//! 100 tasks record: 100 readings, 21 degrees on average
//! 20 at once: 8 accepted, 12 times "the inbox is full"
//! sent behind the stop: 2 accepted
//! after stop: the actor has stopped
//! 110 readings: all that were accepted
//! the last handle is dropped: 1 reading
//! tasks alive: 0
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync` and `cargo add anyhow`.

use std::fmt;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// An asker waits while this many requests do: room for a burst, no more.
const INBOX: usize = 8;

// On one thread, so that the actor does not empty its inbox during a burst.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (sensor, actor) = Sensor::start();
    match sensor.average().await {
        Ok(average) => println!("average of nothing: {average}"),
        Err(error) => println!("average of nothing: {error}"),
    }

    tokio::select! {
        biased;
        _ = sensor.count() => {}
        () = ready(()) => println!("an asker leaves before the answer"),
    }

    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let sensor = sensor.clone();
        tasks.spawn(async move { sensor.record(21).await });
    }
    while let Some(recorded) = tasks.join_next().await {
        recorded??;
    }
    let (count, average) = (sensor.count().await?, sensor.average().await?);
    println!("100 tasks record: {count} readings, {average} degrees on average");

    let burst: Vec<_> = (0..20).map(|_| sensor.try_record(21)).collect();
    let accepted = burst.iter().filter(|it| it.is_ok()).count();
    let refused = burst.iter().filter(|it| **it == Err(SensorError::Full));
    println!(
        "20 at once: {accepted} accepted, {} times \"{}\"",
        refused.count(),
        SensorError::Full
    );
    let ((), one, two) = tokio::join!(
        biased;
        sensor.stop(),
        sensor.record(21),
        sensor.record(21),
    );
    let accepted = [one, two].iter().filter(|it| it.is_ok()).count();
    println!("sent behind the stop: {accepted} accepted");
    if let Err(error) = sensor.record(21).await {
        println!("after stop: {error}");
    }
    println!("{} readings: all that were accepted", actor.await?.count);

    let (sensor, actor) = Sensor::start();
    sensor.record(19).await?;
    drop(sensor);
    println!("the last handle is dropped: {} reading", actor.await?.count);
    println!(
        "tasks alive: {}",
        Handle::current().metrics().num_alive_tasks()
    );
    Ok(())
}

#[derive(Clone)]
struct Sensor {
    inbox: mpsc::Sender<Request>,
}

enum Request {
    Record(i64),
    Count(oneshot::Sender<i64>),
    Average(oneshot::Sender<i64>),
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum SensorError {
    Full,
    Stopped,
    Failed,
}

impl Sensor {
    /// The second value ends with the actor, and has its last state.
    fn start() -> (Self, JoinHandle<Readings>) {
        let (inbox, requests) = mpsc::channel(INBOX);
        (Self { inbox }, tokio::spawn(run(requests)))
    }

    /// Waits while the inbox is full. `Ok` says that it will be recorded.
    async fn record(&self, degrees: i64) -> Result<(), SensorError> {
        self.send(Request::Record(degrees)).await
    }

    /// For those who must not wait.
    fn try_record(&self, degrees: i64) -> Result<(), SensorError> {
        self.inbox
            .try_send(Request::Record(degrees))
            .map_err(|error| match error {
                TrySendError::Full(_) => SensorError::Full,
                TrySendError::Closed(_) => SensorError::Stopped,
            })
    }

    async fn count(&self) -> Result<i64, SensorError> {
        self.ask(Request::Count).await
    }

    async fn average(&self) -> Result<i64, SensorError> {
        self.ask(Request::Average).await
    }

    /// Returns when nothing more is accepted.
    async fn stop(&self) {
        // An error says that it has stopped already.
        let _ = self.send(Request::Stop).await;
        self.inbox.closed().await;
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, SensorError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply)).await?;
        // What was accepted is answered, unless it panicked.
        answer.await.map_err(|_| SensorError::Failed)
    }

    async fn send(&self, request: Request) -> Result<(), SensorError> {
        self.inbox
            .send(request)
            .await
            .map_err(|_| SensorError::Stopped)
    }
}

#[derive(Default)]
struct Readings {
    count: i64,
    sum: i64,
}

async fn run(mut requests: mpsc::Receiver<Request>) -> Readings {
    let mut readings = Readings::default();
    while let Some(request) = requests.recv().await {
        if matches!(request, Request::Stop) {
            // From here on `send` fails, and `recv` empties the inbox.
            requests.close();
            continue;
        }
        // Sound as long as `handle` leaves whole readings when it panics. The
        // message is out already, and the asker has an error: go on.
        let handle = AssertUnwindSafe(|| readings.handle(request));
        let _ = catch_unwind(handle);
    }
    readings
}

impl Readings {
    fn handle(&mut self, request: Request) {
        // An error of `send` says that the asker has left: nobody to tell.
        match request {
            Request::Record(degrees) => {
                self.sum += degrees;
                self.count += 1;
            }
            Request::Count(reply) => {
                let _ = reply.send(self.count);
            }
            Request::Average(reply) => {
                let _ = reply.send(self.sum / self.count);
            }
            Request::Stop => {}
        }
    }
}

impl fmt::Display for SensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the inbox is full",
            Self::Stopped => "the actor has stopped",
            Self::Failed => "the request failed",
        })
    }
}

impl std::error::Error for SensorError {}
