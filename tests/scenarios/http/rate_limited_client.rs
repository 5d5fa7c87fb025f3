//! `rate_limited_client` with many tasks that share the limiter, and with a server
//! that is slow.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{PATIENT, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("tasks", tasks).slow(),
        scenario("slow_server", slow_server).slow(),
    ]
}

/// Tasks get their tokens in the order in which they ask, and one that gives up
/// keeps no other from its token.
async fn tasks() -> Result<()> {
    let changes = [
        (
            "    let url = serve().await?;
    let limiter = Limiter::new(quota);
",
            "    let url = serve().await?;
    let limiter = Arc::new(Limiter::new(quota));
    let start = std::time::Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 1..=12 {
        let (limiter, request) = (Arc::clone(&limiter), client.post(&url));
        let task = tasks.spawn(async move {
            let status = limiter.send(request).await.map(|it| it.status());
            println!(\"task {number}: {status:?}\");
        });
        // The next one asks later.
        tokio::time::sleep(Duration::from_millis(5)).await;
        if number == 6 {
            task.abort();
        }
    }
    while tasks.join_next().await.is_some() {}
    println!(\"{}\", start.elapsed().as_millis());
    let limiter = Limiter::new(quota);
",
        ),
        // On a busy machine, two requests that are 200 ms apart may change places.
        (
            "Quota::per_second(NonZeroU32::new(5).unwrap())",
            "Quota::per_minute(NonZeroU32::new(60).unwrap()).allow_burst(NonZeroU32::new(5).unwrap())",
        ),
        PATIENT,
    ];
    let (status, lines) = run_changed("examples-http", "rate_limited_client", &changes, "").await?;
    ensure!(status == 0 && lines.len() > 14, "{status}: {lines:?}");
    // The first two lines are not about tasks, and the burst of four may come in
    // any order.
    for (number, line) in [5, 7, 8, 9, 10, 11, 12].iter().zip(&lines[6..]) {
        ensure!(*line == format!("task {number}: Ok(200)"), "{lines:?}");
    }
    let took: u32 = lines[13].parse()?;
    // Four are sent immediately, and seven wait.
    ensure!(took >= 7 * 1000, "it took {took} ms");
    Ok(())
}

/// The limiter limits how often requests are sent, not how many are in progress:
/// this server answers the first of four when the last has arrived.
async fn slow_server() -> Result<()> {
    let order =
        "async fn order(State(limiter): State<Arc<DefaultDirectRateLimiter>>) -> StatusCode {\n";
    let slow = format!(
        "{order}    use std::sync::LazyLock;
    use tokio::sync::Barrier;
    static FOUR: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(4));
    FOUR.wait().await;\n"
    );
    let changes = [
        (order, slow.as_str()),
        PATIENT,
        ("(1..=8).map(async |order|", "(1..=4).map(async |order|"),
    ];
    let (status, lines) = run_changed("examples-http", "rate_limited_client", &changes, "").await?;
    let last = lines.last().map_or("", |it| it);
    ensure!(
        status == 0 && last == "one limiter for all: 4 of 4 orders accepted",
        "four requests are to be in progress together; status {status}: {lines:?}"
    );
    Ok(())
}
