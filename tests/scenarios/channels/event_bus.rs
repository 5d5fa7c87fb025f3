//! `event_bus` with two threads that subscribe at the same time, with a subscriber that
//! panics, and with more users than it keeps.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("first_subscribers", first_subscribers).slow(),
        scenario("mail_lags", mail_lags).slow(),
    ]
}

/// If two threads are the first to use a type of event, they share one sender. It
/// takes 100 ms to create here: the other thread comes meanwhile. A subscriber that panics
/// is reported.
async fn first_subscribers() -> Result<()> {
    let changes = [
        (
            "Box::new(Sender::<E>::new(CAPACITY))",
            "Box::new({
                std::thread::sleep(std::time::Duration::from_millis(100));
                Sender::<E>::new(CAPACITY)
            })",
        ),
        (
            "let subscribers = bus.publish(OrderPlaced(0));",
            "let subscribers = std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| bus.subscribe::<OrderPlaced>()));
        let _receivers = threads.map(|it| it.join().unwrap());
        bus.publish(OrderPlaced(0))
    });",
        ),
        (
            "Ok(UserJoined(name)) => println!(\"mail: welcome, {name}\"),",
            "Ok(UserJoined(name)) => panic!(\"no mail for {name}\"),",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "event_bus", &changes, "").await?;
    let expected = "order 0, subscribers: 2";
    ensure!(
        lines.first().is_some_and(|line| line == expected),
        "{expected:?} is expected first: {lines:?}"
    );
    let expected = "a subscriber panicked";
    ensure!(
        lines.last().is_some_and(|line| line == expected),
        "{expected:?} is expected last: {lines:?}"
    );
    Ok(())
}

/// `mail` goes on after events that it has lost.
async fn mail_lags() -> Result<()> {
    let publish = "    let subscribers = bus.publish(UserJoined(\"Ada\"));";
    let more =
        format!("    for name in [\"Bea\"; 5] {{ bus.publish(UserJoined(name)); }}\n{publish}");
    let changes = [(publish, more.as_str())];
    let (_, lines) = run_changed("examples-channels", "event_bus", &changes, "").await?;
    let mail: Vec<_> = lines.iter().filter(|it| it.starts_with("mail")).collect();
    let bea = "mail: welcome, Bea";
    let expected = ["mail: 2 users lost", bea, bea, bea, "mail: welcome, Ada"];
    ensure!(mail == expected, "{expected:?} are expected: {mail:?}");
    Ok(())
}
