//! `idempotency` with odd keys, with long requests, with a payment that panics,
//! and with one that cannot be taken yet.

use anyhow::{Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::usage::memory;
use harness::workspace::root;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::http::Client;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("keys", keys).slow(),
        scenario("kept", kept).slow(),
        scenario("long_requests", long_requests).slow().measures(),
        scenario("panic", panic).slow(),
        scenario("nothing_paid", nothing_paid).slow(),
    ]
}

/// A key of 64 bytes is the longest, and so is the name of a client. Keys differ
/// in every byte, and each takes its payment. Who sends no key or no name pays nothing, nor
/// does who sends too much.
async fn keys() -> Result<()> {
    let longest = "k".repeat(64);
    let too_long = "k".repeat(65);
    let rows: String = [
        longest.as_str(),
        &too_long,
        "K1",
        "\"k1\"",
        "k1x",
        "k\u{e9}",
        " ",
    ]
    .map(|key| format!("(\"case\", \"/fixed\", \"Ada\", {key:?}, \"5 EUR\", 10), "))
    .concat();
    let clients: String = [longest.as_str(), &too_long]
        .map(|client| format!("(\"case\", \"/fixed\", {client:?}, \"k1\", \"5 EUR\", 10), "))
        .concat();
    // The clients and the keys differ, but not what they are together.
    let others: String = [("Ada", "k1"), ("Ad", "ak1"), ("Adak", "1"), ("", "k1")]
        .map(|(client, key)| {
            format!("(\"case\", \"/fixed\", {client:?}, {key:?}, \"5 EUR\", 10), ")
        })
        .concat();
    let payments: String = [("k2", 1024), ("k3", 1025)]
        .map(|(key, size)| {
            let payment = "5".repeat(size);
            format!("(\"case\", \"/fixed\", \"Ada\", {key:?}, {payment:?}, 10), ")
        })
        .concat();
    let missing: String = ["x-client", "idempotency-key"]
        .map(|name| format!("(\"case\", \"no {name}\", \"Ada\", \"k4\", \"5 EUR\", 10), "))
        .concat();
    let rows = rows + &clients + &others + &payments + &missing;
    let first = "(\"broken, 10 together\", \"/broken\", \"Ada\", \"k1\", \"5 EUR\", 10),";
    let changes = [
        (first, rows.as_str()),
        (
            "                .header(\"idempotency-key\", key);",
            "                .header(\"idempotency-key\", key);
            let request = match path.strip_prefix(\"no \") {
                None => request,
                Some(\"x-client\") => Request::post(\"/fixed\").header(\"idempotency-key\", key),
                Some(_) => Request::post(\"/fixed\").header(\"x-client\", client),
            };",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "idempotency", &changes, "").await?;
    let taken = "case: 1 taken, answers {201: 10}";
    let refused = "case: 0 taken, answers {400: 10}";
    let too_large = "case: 0 taken, answers {413: 10}";
    let right = [
        taken, refused, taken, taken, taken, taken, taken, taken, refused, // keys and clients
        taken, taken, taken, refused, taken, too_large, refused, refused,
    ];
    let seen = lines
        .iter()
        .zip(right)
        .position(|(line, right)| line != right);
    ensure!(
        status == 0 && seen.is_none() && lines.len() > right.len(),
        "{right:?} is expected; case {seen:?} differs; status {status}: {lines:?}"
    );
    Ok(())
}

/// An answer is kept for a day, whether it is asked for or not. If there are too many,
/// the newest ones stay, even if the others were asked for more often.
async fn kept() -> Result<()> {
    let begin = "    let app: Router = Router::new()\n";
    let fills = format!(
        "    let kept = answers();
    println!(\"live: {{:?}}\", kept.policy().time_to_live());
    println!(\"idle: {{:?}}\", kept.policy().time_to_idle());
    let paid = || (\"5 EUR\".to_string(), StatusCode::CREATED);
    for number in 0..1100_u32 {{
        let key = (number.to_be_bytes().to_vec(), Vec::new());
        kept.insert(key.clone(), paid()).await;
        if number < 1000 {{
            kept.get(&key).await;
            kept.get(&key).await;
        }}
        kept.run_pending_tasks().await;
    }}
    let is_kept = |number: u32| kept.contains_key(&(number.to_be_bytes().to_vec(), Vec::new()));
    println!(\"kept: {{}}\", (1000..1100).filter(|it| is_kept(*it)).count());
    return Ok(());
{begin}"
    );
    let changes = [
        (begin, fills.as_str()),
        (".max_capacity(100_000)", ".max_capacity(1000)"),
    ];
    let (status, lines) = run_changed("examples-http", "idempotency", &changes, "").await?;
    let right = ["live: Some(86400s)", "idle: None", "kept: 100"];
    ensure!(
        status == 0 && lines == right,
        "{right:?} is expected; status {status}: {lines:?}"
    );
    Ok(())
}

/// What is kept of a request is its client, its key and its payment: a thousand
/// of them are small, however long the other headers are.
async fn long_requests() -> Result<()> {
    let first = "    for (case, path, client, key, payment, times) in [\n";
    let serve = format!(
        "    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:0\").await?;
    println!(\"listening on {{}}\", listener.local_addr()?);
    axum::serve(listener, app.clone()).await?;
{first}"
    );
    let changes = [
        (first, serve.as_str()),
        (
            "    sleep(Duration::from_millis(100)).await;\n    TAKEN",
            "    TAKEN",
        ),
    ];
    let copy = build_changed(root(), "examples-http", "idempotency", &changes)?;
    let path = copy.path().join("idempotency");
    let server = Server::run(&format!("exec '{}'", path.display()))?;
    let mut client = Client::connect(server.address).await?;
    let padding = "x".repeat(50_000);
    let mut before = 0;
    for number in 0..1100 {
        if number == 100 {
            before = memory(server.id())?;
        }
        let key = format!("k{number}");
        let headers = [
            ("x-client", "Ada"),
            ("idempotency-key", &key),
            ("x-padding", &padding),
        ];
        let answer = client.send("POST", "/fixed", &headers, "5 EUR").await?;
        answer.is(201, "")?;
    }
    let taken = memory(server.id())?.saturating_sub(before);
    ensure!(taken < 10_000_000, "a thousand keys take {taken} bytes");
    Ok(())
}

/// A payment that panics may have been taken, so it is not tried again.
async fn panic() -> Result<()> {
    let changes = [
        (
            "(\"broken, 10 together\", \"/broken\", \"Ada\", \"k1\"",
            "(\"panic, 10 together\", \"/fixed\", \"Ada\", \"k0\"",
        ),
        (
            "(\"fixed, 10 together\", \"/fixed\", \"Ada\", \"k1\"",
            "(\"panic, again\", \"/fixed\", \"Ada\", \"k0\"",
        ),
        (
            "TAKEN.fetch_add(1, Relaxed);",
            "TAKEN.fetch_add(1, Relaxed); assert!(!_payment.starts_with('5'), \"told to\");",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "idempotency", &changes, "").await?;
    let of_panic = lines.iter().filter(|line| line.starts_with("panic, "));
    let of_panic: Vec<_> = of_panic.collect();
    let right = [
        "panic, 10 together: 1 taken, answers {500: 10}",
        "panic, again: 0 taken, answers {500: 10}",
    ];
    ensure!(status == 0 && of_panic == right, "{status}: {lines:?}");
    Ok(())
}

/// A 503 goes to all who wait for it and is not kept: the key may be used again.
async fn nothing_paid() -> Result<()> {
    let changes = [(
        "    TAKEN.fetch_add(1, Relaxed);",
        "    static CALLS: AtomicU32 = AtomicU32::new(0);
    // `broken` makes the first ten calls, and `fixed` the next one.
    if CALLS.fetch_add(1, Relaxed) == 10 {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    TAKEN.fetch_add(1, Relaxed);",
    )];
    let (status, lines) = run_changed("examples-http", "idempotency", &changes, "").await?;
    let right = [
        "fixed, 10 together: 0 taken, answers {503: 10}",
        "fixed, again: 1 taken, answers {201: 1}",
        "fixed, another payment: 0 taken, answers {422: 1}",
    ];
    ensure!(status == 0 && lines[1..4] == right, "{status}: {lines:?}");
    Ok(())
}
