//! `udp` on a network that doubles packets, with a stranger in it, and with a server
//! that comes late or not at all. Copies of it with another line or two show that.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("late_replies", late_replies).slow(),
        scenario("late_order", late_order).slow(),
        scenario("late_server", late_server).slow(),
        scenario("no_reply", no_reply).slow(),
        scenario("chatter", chatter).slow(),
        scenario("stranger", stranger).slow(),
        scenario("sold_out", sold_out).slow(),
    ]
}

/// Each reply comes twice, the second time when another order is in progress, and
/// is not taken for the reply to that one.
async fn late_replies() -> Result<()> {
    let reply = "socket.send_to(&[number, left], customer).await?;";
    let twice = format!("{reply} {reply}");
    let (status, lines) = udp(&[(reply, &twice), PATIENT]).await?;
    ensure!(
        status == 0 && orders(&lines) == ALL,
        "with each reply twice, status 0 and {ALL:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// A packet with an order that was filled before the last one.
async fn late_order() -> Result<()> {
    let bought = r#"println!("order {number}: {left} loaves left (try {tries})");"#;
    let late = format!("{bought} if number == 3 {{ socket.send(&[1]).await?; }}");
    let lost = (
        "const LOST: [u32; 3] = [3, 8, 10];",
        "const LOST: [u32; 0] = [];",
    );
    let (status, lines) = udp(&[(bought, &late), lost, PATIENT]).await?;
    let ignored = lines.iter().any(|it| it == "  order 1 is not filled again");
    let last = "order 5: 15 loaves left (try 1)";
    ensure!(
        status == 0 && ignored && orders(&lines).last() == Some(&last),
        "after a late order 1, status 0 and {last:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// "Connection refused" is not a reason to give up.
async fn late_server() -> Result<()> {
    let late = "failed = async { \
        let address = shop.local_addr()?; \
        drop(shop); \
        tokio::time::sleep(Duration::from_secs(1)).await; \
        sell(UdpSocket::bind(address).await?).await } =>";
    let changes = [
        ("failed = sell(shop) =>", late),
        (
            "const LOST: [u32; 3] = [3, 8, 10];",
            "const LOST: [u32; 0] = [];",
        ),
    ];
    let (status, lines) = udp(&changes).await?;
    let mut orders = orders(&lines);
    let others = [
        "order 2: 18 loaves left (try 1)",
        "order 3: 17 loaves left (try 1)",
        "order 4: 16 loaves left (try 1)",
        "order 5: 15 loaves left (try 1)",
    ];
    // It comes before the fourth try; on a busy machine, before the third or the fifth.
    let late =
        ["(try 3)", "(try 4)", "(try 5)"].map(|tries| format!("order 1: 19 loaves left {tries}"));
    let first = orders.drain(..orders.len().min(1)).next().unwrap_or("");
    ensure!(
        status == 0 && late.contains(&first.into()) && orders == others,
        "with a server that comes after 1 s, status 0, one of {late:?} and {others:?} are \
         expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// After five packets, two seconds, it gives up.
async fn no_reply() -> Result<()> {
    let changes = [(
        "if LOST.contains(&packets) {\n            println!(\"  lost: order",
        "if true {\n            println!(\"  lost: order",
    )];
    let start = Instant::now();
    let (status, lines) = udp(&changes).await?;
    let took = start.elapsed();
    let lost = "  lost: order 1";
    let expected = [
        lost,
        lost,
        lost,
        lost,
        lost,
        "Error: order 1: no reply to 5 packets",
    ];
    ensure!(
        status == 1 && lines == expected,
        "with no reply, status 1 and {expected:?} are expected, not {status}: {lines:?}"
    );
    ensure!(
        took >= Duration::from_secs(2),
        "it gives up after {took:?}, not after 2 s"
    );
    Ok(())
}

/// Late replies to other orders, one after the other, do not put off the next try.
async fn chatter() -> Result<()> {
    let changes = [(
        "socket.send_to(&[number, left], customer).await?;",
        "loop {
            socket.send_to(&[0, left], customer).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }",
    )];
    let (status, lines) = udp(&changes).await?;
    let expected = ["Error: order 1: no reply to 5 packets"];
    ensure!(
        status == 1 && lines == expected,
        "with replies to other orders only, status 1 and {expected:?} are expected, not \
         {status}: {lines:?}"
    );
    Ok(())
}

/// What another socket than the shop's sends to the customer is no reply.
async fn stranger() -> Result<()> {
    let false_replies = r#"
    let stranger = UdpSocket::bind("127.0.0.1:0").await?;
    for number in 1..=5 {
        let reply = [number, 99];
        stranger.send_to(&reply, customer.local_addr()?).await?;
    }
"#;
    let select = "    tokio::select! {\n";
    let changes = [(select, &*format!("{false_replies}{select}")), PATIENT];
    let (status, lines) = udp(&changes).await?;
    ensure!(
        status == 0 && orders(&lines) == ALL,
        "with replies from a stranger, status 0 and {ALL:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// When no loaf is left, 0 are left.
async fn sold_out() -> Result<()> {
    let (status, lines) = udp(&[("20_u8", "2_u8"), PATIENT]).await?;
    let last = "order 5: 0 loaves left (try 1)";
    ensure!(
        status == 0 && orders(&lines).last() == Some(&last),
        "with two loaves, status 0 and {last:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

const ALL: [&str; 5] = [
    "order 1: 19 loaves left (try 1)",
    "order 2: 18 loaves left (try 2)",
    "order 3: 17 loaves left (try 1)",
    "order 4: 16 loaves left (try 3)",
    "order 5: 15 loaves left (try 1)",
];

fn orders(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().map(String::as_str);
    lines.filter(|it| it.starts_with("order ")).collect()
}

/// On a busy machine, a reply comes later than in 400 ms.
const PATIENT: (&str, &str) = (
    "const REPLY_TIMEOUT: Duration = Duration::from_millis(400);",
    "const REPLY_TIMEOUT: Duration = Duration::from_secs(2);",
);

async fn udp(changes: &[(&str, &str)]) -> Result<(i32, Vec<String>)> {
    run_changed("examples-io", "udp", changes, "").await
}
