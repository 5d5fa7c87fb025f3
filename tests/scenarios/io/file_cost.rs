//! `file_cost` where one way is slow, and where a file is missing.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("slow_std", slow_std).slow(),
        scenario("measures", measures).slow(),
    ]
}

/// The time of `tokio::fs` does not include that of `std::fs`. A file that it cannot
/// read is an error.
async fn slow_std() -> Result<()> {
    let changes = [
        (
            "        bytes += std::fs::read(file)?.len();\n",
            "        bytes += std::fs::read(file)?.len();
        std::thread::sleep(Duration::from_millis(20));
",
        ),
        ("const ROUNDS: usize = 100;", "const ROUNDS: usize = 2;"),
        (
            "    println!(\"std::fs: ",
            r#"    let missing = [folder.path().join("missing")];
    println!("missing: {}", read_with_tokio(&missing).await.is_err());
    println!("std::fs: "#,
        ),
    ];
    let (status, lines) = run_changed("examples-io", "file_cost", &changes, "").await?;
    ensure!(
        status == 0 && lines[2].starts_with("tokio::fs: 51200 bytes, 0."),
        "tokio::fs is to be quicker; status {status}: {lines:?}"
    );
    ensure!(
        lines[0] == "missing: true",
        "a missing file is to be an error, not {:?}",
        lines[0]
    );
    Ok(())
}

/// Of each way the shortest time counts, and only its own: `std::fs` is slow in the
/// first round and in the last, `tokio::fs` always. All files go to the blocking pool
/// at the same time.
async fn measures() -> Result<()> {
    let changes = [
        (
            "use tokio::task::spawn_blocking;",
            "use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
static ROUND: AtomicUsize = AtomicUsize::new(0);
static SENT: AtomicUsize = AtomicUsize::new(0);
fn spawn_blocking<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    SENT.fetch_add(1, Relaxed);
    tokio::task::spawn_blocking(job)
}",
        ),
        ("const ROUNDS: usize = 100;", "const ROUNDS: usize = 3;"),
        (
            "for _ in 0..ROUNDS {",
            "for round in 0..ROUNDS {
        ROUND.store(round, Relaxed);",
        ),
        (
            "        bytes += std::fs::read(file)?.len();
    }",
            "        bytes += std::fs::read(file)?.len();
    }
    if ROUND.load(Relaxed) != 1 {
        std::thread::sleep(Duration::from_millis(40) * files.len() as u32);
    }",
        ),
        (
            "        bytes += tokio::fs::read(file).await?.len();
    }",
            "        bytes += tokio::fs::read(file).await?.len() + 1;
    }
    tokio::time::sleep(Duration::from_millis(2000)).await;",
        ),
        (
            "    println!(\"std::fs: ",
            r#"    let slow = [std_time, tokio_time, blocking_time].map(|it| it.as_millis() >= 2000);
    println!("sent {}, slow {slow:?}", SENT.load(Relaxed));
    println!("std::fs: "#,
        ),
    ];
    let (status, lines) = run_changed("examples-io", "file_cost", &changes, "").await?;
    let expected = [
        "sent 3, slow [false, true, false]",
        "std::fs: 51200 bytes",
        "tokio::fs: 51250 bytes, ",
        "one spawn_blocking: 51200 bytes, ",
    ];
    let alike = |(line, it): (&String, &&str)| line.starts_with(*it);
    ensure!(
        status == 0 && lines.len() == 4 && lines.iter().zip(&expected).all(alike),
        "in three rounds, status 0 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
