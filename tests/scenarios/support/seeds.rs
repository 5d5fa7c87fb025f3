//! Runs a body in many ways: each seed makes another schedule.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep, timeout};

/// A task that has ended is counted for a moment longer.
pub async fn no_task_is_left() -> Result<()> {
    let metrics = Handle::current().metrics();
    let deadline = Instant::now() + Duration::from_secs(5);
    // `on_threads` spawns the body itself.
    while metrics.num_alive_tasks() > 1 {
        let left = metrics.num_alive_tasks() - 1;
        ensure!(Instant::now() < deadline, "{left} of its tasks still run");
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Runs a body with 200 seeds in a task of a runtime with two threads.
pub async fn on_threads<F>(body: fn(Dice) -> F) -> Result<()>
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
pub async fn paused<F>(body: fn(Dice) -> F) -> Result<()>
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
            let body = runtime.spawn(async move {
                timeout(limit, body)
                    .await
                    .with_context(|| format!("it does not end within {limit:?}"))?
            });
            let done = runtime.block_on(body)?;
            done.with_context(|| format!("with seed {seed}"))?;
        }
        Ok(())
    };
    spawn_blocking(run).await?
}

/// Random numbers: the same ones for the same seed.
pub struct Dice(u64);

impl Dice {
    /// From 1 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        // See Marsaglia, Xorshift RNGs, 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % most + 1
    }

    pub fn fork(&mut self) -> Self {
        Self(self.up_to(1 << 30) as u64)
    }

    pub async fn pause(&mut self) {
        for _ in 1..self.up_to(4) {
            yield_now().await;
        }
    }
}
