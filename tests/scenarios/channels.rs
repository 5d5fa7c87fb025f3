//! What of examples-channels is there to be pasted, pasted here and run in many
//! ways: each seed makes another schedule.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinSet, spawn_blocking, yield_now};
use tokio::time::{Instant, sleep, timeout};

use super::scenario;
use actor::Sensor;
use pipeline::{finish, pipeline};
use priority_queue::priority_queue;
use rate_limiter::RateLimiter;
use worker_pool_panics::{Pool, Worker};

#[path = "../../examples-channels/src/bin/actor.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod actor;
#[path = "../../examples-channels/src/bin/pipeline.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod pipeline;
#[path = "../../examples-channels/src/bin/priority_queue.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod priority_queue;
#[path = "../../examples-channels/src/bin/rate_limiter.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod rate_limiter;
#[path = "../../examples-channels/src/bin/worker_pool_panics.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod worker_pool_panics;

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("channels::worker_pool_stops", || on_threads(stop_pool)).with_ignored_flag(true),
        scenario("channels::worker_pool_is_dropped", || on_threads(drop_pool)),
        scenario("channels::pipeline_fails", || paused(fail_pipeline)),
        scenario("channels::pipeline_is_left", || paused(leave_pipeline)),
        scenario("channels::pipeline_is_bounded", || paused(fill_pipeline)),
        scenario("channels::actor_stops", || on_threads(stop_actor)),
        scenario("channels::priority_queue_order", || on_threads(take_turns)),
        scenario("channels::priority_queue_closes", || {
            on_threads(close_queue)
        }),
        scenario("channels::rate_limiter_rate", || paused(limit_rate)),
    ]
}

/// A pool that is stopped while jobs are submitted, some of which panic and some
/// of whose callers have left: it does every job that it has accepted, once, no
/// other, and no more at a time than it has workers.
async fn stop_pool(mut dice: Dice) -> Result<()> {
    const JOBS: usize = 60;
    let workers = dice.up_to(4);
    let runs: Arc<Vec<AtomicUsize>> = Arc::new((0..JOBS).map(|_| AtomicUsize::new(0)).collect());
    let busy = Arc::new(AtomicUsize::new(0));
    let run = Run {
        runs: Arc::clone(&runs),
        busy: Arc::clone(&busy),
    };
    let pool = Pool::start(workers, dice.up_to(4), move || run.clone());
    let mut callers = JoinSet::new();
    for caller in 0..4 {
        let handle = pool.handle();
        let mut dice = dice.fork();
        callers.spawn(async move {
            let mut submitted = Vec::new();
            for number in (caller..JOBS).step_by(4) {
                dice.pause().await;
                let result = handle.submit((number, dice.fork())).await.ok();
                let left = result.is_some() && dice.up_to(5) == 1;
                let result = if left { None } else { result };
                submitted.push((number, result, left));
            }
            submitted
        });
    }
    for _ in 0..dice.up_to(30) {
        yield_now().await;
    }
    pool.stop().await;

    while let Some(submitted) = callers.join_next().await {
        for (number, result, left) in submitted? {
            let accepted = left || result.is_some();
            let runs = runs[number].load(SeqCst);
            ensure!(runs == usize::from(accepted), "{number}: {runs} runs");
            let Some(result) = result else { continue };
            match result.await {
                Ok(busy) => ensure!(busy <= workers, "{busy} at a time"),
                Err(_) => ensure!(panics(number), "{number} has no result"),
            }
        }
    }
    no_task_is_left().await
}

/// Counts the runs of each job, and how many run at the same time.
#[derive(Clone)]
struct Run {
    runs: Arc<Vec<AtomicUsize>>,
    busy: Arc<AtomicUsize>,
}

impl Worker for Run {
    type Job = (usize, Dice);
    type Output = usize;

    async fn run(&mut self, (number, mut dice): Self::Job) -> usize {
        self.runs[number].fetch_add(1, SeqCst);
        let now = self.busy.fetch_add(1, SeqCst) + 1;
        dice.pause().await;
        self.busy.fetch_sub(1, SeqCst);
        if panics(number) {
            // A panic that prints nothing.
            resume_unwind(Box::new("a panic"));
        }
        now
    }
}

/// Never finishes a job.
struct Stuck;

impl Worker for Stuck {
    type Job = ();
    type Output = ();

    async fn run(&mut self, (): ()) {
        std::future::pending::<()>().await;
    }
}

fn panics(number: usize) -> bool {
    number % 7 == 3
}

/// A pool that is dropped midway leaves no worker and no job behind.
async fn drop_pool(mut dice: Dice) -> Result<()> {
    let pool = Pool::start(3, 3, || Stuck);
    let handle = pool.handle();
    for _ in 0..dice.up_to(6) {
        ensure!(handle.submit(()).await.is_ok(), "refused");
    }
    drop(pool);
    no_task_is_left().await?;
    ensure!(
        handle.submit(()).await.is_err(),
        "accepted, though it is gone"
    );
    Ok(())
}

/// Whichever photo makes a stage fail or panic, those before it are saved, those
/// behind it are not, and the stages end.
async fn fail_pipeline(mut dice: Dice) -> Result<()> {
    let (photos, mut saved, stages) = pipeline();
    let good = dice.up_to(20) - 1;
    let feed = async move {
        for _ in 0..good {
            photos.send("beach".into()).await?;
        }
        while photos.send("torn".into()).await.is_ok() {}
        anyhow::Ok(())
    };
    let count = async {
        let mut count = 0;
        while saved.recv().await.is_some() {
            sleep(Duration::from_millis(dice.up_to(400) as u64)).await;
            count += 1;
        }
        count
    };
    let (fed, count) = tokio::join!(feed, count);
    fed?;
    let error = finish(stages).await.err().context("nothing has failed")?;
    ensure!(error.contains("torn"), "{error}");
    ensure!(count == good, "{count} of {good} are saved");
    no_task_is_left().await
}

/// When nobody takes what comes out, the stages end too, one by one.
async fn leave_pipeline(mut dice: Dice) -> Result<()> {
    let (photos, mut saved, stages) = pipeline();
    let feed = async move { while photos.send("beach".into()).await.is_ok() {} };
    let take = async move {
        for _ in 0..dice.up_to(10) {
            saved.recv().await;
        }
    };
    tokio::join!(feed, take);
    finish(stages).await.map_err(anyhow::Error::msg)?;
    no_task_is_left().await
}

/// When nobody takes out what is done, each stage waits for the next one: the
/// pipeline holds 7 photos, and no more go in.
async fn fill_pipeline(_: Dice) -> Result<()> {
    let (photos, saved, stages) = pipeline();
    let mut inside = 0;
    while timeout(Duration::from_secs(60), photos.send("beach".into()))
        .await
        .is_ok()
    {
        inside += 1;
    }
    ensure!(inside == 7, "{inside} photos are in the pipeline");
    drop((photos, saved));
    finish(stages).await.map_err(anyhow::Error::msg)?;
    no_task_is_left().await
}

/// Whenever an actor is stopped, it records each reading that it has accepted, and
/// no other.
async fn stop_actor(mut dice: Dice) -> Result<()> {
    let (sensor, actor) = Sensor::start();
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let sensor = sensor.clone();
        let mut dice = dice.fork();
        callers.spawn(async move {
            let mut accepted = 0;
            for _ in 0..30 {
                dice.pause().await;
                if sensor.record(1).await.is_err() {
                    break;
                }
                accepted += 1;
                if dice.up_to(3) == 1 {
                    // A caller that leaves before it has its answer.
                    let _ = timeout(Duration::ZERO, sensor.average()).await;
                }
            }
            accepted
        });
    }
    for _ in 0..dice.up_to(60) {
        yield_now().await;
    }
    sensor.stop().await;
    ensure!(sensor.record(1).await.is_err(), "accepted after the stop");
    let accepted: i64 = callers.join_all().await.iter().sum();
    let recorded = actor.await?.count;
    ensure!(recorded == accepted, "{recorded} of {accepted}");
    no_task_is_left().await
}

/// The order is exactly that of the rule, for any number of jobs that wait.
async fn take_turns(mut dice: Dice) -> Result<()> {
    let in_a_row = dice.up_to(5);
    let (mut urgent, mut normal) = (dice.up_to(20) - 1, dice.up_to(20) - 1);
    let (to_urgent, to_normal, mut queue) = priority_queue(20, in_a_row);
    for _ in 0..urgent {
        to_urgent.send('U').await?;
    }
    for _ in 0..normal {
        to_normal.send('N').await?;
    }
    queue.close();
    let mut taken = 0;
    while urgent + normal > 0 {
        let turn_of_normal = taken >= in_a_row && normal > 0;
        let expected = if urgent == 0 || turn_of_normal {
            'N'
        } else {
            'U'
        };
        if expected == 'U' {
            urgent -= 1;
            taken += 1;
        } else {
            normal -= 1;
            taken = 0;
        }
        let job = queue.recv().await;
        ensure!(job == Some(expected), "{job:?} instead of {expected}");
    }
    ensure!(queue.recv().await.is_none(), "it does not end");
    Ok(())
}

/// A queue that is closed while jobs are sent, and whose `recv` is cancelled
/// again and again, gives out every job that it has accepted, once and in its
/// sender's order.
async fn close_queue(mut dice: Dice) -> Result<()> {
    let (urgent, normal, mut queue) = priority_queue(dice.up_to(4), 3);
    let mut senders = JoinSet::new();
    for sender in 0..4 {
        let queue = if sender % 2 == 0 { &urgent } else { &normal }.clone();
        let mut dice = dice.fork();
        senders.spawn(async move {
            let mut accepted = 0;
            for number in 0..30 {
                dice.pause().await;
                if queue.send((sender, number)).await.is_err() {
                    break;
                }
                accepted += 1;
            }
            accepted
        });
    }
    drop((urgent, normal));

    let mut close_after = dice.up_to(150);
    let mut received = [0; 4];
    loop {
        let job = tokio::select! {
            biased;
            job = queue.recv() => job,
            () = dice.pause() => continue,
        };
        let Some((sender, number)) = job else { break };
        ensure!(received[sender] == number, "lost, or out of order");
        received[sender] += 1;
        close_after -= 1;
        if close_after == 0 {
            queue.close();
        }
        close_after = close_after.max(1);
    }
    let accepted: usize = senders.join_all().await.iter().sum();
    let received: usize = received.iter().sum();
    ensure!(received == accepted, "{received} of {accepted}");
    no_task_is_left().await
}

/// Whenever callers come and however many give up: in no time more than the
/// burst and what that time adds, and never a token too few.
async fn limit_rate(mut dice: Dice) -> Result<()> {
    const PERIOD: Duration = Duration::from_millis(200);
    let burst = dice.up_to(4);
    let limiter = RateLimiter::new(PERIOD, u32::try_from(burst)?, 1000);
    let limiter = Arc::new(limiter);
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..40 {
        sleep(Duration::from_millis(dice.up_to(300) as u64)).await;
        let limiter = Arc::clone(&limiter);
        let patience = dice.up_to(2000) as u64;
        callers.spawn(async move {
            let patience = Duration::from_millis(patience);
            match timeout(patience, limiter.acquire()).await {
                Ok(Ok(())) => Ok(Some(start.elapsed())),
                Ok(Err(busy)) => bail!("{busy:?}"),
                Err(_) => Ok(None),
            }
        });
    }
    let mut passed = Vec::new();
    while let Some(caller) = callers.join_next().await {
        passed.extend(caller??);
    }
    passed.sort();
    for (first, from) in passed.iter().enumerate() {
        for (last, to) in passed.iter().enumerate().skip(first + burst) {
            let least = PERIOD * u32::try_from(last - first + 1 - burst)?;
            ensure!(
                to.saturating_sub(*from) >= least,
                "{first} to {last}: {passed:?}"
            );
        }
    }
    // A minute later the bucket is full, and no fuller than that.
    sleep(Duration::from_secs(60)).await;
    for _ in 0..burst {
        let at_once = timeout(Duration::ZERO, limiter.acquire()).await;
        ensure!(at_once.is_ok(), "a token is missing");
    }
    let at_once = timeout(PERIOD / 2, limiter.acquire()).await;
    ensure!(at_once.is_err(), "a token too many");
    no_task_is_left().await
}

/// A task that has ended is counted for a moment longer.
async fn no_task_is_left() -> Result<()> {
    let metrics = Handle::current().metrics();
    let deadline = Instant::now() + Duration::from_secs(5);
    // `on_threads` spawns the body itself.
    while metrics.num_alive_tasks() > 1 {
        ensure!(Instant::now() < deadline, "a task is left");
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Runs a body with 200 seeds in a task of a runtime with two threads.
async fn on_threads<F>(body: fn(Dice) -> F) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let runtime = || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
    };
    many_seeds(runtime, Duration::from_secs(20), body).await
}

/// Runs a body with 200 seeds in a task of a runtime whose clock is paused.
async fn paused<F>(body: fn(Dice) -> F) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let runtime = || {
        Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
    };
    many_seeds(runtime, Duration::from_secs(3600), body).await
}

async fn many_seeds<F>(
    runtime: fn() -> io::Result<Runtime>,
    limit: Duration,
    body: fn(Dice) -> F,
) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let run = move || {
        for seed in 1..=200 {
            let runtime = runtime()?;
            let body = body(Dice(seed));
            let body = runtime
                .spawn(async move { timeout(limit, body).await.context("it does not end")? });
            let done = runtime.block_on(body)?;
            done.with_context(|| format!("with seed {seed}"))?;
        }
        Ok(())
    };
    spawn_blocking(run).await?
}

/// Random numbers: the same ones for the same seed.
struct Dice(u64);

impl Dice {
    /// From 1 to `most`.
    fn up_to(&mut self, most: usize) -> usize {
        // See Marsaglia, Xorshift RNGs, 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % most + 1
    }

    fn fork(&mut self) -> Self {
        Self(self.up_to(1 << 30) as u64)
    }

    async fn pause(&mut self) {
        for _ in 1..self.up_to(4) {
            yield_now().await;
        }
    }
}
