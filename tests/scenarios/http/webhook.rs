//! `webhook` with signatures that are forged, cut, too old and too early, and
//! with events that are sent again.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{PAUSED, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("forged", forged).slow(),
        scenario("repeated", repeated).slow(),
    ]
}

/// Before this, main has made `app`, and sent nothing yet.
const FIRST: &str = "    for (case, path, id, age, body) in [";
/// Signs an event of some seconds ago, and sends what it is given.
const SENDER: &str = r#"
    let sign = |id: &str, age: i64, body: &str| {
        let now = UNIX_EPOCH.elapsed().unwrap().as_secs();
        let time = now.saturating_add_signed(-age).to_string();
        let hmac = hmac(id, &time, body.as_bytes()).unwrap().finalize();
        let signature = BASE64_STANDARD.encode(hmac.into_bytes());
        [id.to_string(), time, format!("v1,{signature}")]
    };
    let send = |[id, time, signature]: [String; 3], body: &str| {
        let request = Request::post("/fixed")
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", signature)
            .body(Body::from(body.to_string()));
        let app = app.clone();
        async move { app.oneshot(request.unwrap()).await.unwrap().status().as_u16() }
    };
"#;

/// The id, the time and the body are signed, each byte of them, as Standard
/// Webhooks signs them. The time is within five minutes of the server's, whatever
/// stands in its header.
async fn forged() -> Result<()> {
    // The headers, the body, and the answer.
    let cases = [
        ("[\"event-9\", &other[1], &other[2]]", "PAID", 401),
        (
            "[\"event-2\", \"18446744073709551615\", &other[2]]",
            "PAID",
            401,
        ),
        (
            "[\"event-2\", \"9223372036854775807\", &other[2]]",
            "PAID",
            401,
        ),
        ("[\"event-2\", \"-1\", &other[2]]", "PAID", 401),
        ("[\"event-2\", \"\", &other[2]]", "PAID", 401),
        ("[\"event-2\", &later(1), &other[2]]", "PAID", 401),
        ("[\"event-2\", &other[1], \"\"]", "PAID", 401),
        ("[\"event-2\", &other[1], \"v1,\"]", "PAID", 401),
        ("[\"event-2\", &other[1], &other[2][..20]]", "PAID", 401),
        ("[\"event-2\", &other[1], &other[2][3..]]", "PAID", 401),
        (
            "[\"event-2\", &other[1], &other[2].replace(\"v1\", \"v2\")]",
            "PAID",
            401,
        ),
        ("[\"event-2\", &other[1], &paid[2]]", "PAID", 401),
        ("[\"event-2\", &other[1], \"v1,\u{e9}\"]", "PAID", 401),
        // What is not genuine is not read.
        ("[\"event-2\", &other[1], &other[2]]", "\"{\"", 401),
        ("[\"event-2\", &other[1], &other[2]]", "\"\"", 401),
        (
            "[\"event-2\", &other[1], &other[2]]",
            "&format!(\"{PAID}\\n\")",
            401,
        ),
        ("sign(\"event-4\", 290, PAID)", "PAID", 200),
        ("sign(\"event-5\", 310, PAID)", "PAID", 401),
        ("sign(\"event-6\", -290, PAID)", "PAID", 200),
        ("sign(\"event-7\", -310, PAID)", "PAID", 401),
        ("sign(\"event-8\", 0, \"{\")", "\"{\"", 400),
        (
            "[\"event-2\", &other[1], &format!(\"v1,AAAA {}\", other[2])]",
            "PAID",
            200,
        ),
    ];
    let sends: Vec<String> = cases
        .iter()
        .map(|(headers, body, _)| {
            format!(
                "let status = send({headers}.map(String::from), {body}).await;
                println!(\"case: {{status}}, handled: {{}}\", HANDLED.swap(0, Relaxed));\n"
            )
        })
        .collect();
    let sends = sends.concat();
    // An event and its signature from the tests of Standard Webhooks.
    let first = format!(
        r##"{SENDER}
    let known = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let known = hmac(known, "1614265330", br#"{{"test": 2432232314}}"#)?.finalize();
    println!("known: {{}}", BASE64_STANDARD.encode(known.into_bytes()));
    let (paid, other) = (sign("event-1", 0, PAID), sign("event-2", 0, PAID));
    let later = |by: u64| (other[1].parse::<u64>().unwrap() + by).to_string();
    {sends}
    let request = Request::post("/fixed").body(Body::from(PAID))?;
    let status = app.clone().oneshot(request).await?.status().as_u16();
    println!("without headers: {{status}}");
{FIRST}"##,
    );
    let changes = [
        (FIRST, first.as_str()),
        (
            "\"whsec_MjQgYnl0ZXMgbWFkZSBhdCByYW5kb20h\"",
            "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "webhook", &changes, "").await?;
    let known = "known: g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    ensure!(
        status == 0 && lines[0] == known,
        "{known} is right; {status}: {lines:?}"
    );
    let answers: Vec<_> = lines.iter().filter(|it| it.starts_with("case: ")).collect();
    ensure!(answers.len() == cases.len(), "{lines:?}");
    ensure!(
        lines.iter().any(|it| it == "without headers: 401"),
        "without headers: 401 is right; {status}: {lines:?}"
    );
    for ((headers, body, status), line) in cases.iter().zip(answers) {
        let handled = u8::from(*status == 200);
        ensure!(
            *line == format!("case: {status}, handled: {handled}"),
            "{headers} {body}: {line}"
        );
    }
    Ok(())
}

/// An event is handled once if it comes twice at the same time, if its sender
/// leaves, and if as many other ids are known as are kept, each seen often. One
/// that has failed is handled when it comes again. An id is kept for four days.
async fn repeated() -> Result<()> {
    let first = format!(
        r#"{SENDER}
    let event = |id: &str| send(sign(id, 0, PAID), PAID);
    let handled = || HANDLED.swap(0, Relaxed);

    let (kept, idle) = (ids.policy().time_to_live(), ids.policy().time_to_idle());
    println!("kept for {{kept:?}}, unused for {{idle:?}}");
    let answers = tokio::join!(event("event-2"), event("event-2"));
    println!("twice: {{answers:?}}, handled: {{}}", handled());

    let left = tokio::time::timeout(Duration::from_millis(50), event("event-3")).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    println!("left: {{}}, handled: {{}}", left.is_err(), handled());
    println!("came again: {{}}, handled: {{}}", event("event-3").await, handled());

    let fails = || send(sign("event-4", 0, "[]"), "[]");
    let answers = [fails().await, fails().await, fails().await];
    println!("failed: {{answers:?}}, handled: {{}}", handled());

    for id in ["event-2", "event-3", "event-4"] {{
        ids.invalidate(id).await;
    }}
    ids.run_pending_tasks().await;
    for number in 0..10 {{
        ids.insert(number.to_string(), ()).await;
    }}
    ids.run_pending_tasks().await;
    for number in 0..10 {{
        for _ in 0..20 {{
            ids.get(&number.to_string()).await;
        }}
        ids.run_pending_tasks().await;
    }}
    for _ in 0..2 {{
        event("event-5").await;
        ids.run_pending_tasks().await;
    }}
    println!("full: {{}}, handled: {{}}", ids.entry_count(), handled());
{FIRST}"#
    );
    let changes = [
        PAUSED,
        (FIRST, first.as_str()),
        (
            ".with_state(seen);",
            ".with_state(seen.clone()); let ids = seen;",
        ),
        (".max_capacity(100_000)", ".max_capacity(10)"),
        (
            "    HANDLED.fetch_add(1, Relaxed);",
            "    tokio::time::sleep(Duration::from_millis(100)).await;
    static FAILED: AtomicU32 = AtomicU32::new(0);
    anyhow::ensure!(!_event.is_array() || FAILED.fetch_add(1, Relaxed) > 0, \"told to\");
    HANDLED.fetch_add(1, Relaxed);",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "webhook", &changes, "").await?;
    let right = [
        "kept for Some(345600s), unused for None",
        "twice: (200, 200), handled: 1",
        "left: true, handled: 1",
        "came again: 200, handled: 0",
        "failed: [500, 200, 200], handled: 1",
        "full: 10, handled: 1",
    ];
    ensure!(
        status == 0 && lines.iter().take(right.len()).eq(right),
        "{right:?} is right; {status}: {lines:?}"
    );
    Ok(())
}
