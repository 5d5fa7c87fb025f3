//! `async_traits` with a read that is aborted, and with one that panics.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "async_traits"),
        scenario("aborted", aborted).slow(),
        scenario("panics", panics).slow(),
    ]
}

/// The task of `spawn_read` is the read itself: to abort the task stops the read, and
/// no other. A temperature may be below zero. A boxed future is `Send`.
async fn aborted() -> Result<()> {
    let changes = [
        (
            "println!(\"in a task: {}\", spawn_read(Thermometer(18)).await?);",
            "let read = spawn_read(Thermometer(18));
    sleep(Duration::from_millis(100)).await;
    read.abort();
    let read = read.await.map_err(|error| error.is_cancelled());
    println!(\"{read:?}\");",
        ),
        (
            "from_millis(200)).await;\n        format!(\"{} °C\"",
            "from_secs(2)).await;\n        format!(\"{} °C\"",
        ),
        ("Box::new(Thermometer(19))", "Box::new(Thermometer(-19))"),
        (
            "sensor.read_boxed().await",
            "sent(sensor.read_boxed()).await",
        ),
        (
            "struct RainGauge(u32);",
            "fn sent<T: Send>(future: T) -> T {
    future
}

struct RainGauge(u32);",
        ),
    ];
    let expected = [
        "Err(true)",
        "from the list: -19 °C",
        "from the list: 7 mm of rain",
    ];
    prints("examples-basics", "async_traits", &changes, 0, &expected).await
}

/// If the read panics in its task, `main` fails.
async fn panics() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "        format!(\"{} °C\", self.0)\n",
            "        std::panic::resume_unwind(Box::new(()))\n",
        ),
    ];
    let expected = ["Error: JoinError::Panic([..])"];
    prints("examples-basics", "async_traits", &changes, 1, &expected).await
}
