//! `file_cost` where `std::fs` is slow, and a file is missing.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("slow_std", slow_std).slow()]
}

/// The time of `tokio::fs` does not include that of `std::fs`. A file that it cannot
/// read is an error.
async fn slow_std() -> Result<()> {
    let changes = [
        (
            "        bytes += std::fs::read(file)?.len();\n",
            "        bytes += std::fs::read(file)?.len();
        std::thread::sleep(Duration::from_millis(2));
",
        ),
        ("const ROUNDS: usize = 100;", "const ROUNDS: usize = 5;"),
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
