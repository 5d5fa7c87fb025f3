//! `retry_after` with all that a server may ask for, and with a long answer.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::scenarios::support::changed::{PATIENT, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("pauses", pauses).slow(),
        scenario("repeats", repeats).slow(),
        scenario("apart", apart).slow(),
        scenario("connection", connection).slow(),
        scenario("lost_answer", lost_answer).slow(),
        scenario("redirected", redirected).slow(),
    ]
}

/// A pause may be a number or a date. One that is too long is not made: the
/// caller gets the answer. One that cannot be read is none.
async fn pauses() -> Result<()> {
    let mut late = String::new();
    // On a busy machine, one try may take longer.
    for _ in 0..3 {
        match late_pause().await? {
            Some(wrong) => late = wrong,
            None => return Ok(()),
        }
    }
    bail!("three times too late: {late}");
}

/// What has taken too long, if all else is right.
async fn late_pause() -> Result<Option<String>> {
    let changes = [
        PATIENT,
        (
            "/// The requests that the server has seen.",
            "static ASKED: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());
/// The requests that the server has seen.",
        ),
        (
            "[(RETRY_AFTER, \"1\")]",
            "[(RETRY_AFTER, ASKED.lock().unwrap().clone())]",
        ),
        (
            "    let status = send(client.post(&server)).await?.status();",
            "    let date = |seconds| {
        let date = SystemTime::now() + Duration::from_secs(3600) - Duration::from_secs(seconds);
        httpdate::fmt_http_date(date)
    };
    let mut start = Instant::now();
    for asked in [
        date(3597), date(0), date(7200), \"1\".into(), \"11\".into(), \"3600\".into(), \"18446744073709551615\".into(),
        \"99999999999999999999\".into(), \"soon\".into(), \"-1\".into(), String::new(),
    ] {
        *ASKED.lock().unwrap() = asked;
        let status = send(client.get(&server)).await?.status();
        let attempts = ATTEMPTS.swap(0, Relaxed);
        println!(\"{} {attempts} {}\", status.as_u16(), start.elapsed().as_millis());
        start = Instant::now();
    }
    let status = send(client.post(&server)).await?.status();",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "retry_after", &changes, "").await?;
    ensure!(status == 0 && lines.len() == 14, "{status}: {lines:?}");
    let mut late = None;
    for (line, (asked, answer, range)) in lines[1..].iter().zip([
        // A date has no milliseconds.
        ("a date in 3 s", "200 2", 2000..4500),
        ("a date in an hour", "503 1", 0..1000),
        ("a date of an hour ago", "200 2", 50..1000),
        // The back-off comes on top.
        ("1", "200 2", 1050..3000),
        ("11", "503 1", 0..1000),
        ("3600", "503 1", 0..1000),
        ("the largest number", "503 1", 0..1000),
        ("a larger number", "200 2", 50..1000),
        ("soon", "200 2", 50..1000),
        ("-1", "200 2", 50..1000),
        ("nothing", "200 2", 50..1000),
    ]) {
        let (got, took) = line.rsplit_once(' ').with_context(|| line.clone())?;
        let took: u32 = took.parse()?;
        let wrong = format!(
            "asked for {asked}: status and attempts are {got}, not {answer}; it took {took} ms"
        );
        ensure!(got == answer && took >= range.start, wrong);
        if took >= range.end {
            late = Some(wrong);
        }
    }
    Ok(late)
}

/// Only an answer that may be another the next time is asked for again, by every
/// method that is safe to repeat. A body that can be sent only once is sent once.
async fn repeats() -> Result<()> {
    let changes = [
        PATIENT,
        (
            "/// The requests that the server has seen.",
            "static CODE: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(503);
/// The requests that the server has seen.",
        ),
        (
            "Err((StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, \"1\")]))",
            "Err(StatusCode::from_u16(CODE.load(Relaxed)).unwrap())",
        ),
        (
            "    let status = send(client.post(&server)).await?.status();",
            "    for code in [429, 502, 503, 504, 400, 404, 500, 501] {
        CODE.store(code, Relaxed);
        let status = send(client.get(&server)).await?.status().as_u16();
        println!(\"{code}: {status} {}\", ATTEMPTS.swap(0, Relaxed));
    }
    CODE.store(503, Relaxed);
    for method in [\"HEAD\", \"OPTIONS\", \"PUT\", \"DELETE\", \"POST\", \"PATCH\"] {
        let request = client.request(method.parse()?, &server).body(\"order 7\");
        let status = send(request).await?.status().as_u16();
        println!(\"{method}: {status} {}\", ATTEMPTS.swap(0, Relaxed));
    }
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>(\"order 7\")]);
    let request = client.put(&server).body(reqwest::Body::wrap_stream(pieces));
    let status = send(request).await?.status().as_u16();
    println!(\"PUT of a stream: {status} {}\", ATTEMPTS.swap(0, Relaxed));
    let status = send(client.post(&server)).await?.status();",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "retry_after", &changes, "").await?;
    // The status, and the number of attempts.
    let right = [
        "429: 200 2",
        "502: 200 2",
        "503: 200 2",
        "504: 200 2",
        "400: 400 1",
        "404: 404 1",
        "500: 500 1",
        "501: 501 1",
        "HEAD: 200 2",
        "OPTIONS: 200 2",
        "PUT: 200 2",
        "DELETE: 200 2",
        "POST: 503 1",
        "PATCH: 503 1",
        "PUT of a stream: 503 1",
    ];
    let shown = lines.iter().skip(1).take(right.len());
    ensure!(
        status == 0 && shown.eq(&right),
        "{right:?} is right; status {status}: {lines:?}"
    );
    Ok(())
}

/// Clients that fail together do not return together. A pause of ten seconds is made.
async fn apart() -> Result<()> {
    let changes = [
        ("[(RETRY_AFTER, \"1\")]", "[(RETRY_AFTER, \"10\")]"),
        (
            "                sleep(pause + back_off).await;\n",
            "                println!(\"waits {}\", back_off.as_millis());
                sleep(Duration::ZERO).await;\n",
        ),
        (
            "    let start = Instant::now();\n    if let Err",
            "    println!(\"twenty requests\");
    for _ in 0..20 {
        let _ = send(client.post(\"http://127.0.0.1:9/\")).await;
    }
    let start = Instant::now();\n    if let Err",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "retry_after", &changes, "").await?;
    ensure!(
        lines.len() > 1 && lines[1].starts_with("GET: 200 OK, attempts: 2, "),
        "asked to wait 10 s, it is to wait and to get a 200: {lines:?}"
    );
    let pauses = lines.iter().skip_while(|line| *line != "twenty requests");
    let pauses: Vec<u32> = pauses
        .filter_map(|line| line.strip_prefix("waits ")?.parse().ok())
        .collect();
    ensure!(
        status == 0 && pauses.len() == 21 * 3,
        "three pauses of each request are expected; status {status}: {lines:?}"
    );
    for (number, least) in [50, 100, 200].into_iter().enumerate() {
        let pauses = || pauses.iter().skip(number).step_by(3);
        let (first, last) = (pauses().min(), pauses().max());
        ensure!(
            pauses().all(|pause| (least..=2 * least).contains(pause))
                && last
                    .zip(first)
                    .is_some_and(|(last, first)| last - first > least / 3),
            "different pauses of {least} to {} ms are expected, not {:?}",
            2 * least,
            pauses().collect::<Vec<_>>()
        );
    }
    Ok(())
}

/// While `send` waits, it does not keep the connection of an answer that nobody
/// reads.
async fn connection() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = format!("let server = String::from(\"http://{address}/\");");
    let changes = [("let server = serve().await?;", server.as_str())];
    let answer = async {
        let (mut stream, _) = listener.accept().await?;
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await?;
        let head = "HTTP/1.1 503 Busy\r\nretry-after: 3\r\ncontent-length: 1000000\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        // The client waits for three seconds.
        let closed = timeout(Duration::from_millis(2500), stream.read(&mut request)).await;
        // Its further attempts are refused.
        drop(listener);
        anyhow::Ok(closed.is_ok())
    };
    let run = run_changed("examples-http", "retry_after", &changes, "");
    let (closed, (_, lines)) = tokio::try_join!(answer, run)?;
    ensure!(closed, "the connection stays open: {lines:?}");
    Ok(())
}

/// The lines of a run with these changes, while a server answers it.
async fn beside(
    server: impl Future<Output = Result<()>>,
    changes: &[(&str, &str)],
) -> Result<Vec<String>> {
    tokio::select! {
        ran = run_changed("examples-http", "retry_after", changes, "") => Ok(ran?.1),
        end = server => bail!("the server has ended: {end:?}"),
    }
}

/// A `POST` that got no answer may have placed an order, and is not sent again. A
/// `GET` is, if the server closes the connection, and if it is silent for a second.
async fn lost_answer() -> Result<()> {
    let mut seen = (0, 0, Vec::new());
    // On a busy machine, the other answers may be late as well.
    for _ in 0..3 {
        seen = lose_answers().await?;
        if (seen.0, seen.1) == (3, 1) {
            return Ok(());
        }
    }
    let (gets, posts, lines) = seen;
    bail!("3 GET and 1 POST are expected, not {gets} and {posts}: {lines:?}");
}

/// How many `GET` and `POST` have come, and the lines of the run.
async fn lose_answers() -> Result<(u32, u32, Vec<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = format!("let server = String::from(\"http://{address}/\");");
    let changes = [("let server = serve().await?;", server.as_str())];
    let (mut gets, mut posts) = (0, 0);
    let mut silent = Vec::new();
    let answer = async {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await?;
            let is_post = request.starts_with(b"POST ");
            *(if is_post { &mut posts } else { &mut gets }) += 1;
            if gets == 2 && !is_post {
                silent.push(stream);
            } else if gets == 3 && !is_post {
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(head.as_bytes()).await?;
            }
        }
        anyhow::Ok(())
    };
    let lines = beside(answer, &changes).await?;
    Ok((gets, posts, lines))
}

/// A `POST` that is answered with a redirect may have placed an order. If the next
/// address cannot be reached, it is not sent again.
async fn redirected() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = format!("let server = String::from(\"http://{address}/\");");
    let changes = [("let server = serve().await?;", server.as_str()), PATIENT];
    let mut posts = 0;
    let answer = async {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await?;
            let status = if request.starts_with(b"POST ") {
                posts += 1;
                "303 See Other\r\nlocation: http://127.0.0.1:9/"
            } else {
                "200 OK"
            };
            let head =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
        anyhow::Ok(())
    };
    let lines = beside(answer, &changes).await?;
    ensure!(
        posts == 1 && lines[1].starts_with("POST: 303 See Other"),
        "one POST is expected, and its redirect, not {posts}: {lines:?}"
    );
    Ok(())
}
