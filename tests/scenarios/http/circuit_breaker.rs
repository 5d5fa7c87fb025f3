//! `circuit_breaker` with calls at the same time, a canceled one, a late one,
//! answers, and requests that cannot be sent.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("one_at_a_time", one_at_a_time).slow(),
        scenario("canceled", canceled).slow(),
        scenario("late", late).slow(),
        scenario("answers", answers).slow(),
        scenario("pause", pause).slow(),
        scenario("wrong_urls", wrong_urls).slow(),
    ]
}

/// Of ten calls at the same time, a half-open breaker lets one through.
async fn one_at_a_time() -> Result<()> {
    let changes = [
        (
            "    for _ in 0..10 {
        succeeded += u32::from(call().await.is_ok());
    }",
            "    let calls = futures::future::join_all((0..10).map(|_| call()));
    for call in calls.await {
        succeeded += u32::from(call.is_ok());
    }",
        ),
        PATIENT,
    ];
    let lines = run(&changes).await?;
    for (line, right) in lines.iter().zip([
        "no breaker: 10 of 10 calls sent, 0 succeeded, ",
        // They were all sent before the first one failed.
        "down: 10 of 10 calls sent, 0 succeeded, ",
        "still down: 1 of 10 calls sent, 0 succeeded, ",
        "up again: 1 of 10 calls sent, 1 succeeded, ",
    ]) {
        ensure!(line.starts_with(right), "{line}, not {right}");
    }
    Ok(())
}

/// If the call that tries the server is canceled, another one may try.
async fn canceled() -> Result<()> {
    let changes = [
        PATIENT,
        UP_AT_FIRST,
        (
            "    show(\"still down\", protected).await;",
            "    let call = tokio::time::timeout(Duration::from_millis(20), protected());
    println!(\"canceled: {}\", call.await.is_err());",
        ),
        // The server may learn of the canceled call a little later.
        (
            "    show(\"up again\", protected).await;",
            "    REQUESTS.store(0, Relaxed);\n    show(\"up again\", protected).await;",
        ),
    ];
    let lines = run(&changes).await?;
    ensure!(lines[2] == "canceled: true", "{lines:?}");
    let right = "up again: 10 of 10 calls sent, 10 succeeded, ";
    ensure!(lines[3].starts_with(right), "{lines:?}");
    Ok(())
}

/// A call that succeeds after the breaker has opened does not close it.
async fn late() -> Result<()> {
    let changes = [
        ("    show(\"no breaker\", unprotected).await;\n", ""),
        ("let unprotected = ", "let _unprotected = "),
        (
            "    show(\"down\", protected).await;\n    sleep(PAUSE).await;\n",
            "    UP.store(true, Relaxed);
    let failing = async {
        for _ in 0..MAX_FAILURES {
            let refused = breaker.send(client.get(\"http://127.0.0.1:9/\")).await;
            assert!(refused.is_err());
        }
    };
    let (late, ()) = tokio::join!(protected(), failing);
    REQUESTS.store(0, Relaxed);
    show(&format!(\"late: {}, then\", late.is_ok()), protected).await;
    if late.is_ok() {
        return Ok(());
    }\n",
        ),
        // The late call takes longer than the failures.
        ("{ 20 }", "{ 1000 }"),
        (
            ".timeout(Duration::from_millis(100))",
            ".timeout(Duration::from_secs(5))",
        ),
        (
            "PAUSE: Duration = Duration::from_millis(500)",
            "PAUSE: Duration = Duration::from_secs(5)",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "circuit_breaker", &changes, "").await?;
    let right = "late: true, then: 0 of 10 calls sent, ";
    ensure!(
        status == 0 && lines[0].starts_with(right),
        "{status}: {lines:?}"
    );
    Ok(())
}

/// A server that answers 404 is up, and one that answers 5xx three times in a row is
/// down; an answer between them counts.
async fn answers() -> Result<()> {
    let (up, down) = (
        "down: 10 of 10 calls sent, 10 succeeded, ",
        "down: 3 of 10 calls sent, 3 succeeded, ",
    );
    for (statuses, right) in [
        (["NOT_FOUND"; 3], up),
        (["SERVICE_UNAVAILABLE"; 3], down),
        (
            ["INTERNAL_SERVER_ERROR", "BAD_GATEWAY", "GATEWAY_TIMEOUT"],
            down,
        ),
        (["SERVICE_UNAVAILABLE", "BAD_GATEWAY", "OK"], up),
    ] {
        // `page` has counted its request.
        let number = "(REQUESTS.load(Relaxed) as usize + 2) % 3";
        let all = statuses.map(|it| format!("axum::http::StatusCode::{it}"));
        let answer = format!("[{}][{number}]", all.join(", "));
        let changes = [
            (
                "async fn page() {",
                "async fn page() -> axum::http::StatusCode {",
            ),
            (
                "    sleep(Duration::from_millis(milliseconds)).await;",
                &answer,
            ),
            PATIENT,
        ];
        let lines = run(&changes).await?;
        ensure!(
            lines[1].starts_with(right),
            "{}: {right:?} is expected, not {lines:?}",
            statuses.join(", ")
        );
    }
    Ok(())
}

/// The breaker stays open for its whole pause, each time, and then refuses with an
/// error of its own.
async fn pause() -> Result<()> {
    let changes = [
        PATIENT,
        // Ten calls that are not answered would take ten times as long.
        ("    show(\"no breaker\", unprotected).await;\n", ""),
        ("let unprotected = ", "let _unprotected = "),
        (
            "PAUSE: Duration = Duration::from_millis(500)",
            "PAUSE: Duration = Duration::from_secs(100)",
        ),
        (
            "    sleep(PAUSE).await;
    show(\"still down\", protected).await;
    UP.store(true, Relaxed);
    sleep(PAUSE).await;
",
            r#"    let is_over = || breaker.0.lock().unwrap().open_until = Some(Instant::now());
    let tell = async || {
        let left = breaker.0.lock().unwrap().open_until.unwrap() - Instant::now();
        let error = protected().await.unwrap_err();
        let sent = error.is::<reqwest::Error>();
        println!("open for {} s, sent: {sent}, {error}", left.as_secs());
    };
    tell().await;
    is_over();
    show("still down", protected).await;
    tell().await;
    is_over();
    UP.store(true, Relaxed);
"#,
        ),
    ];
    let (status, lines) = run_changed("examples-http", "circuit_breaker", &changes, "").await?;
    let told = lines.iter().filter_map(|line| {
        let line = line.strip_suffix(" s, sent: false, the circuit breaker is open")?;
        line.strip_prefix("open for ")?.parse().ok()
    });
    let told: Vec<u32> = told.collect();
    ensure!(
        status == 0 && told.len() == 2 && told.iter().all(|left| (90..100).contains(left)),
        "the breaker is to be open for 100 s, twice, and to send nothing; status {status}: \
         {lines:?}"
    );
    let last = lines.last().map_or("", |line| line);
    ensure!(
        last.starts_with("up again: 10 of 10 calls sent, 10 succeeded, "),
        "{lines:?}"
    );
    Ok(())
}

/// A request that cannot be sent says nothing about the server, and an endless
/// redirect says that it is up: neither opens the breaker.
async fn wrong_urls() -> Result<()> {
    let endless = "get(async || axum::response::Redirect::to(\"/loop\"))";
    let route = format!(".route(\"/\", get(page)).route(\"/loop\", {endless})");
    for url in ["http://", "ftp://127.0.0.1/", "{url}loop"] {
        let show = format!(
            "    UP.store(true, Relaxed);
    show(\"down\", async || breaker.send(client.get(format!({url:?}))).await).await;\n"
        );
        let changes = [
            PATIENT,
            UP_AT_FIRST,
            (".route(\"/\", get(page))", route.as_str()),
            (
                "    show(\"down\", protected).await;\n    sleep(PAUSE).await;\n",
                &show,
            ),
        ];
        let lines = run(&changes).await?;
        let right = "still down: 10 of 10 calls sent, 10 succeeded, ";
        ensure!(
            lines[1].starts_with("down: 0 of 10 calls sent, 0 succeeded, ")
                && lines[2].starts_with(right),
            "{url}: {lines:?}"
        );
    }
    Ok(())
}

/// A busy machine may take more than 100 ms for an answer.
const PATIENT: (&str, &str) = (
    ".timeout(Duration::from_millis(100))",
    ".timeout(Duration::from_secs(1))",
);

/// The server is up while there is no breaker, so these ten calls do not each wait for
/// the longer timeout.
const UP_AT_FIRST: (&str, &str) = (
    "    show(\"no breaker\", unprotected).await;",
    "    UP.store(true, Relaxed);
    show(\"no breaker\", unprotected).await;
    UP.store(false, Relaxed);",
);

/// What a copy with these changes prints: four lines.
async fn run(changes: &[(&str, &str)]) -> Result<Vec<String>> {
    let (status, lines) = run_changed("examples-http", "circuit_breaker", changes, "").await?;
    ensure!(status == 0 && lines.len() == 4, "{status}: {lines:?}");
    Ok(lines)
}
