//! `happy_eyeballs` where no address answers, or each one late.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("all_refuse", all_refuse).slow(),
        scenario("late_answers", late_answers).slow(),
    ]
}

/// If all addresses refuse, the last refusal is returned.
async fn all_refuse() -> Result<()> {
    let call = "fixed(&[refusing, live.local_addr()?]).await?;";
    let changes = [(call, "fixed(&[refusing, refusing]).await?;")];
    let (status, lines) = run_changed("examples-io", "happy_eyeballs", &changes, "").await?;
    let refused = |line: &String| line.starts_with("Error: ") && line.contains("ConnectionRefused");
    ensure!(
        status == 1 && lines.last().is_some_and(refused),
        "status 1 and ConnectionRefused at the end are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// Where a connection takes 300 ms: of three addresses each is tried after a pause of
/// its own, and an attempt goes on while the next one runs. Without an address there
/// is an error.
async fn late_answers() -> Result<()> {
    let changes = [
        // On a busy machine, 300 ms may become more than 1 s.
        (
            "const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);",
            "const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);",
        ),
        (
            "timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await?",
            "timeout(CONNECT_TIMEOUT, async {
        sleep(Duration::from_millis(300)).await;
        TcpStream::connect(address).await
    })
    .await?",
        ),
        (
            "broken(&addresses).await?;",
            "fixed(&[addresses[0], addresses[0], addresses[1]]).await?;",
        ),
        (
            "fixed(&addresses).await?;",
            "fixed(&[addresses[1], addresses[0]]).await?;",
        ),
        (
            "fixed(&[refusing, live.local_addr()?]).await?;",
            r#"drop(refusing);
    println!("none: {:?}", fixed(&[]).await.err());"#,
        ),
        (
            "let refusing = TcpListener::bind(\"127.0.0.1:0\").await?.local_addr()?;",
            "let refusing = String::new();",
        ),
    ];
    let (status, lines) = run_changed("examples-io", "happy_eyeballs", &changes, "").await?;
    let lines: Vec<_> = lines
        .into_iter()
        .filter(|line| line.contains("connected after") || line.starts_with("none: "))
        .collect();
    ensure!(
        status == 0 && lines.len() == 4,
        "status 0 is expected, not {status}, after {lines:?}"
    );
    let seconds = |line: &String| {
        let (_, after) = line.split_once("connected after ").context("no time")?;
        let (seconds, rest) = after.split_once(" s, ").context("no seconds")?;
        ensure!(rest == "0 attempts left", "attempts are left: {line:?}");
        anyhow::Ok(seconds.parse::<f64>()?)
    };
    let (last, first) = (seconds(&lines[0])?, seconds(&lines[1])?);
    ensure!(
        last > 0.65 && first < 3.0,
        "the third address is to be connected after 0.7 s, the first after 0.3 s, not {lines:?}"
    );
    ensure!(
        lines[2].contains("the name has no address"),
        "without an address there is to be an error, not {:?}",
        lines[2]
    );
    Ok(())
}
