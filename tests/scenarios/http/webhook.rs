//! `webhook` with signatures that are forged, cut, too old and too early.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("forged", forged).slow(),
        scenario("together", together).slow(),
    ]
}

/// The id, the time and the body are signed, each byte of them. The time is
/// within five minutes of the server's, whatever stands in its header.
async fn forged() -> Result<()> {
    // What is sent instead of the headers of `event-2`, and the answer.
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
        ("[\"event-2\", &other[1], &other[2]]", "\"\"", 401),
        (
            "[\"event-2\", &other[1], &other[2]]",
            "&format!(\"{PAID}\\n\")",
            401,
        ),
        ("sign(\"event-4\", 290, PAID)?", "PAID", 200),
        ("sign(\"event-5\", 310, PAID)?", "PAID", 401),
        ("sign(\"event-6\", -290, PAID)?", "PAID", 200),
        ("sign(\"event-7\", -310, PAID)?", "PAID", 401),
        ("sign(\"event-8\", 0, \"{\")?", "\"{\"", 400),
        (
            "[\"event-2\", &other[1], &format!(\"v1,AAAA {}\", other[2])]",
            "PAID",
            200,
        ),
    ];
    let rows: Vec<String> = cases
        .iter()
        .map(|(headers, body, _)| {
            format!("(\"case\", \"/fixed\", &{headers}.map(String::from), {body}), ")
        })
        .collect();
    let rows = rows.concat();
    let changes = [
        (
            "(\"fixed, body changed\", \"/fixed\", &other, CHANGED),",
            rows.as_str(),
        ),
        (
            "let old = ",
            "let later = |by: u64| (other[1].parse::<u64>().unwrap() + by).to_string(); let old = ",
        ),
        ("age: u64", "age: i64"),
        ("Body::from(body)", "Body::from(body.to_string())"),
        (".as_secs() - age", ".as_secs().saturating_add_signed(-age)"),
        ("const CHANGED: &str", "const _CHANGED: &str"),
    ];
    let (status, lines) = run_changed("examples-http", "webhook", &changes, "").await?;
    let answers: Vec<_> = lines.iter().filter(|it| it.starts_with("case: ")).collect();
    ensure!(
        status == 0 && answers.len() == cases.len(),
        "{status}: {lines:?}"
    );
    for ((headers, body, status), line) in cases.iter().zip(answers) {
        let handled = u8::from(*status == 200);
        ensure!(
            line.starts_with(&format!("case: {status} "))
                && line.ends_with(&format!(", handled: {handled}")),
            "{headers} {body}: {line}"
        );
    }
    Ok(())
}

/// An event that is sent twice at the same time is handled once.
async fn together() -> Result<()> {
    let changes = [
        (
            "let response = app.clone().oneshot(request.body(Body::from(body))?).await?;",
            "let headers = request.headers_ref().cloned().unwrap_or_default();
            let send = || {
                let mut request = Request::post(path).body(Body::from(body)).unwrap();
                *request.headers_mut() = headers.clone();
                app.clone().oneshot(request)
            };
            let (response, second) = tokio::try_join!(send(), send())?;
            assert_eq!(response.status(), second.status());",
        ),
        (
            "HANDLED.fetch_add(1, Relaxed);",
            "tokio::time::sleep(Duration::from_millis(100)).await; HANDLED.fetch_add(1, Relaxed);",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "webhook", &changes, "").await?;
    ensure!(
        status == 0
            && lines
                .get(1)
                .is_some_and(|it| it == "fixed: 200 OK, handled: 1"),
        "{status}: {lines:?}"
    );
    Ok(())
}
