//! Restart an actor that panics, after a back-off, and keep its `mpsc` queue.
//!
//! The queue outlives the actor: each one locks it for life, and a panic lets
//! go of the lock, since tokio's `Mutex` is not poisoned. The job that panicked
//! is an error for its asker and is not tried again, or it would kill each
//! successor; the others wait out the 100 or 200 ms. At the third panic the
//! supervisor gives up and hands back what is left. Not for failures that can
//! be returned as errors, nor in a build with `panic = "abort"`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin supervisor
//! Lea: the queue is full
//! label 1: Ada
//! ...
//! restart 1 of 2 in 100ms
//! label 1: Eve                           # 100 ms
//! label 2: Max
//! the last handle is gone, and all is done
//! Zoë: the job failed
//! ...
//! restart 1 of 2 in 100ms
//! ...                                    # 200 ms
//! restart 2 of 2 in 200ms
//! ...                                    # 400 ms
//! given up, not printed: ["Eve"]
//! Zoë: the job failed
//! Zoë: the job failed
//! Zoë: the job failed
//! Eve: the printer has stopped
//! Max: the printer has stopped
//! tasks alive: 0
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// What may wait; more is refused at once.
const QUEUE: usize = 4;
const RESTARTS: u32 = 2;
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
/// An actor that lasts so long has made good for those before it.
const HEALTHY: Duration = Duration::from_secs(10);

// On one thread, so that the queue is full before the actor takes anything.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), JoinError> {
    let (printer, supervisor) = Printer::start();
    let answers = submit_all(&printer, &["Ada", "Zoë", "Eve", "Max", "Lea"]);
    drop(printer);
    report(supervisor, answers).await?;

    let (printer, supervisor) = Printer::start();
    let answers = submit_all(&printer, &["Zoë", "Zoë", "Zoë", "Eve"]);
    report(supervisor, answers).await?;
    submit_all(&printer, &["Max"]);

    println!(
        "tasks alive: {}",
        Handle::current().metrics().num_alive_tasks()
    );
    Ok(())
}

type Answer = oneshot::Receiver<Result<(), PrintError>>;

fn submit_all(printer: &Printer, names: &[&str]) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for &name in names {
        match printer.submit(name) {
            Ok(answer) => answers.push((name.into(), answer)),
            Err(error) => println!("{name}: {error}"),
        }
    }
    answers
}

async fn report(
    supervisor: JoinHandle<Result<(), GaveUp>>,
    answers: Vec<(String, Answer)>,
) -> Result<(), JoinError> {
    match supervisor.await? {
        Ok(()) => println!("the last handle is gone, and all is done"),
        Err(GaveUp { left }) => println!("given up, not printed: {left:?}"),
    }
    for (name, answer) in answers {
        // A job that panics drops its sender.
        if let Err(error) = answer.await.unwrap_or(Err(PrintError::Failed)) {
            println!("{name}: {error}");
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Printer {
    queue: mpsc::Sender<Job>,
}

struct Job {
    name: String,
    reply: oneshot::Sender<Result<(), PrintError>>,
}

#[derive(Clone, Copy, Debug)]
enum PrintError {
    Full,
    Stopped,
    Failed,
}

struct GaveUp {
    left: Vec<String>,
}

impl Printer {
    /// The second value ends when the last handle is gone and the queue empty.
    fn start() -> (Self, JoinHandle<Result<(), GaveUp>>) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        (Self { queue }, tokio::spawn(supervise(jobs)))
    }

    /// `Ok` says that the job is in the queue and will be answered.
    fn submit(&self, name: &str) -> Result<Answer, PrintError> {
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Job {
            name: name.into(),
            reply,
        }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(PrintError::Full),
            Err(TrySendError::Closed(_)) => Err(PrintError::Stopped),
        }
    }
}

async fn supervise(jobs: mpsc::Receiver<Job>) -> Result<(), GaveUp> {
    let jobs = Arc::new(Mutex::new(jobs));
    let mut panics = 0;
    loop {
        let started = Instant::now();
        // A set, so that the actor is aborted if the supervisor is.
        let mut actor = JoinSet::new();
        actor.spawn(print_all(jobs.clone()));
        if let Some(Ok(())) | None = actor.join_next().await {
            return Ok(());
        }
        if started.elapsed() >= HEALTHY {
            panics = 0;
        }
        if panics == RESTARTS {
            return Err(hand_back(&mut *jobs.lock().await).await);
        }
        let back_off = FIRST_BACK_OFF * 2_u32.pow(panics);
        panics += 1;
        println!("restart {panics} of {RESTARTS} in {back_off:?}");
        sleep(back_off).await;
    }
}

/// The actor. Each one counts from 1 again: the state in which its predecessor
/// panicked is not to be trusted.
async fn print_all(jobs: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut jobs = jobs.lock().await;
    let mut labels = 0;
    while let Some(Job { name, reply }) = jobs.recv().await {
        // The bug: three bytes are not three characters, "Zoë" has four.
        let initials = &name[..3];
        labels += 1;
        println!("label {labels}: {initials}");
        // An error says that the asker has left; the label is printed.
        let _ = reply.send(Ok(()));
    }
}

async fn hand_back(jobs: &mut mpsc::Receiver<Job>) -> GaveUp {
    // No more come in, what came before comes out.
    jobs.close();
    let mut left = Vec::new();
    while let Some(Job { name, reply }) = jobs.recv().await {
        let _ = reply.send(Err(PrintError::Stopped));
        left.push(name);
    }
    GaveUp { left }
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the queue is full",
            Self::Stopped => "the printer has stopped",
            Self::Failed => "the job failed",
        })
    }
}

impl std::error::Error for PrintError {}
