//! `users` with requests that are wrong, slow and too many.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scenarios::support::http::Client;
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("drain", drain),
        scenario("errors", errors),
        scenario("same_id", same_id).slow(),
        scenario("full", full).slow(),
        scenario("slow_body", slow_body).slow(),
        scenario("half_a_request", || http::half_a_request("users")).slow(),
        scenario("second_signal", || http::second_signal("users")),
        scenario("unheard", || faults::unheard("users 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || faults::early_signal("users 127.0.0.1:0")),
    ]
}

/// A request whose body is not complete at the stop is still answered.
async fn drain() -> Result<()> {
    let request = create(1, "Ada");
    let (before, after) = request.split_at(request.len() - 4);
    let answer = http::drain("users", before, after).await?;
    ensure!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    Ok(())
}

/// Every answer that the header does not show, and the limit of a body.
async fn errors() -> Result<()> {
    let server = Server::start("users", "")?;
    let json = &[("content-type", "application/json")][..];
    for (method, path, headers, body, status, text) in [
        (
            "POST",
            "/users",
            json,
            "{\"id\":1,\"name\":\"Ada\"}",
            201,
            "{\"id\":1,\"name\":\"Ada\"}",
        ),
        (
            "GET",
            "/users/1",
            &[],
            "",
            200,
            "{\"id\":1,\"name\":\"Ada\"}",
        ),
        (
            "GET",
            "/users/two",
            &[],
            "",
            400,
            "{\"error\":\"Invalid URL: Cannot parse `two` to a `u32`\"}",
        ),
        (
            "POST",
            "/users",
            json,
            "{\"id\":2,",
            400,
            "{\"error\":\"Failed to parse the request body as JSON: ",
        ),
        (
            "POST",
            "/users",
            json,
            "{\"id\":2,\"name\":\" \"}",
            422,
            "{\"error\":\"the name is empty\"}",
        ),
        (
            "POST",
            "/users",
            &[],
            "{\"id\":2,\"name\":\"Ben\"}",
            415,
            "{\"error\":\"Expected request with `Content-Type: application/json`\"}",
        ),
        (
            "DELETE",
            "/users/1",
            &[],
            "",
            405,
            "{\"error\":\"no such method\"}",
        ),
        ("GET", "/user", &[], "", 404, "{\"error\":\"no such path\"}"),
        (
            "POST",
            "/users",
            json,
            &" ".repeat(1025),
            413,
            "{\"error\":\"Failed to buffer the request body: length limit exceeded\"}",
        ),
    ] {
        let mut client = Client::connect(server.address).await?;
        let answer = client.send(method, path, headers, body).await?;
        let said = answer.is(status, text);
        said.with_context(|| format!("{method} {path} {body:?}"))?;
        if status == 201 {
            let location = answer.headers.get("location").map(AsRef::as_ref);
            ensure!(
                location == Some(&b"/users/1"[..]),
                "not the location /users/1: {answer:?}"
            );
        }
    }
    let name = "x".repeat(1024 - r#"{"id":3,"name":""}"#.len());
    let body = format!(r#"{{"id":3,"name":"{name}"}}"#);
    let mut client = Client::connect(server.address).await?;
    let answer = client.send("POST", "/users", json, &body).await?;
    answer.is(201, &name).context("a body of 1 KiB")
}

/// Of two clients that create the same user at the same time, one is refused. In
/// this copy, a lock for writing takes a while to get.
async fn same_id() -> Result<()> {
    let changes = [
        (
            "use std::sync::{Arc, RwLock};",
            "use std::sync::{Arc, LockResult, RwLockReadGuard, RwLockWriteGuard};",
        ),
        (
            "type UserDb = ",
            "#[derive(Default)]
struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        self.0.read()
    }

    fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        tokio::task::block_in_place(|| std::thread::sleep(Duration::from_millis(300)));
        self.0.write()
    }
}

type UserDb = ",
        ),
    ];
    let copy = build_changed(root(), "examples-http", "users", &changes)?;
    let path = copy.path().join("users");
    let server = Server::run(&format!("exec '{}' 127.0.0.1:0", path.display()))?;
    let (ada, ben) = (create(1, "Ada"), create(1, "Ben"));
    let (ada, ben) = tokio::try_join!(
        http::ask(server.address, ada.as_bytes()),
        http::ask(server.address, ben.as_bytes())
    )?;
    let is = |answer: &str, status| answer.starts_with(&format!("HTTP/1.1 {status} "));
    ensure!(
        (is(&ada, 201) && is(&ben, 409)) || (is(&ada, 409) && is(&ben, 201)),
        "one is to be created, and the other refused: {ada} {ben}"
    );
    Ok(())
}

/// There are 10,000 users at most. Each of them still exists.
async fn full() -> Result<()> {
    let server = Server::start("users", "")?;
    let (mut read, mut write) = TcpStream::connect(server.address).await?.into_split();
    let mut requests: String = (0..10_000)
        .map(|id| create(id, "Ada").replace("connection: close\r\n", ""))
        .collect();
    requests += &create(0, "Ada").replace("connection: close\r\n", "");
    requests += &create(10_000, "Ada");
    let mut answers = String::new();
    tokio::try_join!(
        write.write_all(requests.as_bytes()),
        read.read_to_string(&mut answers)
    )?;
    let created = answers.matches("HTTP/1.1 201 Created\r\n").count();
    ensure!(created == 10_000, "{created} users");
    ensure!(
        answers.contains("{\"error\":\"user 0 exists already\"}"),
        "user 0 is to exist: {}",
        &answers[answers.len() - 600..]
    );
    ensure!(
        answers.contains("HTTP/1.1 507 Insufficient Storage\r\n")
            && answers.ends_with("{\"error\":\"there are 10000 users already\"}"),
        "{}",
        &answers[answers.len() - 300..]
    );
    Ok(())
}

/// A body that does not come is given up after ten seconds.
async fn slow_body() -> Result<()> {
    let server = Server::start("users", "")?;
    let request = create(1, "Ada");
    let start = Instant::now();
    let answer = http::ask(server.address, &request.as_bytes()[..request.len() - 4]);
    let answer = timeout(Duration::from_secs(20), answer).await;
    let answer = answer.context("no answer")??;
    let took = start.elapsed().as_secs_f64();
    ensure!(
        answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")
            && answer.ends_with("{\"error\":\"too slow\"}"),
        "{answer}"
    );
    ensure!((9.9..14.0).contains(&took), "it took {took} s");
    Ok(())
}

/// The request that creates a user.
fn create(id: u32, name: &str) -> String {
    let body = format!("{{\"id\":{id},\"name\":\"{name}\"}}");
    let length = body.len();
    format!(
        "POST /users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
