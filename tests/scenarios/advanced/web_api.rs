//! The web API with bad requests, many clients, a database that goes away, and
//! a signal.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::repository::build_changed;
use harness::workspace::{binary, root};
use harness::{Server, Terminal};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, SqliteConnection};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::clients::{lines, reset};
use crate::scenarios::support::postgres::{Postgres, connect, on_own_postgresql};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("bad_requests", || bad_requests("")),
        scenario("pages", || pages("")),
        scenario("conditions", || conditions("")),
        scenario("idempotency", || idempotency("")),
        scenario("changes", || changes("")),
        scenario("lengths", lengths),
        on_own_postgresql("postgres_requests", same_on_postgres).slow(),
        on_own_postgresql("silent_connection", silent_connection).slow(),
        on_own_postgresql("failover", failover).slow(),
        on_own_postgresql("retry_in_progress", retry_in_progress).slow(),
        on_own_postgresql("changed_meanwhile", changed_meanwhile).slow(),
        scenario("kinds_of_errors", kinds_of_errors),
        scenario("settings", settings).slow(),
        scenario("silent_start", silent_start).slow(),
        scenario("old_tables", old_tables),
        scenario("request_ids", request_ids),
        scenario("origins", origins),
        scenario("disk_full", disk_full),
        scenario("two_instances", two_instances).slow(),
        on_own_postgresql("two_instances_postgres", two_on_postgres).slow(),
        scenario("too_many_files", too_many_files),
        scenario("closed_pipe", closed_pipe),
        scenario("roles", roles),
        scenario("demo_tokens", demo_tokens),
        scenario("body_limit", body_limit),
        scenario("rate_limit", rate_limit).slow(),
        scenario("addresses", addresses).slow(),
        scenario("both_protocols", both_protocols).needs(
            std::net::TcpListener::bind("[::1]:0").is_ok(),
            "it needs IPv6",
        ),
        scenario("sheds_load", sheds_load),
        scenario("slow_bodies", slow_bodies),
        scenario("client_leaves", client_leaves),
        scenario("reads_beside_writes", reads_beside_writes),
        scenario("many_rows", many_rows_in_a_file).slow(),
        scenario("old_keys", old_keys).slow(),
        scenario("new_resource", new_resource).slow(),
        scenario("long_header", long_header),
        scenario("quiet_about_resets", quiet_about_resets).slow(),
        scenario("expects_continue", expects_continue),
        scenario("hosts", hosts),
        scenario("compression", compression),
        scenario("drain_deadline", drain_deadline).slow(),
        alone("connections", connections)
            .with_descriptors(5000)
            .slow(),
        scenario("observable", observable),
        scenario("logs_to_stderr", logs_to_stderr),
        scenario("not_ready_at_stop", not_ready_at_stop),
        alone("stops_under_load", || stops_under_load("")).slow(),
        scenario("second_signal", second_signal),
        scenario("early_signal", early_signal),
        scenario("slow_body", slow_body).slow(),
        scenario("slow_head", slow_head).slow(),
        scenario("no_reader", no_reader).slow(),
        on_own_postgresql("database_restarts", database_restarts).slow(),
        on_own_postgresql("database_stalls", database_stalls).slow(),
    ]
}

#[path = "../../../examples-advanced/src/bin/web_api/database/kind.rs"]
mod kind;

const EDITOR: &str = "authorization: Bearer swordfish";
const OTHER_EDITOR: &str = "authorization: Bearer second-editor";
const READER: &str = "authorization: Bearer readers-token";
const JSON: &str = "content-type: application/json";

fn start(settings: &str) -> Result<Server> {
    let tokens = "TOKENS=ann:editor:swordfish,bob:reader:readers-token,eve:editor:second-editor";
    Server::start(
        "web_api",
        &format!("export RATE=100000 {tokens} {settings};"),
    )
}

/// Method, path, headers, body; then the status and what the answer says.
type BadRequest<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, u16, &'a str);

/// Each bad request: its status, and what the answer says.
async fn bad_requests(settings: &str) -> Result<()> {
    let ann = r#"{"name":"Ann","email":"ann@example.com"}"#;
    let tea = r#"{"item":"tea","quantity":1}"#;
    let both = [EDITOR, JSON];
    let keyed = [EDITOR, JSON, "idempotency-key: a key"];
    let [any, old, odd] = ["*", "\"7\"", "7"].map(|it| format!("if-match: {it}"));
    let [any, old, odd] = [&any, &old, &odd].map(|it| [EDITOR, JSON, it]);
    #[rustfmt::skip]
    let table: &[BadRequest] = &[
        ("GET", "/nothing", &[], "", 404, "there is no such path"),
        ("PATCH", "/users", &both, "{}", 405, "see the Allow header"),
        ("GET", "/users", &[], "", 401, "needs a bearer token"),
        ("GET", "/users", &["authorization: Bearer wrong"], "", 401, "needs a bearer token"),
        ("GET", "/users", &["authorization: Basic swordfish"], "", 401, "needs a bearer token"),
        ("POST", "/users", &[READER, JSON], ann, 403, "a reader may not do this"),
        ("GET", "/users/9", &both, "", 404, "there is no such user"),
        ("GET", "/users/0", &both, "", 400, "an id is a number from 1 on"),
        ("GET", "/users/ann", &both, "", 400, "an id is a number from 1 on"),
        ("GET", "/users/99999999999999999999", &both, "", 400, "an id is a number"),
        ("GET", "/users?limit=0", &both, "", 422, r#"{"field":"limit","detail":"lower than 1"}"#),
        ("GET", "/users?limit=101&after=-1", &both, "", 422, r#""limit","detail":"greater than 100"#),
        ("GET", "/users?limit=101&after=-1", &both, "", 422, r#""after","detail":"lower than 0"#),
        ("GET", "/users?limit=x", &both, "", 400, "limit: invalid digit"),
        ("GET", "/users?limit=1&limit=2", &both, "", 400, "duplicate field `limit`"),
        ("GET", "/users?page=2", &both, "", 400, "unknown field `page`"),
        ("GET", "/users", &[EDITOR, "host: other"], "", 400, "exactly one valid Host"),
        ("POST", "/users", &[EDITOR], ann, 415, "must be application/json"),
        ("POST", "/users", &[EDITOR, "content-type: text/plain"], ann, 415, "must be application/json"),
        ("POST", "/users", &[EDITOR, JSON, "content-encoding: gzip"], ann, 415, "uncompressed"),
        ("GET", "/users?email=%ff", &both, "", 422, r#""email","detail":"must be an address"#),
        ("POST", "/users", &both, "", 400, "the request body as JSON: EOF"),
        ("POST", "/users", &both, "{", 400, "the request body as JSON: EOF"),
        ("POST", "/users", &both, "[]", 400, "expected a map"),
        ("POST", "/users", &both, "{}", 422, r#"[{"field":"email","detail":"must be an address such as ann@example.com"},{"field":"name""#),
        ("POST", "/users", &both, r#"{"name":" ","email":"@"}"#, 422, "no space at either end"),
        ("POST", "/users", &both, r#"{"name":" ","email":"@"}"#, 422, "must be an address"),
        ("POST", "/users", &both, r#"{"name":" ","email":"@","age":3}"#, 400, "unknown field `age`"),
        ("POST", "/users", &both, r#"{"name":1,"email":"a@b.c"}"#, 400, "name: invalid type: integer"),
        ("POST", "/users", &both, r#"{"name":"A\u0000","email":"a@b.c"}"#, 422, "no control characters"),
        ("POST", "/users", &both, ann, 201, r#""id":1"#),
        ("POST", "/users", &both, ann, 409, "another user has this email"),
        ("POST", "/users", &both, r#"{"name":"A","email":"ANN@Example.com"}"#, 409, "another user has this email"),
        ("POST", "/users", &keyed, ann, 400, "Idempotency-Key must have"),
        ("PUT", "/users/1", &both, ann, 428, "say in If-Match"),
        ("PUT", "/users/1", &odd, ann, 412, "it has been changed"),
        ("PUT", "/users/1", &old, ann, 412, "it has been changed"),
        ("PUT", "/users/9", &any, ann, 404, "there is no such user"),
        ("GET", "/users/9/orders", &both, "", 404, "there is no such user"),
        ("POST", "/users/1/orders", &both, r#"{"item":"Tea!","quantity":"1"}"#, 400, "quantity: invalid type: string"),
        ("POST", "/users/1/orders", &both, r#"{"item":"Tea!"}"#, 422, r#"[{"field":"item","detail":"must have 1 to 40 lowercase letters, digits and hyphens"},{"field":"quantity","detail":"lower than 1"}]"#),
        ("POST", "/users/1/orders", &both, r#"{"item":"tea","quantity":3.5}"#, 400, "quantity: invalid type: floating point"),
        ("POST", "/users/1/orders", &both, r#"{"item":"tea","quantity":1001}"#, 422, "greater than 1000"),
        ("POST", "/users/1/orders", &both, tea, 201, r#""status":"open""#),
        ("POST", "/users/1/orders", &both, r#"{"item":"tea","quantity":3.0}"#, 201, r#""quantity":3,"#),
        ("POST", "/users", &both, r#"{"name":"O","email":"o'brien@a.b.c.example.com"}"#, 201, "o'brien"),
        ("POST", "/users", &both, r#"{"name":"A","email":"a..b@example.com"}"#, 422, "must be an address"),
        ("POST", "/users", &both, r#"{"name":"A","email":"ann@-.-"}"#, 422, "must be an address"),
        ("POST", "/users/9/orders", &both, tea, 404, "there is no such user"),
        ("PUT", "/orders/1", &any, r#"{"quantity":1,"status":"eaten"}"#, 400, "unknown variant `eaten`"),
        ("PUT", "/orders/1", &any, r#"{"quantity":1}"#, 400, "missing field `status`"),
        ("PUT", "/orders/1", &any, r#"{"quantity":0,"status":"paid"}"#, 422, "lower than 1"),
        ("PUT", "/orders/1", &any, r#"{"quantity":1001,"status":"paid"}"#, 422, "greater than 1000"),
        ("PUT", "/orders/1", &odd, r#"{"quantity":1,"status":"paid"}"#, 412, "it has been changed"),
        ("PUT", "/orders/1", &both, r#"{"quantity":1,"status":"paid"}"#, 428, "say in If-Match"),
        ("PUT", "/orders/9", &any, r#"{"quantity":1,"status":"paid"}"#, 404, "there is no such order"),
        ("GET", "/users/1/orders?status=eaten", &both, "", 400, "unknown variant `eaten`"),
        ("DELETE", "/users/1", &both, "", 428, "say in If-Match"),
        ("DELETE", "/users/1", &odd, "", 412, "it has been changed"),
        ("DELETE", "/users/1", &old, "", 412, "it has been changed"),
        ("DELETE", "/users/1", &any, "", 409, "the user has orders"),
        ("DELETE", "/users/9", &any, "", 404, "there is no such user"),
        ("DELETE", "/orders/1", &both, "", 428, "say in If-Match"),
        ("DELETE", "/orders/1", &odd, "", 412, "it has been changed"),
        ("DELETE", "/orders/1", &old, "", 412, "it has been changed"),
        ("DELETE", "/orders/9", &any, "", 404, "there is no such order"),
        ("GET", "/users/1/orders", &both, "", 200, r#""id":1"#),
    ];
    let mut server = start(settings)?;
    let mut client = Client::connect(server.address).await?;
    for &(method, path, headers, body, status, text) in table {
        let answer = client.ask(method, path, headers, body).await?;
        let about = format!("{method} {path} {body}: {answer:?}");
        ensure!(answer.status == status, "{status} expected: {about}");
        ensure!(answer.body.contains(text), "\"{text}\" expected: {about}");
        let kind = if status < 400 { "json" } else { "problem+json" };
        let kind = format!("application/{kind}");
        ensure!(answer.header("content-type")? == kind, "{about}");
    }
    let output = server.output();
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

/// Every row is on one page, also when others come and go meanwhile.
async fn pages(settings: &str) -> Result<()> {
    let server = start(settings)?;
    let mut client = Client::connect(server.address).await?;
    for number in 1..=25 {
        client.create_user(number).await?;
    }
    let mut seen = Vec::new();
    let mut after = "0".to_string();
    loop {
        let path = format!("/users?limit=10&after={after}");
        let page = client.ask("GET", &path, &[READER], "").await?;
        ensure!(page.status == 200, "{page:?}");
        let ids = page.body.split("\"id\":").skip(1);
        seen.extend(ids.map(|it| it.split(',').next().unwrap_or("").to_string()));
        if seen.len() == 10 {
            client.delete("/users/3", "*", 204).await?;
            client.create_user(26).await?;
        }
        let next = page.body.rsplit_once("\"next\":").context("no next")?.1;
        after = next.trim_end_matches('}').to_string();
        if after == "null" {
            break;
        }
    }
    let all: Vec<String> = (1..=26).map(|it| it.to_string()).collect();
    ensure!(seen == all, "{seen:?}");
    let path = "/users?email=U7@example.com";
    let found = client.ask("GET", path, &[READER], "").await?;
    ensure!(found.body.starts_with(r#"{"items":[{"id":7,"#), "{found:?}");
    ensure!(found.body.matches("\"id\"").count() == 1, "{found:?}");
    Ok(())
}

/// Ten clients change what they have read: one of them wins, nine are told, and
/// who would delete what they had read is told too.
async fn conditions(settings: &str) -> Result<()> {
    let server = start(settings)?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    let read = client.ask("GET", "/users/1", &[READER], "").await?;
    let tag = read.header("etag")?.to_string();
    let known = format!("if-none-match: W/{tag}");
    let again = client.ask("GET", "/users/1", &[READER, &known], "").await?;
    ensure!(again.status == 304 && again.body.is_empty(), "{again:?}");

    let mut clients = JoinSet::new();
    for number in 0..10 {
        let (address, tag) = (server.address, tag.clone());
        clients.spawn(async move {
            let mut client = Client::connect(address).await?;
            let condition = format!("if-match: {tag}");
            let name = format!(r#"{{"name":"N{number}","email":"n@example.com"}}"#);
            let headers = [EDITOR, JSON, &condition];
            loop {
                let answer = client.ask("PUT", "/users/1", &headers, &name).await?;
                // It may have waited too long for SQLite's writer, as below.
                if answer.status != 503 {
                    return anyhow::Ok(answer.status);
                }
            }
        });
    }
    let mut statuses = Vec::new();
    while let Some(status) = clients.join_next().await {
        statuses.push(status??);
    }
    statuses.sort_unstable();
    ensure!(
        statuses == [[200].as_slice(), &[412; 9]].concat(),
        "{statuses:?}"
    );
    let read = client.ask("GET", "/users/1", &[READER, &known], "").await?;
    ensure!(read.header("etag")? == "\"2\"", "{read:?}");
    client.delete("/users/1", &tag, 412).await?;
    client.delete("/users/1", "W/\"2\"", 412).await?;
    let name = r#"{"name":"List","email":"n@example.com"}"#;
    let list = [EDITOR, JSON, "if-match: \"1\", \"2\""];
    let listed = client.ask("PUT", "/users/1", &list, name).await?;
    ensure!(listed.status == 200, "{listed:?}");
    let lines = [EDITOR, JSON, "if-match: \"1\"", "if-match: \"3\""];
    let listed = client.ask("PUT", "/users/1", &lines, name).await?;
    ensure!(listed.status == 200, "{listed:?}");
    let known = [READER, "if-none-match: \"1\"", "if-none-match: \"4\""];
    let again = client.ask("GET", "/users/1", &known, "").await?;
    ensure!(again.status == 304, "{again:?}");
    let read = client.ask("GET", "/users/1", &[READER], "").await?;
    client.delete("/users/1", read.header("etag")?, 204).await?;
    client.delete("/users/1", "*", 404).await
}

/// Twenty times the same creation at the same time: one row.
async fn idempotency(settings: &str) -> Result<()> {
    let server = start(settings)?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    let headers = [EDITOR, JSON, "idempotency-key: first-order"];
    let tea = r#"{"item":"tea","quantity":1}"#;
    let path = "/users/1/orders";
    let mut clients = JoinSet::new();
    for _ in 0..20 {
        let address = server.address;
        clients.spawn(async move {
            let mut client = Client::connect(address).await?;
            loop {
                let answer = client.ask("POST", path, &headers, tea).await?;
                // On a slow disk, the queue for SQLite's writer may take longer
                // than a request waits. This is when a client tries again.
                if answer.status != 503 {
                    return anyhow::Ok(answer);
                }
            }
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = clients.join_next().await {
        let answer = answer??;
        // PostgreSQL lets others write meanwhile, and does not make them wait.
        if answer.status == 409 && answer.body.contains("in progress") {
            continue;
        }
        ensure!(answer.status == 201, "{answer:?}");
        ensure!(answer.header("location")? == "/orders/1", "{answer:?}");
        answers.push(answer.body);
    }
    answers.dedup();
    ensure!(answers.len() == 1, "{answers:?}");
    let other = r#"{"item":"tea","quantity":2}"#;
    // Who has its answer may ask again immediately.
    for _ in 0..50 {
        let reused = client.ask("POST", path, &headers, other).await?;
        ensure!(
            reused.status == 409 && reused.body.contains("used for another request"),
            "another order with this key: {reused:?}"
        );
        let again = client.ask("POST", path, &headers, tea).await?;
        ensure!(again.status == 201, "the same order again: {again:?}");
    }
    client.delete("/orders/1", "\"1\"", 204).await?;
    let again = client.ask("POST", path, &headers, tea).await?;
    ensure!(again.status == 201 && again.body == answers[0], "{again:?}");
    ensure!(again.header("etag")? == "\"1\"", "{again:?}");
    let quoted = [EDITOR, JSON, "idempotency-key: \"first-order\""];
    let again = client.ask("POST", path, &quoted, tea).await?;
    ensure!(again.status == 201 && again.body == answers[0], "{again:?}");
    let orders = client.ask("GET", path, &[READER], "").await?;
    ensure!(orders.body == r#"{"items":[],"next":null}"#, "{orders:?}");

    // A key is for one request, with all that it says, and of one client.
    for (path, key, body) in [
        (path, "first-order", r#"{"item":"cup","quantity":1}"#),
        ("/users/2/orders", "first-order", tea),
        (
            "/users",
            "user-1",
            r#"{"name":"N","email":"u1@example.com"}"#,
        ),
        (
            "/users",
            "user-1",
            r#"{"name":"User","email":"n@example.com"}"#,
        ),
    ] {
        let key = format!("idempotency-key: {key}");
        let reused = client
            .ask("POST", path, &[EDITOR, JSON, &key], body)
            .await?;
        ensure!(
            reused.status == 409 && reused.body.contains("used for another request"),
            "{path} {body} with a used key: {reused:?}"
        );
    }
    let other = [OTHER_EDITOR, JSON, "idempotency-key: first-order"];
    let other = client.ask("POST", path, &other, tea).await?;
    ensure!(
        other.status == 201 && other.header("location")? != "/orders/1",
        "another client with the same key is to get an order of its own: {other:?}"
    );
    Ok(())
}

/// What is changed is there afterwards, lists have what belongs in them, and an id is
/// never used again.
async fn changes(settings: &str) -> Result<()> {
    let server = start(settings)?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    client.create_user(2).await?;
    let both = [EDITOR, JSON];
    for (user, item) in [(1, "tea"), (1, "cup"), (2, "pot"), (1, "jug")] {
        let path = format!("/users/{user}/orders");
        let order = format!(r#"{{"item":"{item}","quantity":1}}"#);
        let created = client.ask("POST", &path, &both, &order).await?;
        ensure!(created.status == 201, "{created:?}");
    }
    let first = [EDITOR, JSON, "if-match: \"1\""];
    for (path, body, right) in [
        (
            "/orders/2",
            r#"{"quantity":3,"status":"paid"}"#,
            r#""item":"cup","quantity":3,"status":"paid","#,
        ),
        (
            "/users/2",
            r#"{"name":"New","email":"NEW@example.com"}"#,
            r#""name":"New","email":"new@example.com","#,
        ),
    ] {
        let changed = client.ask("PUT", path, &first, body).await?;
        ensure!(
            changed.status == 200
                && changed.body.contains(right)
                && changed.body.ends_with("\"version\":2}")
                && changed.header("etag")? == "\"2\"",
            "{right} of version 2 is expected: {changed:?}"
        );
        let read = client.ask("GET", path, &[READER], "").await?;
        ensure!(
            read.body == changed.body && read.header("etag")? == "\"2\"",
            "{changed:?} is expected: {read:?}"
        );
    }
    for (query, right) in [
        ("", "1 2 4 null"),
        ("?status=paid", "2 null"),
        ("?status=open", "1 4 null"),
        ("?status=open&limit=1", "1 1"),
        ("?after=1&limit=1", "2 2"),
        ("?after=2&limit=1", "4 null"),
    ] {
        let path = format!("/users/1/orders{query}");
        let page = client.ask("GET", &path, &[READER], "").await?;
        let ids = page.body.split("\"id\":").skip(1);
        let mut found: Vec<&str> = ids.filter_map(|it| it.split(',').next()).collect();
        let next = page.body.rsplit_once("\"next\":").context("no next")?.1;
        found.push(next.trim_end_matches('}'));
        let found = found.join(" ");
        ensure!(found == right, "{path}: {right} is expected: {page:?}");
    }

    let any = [EDITOR, JSON, "if-match: *"];
    let taken = r#"{"name":"New","email":"U1@example.com"}"#;
    let taken = client.ask("PUT", "/users/2", &any, taken).await?;
    ensure!(
        taken.status == 409 && taken.body.contains("another user has this email"),
        "{taken:?}"
    );
    for path in ["/orders/4", "/orders/3", "/users/2"] {
        client.delete(path, "*", 204).await?;
        let gone = client.ask("GET", path, &[READER], "").await?;
        ensure!(gone.status == 404, "{path} is deleted: {gone:?}");
    }
    let order = r#"{"item":"tea","quantity":1}"#;
    let order = client.ask("POST", "/users/1/orders", &both, order).await?;
    let user = client.create_user(3).await?;
    let places = [order.header("location")?, user.header("location")?];
    ensure!(
        places == ["/orders/5", "/users/3"],
        "an id that nobody had is expected: {places:?}"
    );
    Ok(())
}

/// The longest texts that are taken, and those that have one character more.
async fn lengths() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    let user = |name: &str, email: &str| format!(r#"{{"name":"{name}","email":"{email}"}}"#);
    let order = |item: &str| format!(r#"{{"item":"{item}","quantity":1000}}"#);
    let label = "d".repeat(63);
    let email = |size: usize| format!("{}@{label}.{label}.{label}.com", "a".repeat(size - 196));
    let key = |size: usize| format!("idempotency-key: {}", "k".repeat(size));
    let (none, right, long) = (String::new(), key(64), key(65));
    let orders = "/users/1/orders";
    for (path, key, body, status) in [
        (
            "/users",
            &none,
            user(&"ä".repeat(100), "a@example.com"),
            201,
        ),
        (
            "/users",
            &none,
            user(&"ä".repeat(101), "b@example.com"),
            422,
        ),
        ("/users", &none, user("A", &email(254)), 201),
        ("/users", &none, user("A", &email(255)), 422),
        ("/users", &none, user("A", &format!("a@d{label}.com")), 422),
        ("/users", &right, user("A", "c@example.com"), 201),
        ("/users", &long, user("A", "d@example.com"), 400),
        (orders, &none, order(&"x".repeat(40)), 201),
        (orders, &none, order(&"x".repeat(41)), 422),
    ] {
        let mut headers = vec![EDITOR, JSON];
        headers.extend((!key.is_empty()).then_some(key.as_str()));
        let answer = client.ask("POST", path, &headers, &body).await?;
        ensure!(
            answer.status == status,
            "{status} is expected of {key} {body}: {answer:?}"
        );
    }
    let full = client.ask("GET", "/users?limit=100", &[READER], "").await?;
    ensure!(full.status == 200, "a page of 100: {full:?}");
    Ok(())
}

/// A reader reads, an editor writes, and nobody else is let in.
async fn roles() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    for (method, path, body) in [
        ("GET", "/users", ""),
        ("GET", "/users/1", ""),
        ("GET", "/users/1/orders", ""),
        ("POST", "/users", "{}"),
        ("PUT", "/users/1", "{}"),
        ("DELETE", "/users/1", ""),
        ("POST", "/users/1/orders", "{}"),
        ("PUT", "/orders/1", "{}"),
        ("DELETE", "/orders/1", ""),
    ] {
        let nobody = client.ask(method, path, &[JSON], body).await?;
        ensure!(nobody.status == 401, "{method} {path}: {nobody:?}");
        ensure!(nobody.header("www-authenticate")? == "Bearer", "{nobody:?}");
        let reader = client.ask(method, path, &[READER, JSON], body).await?;
        let expected = if method == "GET" { 200 } else { 403 };
        ensure!(reader.status == expected, "{method} {path}: {reader:?}");
    }

    // A token of 8 characters, a space after the comma, a token with colons.
    let tokens = "export TOKENS='kim:editor:12345678, eve:reader:it:has:colons';";
    let server = Server::start("web_api", tokens)?;
    let mut client = Client::connect(server.address).await?;
    for (token, status) in [
        ("12345678", 200),
        ("it:has:colons", 200),
        ("it", 401),
        ("colons", 401),
    ] {
        let bearer = format!("authorization: Bearer {token}");
        let answer = client.ask("GET", "/users", &[&bearer], "").await?;
        ensure!(answer.status == status, "{token}: {answer:?}");
    }
    Ok(())
}

/// Without `TOKENS` two are made, others each time, and nothing is open.
async fn demo_tokens() -> Result<()> {
    let mut server = Server::start("web_api", "")?;
    server.wait_for("TOKENS is not set")?;
    lines(&mut server, 1, |line| line.ends_with("may write")).await?;
    let mut client = Client::connect(server.address).await?;
    let open = client.ask("GET", "/users", &[], "").await?;
    ensure!(open.status == 401, "{open:?}");
    let output = server.output().join(" ").replace(',', "");
    let words: Vec<&str> = output.split_whitespace().collect();
    let before = |text: [&str; 2]| {
        let at = words.windows(2).position(|pair| pair == text)?;
        Some(format!(
            "authorization: Bearer {}",
            words.get(at.checked_sub(1)?)?
        ))
    };
    let reader = before(["may", "read"]).context(output.clone())?;
    let editor = before(["may", "write"]).context(output.clone())?;
    let user = r#"{"name":"Ann","email":"ann@example.com"}"#;
    for (token, status) in [(&reader, 403), (&editor, 201)] {
        let answer = client.ask("POST", "/users", &[token, JSON], user).await?;
        ensure!(answer.status == status, "{answer:?}");
    }
    let other = Server::start("web_api", "")?;

    let mut client = Client::connect(other.address).await?;
    let answer = client.ask("GET", "/users", &[&reader], "").await?;
    ensure!(answer.status == 401, "{answer:?}");
    Ok(())
}

/// A body that is too large is answered, and not with a reset. Of one without an end,
/// no more is read than 4 MiB.
async fn body_limit() -> Result<()> {
    let server = start("")?;
    for (size, status) in [(16 * 1024, 422), (16 * 1024 + 1, 413), (3_000_000, 413)] {
        let mut client = Client::connect(server.address).await?;
        let body = format!("{{\"name\":\"{}\"}}", "a".repeat(size - 11));
        let answer = client.ask("POST", "/users", &[EDITOR, JSON], &body).await?;
        ensure!(answer.status == status, "{size} bytes: {answer:?}");
    }

    let mut endless = TcpStream::connect(server.address).await?;
    let head = format!(
        "POST /users HTTP/1.1\r\nhost: x\r\n{EDITOR}\r\n{JSON}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    tokio::spawn(async move {
        let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
        let mut sent = endless.write_all(head.as_bytes()).await;
        while sent.is_ok() {
            sent = endless.write_all(chunk.as_bytes()).await;
        }
    });
    let mut client = Client::connect(server.address).await?;
    let begin = Instant::now();
    loop {
        let metrics = client.ask("GET", "/metrics", &[], "").await?.body;
        let is_answered = |status: &str| {
            metrics.contains(&format!(
                "http_request_duration_seconds_count\
                 {{method=\"POST\",route=\"/users\",status={status}\n"
            ))
        };
        if is_answered("\"413\"} 3") {
            return Ok(());
        }
        ensure!(
            !is_answered("\"408\"} 1") && begin.elapsed().as_secs() < 20,
            "a body without an end is to be a 413: {metrics}"
        );
        sleep(Duration::from_millis(10)).await;
    }
}

/// Five requests a second of one client; another one is not held up.
async fn rate_limit() -> Result<()> {
    let server = start("RATE=5")?;
    let mut client = Client::connect(server.address).await?;
    let mut statuses = Vec::new();
    let begin = Instant::now();
    for _ in 0..20 {
        let answer = client.ask("GET", "/users", &[EDITOR], "").await?;
        if answer.status == 429 {
            ensure!(answer.header("retry-after")? == "1", "{answer:?}");
        }
        statuses.push(answer.status);
    }
    let served = statuses.iter().filter(|status| **status == 200).count();
    // Five at once, and those that the time has added.
    let most = 6 + begin.elapsed().as_millis() / 200;
    ensure!(served >= 5, "{served} of 20 served: {statuses:?}");
    ensure!(
        served as u128 <= most,
        "{served} of {most} served: {statuses:?}"
    );
    let other = client.ask("GET", "/users", &[READER], "").await?;
    ensure!(other.status == 200, "{other:?}");
    // Guessing tokens is limited as well.
    let mut last = 401;
    for number in 0..500 {
        ensure!([401, 429].contains(&last), "{last}");
        if last == 429 {
            break;
        }
        let guess = format!("authorization: Bearer guess-{number}");
        last = client.ask("GET", "/users", &[&guess], "").await?.status;
    }
    ensure!(last == 429, "{last} after 500 guesses");
    sleep(Duration::from_millis(1100)).await;
    let later = client.ask("GET", "/users", &[EDITOR], "").await?;
    ensure!(later.status == 200, "{later:?}");
    Ok(())
}

/// The addresses of one network share a rate, and an IPv4 address is one in both
/// its forms. Ten thousand are remembered; more are refused until these are quiet.
async fn addresses() -> Result<()> {
    let change = [(
        "    let settings = Settings::from_env()?;",
        r#"    let rates = Rates::new(1.try_into()?);
    let served = |address: &str| {
        let address = address.parse().expect("it is an address");
        (0..9).filter(|_| rates.take_from(address).is_ok()).count()
    };
    let begin = std::time::Instant::now();
    for address in [
        "2001:db8::1",
        "2001:db8::ffff:ffff:ffff:ffff",
        "2001:db8:0:1::1",
        "192.0.2.1",
        "::ffff:192.0.2.1",
    ] {
        println!("{} of {address}", served(address));
    }
    println!("{}", if begin.elapsed().as_secs() == 0 { "in time" } else { "too slow" });
    let others = (0..10_100_u32).map(|bits| std::net::Ipv4Addr::from_bits(bits).into());
    let others = others.filter(|address| rates.take_from(*address).is_ok()).count();
    if begin.elapsed().as_secs() == 0 {
        println!("{others} of 10100 others");
    } else {
        println!("too slow for the others");
    }
    // At one request a second, `retain_recent` keeps an address for two seconds.
    std::thread::sleep(std::time::Duration::from_secs(3));
    println!("{} later", served("198.51.100.1"));
    let settings = Settings::from_env()?;"#,
    )];
    let (_, lines) = run_changed("examples-advanced", "web_api/main", &change, "nowhere").await?;
    let [_, _, _, _, _, pace, others, later, ..] = lines.as_slice() else {
        bail!("eight lines are expected: {lines:?}");
    };
    let right = [
        "1 of 2001:db8::1",
        "0 of 2001:db8::ffff:ffff:ffff:ffff",
        "1 of 2001:db8:0:1::1",
        "1 of 192.0.2.1",
        "0 of ::ffff:192.0.2.1",
    ];
    ensure!(
        pace == "too slow" || lines.iter().take(5).eq(&right),
        "of each network one is served: {lines:?}"
    );
    ensure!(
        ["9997 of 10100 others", "too slow for the others"].contains(&others.as_str()),
        "10,000 addresses are remembered: {lines:?}"
    );
    ensure!(later == "1 later", "a new address is served: {lines:?}");
    Ok(())
}

/// While one request is in progress the next one is refused immediately, and
/// whoever watches the server gets through.
async fn sheds_load() -> Result<()> {
    let (_folder, url) = sqlite_file()?;
    let server = start(&format!("MAX_REQUESTS=1 DATABASE_URL='{url}'"))?;
    let mut client = Client::connect(server.address).await?;
    // At the start, the server itself wants the lock.
    client.create_user(0).await?;
    let mut database = SqliteConnection::connect(&url).await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    let mut slow = Client::connect(server.address).await?;
    let user = r#"{"name":"Ann","email":"ann@example.com"}"#;
    slow.send("POST", "/users", &[EDITOR, JSON], user, 0)
        .await?;
    in_flight(&mut client, 2).await?;
    // It is counted just before it takes its place.
    sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    let shed = client.ask("GET", "/users", &[READER], "").await?;
    ensure!(begin.elapsed().as_secs() < 2, "it was queued");
    ensure!(shed.status == 503, "{shed:?}");
    ensure!(shed.body.contains("overloaded"), "{shed:?}");
    ensure!(shed.header("retry-after")? == "1", "{shed:?}");
    for path in ["/health", "/metrics"] {
        let watched = client.ask("GET", path, &[], "").await?;
        ensure!(watched.status == 200, "{path}: {watched:?}");
    }
    is_ready(&mut client).await?;
    lock.rollback().await?;
    let answer = slow.answer().await?;
    ensure!(answer.status == 201, "{answer:?}");
    let served = client.ask("GET", "/users", &[READER], "").await?;
    ensure!(served.status == 200, "{served:?}");
    Ok(())
}

/// Clients that send their bodies slowly keep nobody else from being served.
async fn slow_bodies() -> Result<()> {
    let server = start("MAX_REQUESTS=1")?;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut client = Client::connect(server.address).await?;
        client
            .send("POST", "/users", &[EDITOR, JSON], "{}", 1)
            .await?;
        slow.push(client);
    }
    let mut client = Client::connect(server.address).await?;
    in_flight(&mut client, 21).await?;
    let served = client.ask("GET", "/users", &[READER], "").await?;
    ensure!(served.status == 200, "{served:?}");
    for client in &mut slow {
        client.stream.write_all(b"}").await?;
        let answer = client.answer().await?;
        ensure!(answer.status == 422, "{answer:?}");
    }
    Ok(())
}

/// Waits until so many requests are in progress, with the one that asks.
async fn in_flight(client: &mut Client, right: u32) -> Result<()> {
    let begin = Instant::now();
    let line = format!("http_requests_in_flight {right}\n");
    loop {
        let metrics = client.ask("GET", "/metrics", &[], "").await?.body;
        if metrics.contains(&line) {
            return Ok(());
        }
        ensure!(begin.elapsed().as_secs() < 4, "{line} expected: {metrics}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Asks several times: on a busy machine the database may answer too late, and the
/// answer to that is kept for half a second.
async fn is_ready(client: &mut Client) -> Result<()> {
    let begin = Instant::now();
    loop {
        let ready = client.ask("GET", "/ready", &[], "").await?;
        if ready.status == 200 {
            return Ok(());
        }
        ensure!(begin.elapsed().as_secs() < 3, "it is not ready: {ready:?}");
        sleep(Duration::from_millis(600)).await;
    }
}

/// A SQLite file of its own, and its address.
fn sqlite_file() -> Result<(TempDir, String)> {
    let folder = tempfile::tempdir()?;
    // It is not a database in memory, although its name has the word.
    let file = folder.path().join("memory.sqlite");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    Ok((folder, url))
}

/// A client that leaves before its answer is counted as such.
async fn client_leaves() -> Result<()> {
    let (_folder, url) = sqlite_file()?;
    let server = start(&format!("DATABASE_URL='{url}'"))?;
    let mut client = Client::connect(server.address).await?;
    // At the start, the server itself wants the lock.
    client.create_user(0).await?;
    let mut database = SqliteConnection::connect(&url).await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    let mut leaver = Client::connect(server.address).await?;
    let user = r#"{"name":"Ann","email":"ann@example.com"}"#;
    leaver
        .send("POST", "/users", &[EDITOR, JSON], user, 0)
        .await?;
    in_flight(&mut client, 2).await?;
    drop(leaver);
    in_flight(&mut client, 1).await?;
    let metrics = client.ask("GET", "/metrics", &[], "").await?.body;
    let line = "http_request_duration_seconds_count\
                {method=\"POST\",route=\"/users\",status=\"none\"} 1";
    ensure!(metrics.contains(line), "{line} expected: {metrics}");
    lock.rollback().await?;
    Ok(())
}

/// Twelve writers wait for SQLite's lock: readers are served meanwhile.
async fn reads_beside_writes() -> Result<()> {
    let (_folder, url) = sqlite_file()?;
    let server = start(&format!("DATABASE_URL='{url}'"))?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(100).await?;
    let mut database = SqliteConnection::connect(&url).await?;
    let lock = database.begin_with("BEGIN EXCLUSIVE").await?;
    let mut writers = JoinSet::new();
    for number in 0..12 {
        let mut writer = Client::connect(server.address).await?;
        writers.spawn(async move { writer.create_user(number).await });
    }
    in_flight(&mut client, 13).await?;
    for path in ["/users/1", "/users"] {
        let read = client.ask("GET", path, &[READER], "").await?;
        ensure!(read.status == 200, "{path} beside 12 writers: {read:?}");
    }
    is_ready(&mut client).await?;
    lock.rollback().await?;
    while let Some(written) = writers.join_next().await {
        let written = written??;
        ensure!([201, 503].contains(&written.status), "{written:?}");
    }
    Ok(())
}

async fn many_rows_in_a_file() -> Result<()> {
    let (_folder, url) = sqlite_file()?;
    many_rows(&url, "users").await
}

/// With 300,000 users, one is found by email about as fast as by id.
async fn many_rows(url: &str, users: &str) -> Result<()> {
    let server = start(&format!("DATABASE_URL='{url}'"))?;
    let mut database = connect(url).await?;
    let insert = format!(
        "INSERT INTO {users} (name, email, created_at)
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300000)
         SELECT 'User', 'u' || n || '@example.com', 0 FROM n"
    );
    database.execute(AssertSqlSafe(insert)).await?;
    let mut client = Client::connect(server.address).await?;
    let mut times = Vec::new();
    for path in ["/users/150000", "/users?email=u150000@example.com"] {
        let mut best = Duration::MAX;
        for _ in 0..20 {
            let begin = Instant::now();
            let found = client.ask("GET", path, &[READER], "").await?;
            best = best.min(begin.elapsed());
            let is_found = found.body.contains(r#""id":150000,"#);
            ensure!(found.status == 200 && is_found, "{path}: {found:?}");
        }
        times.push(best);
    }
    let [by_id, by_email] = times[..] else {
        bail!("{times:?}");
    };
    ensure!(
        by_email < 5 * by_id,
        "by id {by_id:?}, by email {by_email:?}"
    );
    Ok(())
}

/// Old keys are forgotten at the start, in batches: SQLite's other writers get
/// their turn meanwhile. Keys of less than a day stay.
async fn old_keys() -> Result<()> {
    let (_folder, url) = sqlite_file()?;
    let settings = format!("DATABASE_URL='{url}'");
    // It creates the table.
    drop(start(&settings)?);
    let mut database = SqliteConnection::connect(&url).await?;
    let insert = "INSERT INTO idempotency_keys
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500000)
         SELECT 'ann', 'old-' || n, 'POST /users', '/users/1', 1, '{}', 0 FROM n";
    database.execute(insert).await?;
    let insert = "INSERT INTO idempotency_keys
         SELECT 'ann', hours, 'POST /users', '/users/1', 1, '{}',
             CAST(strftime('%s', 'now') AS INTEGER) - hours * 3600
         FROM (SELECT 23 AS hours UNION SELECT 25)";
    database.execute(insert).await?;
    let server = start(&settings)?;
    let mut client = Client::connect(server.address).await?;
    for number in 0..6 {
        let begin = Instant::now();
        let created = client.create_user(number).await?;
        let took = begin.elapsed();
        ensure!(created.status == 201, "after {took:?}: {created:?}");
    }
    let begin = Instant::now();
    loop {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM idempotency_keys")
            .fetch_one(&mut database)
            .await?;
        if count == 7 {
            return Ok(());
        }
        ensure!(
            count > 7 && begin.elapsed().as_secs() < 60,
            "7 of 500,008 keys are to stay, not {count}"
        );
        sleep(Duration::from_millis(100)).await;
    }
}

/// What the header says of a new resource: a copy of the folder `orders` and two
/// lines. Without the line in the router it does not compile.
async fn new_resource() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let example = root().join("examples-advanced/src/bin/web_api");
    for file in fs::read_dir(example.join("orders"))? {
        let file = file?;
        let text = fs::read_to_string(file.path())?
            .replace("order", "parcel")
            .replace("Order", "Parcel")
            .replace("version: 2,", "version: 4,");
        fs::write(folder.path().join(file.file_name()), text)?;
    }
    let router = fs::read_to_string(example.join("router.rs"))?;
    let named = router.replace(
        "&[crate::users::RESOURCE,",
        "&[crate::parcels::RESOURCE, crate::users::RESOURCE,",
    );
    let health = ".route(\"/health\", get(observe::health))";
    let panic = "get(|| async { assert!(Method::GET == Method::PUT, \"told to\") })";
    let named = named.replace(health, &format!("{health}.route(\"/panic\", {panic})"));
    ensure!(
        named.contains("parcels") && named.contains("told to"),
        "the router has another list of resources, or another route of /health"
    );
    let build = |router: &str| {
        fs::write(folder.path().join("router.rs"), router)?;
        let path = folder.path().display();
        let parcels = format!("#[path = \"{path}/mod.rs\"]\nmod parcels;\nmod orders;");
        let router = format!("#[path = \"{path}/router.rs\"]\nmod router;");
        let changes = [("mod orders;", &*parcels), ("mod router;", &*router)];
        build_changed(root(), "examples-advanced", "web_api/main", &changes)
    };
    let built = build(&named)?;
    let path = built.path().join("web_api");
    let server = Server::run(&format!(
        "export TOKENS=ann:editor:swordfish; exec '{}' 127.0.0.1:0",
        path.display()
    ))?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    let tea = r#"{"item":"tea","quantity":1}"#;
    let path = "/users/1/parcels";
    let created = client.ask("POST", path, &[EDITOR, JSON], tea).await?;
    ensure!(created.status == 201, "{created:?}");
    let path = created.header("location")?;
    ensure!(path == "/parcels/1", "{created:?}");
    let read = client.ask("GET", path, &[EDITOR], "").await?;
    ensure!(read.body == created.body, "{read:?}");
    let document = client.ask("GET", "/openapi.json", &[], "").await?.body;
    ensure!(document.contains("\"/parcels/{id}\":{"), "{document}");
    // A handler that panics answers, too.
    let panicked = client.ask("GET", "/panic", &[], "").await?;
    ensure!(
        panicked.status == 500 && panicked.body.contains("an error on our side"),
        "{panicked:?}"
    );

    let Err(error) = build(&router) else {
        bail!("it compiles without its line in the router");
    };
    let error = error.to_string();
    ensure!(error.contains("`RESOURCE` is never used"), "{error}");
    Ok(())
}

/// A header that is too long is refused as soon as 16 KiB of it are there, and an
/// error does not send back what it is about at length.
async fn long_header() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    let path = format!("/users?{}=1", "a".repeat(10_000));
    let answer = client.ask("GET", &path, &[READER], "").await?;
    ensure!(answer.status == 400, "{answer:?}");
    let size = answer.body.len();
    ensure!(size < 1000, "an answer of {size} bytes to a bad query");

    let mut header = b"GET / HTTP/1.1\r\nhost: test\r\nx: ".to_vec();
    header.resize(16 * 1024, b'a');
    client.stream.write_all(&header).await?;
    let answer = timeout(Duration::from_secs(5), client.answer()).await;
    let answer = answer.context("16 KiB without an end of the header: no answer")??;
    ensure!(answer.status == 431, "{answer:?}");
    Ok(())
}

/// Clients that reset in the middle of a request do not fill the log.
async fn quiet_about_resets() -> Result<()> {
    let mut server = start("")?;
    for _ in 0..1000 {
        reset(server.address, b"GET /users HTTP/1.1\r\nho").await?;
    }
    let mut client = Client::connect(server.address).await?;
    let answer = client.ask("GET", "/health", &[], "").await?;
    ensure!(answer.status == 200, "{answer:?}");
    let mut output = server.output();
    // On a busy machine the database may be slow, and it says so.
    let is_slow = |it: &str| it.contains(r#""target":"sqlx"#) || it.contains("cannot forget old");
    output.retain(|line| !is_slow(line));
    ensure!(output.len() == 1, "{output:?}");
    Ok(())
}

/// On one listener for IPv4 and IPv6, the guesses of one address are not counted
/// against another one.
async fn both_protocols() -> Result<()> {
    let path = binary("web_api")?.display();
    let tokens = "TOKENS=ann:editor:swordfish";
    let server = Server::run(&format!("export RATE=1 {tokens}; exec '{path}' '[::]:0'"))?;
    let port = server.address.port();
    let mut one = Client::connect(([127, 0, 0, 1], port).into()).await?;
    let mut last = 401;
    for _ in 0..500 {
        last = one.ask("GET", "/users", &[], "").await?.status;
        if last != 401 {
            break;
        }
    }
    ensure!(last == 429, "{last} after 500 requests without a token");
    let other = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let mut other = Client::connect(other).await?;
    let answer = other.ask("GET", "/users", &[], "").await?;
    ensure!(answer.status == 401, "from another address: {answer:?}");
    Ok(())
}

/// What each error of a database means for the request.
async fn kinds_of_errors() -> Result<()> {
    use kind::Kind::{Bug, Duplicate, Passing, Reference};
    use sqlx::error::ErrorKind::{ForeignKeyViolation, Other, UniqueViolation};
    for (code, of_sqlx, right) in [
        ("23505", UniqueViolation, Duplicate),
        ("23503", ForeignKeyViolation, Reference),
        ("08006", Other, Passing), // the connection failed
        ("25006", Other, Passing), // read-only, after a failover
        ("40001", Other, Passing), // serialization failure
        ("40P01", Other, Passing), // deadlock
        ("53300", Other, Passing), // too many connections
        ("53100", Other, Passing), // the disk is full
        ("55P03", Other, Passing), // lock_timeout
        ("57014", Other, Passing), // statement_timeout
        ("57P03", Other, Passing), // it is starting
        ("22021", Other, Bug),     // a NUL byte in a text
        ("42P01", Other, Bug),     // no such table
        ("2067", UniqueViolation, Duplicate),
        ("787", ForeignKeyViolation, Reference),
        ("5", Other, Passing),    // busy
        ("517", Other, Passing),  // busy: the snapshot is outdated
        ("1032", Other, Passing), // read-only: the file was moved
        ("778", Other, Passing),  // an I/O error
        ("13", Other, Passing),   // the disk is full
        ("14", Other, Passing),   // it cannot open the file: too many are open
        ("1", Other, Bug),        // no such table
        ("11", Other, Bug),       // the file is malformed
    ] {
        let error = sqlx::Error::Database(Box::new(Coded(code, of_sqlx)));
        ensure!(kind::Kind::of(&error) == right, "the code {code}");
    }
    let silence = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    for (error, right) in [
        (sqlx::Error::Io(silence), Passing),
        (sqlx::Error::PoolTimedOut, Passing),
        (sqlx::Error::PoolClosed, Passing),
        (sqlx::Error::WorkerCrashed, Passing),
        (sqlx::Error::Protocol("unexpected message".into()), Bug),
        (sqlx::Error::RowNotFound, Bug),
    ] {
        ensure!(kind::Kind::of(&error) == right, "{error:?}");
    }
    Ok(())
}

/// An error as a database gives it.
#[derive(Debug)]
struct Coded(&'static str, sqlx::error::ErrorKind);

impl std::fmt::Display for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl std::error::Error for Coded {}

impl sqlx::error::DatabaseError for Coded {
    fn message(&self) -> &str {
        self.0
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        match self.1 {
            sqlx::error::ErrorKind::UniqueViolation => sqlx::error::ErrorKind::UniqueViolation,
            sqlx::error::ErrorKind::ForeignKeyViolation => {
                sqlx::error::ErrorKind::ForeignKeyViolation
            }
            _ => sqlx::error::ErrorKind::Other,
        }
    }
}

/// A client that asks before it sends hears a refusal before it sends.
async fn expects_continue() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    let head = |size: usize| {
        format!(
            "POST /users HTTP/1.1\r\nhost: x\r\n{EDITOR}\r\n{JSON}\r\n\
             expect: 100-continue\r\ncontent-length: {size}\r\n\r\n"
        )
    };
    client.stream.write_all(head(2).as_bytes()).await?;
    let answer = client.answer().await?;
    ensure!(answer.status == 100, "{answer:?}");
    client.stream.write_all(b"{}").await?;
    let answer = client.answer().await?;
    ensure!(answer.status == 422, "{answer:?}");
    client.stream.write_all(head(20_000).as_bytes()).await?;
    let answer = client.answer().await?;
    ensure!(answer.status == 413, "{answer:?}");
    Ok(())
}

/// HTTP/1.1 needs a `Host`, HTTP/1.0 does not.
async fn hosts() -> Result<()> {
    let server = start("")?;
    for (request, status) in [
        ("GET /health HTTP/1.1\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nhost: \r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nhost: a b@c/d\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nhost: a\r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", 200),
        ("GET /health HTTP/1.0\r\n\r\n", 200),
    ] {
        let mut client = Client::connect(server.address).await?;
        client.stream.write_all(request.as_bytes()).await?;
        let answer = client.answer().await?;
        ensure!(answer.status == status, "{request}: {answer:?}");
    }
    Ok(())
}

/// Long answers are compressed for a client that takes it, short ones never.
async fn compression() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    let gzip = "accept-encoding: gzip";
    let short = client.ask("GET", "/users/1", &[READER, gzip], "").await?;
    ensure!(short.header("content-encoding").is_err(), "{short:?}");
    let plain = client.ask("GET", "/openapi.json", &[], "").await?;
    ensure!(plain.header("content-encoding").is_err(), "{plain:?}");
    client.send("GET", "/openapi.json", &[gzip], "", 0).await?;
    let long = client.answer().await?;
    ensure!(long.header("content-encoding")? == "gzip", "{long:?}");
    Ok(())
}

/// Who is still sending a request at the stop has 16 s for it.
async fn drain_deadline() -> Result<()> {
    let mut server = start("")?;
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(b"GET /health HTTP/1.1\r\nhost: ").await?;
    // The server has read it once it answers a later client.
    let mut other = Client::connect(server.address).await?;
    other.ask("GET", "/health", &[], "").await?;
    drop(other);
    let begin = Instant::now();
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(20))?;
    let took = begin.elapsed();
    let output = server.output();
    ensure!(status == 0, "exit status {status}: {output:?}");
    let cut = "stopped: 1 connections had to be cut";
    ensure!(output.iter().any(|line| line == cut), "{output:?}");
    ensure!((15..20).contains(&took.as_secs()), "{took:?}");
    Ok(())
}

/// Of 4097 clients the last one waits until another has left.
async fn connections() -> Result<()> {
    let server = start("; ulimit -n 5000")?;
    let mut open = Vec::new();
    // Who is quiet for 30 s is closed, so they come 64 at a time.
    for batch in 0..64 {
        let mut clients = Vec::new();
        for _ in 0..64 {
            let mut client = Client::connect(server.address).await?;
            client.send("GET", "/health", &[], "", 0).await?;
            clients.push(client);
        }
        for client in &mut clients {
            let answer = client.answer().await;
            answer.with_context(|| format!("batch {batch}"))?;
        }
        open.extend(clients);
    }
    let mut last = Client::connect(server.address).await?;
    last.send("GET", "/health", &[], "", 0).await?;
    let early = timeout(Duration::from_millis(300), last.answer()).await;
    ensure!(early.is_err(), "4097 clients are served: {early:?}");
    open.pop();
    let answer = timeout(Duration::from_secs(5), last.answer()).await??;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(())
}

/// Ids go through, metrics count, the document has all routes, logs are JSON.
async fn observable() -> Result<()> {
    let mut server = start("LOG=debug")?;
    let mut client = Client::connect(server.address).await?;
    let headers = [READER, "x-request-id: order-4711"];
    let answer = client.ask("GET", "/users/7", &headers, "").await?;
    ensure!(answer.header("x-request-id")? == "order-4711", "{answer:?}");
    let one = client.ask("GET", "/ready", &[], "").await?;
    let other = client.ask("GET", "/ready", &[], "").await?;
    let (one, other) = (one.header("x-request-id")?, other.header("x-request-id")?);
    ensure!(one != other, "{one} twice");
    client.ask("BREW", "/users/coffee", &[READER], "").await?;
    client.ask("GET", "/nothing/coffee", &[READER], "").await?;
    let metrics = client.ask("GET", "/metrics", &[], "").await?.body;
    let line = "http_request_duration_seconds_count\
                {method=\"GET\",route=\"/users/{id}\",status=\"404\"} 1";
    ensure!(metrics.contains(line), "{metrics}");
    // What a client makes up adds nothing to the metrics.
    ensure!(
        !metrics.contains("BREW") && !metrics.contains("coffee"),
        "{metrics}"
    );
    // A connection comes back a moment after the answer.
    let begin = Instant::now();
    let quiet = ["idle\"} 1\n", "used\"} 0\n"];
    let quiet = quiet.map(|it| format!("database_connections{{state=\"{it}"));
    loop {
        let metrics = client.ask("GET", "/metrics", &[], "").await?.body;
        if quiet.iter().all(|line| metrics.contains(line)) {
            break;
        }
        ensure!(
            begin.elapsed().as_secs() < 4,
            "{quiet:?} are expected: {metrics}"
        );
        // On a busy machine it may be closed instead, as one that does not answer.
        if metrics.contains("state=\"idle\"} 0\n") && metrics.contains(&quiet[1]) {
            client.ask("GET", "/users/7", &[READER], "").await?;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let document = client.ask("GET", "/openapi.json", &[], "").await?.body;
    for path in [
        "/users",
        "/users/{id}",
        "/users/{id}/orders",
        "/orders/{id}",
    ] {
        ensure!(document.contains(&format!("\"{path}\":{{")), "no {path}");
    }
    let problem = r##""default":{"$ref":"#/components/responses/Problem"}"##;
    let count = document.matches(problem).count();
    ensure!(
        count == 10,
        "each of 10 operations may answer with a problem, not {count}: {document}"
    );
    let scheme = r#""token":{"type":"http","scheme":"bearer"}"#;
    ensure!(document.contains(scheme), "no {scheme}: {document}");
    let page = client.ask("GET", "/", &[], "").await?;
    ensure!(
        page.header("content-type")?.starts_with("text/html"),
        "{page:?}"
    );
    ensure!(
        !page.body.contains("https://"),
        "the page loads from elsewhere"
    );
    let policy = "default-src 'none'; connect-src 'self';";
    ensure!(page.body.contains(policy), "the page may send elsewhere");
    lines(&mut server, 1, |line| line.contains("order-4711")).await?;
    let output = server.output();
    let line = output.iter().find(|line| line.contains("order-4711"));
    let line = line.with_context(|| format!("{output:?}"))?;
    ensure!(line.starts_with("{\"timestamp\":"), "{line}");
    ensure!(line.contains("\"status\":404"), "{line}");
    Ok(())
}

/// The log goes to standard error, and not among the lines for people.
async fn logs_to_stderr() -> Result<()> {
    let mut server = start("LOG=debug; exec 2>errors")?;
    let mut client = Client::connect(server.address).await?;
    client.ask("GET", "/users/7", &[READER], "").await?;
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(10))?;
    let output = server.output();
    ensure!(
        status == 0 && output.len() == 2 && output[1].starts_with("stopped: "),
        "two lines are expected on standard output: {output:?}"
    );
    Ok(())
}

/// From the signal on it is not ready, and says why. On a busy machine, the last
/// second may be over between two questions: hence three runs.
async fn not_ready_at_stop() -> Result<()> {
    for _ in 0..3 {
        let server = start("")?;
        // While this is open, the server waits for the rest of it.
        let mut half = TcpStream::connect(server.address).await?;
        half.write_all(b"GET /health HTTP/1.1\r\nhost: ").await?;
        let mut client = Client::connect(server.address).await?;
        client.ask("GET", "/health", &[], "").await?;
        server.signal("TERM")?;
        while let Ok(mut client) = Client::connect(server.address).await {
            let Ok(answer) = client.ask("GET", "/ready", &[], "").await else {
                break;
            };
            if answer.status == 503 && answer.body.contains("about to stop") {
                return Ok(());
            }
            // A busy database may be late.
            let is_late = answer.body.contains("does not answer");
            ensure!(answer.status == 200 || is_late, "{answer:?}");
        }
    }
    bail!("at the stop, /ready never says that the server is about to stop")
}

/// A client that announces a body and does not send it is told so after 5 s. So is one
/// that sends a byte now and then.
async fn slow_body() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    let mut trickle = Client::connect(server.address).await?;
    let begin = Instant::now();
    for client in [&mut client, &mut trickle] {
        let body = "x".repeat(100);
        client
            .send("POST", "/users", &[EDITOR, JSON], &body, 100)
            .await?;
    }
    let trickle = async {
        loop {
            if let Ok(answer) = timeout(Duration::from_secs(1), trickle.answer()).await {
                return answer;
            }
            trickle.stream.write_all(b"x").await?;
        }
    };
    let both = async { tokio::join!(client.answer(), trickle) };
    let both = timeout(Duration::from_secs(12), both).await;
    for answer in <[_; 2]>::from(both.context("no answers within 12 s")?) {
        let answer = answer?;
        ensure!(answer.status == 408, "{answer:?}");
    }
    let after = begin.elapsed();
    ensure!((4900..9000).contains(&after.as_millis()), "{after:?}");
    Ok(())
}

/// Half a header is not waited for without end, nor is the first byte of one.
async fn slow_head() -> Result<()> {
    let server = start("")?;
    let begin = Instant::now();
    let mut half = TcpStream::connect(server.address).await?;
    half.write_all(b"GET /health HTTP/1.1\r\nhost: ").await?;
    let mut silent = TcpStream::connect(server.address).await?;
    for (what, client) in [("half", &mut half), ("silent", &mut silent)] {
        let end = client.read(&mut [0]).await;
        ensure!(matches!(end, Ok(0) | Err(_)), "{what}: {end:?}");
        let after = begin.elapsed();
        ensure!((29..35).contains(&after.as_secs()), "{what}: {after:?}");
    }
    Ok(())
}

/// A client that asks and asks, and never reads, loses its connection.
async fn no_reader() -> Result<()> {
    let server = start("")?;
    let mut client = TcpStream::connect(server.address).await?;
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: test\r\n\r\n";
    // More answers than the buffers between the two can hold.
    client.write_all(&request.repeat(2000)).await?;
    let begin = Instant::now();
    while client.write_all(request).await.is_ok() {
        let after = begin.elapsed();
        ensure!(after < Duration::from_secs(15), "open after {after:?}");
        sleep(Duration::from_millis(100)).await;
    }
    let after = begin.elapsed();
    ensure!(after > Duration::from_secs(9), "too early: {after:?}");
    Ok(())
}

/// SIGTERM while 16 clients send all they can: every request that found a
/// server is answered, with what it asked for.
async fn stops_under_load(settings: &str) -> Result<()> {
    let mut server = start(settings)?;
    let address = server.address;
    let mut client = Client::connect(address).await?;
    client.create_user(0).await?;
    let mut clients = JoinSet::new();
    let stopping = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU32::new(0));
    for number in 0..16_u32 {
        let (stopping, answered) = (Arc::clone(&stopping), Arc::clone(&answered));
        clients.spawn(async move {
            let mut served = 0_u32;
            // One that is refused has found no server.
            while let Ok(mut client) = Client::connect(address).await {
                let mut is_new = true;
                loop {
                    let is_write = served.is_multiple_of(10);
                    let asked = Instant::now();
                    let answer = if is_write {
                        let number = number * 1_000_000 + served + 1;
                        client.create_user(number).await
                    } else {
                        client.ask("GET", "/users/1", &[READER], "").await
                    };
                    // The kernel takes connections until the listener is closed:
                    // the last of them no server has accepted.
                    if answer.is_err() && is_new && stopping.load(Relaxed) {
                        return Ok(());
                    }
                    is_new = false;
                    let answer = answer.with_context(|| format!("after {served}"))?;
                    // On a slow disk, SQLite's writer is busy for too long. On a busy
                    // machine a read may wait a second for its connection, too.
                    let may_fail = is_write || asked.elapsed().as_secs() > 0;
                    let right = if is_write { 201 } else { 200 };
                    ensure!(
                        answer.status == right || may_fail && answer.status == 503,
                        "{answer:?}"
                    );
                    served += 1;
                    answered.fetch_add(1, Relaxed);
                    // Half of the clients come with a new connection each.
                    let close = answer.header("connection").is_ok();
                    if close || number % 2 == 0 {
                        break;
                    }
                }
            }
            Ok(())
        });
    }
    // In the midst of it, on a busy machine too.
    let begin = Instant::now();
    while answered.load(Relaxed) < 500 {
        ensure!(
            begin.elapsed().as_secs() < 60,
            "it hardly serves: {answered:?}"
        );
        sleep(Duration::from_millis(10)).await;
    }
    stopping.store(true, Relaxed);
    server.signal("TERM")?;
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}: {output:?}");
    ensure!(
        output
            .last()
            .is_some_and(|it| it.ends_with("request was answered")),
        "{output:?}"
    );
    Ok(())
}

/// The second signal does not wait for a request that is under way.
async fn second_signal() -> Result<()> {
    let mut server = start("")?;
    let mut slow = Client::connect(server.address).await?;
    slow.send("POST", "/users", &[EDITOR, JSON], "{}", 1)
        .await?;
    stop_at_once(&mut server).await
}

/// Signals it, and again once it is about to stop: it does not wait for the one
/// connection that is busy.
async fn stop_at_once(server: &mut Server) -> Result<()> {
    let mut watcher = Client::connect(server.address).await?;
    server.signal("INT")?;
    loop {
        // Between two questions, on a busy machine, the time to say goodbye is over.
        let Ok(answer) = watcher.ask("GET", "/health", &[], "").await else {
            break;
        };
        if answer.header("connection").is_ok_and(|it| it == "close") {
            break;
        }
    }
    let rest = watcher.stream.read(&mut [0]).await.unwrap_or(0);
    ensure!(rest == 0, "it says that it closes, and goes on");
    server.signal("INT")?;
    let status = server.wait(Duration::from_secs(3))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}: {output:?}");
    // The watcher has seen its connection close, whose task may not be done.
    let cut = |line: &String| {
        let count = line.strip_prefix("stopped: ");
        let count = count.and_then(|it| it.split_once(" connections had to"));
        count.is_some_and(|(count, _)| matches!(count, "1" | "2"))
    };
    ensure!(
        output.iter().any(cut),
        "one connection was to be cut, or two: {output:?}"
    );
    Ok(())
}

/// A signal ends it also while it waits for a database that says nothing.
async fn early_signal() -> Result<()> {
    let database = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann@{}/none", database.local_addr()?);
    let mut terminal = Terminal::open()?;
    let path = binary("web_api")?.display();
    let command = format!("DATABASE_URL={url} exec '{path}' 127.0.0.1:0");
    let mut job = terminal.start(&command)?;
    let _mute = database.accept().await?;
    let mut signal = terminal.start(&format!("kill -INT {}", job.id()))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(2);
    terminal.wait(&mut signal, deadline, &mut lines)?;
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    ensure!(status == Some(0), "exit status {status:?}: {lines:?}");
    let end = "stopped: the database has not answered yet";
    ensure!(lines.iter().any(|line| line.text == end), "{lines:?}");
    Ok(())
}

/// The database is killed and started again under 16 clients: answers are right
/// or a 503, what was acknowledged is there, and it recovers by itself.
async fn database_restarts(database: Postgres) -> Result<()> {
    let server = start(&format!("DATABASE_URL={}", database.url()))?;
    let address = server.address;
    let mut watcher = Client::connect(address).await?;
    is_ready(&mut watcher).await?;

    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..16_u32 {
        clients.spawn(async move {
            let mut client = Client::connect(address).await?;
            let (mut created, mut refused, mut last) = (Vec::new(), 0, begin);
            while begin.elapsed() < Duration::from_secs(12) {
                let user = number * 1_000_000 + u32::try_from(created.len())?;
                let answer = client.create_user(user).await?;
                match answer.status {
                    201 => {
                        let path = answer.header("location")?.to_string();
                        created.push((user, path));
                        last = Instant::now();
                    }
                    503 | 504 => refused += 1,
                    _ => bail!("{answer:?}"),
                }
                let Some((user, path)) = created.last() else {
                    continue;
                };
                let answer = client.ask("GET", path, &[READER], "").await?;
                let email = format!("\"u{user}@example.com\"");
                match answer.status {
                    200 if answer.body.contains(&email) => {}
                    503 | 504 => refused += 1,
                    _ => bail!("{path} {email}: {answer:?}"),
                }
            }
            ensure!(refused > 0, "it did not notice");
            ensure!(last.elapsed().as_secs() < 3, "it did not recover");
            Ok(created)
        });
    }
    sleep(Duration::from_secs(3)).await;
    database.control(&["stop", "-m", "immediate"])?;
    // The last answer is kept for half a second.
    sleep(Duration::from_secs(1)).await;
    let away = watcher.ask("GET", "/ready", &[], "").await?;
    ensure!(away.status == 503, "{away:?}");
    let alive = watcher.ask("GET", "/health", &[], "").await?;
    ensure!(alive.status == 200, "{alive:?}");
    sleep(Duration::from_secs(2)).await;
    database.control(&["start"])?;
    let back = Instant::now();
    while watcher.ask("GET", "/ready", &[], "").await?.status != 200 {
        ensure!(back.elapsed() < Duration::from_secs(3), "it stays away");
        sleep(Duration::from_millis(100)).await;
    }

    let mut all = 0;
    while let Some(client) = clients.join_next().await {
        for (user, path) in client?? {
            let answer = watcher.ask("GET", &path, &[READER], "").await?;
            let email = format!("\"u{user}@example.com\"");
            ensure!(answer.body.contains(&email), "{path} {email}: {answer:?}");
            all += 1;
        }
    }
    ensure!(all > 100, "only {all} users were created");
    Ok(())
}

/// Lets nobody read users while the connection is open.
const LOCK: [&str; 2] = ["BEGIN", "LOCK TABLE web_api.users"];

/// A database that answers nothing costs a request its time, and no more, and
/// does not keep the server from stopping.
async fn database_stalls(database: Postgres) -> Result<()> {
    let mut server = start(&format!("DATABASE_URL={}", database.url()))?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    let lock = database.execute(&LOCK).await?;
    let begin = Instant::now();
    let answer = client.ask("GET", "/users", &[READER], "").await?;
    ensure!(answer.status == 503, "of a locked table: {answer:?}");
    ensure!(
        begin.elapsed() < Duration::from_secs(6),
        "after {:?}",
        begin.elapsed()
    );
    lock.close().await?;
    let answer = client.ask("GET", "/users", &[READER], "").await?;
    ensure!(answer.status == 200, "{answer:?}");

    // All connections wait, and the database is well. On a busy machine it may answer
    // too late, or when they wait no more: hence three tries.
    for number in 1..=3 {
        let lock = database.execute(&LOCK).await?;
        let mut waiting = Vec::new();
        let begin = Instant::now();
        for _ in 0..12 {
            let mut one = Client::connect(server.address).await?;
            one.send("GET", "/users", &[READER], "", 0).await?;
            waiting.push(one);
        }
        in_flight(&mut client, 13).await?;
        sleep(Duration::from_millis(600)).await;
        let ready = client.ask("GET", "/ready", &[], "").await?;
        let is_well = ready.status == 200 && begin.elapsed().as_secs() < 2;
        ensure!(is_well || number < 3, "with a full pool: {ready:?}");
        for one in &mut waiting {
            let answer = one.answer().await?;
            ensure!(answer.status == 503, "{answer:?}");
        }
        lock.close().await?;
        if is_well {
            break;
        }
    }

    let lock = database.execute(&LOCK).await?;
    client.send("GET", "/users", &[READER], "", 0).await?;
    stop_at_once(&mut server).await?;
    lock.close().await?;
    Ok(())
}

/// While a creation is in progress, retries with its key are told so without
/// delay, and do not take connections from others.
async fn retry_in_progress(database: Postgres) -> Result<()> {
    let server = start(&format!("DATABASE_URL={}", database.url()))?;
    let mut client = Client::connect(server.address).await?;
    let lock = database.execute(&LOCK).await?;
    let mut first = Client::connect(server.address).await?;
    let user = r#"{"name":"User","email":"u1@example.com"}"#;
    let headers = [EDITOR, JSON, "idempotency-key: user-1"];
    let mut watcher = database.execute(&[]).await?;
    let begin = Instant::now();
    first.send("POST", "/users", &headers, user, 0).await?;
    wait_for_locks(&mut watcher, 1).await?;
    let (mut times, mut last) = (Vec::new(), None);
    for _ in 0..20 {
        let asked = Instant::now();
        let retry = last.insert(client.create_user(1).await?);
        let took = asked.elapsed();
        // After 2 s, the first one waits for its lock no more.
        if begin.elapsed() > Duration::from_millis(1900) {
            break;
        }
        ensure!(retry.status == 409, "{retry:?}");
        ensure!(retry.body.contains("in progress"), "{retry:?}");
        times.push(took);
    }
    // On a busy machine, some of them may be late.
    let fastest = times.into_iter().min();
    let fastest = fastest.with_context(|| format!("no retry is told in time: {last:?}"))?;
    ensure!(fastest < Duration::from_millis(500), "after {fastest:?}");
    let refused = first.answer().await?;
    ensure!(refused.status == 503, "{refused:?}");
    lock.close().await?;
    let begin = Instant::now();
    let mut created = client.create_user(1).await?;
    // Its transaction ends a moment after its answer.
    while created.body.contains("in progress") && begin.elapsed().as_secs() < 5 {
        sleep(Duration::from_millis(10)).await;
        created = client.create_user(1).await?;
    }
    ensure!(created.status == 201, "{created:?}");
    Ok(())
}

/// Another client's change is committed after a request has checked the version,
/// and before it writes: whoever named the version is told, and whoever takes any
/// changes the row. On SQLite, which has one writer at a time, nobody can do that.
async fn changed_meanwhile(database: Postgres) -> Result<()> {
    let server = start(&format!("DATABASE_URL={}", database.url()))?;
    let mut client = Client::connect(server.address).await?;
    let (both, tea) = ([EDITOR, JSON], r#"{"item":"tea","quantity":1}"#);
    for number in 1..=4 {
        client.create_user(number).await?;
        let order = client.ask("POST", "/users/1/orders", &both, tea).await?;
        ensure!(order.status == 201, "{order:?}");
    }
    let change = [
        "BEGIN",
        "UPDATE web_api.users SET version = version + 1",
        "UPDATE web_api.orders SET version = version + 1",
    ];
    let mut other = database.execute(&change).await?;

    let user = r#"{"name":"New","email":"new@example.com"}"#;
    let paid = r#"{"quantity":1,"status":"paid"}"#;
    let mut waiting = Vec::new();
    for (method, path, version, body, right) in [
        ("PUT", "/users/2", "\"1\"", user, 412),
        ("DELETE", "/users/3", "\"1\"", "", 412),
        ("PUT", "/orders/1", "\"1\"", paid, 412),
        ("DELETE", "/orders/2", "\"1\"", "", 412),
        ("PUT", "/orders/3", "*", paid, 200),
        ("DELETE", "/users/4", "*", "", 204),
    ] {
        let mut client = Client::connect(server.address).await?;
        let condition = format!("if-match: {version}");
        let headers = [EDITOR, JSON, &condition];
        client.send(method, path, &headers, body, 0).await?;
        waiting.push((client, format!("{method} {path}, {condition}"), right));
    }
    let mut watcher = database.execute(&[]).await?;
    wait_for_locks(&mut watcher, 6).await?;
    other.execute("COMMIT").await?;
    for (mut client, request, right) in waiting {
        let answer = client.answer().await?;
        ensure!(
            answer.status == right,
            "{request}: another change came first, so {right} is expected: {answer:?}"
        );
    }
    Ok(())
}

/// What SQLite answers, PostgreSQL answers too.
async fn same_on_postgres(database: Postgres) -> Result<()> {
    for scenario in 0..7 {
        let name = format!("scenario_{scenario}");
        let create = format!("CREATE DATABASE {name}");
        database.execute(&[&create]).await?;
        let url = database.url_of(&name);
        let settings = format!("DATABASE_URL={url}");
        match scenario {
            0 => bad_requests(&settings).await?,
            1 => pages(&settings).await?,
            2 => conditions(&settings).await?,
            3 => idempotency(&settings).await?,
            4 => many_rows(&url, "web_api.users").await?,
            5 => changes(&settings).await?,
            _ => stops_under_load(&settings).await?,
        }
    }
    Ok(())
}

/// Connections that have gone silent are closed and replaced; it costs a request
/// the time of one ping. One in the middle of a statement costs its request 10 s.
async fn silent_connection(database: Postgres) -> Result<()> {
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = proxy.local_addr()?.port();
    let upstream = database.socket();
    let (silence, _) = tokio::sync::broadcast::channel::<()>(1);
    let silent = silence.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = proxy.accept().await {
            let mut silent = silent.subscribe();
            let upstream = upstream.clone();
            tokio::spawn(async move {
                let mut server = UnixStream::connect(upstream).await?;
                tokio::select! {
                    end = tokio::io::copy_bidirectional(&mut client, &mut server) => end,
                    // Both ends stay open, and nothing passes any more.
                    _ = silent.recv() => {
                        drop(silent);
                        std::future::pending().await
                    }
                }
            });
        }
    });
    // Each connection gives up its receiver when it has gone silent.
    let go_silent = async || {
        while silence.receiver_count() > 0 {
            // A new connection has not heard the last one.
            let _ = silence.send(());
            sleep(Duration::from_millis(1)).await;
        }
    };
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    // The start blocks, and the proxy must run meanwhile.
    let settings = format!("DATABASE_URL={url}");
    let server = tokio::task::spawn_blocking(move || start(&settings)).await??;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    let mut was_late = false;
    for _ in 0..2 {
        // Several connections are in the pool.
        let mut clients = JoinSet::new();
        for _ in 0..8 {
            let address = server.address;
            clients.spawn(async move {
                let mut client = Client::connect(address).await?;
                let answer = client.ask("GET", "/users", &[READER], "").await?;
                // On a busy machine, connections may come too late.
                if answer.status == 503 {
                    return client.ask("GET", "/users", &[READER], "").await;
                }
                Ok(answer)
            });
        }
        while let Some(answer) = clients.join_next().await {
            ensure!(answer??.status == 200);
        }
        go_silent().await;
        for path in ["/users/1", "/users", "/ready"] {
            let mut begin = Instant::now();
            let mut answer = client.ask("GET", path, &[READER], "").await?;
            // On a busy machine one of the six may fail: the pings have 300 ms.
            if answer.status == 503 && !was_late {
                was_late = true;
                sleep(Duration::from_millis(600)).await;
                begin = Instant::now();
                answer = client.ask("GET", path, &[READER], "").await?;
            }
            let took = begin.elapsed();
            ensure!(answer.status == 200, "{path} after {took:?}: {answer:?}");
            ensure!(took < Duration::from_secs(2), "{path} after {took:?}");
        }
    }

    let lock = database.execute(&LOCK).await?;
    let mut watcher = database.execute(&[]).await?;
    client.send("GET", "/users", &[READER], "", 0).await?;
    if wait_for_locks(&mut watcher, 1).await.is_err() {
        // It may have got no connection in time, or have given up unseen.
        let late = client.answer().await?;
        ensure!(late.status == 503, "{late:?}");
        client.send("GET", "/users", &[READER], "", 0).await?;
        wait_for_locks(&mut watcher, 1).await?;
    }
    go_silent().await;
    let answer = timeout(Duration::from_secs(15), client.answer()).await;
    let answer = answer.context("no answer within 15 s, in the middle of a statement")??;
    ensure!(
        answer.status == 504 && answer.body.contains("may or may not have been done"),
        "{answer:?}"
    );
    lock.close().await?;
    Ok(())
}

/// After a failover, old connections lead to a server that takes no writes.
/// Writes get a 503 until a new connection can write, and not longer.
async fn failover(database: Postgres) -> Result<()> {
    let server = start(&format!("DATABASE_URL={}", database.url()))?;
    let mut client = Client::connect(server.address).await?;
    client.create_user(1).await?;
    // It holds for new connections only, so the pooled ones are ended.
    database
        .execute(&[
            "ALTER DATABASE postgres SET default_transaction_read_only = on",
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND datname = 'postgres'",
        ])
        .await?;
    sleep(Duration::from_secs(1)).await;
    let refused = client.create_user(2).await?;
    ensure!(refused.status == 503, "a write to a replica: {refused:?}");
    ensure!(refused.header("retry-after")? == "1", "{refused:?}");
    let ready = client.ask("GET", "/ready", &[], "").await?;
    ensure!(ready.status == 503, "ready with a replica: {ready:?}");
    let read = client.ask("GET", "/users/1", &[READER], "").await?;
    ensure!(read.status == 200, "a read of a replica: {read:?}");

    // The pooled connections stay as they are.
    database
        .execute(&[
            "SET default_transaction_read_only = off",
            "ALTER DATABASE postgres RESET default_transaction_read_only",
        ])
        .await?;
    sleep(Duration::from_secs(1)).await;
    for number in 3..10 {
        let created = client.create_user(number).await?;
        ensure!(created.status == 201, "a write afterwards: {created:?}");
    }
    is_ready(&mut client).await.context("afterwards")
}

/// Each setting that cannot be used stops the start with one line that names it.
async fn settings() -> Result<()> {
    for (settings, text) in [
        ("RATE=0", "RATE: "),
        ("RATE=much", "RATE: "),
        ("MAX_REQUESTS=0", "MAX_REQUESTS: "),
        ("MAX_REQUESTS=18446744073709551615", "MAX_REQUESTS: "),
        ("TOKENS=ann:editor:short", "TOKENS: a token has at least 8"),
        ("TOKENS=ann:owner:swordfish", "TOKENS: after the name"),
        (
            "TOKENS=ann:editor:swordfish,bob:reader:swordfish",
            "TOKENS: two entries have the same token",
        ),
        ("ORIGINS=example.com", "ORIGINS: an origin is such as"),
        ("ORIGINS=httpx", "ORIGINS: an origin is such as"),
        ("ORIGINS='http://a b'", "ORIGINS: an origin is such as"),
        (
            "ORIGINS=https://example.com/",
            "ORIGINS: an origin is such as",
        ),
        (
            "ORIGINS=https://example.com:443",
            "ORIGINS: an origin is such as",
        ),
        ("LOG=loud", "LOG: "),
        (
            "DATABASE_URL=mysql://localhost/shop",
            "DATABASE_URL begins with \"mysql\"; it may be sqlite: or postgres:",
        ),
        (
            "DATABASE_URL=sqlite::memory:",
            "DATABASE_URL: SQLite without a file",
        ),
        (
            "DATABASE_URL='sqlite:shop.db?mode=memory'",
            "DATABASE_URL: SQLite without a file",
        ),
        (
            "DATABASE_URL=sqlite://",
            "DATABASE_URL: SQLite without a file",
        ),
        (
            "DATABASE_URL=sqlite:///nowhere/shop.sqlite",
            "DATABASE_URL: cannot use SQLite in /nowhere/shop.sqlite: ",
        ),
        (
            "DATABASE_URL=sqlite:nowhere.db",
            "?mode=rwc at the end creates the file",
        ),
        (
            "DATABASE_URL='postgres://ann:secret?1@127.0.0.1:9/shop'",
            "DATABASE_URL: write ? as %3F",
        ),
        (
            "DATABASE_URL=postgres://ann:secret@127.0.0.1:9/shop",
            "DATABASE_URL: cannot use PostgreSQL at 127.0.0.1:9/shop: ",
        ),
        (
            "DATABASE_URL=postgresql://127.0.0.1:9/shop",
            "DATABASE_URL: cannot use PostgreSQL at 127.0.0.1:9/shop: ",
        ),
        (
            "DATABASE_URL=postgres://ann:my@secret@127.0.0.1:9/shop",
            "DATABASE_URL: cannot use PostgreSQL at 127.0.0.1:9/shop: ",
        ),
        (
            "DATABASE_URL='postgres://127.0.0.1:9/shop?user=ann&password=secret'",
            "DATABASE_URL: cannot use PostgreSQL at 127.0.0.1:9/shop: ",
        ),
    ] {
        let mut terminal = Terminal::open()?;
        let path = binary("web_api")?.display();
        let command = format!("export {settings}; exec '{path}' 127.0.0.1:0");
        let mut job = terminal.start(&command)?;
        let mut lines = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(10);
        let status = terminal.wait(&mut job, deadline, &mut lines)?;
        let output: Vec<&str> = lines.iter().map(|line| &*line.text).collect();
        ensure!(status == Some(1), "{settings}: {status:?}, {output:?}");
        ensure!(output.len() == 1, "{settings}: {output:?}");
        ensure!(output[0].contains(text), "{settings}: {output:?}");
        ensure!(!output[0].contains("secret"), "{output:?}");
    }
    Ok(())
}

/// A database that says nothing stops the start after 10 s.
async fn silent_start() -> Result<()> {
    let database = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann:secret@{}/none", database.local_addr()?);
    let path = binary("web_api")?.display();
    let command = format!("DATABASE_URL={url} exec '{path}' 127.0.0.1:0");
    let (status, lines) = Terminal::open()?.run(&command, Duration::from_secs(15))?;
    ensure!(
        status == 1
            && lines.len() == 1
            && lines[0].contains("no answer within 10s")
            && !lines[0].contains("secret"),
        "\"no answer within 10s\" is expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// Tables that the statements do not fit stop the start, and not a request later.
async fn old_tables() -> Result<()> {
    for (change, statement) in [
        ("ALTER TABLE users RENAME email TO mail", "FROM users"),
        ("ALTER TABLE orders RENAME item TO thing", "FROM orders"),
        (
            "ALTER TABLE idempotency_keys RENAME body TO text",
            "FROM idempotency_keys",
        ),
    ] {
        let (_folder, url) = sqlite_file()?;
        let settings = format!("DATABASE_URL='{url}'");
        drop(start(&settings)?);
        let mut database = SqliteConnection::connect(&url).await?;
        database.execute(change).await?;
        database.close().await?;
        let Err(error) = start(&settings) else {
            bail!("it starts after {change}");
        };
        let error = error.to_string();
        ensure!(
            error.contains("DATABASE_URL: cannot use SQLite") && error.contains(statement),
            "after {change}: {error}"
        );
    }
    Ok(())
}

/// An id that cannot be read is replaced, and one of 64 characters goes through.
async fn request_ids() -> Result<()> {
    let server = start("")?;
    let mut client = Client::connect(server.address).await?;
    let long = format!("x-request-id: {}", "7".repeat(65));
    for given in ["x-request-id: ", "x-request-id: \u{e4}", &long] {
        let answer = client.ask("GET", "/health", &[given], "").await?;
        let id = answer.header("x-request-id")?;
        ensure!(id.len() == 36 && id.is_ascii(), "{given}: {answer:?}");
    }
    let longest = "7".repeat(64);
    let given = format!("x-request-id: {longest}");
    let answer = client.ask("GET", "/health", &[&given], "").await?;
    ensure!(answer.header("x-request-id")? == longest, "{answer:?}");
    Ok(())
}

/// Pages of the origins in the settings may use the API, and no others.
async fn origins() -> Result<()> {
    let server = start("ORIGINS=https://shop.example.com")?;
    let mut client = Client::connect(server.address).await?;
    for (origin, allowed) in [
        ("https://shop.example.com", true),
        ("https://elsewhere.example.com", false),
    ] {
        let origin = format!("origin: {origin}");
        let asks = [&*origin, "access-control-request-method: PUT"];
        let answer = client.ask("OPTIONS", "/users/1", &asks, "").await?;
        ensure!(answer.status == 200, "{answer:?}");
        let found = answer.header("access-control-allow-origin").is_ok();
        ensure!(found == allowed, "{answer:?}");
        for (header, right) in [
            ("access-control-allow-methods", "GET,POST,PUT,DELETE"),
            (
                "access-control-allow-headers",
                "authorization,content-type,if-match,if-none-match,idempotency-key",
            ),
        ] {
            ensure!(answer.header(header)? == right, "{right}: {answer:?}");
        }
        let answer = client.ask("GET", "/users", &[&origin, READER], "").await?;
        let found = answer.header("access-control-allow-origin").is_ok();
        ensure!(found == allowed, "{answer:?}");
        let right = "etag,location,x-request-id";
        let shown = answer.header("access-control-expose-headers")?;
        ensure!(shown == right, "{right}: {answer:?}");
    }
    Ok(())
}

/// When nothing more can be stored, a change is refused, and what has been
/// acknowledged is there. The reason is in the log, and not in the answer.
async fn disk_full() -> Result<()> {
    let mut server = start("; trap '' XFSZ; ulimit -f 2000")?;
    let mut client = Client::connect(server.address).await?;
    let (both, order) = ([EDITOR, JSON], r#"{"item":"tea","quantity":1}"#);
    for number in 1..=12 {
        let user = client.create_user(number).await?;
        ensure!(user.status == 201, "{user:?}");
        let order = client.ask("POST", "/users/1/orders", &both, order).await?;
        ensure!(order.status == 201, "{order:?}");
    }
    let mut name = String::from("User");
    for number in 1..1000 {
        let next = format!("N{number}");
        let body = format!(r#"{{"name":"{next}","email":"n@example.com"}}"#);
        let any = [EDITOR, JSON, "if-match: *"];
        let answer = client.ask("PUT", "/users/1", &any, &body).await?;
        let full = answer.status == 503;
        if !full {
            ensure!(answer.status == 200, "{answer:?}");
            name = next;
        }
        let read = client.ask("GET", "/users/1", &[READER], "").await?;
        let stored = format!("\"name\":\"{name}\"");
        ensure!(read.body.contains(&stored), "{stored} expected: {read:?}");
        if full {
            let detail = "the database is away or busy; come back later";
            let problem = format!(r#""status":503,"detail":"{detail}"}}"#);
            ensure!(answer.body.ends_with(&problem), "{answer:?}");
            lines(&mut server, 1, |line| {
                line.contains("\"cause\":\"") && line.contains("\"path\":\"/users/1\"")
            })
            .await?;
            break;
        }
        ensure!(number < 999, "the limit was never reached");
    }
    all_are_refused(&mut client).await
}

/// Each kind of change until it is refused, since a small one may still find room:
/// what the answers say is so.
async fn all_are_refused(client: &mut Client) -> Result<()> {
    for (method, path, body) in [
        (
            "POST",
            "/users",
            r#"{"name":"User","email":"f{n}@example.com"}"#,
        ),
        (
            "POST",
            "/users/1/orders",
            r#"{"item":"cup","quantity":{n}}"#,
        ),
        ("PUT", "/orders/1", r#"{"quantity":{n},"status":"paid"}"#),
        ("DELETE", "/orders/{n}", ""),
        ("DELETE", "/users/{n}", ""),
    ] {
        let mut number = 1;
        loop {
            number += 1;
            ensure!(number <= 12, "{method} {path} is never refused");
            let [path, body] = [path, body].map(|it| it.replace("{n}", &number.to_string()));
            let any = [EDITOR, JSON, "if-match: *"];
            let answer = client.ask(method, &path, &any, &body).await?;
            let place = answer.header("location").unwrap_or(&path);
            let read = client.ask("GET", place, &[READER], "").await?;
            let is_so = match answer.status {
                201 => read.status == 200,
                200 => read.body == answer.body,
                204 => read.status == 404,
                status => status == 503 && read.status == 200,
            };
            ensure!(is_so, "{method} {path}: {answer:?}, and then {read:?}");
            if answer.status == 503 {
                break;
            }
        }
    }
    Ok(())
}

/// Instances that start at the same time on a new file wait for each other. They
/// may also miss each other, so there are several tries.
async fn two_instances() -> Result<()> {
    for _ in 0..3 {
        let (_folder, url) = sqlite_file()?;
        let settings = format!("DATABASE_URL='{url}'");
        let mut starts = JoinSet::new();
        for _ in 0..12 {
            let settings = settings.clone();
            starts.spawn_blocking(move || start(&settings));
        }
        let mut servers = Vec::new();
        while let Some(server) = starts.join_next().await {
            servers.push(server??);
        }
        for (number, server) in (1..).zip(&servers) {
            let mut client = Client::connect(server.address).await?;
            let created = client.create_user(number).await?;
            ensure!(created.status == 201, "{created:?}");
        }
    }
    Ok(())
}

/// On PostgreSQL two of them try to create the schema at the same time: another
/// transaction has just created it, and gives it up when both wait.
async fn two_on_postgres(database: Postgres) -> Result<()> {
    let create = ["BEGIN", "CREATE SCHEMA web_api"];
    let mut other = database.execute(&create).await?;
    let mut watcher = database.execute(&[]).await?;
    let mut starts = JoinSet::new();
    for _ in 0..2 {
        let settings = format!("DATABASE_URL={}", database.url());
        starts.spawn_blocking(move || start(&settings));
    }
    wait_for_locks(&mut watcher, 2).await?;
    other.execute("ROLLBACK").await?;
    while let Some(server) = starts.join_next().await {
        let server = server??;
        let mut client = Client::connect(server.address).await?;
        is_ready(&mut client).await?;
    }
    Ok(())
}

/// Waits until so many connections wait for another one's transaction.
async fn wait_for_locks(watcher: &mut AnyConnection, right: i64) -> Result<()> {
    let begin = Instant::now();
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
        )
        .fetch_one(&mut *watcher)
        .await?;
        if waiting == right {
            return Ok(());
        }
        ensure!(begin.elapsed().as_secs() < 5, "{waiting} of {right} wait");
        sleep(Duration::from_millis(10)).await;
    }
}

/// With no file descriptor left, it still sees the signals.
async fn too_many_files() -> Result<()> {
    let mut server = start("; ulimit -n 64")?;
    let mut clients = Vec::new();
    for _ in 0..60 {
        clients.push(Client::connect(server.address).await?);
    }
    lines(&mut server, 1, |line| line.contains("Too many open")).await?;
    // It tries again and again, and says so once.
    sleep(Duration::from_millis(500)).await;
    let output = server.output();
    let said = output.iter().filter(|line| line.contains("Too many open"));
    ensure!(said.count() == 1, "one line is expected: {output:?}");
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(10))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}: {output:?}");
    Ok(())
}

/// It goes on when nobody reads its output, and stops as usual.
async fn closed_pipe() -> Result<()> {
    let mut terminal = Terminal::open()?;
    let path = binary("web_api")?.display();
    let tokens = "TOKENS=ann:editor:swordfish";
    // The pipe's other end is closed after the first line.
    let command = format!("{tokens} '{path}' 127.0.0.1:0 | head -1; exit 7");
    let mut job = terminal.start(&command)?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !lines
        .iter()
        .any(|line: &harness::terminal::Line| line.text.contains("listening"))
    {
        ensure!(terminal.read_until(deadline, &mut lines)?, "{lines:?}");
    }
    sleep(Duration::from_millis(300)).await;
    job.signal("INT")?;
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let output: Vec<&str> = lines.iter().map(|line| &*line.text).collect();
    ensure!(
        !output.concat().contains("panicked"),
        "{output:?}, {status:?}"
    );
    Ok(())
}

/// A client with one connection that it keeps.
struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Result<&str> {
        let mut lines = self.head.lines().skip(1);
        let value = lines.find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        value.with_context(|| format!("no {name} in {self:?}"))
    }
}

impl Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    async fn create_user(&mut self, number: u32) -> Result<Answer> {
        let body = format!(r#"{{"name":"User","email":"u{number}@example.com"}}"#);
        let key = format!("idempotency-key: user-{number}");
        self.ask("POST", "/users", &[EDITOR, JSON, &key], &body)
            .await
    }

    async fn delete(&mut self, path: &str, version: &str, status: u16) -> Result<()> {
        let condition = format!("if-match: {version}");
        let answer = self.ask("DELETE", path, &[EDITOR, &condition], "").await?;
        ensure!(answer.status == status, "{path} {version}: {answer:?}");
        Ok(())
    }

    async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Result<Answer> {
        self.send(method, path, headers, body, 0).await?;
        self.answer().await
    }

    /// Sends a request, but for the last bytes of its body.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
        held_back: usize,
    ) -> Result<()> {
        // Writing to a string does not fail.
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
        for header in headers {
            let _ = write!(text, "{header}\r\n");
        }
        let size = body.len();
        let _ = write!(text, "content-length: {size}\r\n\r\n");
        text += &body[..size - held_back];
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    async fn answer(&mut self) -> Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let count = self.stream.read_line(&mut head).await?;
            ensure!(count > 0, "closed, after {head:?}");
        }
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
        };
        let size = match answer.header("content-length") {
            Ok(size) if status != 304 => size.parse()?,
            _ => 0,
        };
        let mut body = vec![0; size];
        self.stream.read_exact(&mut body).await?;
        answer.body = String::from_utf8(body)?;
        Ok(answer)
    }
}
