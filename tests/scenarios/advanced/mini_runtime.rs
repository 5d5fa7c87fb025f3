//! `mini_runtime` with a task that never waits, a slow reader, many timers, two at the
//! same moment, a wake-up that takes its time, and an interrupted wait.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::Terminal;
use harness::terminal::Line;
use harness::workspace::binary;
use tokio::time::sleep;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("busy_task", busy_task).slow(),
        scenario("slow_reader", slow_reader).slow(),
        scenario("many_timers", many_timers).measures().slow(),
        scenario("same_moment", same_moment).slow(),
        scenario("slow_alarm", slow_alarm).slow(),
        scenario("interrupted", interrupted),
    ]
}

/// A task that wakes itself again and again for a second holds up neither timers
/// nor sockets.
async fn busy_task() -> Result<()> {
    let change = [(
        "    let Counts { done, rounds } = executor.run()?;",
        "    let start = std::time::Instant::now();
    executor.spawn(std::future::poll_fn(move |context| {
        if start.elapsed() > Duration::from_secs(1) {
            println!(\"busy: done\");
            return std::task::Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }));
    let Counts { done, rounds } = executor.run()?;",
    )];
    let (status, lines) =
        run_changed("examples-advanced", "mini_runtime/main", &change, "").await?;
    let expected = [
        "tea: started",
        "egg: started",
        "tea: done",
        "egg: done",
        "busy: done",
    ];
    // The echo comes from another thread, so it may be late.
    let place = |text: &str| lines.iter().position(|line| line == text);
    let (echo, busy) = (place("the echo is \"good morning\""), place("busy: done"));
    let mut others = lines.clone();
    others.retain(|line| !line.starts_with("the echo is"));
    ensure!(
        status == 0
            && echo.is_some()
            && echo < busy
            && lines.len() == 7
            && others[..others.len() - 1] == expected,
        "{expected:?}, an echo before the last, and a count are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// A client reads nothing until the echo is stuck in a write. The echo then goes
/// on, and nothing is lost.
async fn slow_reader() -> Result<()> {
    let changes = [
        (
            "    stream.write_all(b\"good morning\")?;",
            "    stream.set_write_timeout(Some(Duration::from_millis(300)))?;
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    let mut sent = 0;
    while let Ok(more) = stream.write(&[0; 100_000]) {
        sent += more;
    }",
        ),
        (
            "    io::read_to_string(stream)",
            "    let echo = io::read_to_string(stream)?.len();
    Ok(format!(\"{} bytes short\", sent - echo))",
        ),
    ];
    let (status, lines) =
        run_changed("examples-advanced", "mini_runtime/main", &changes, "").await?;
    let expected = "the echo is \"0 bytes short\"";
    ensure!(
        status == 0 && lines.iter().any(|line| line == expected),
        "{expected:?} is expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// An event costs the same whether 10 other tasks sleep or 30,000.
async fn many_timers() -> Result<()> {
    let changes = [
        (
            "    let Counts { done, rounds } = executor.run()?;",
            "    for sleepers in [10, 30_000] {
        let reactor = Rc::new(Reactor::new()?);
        let mut executor = Executor::new(Rc::clone(&reactor))?;
        for _ in 0..sleepers {
            let reactor = Rc::clone(&reactor);
            executor.spawn(async move {
                reactor.sleep(Duration::from_secs(3600)).await;
                Ok(())
            });
        }
        executor.spawn(async move {
            reactor.sleep(Duration::from_millis(1)).await;
            let before = processor_time()?;
            for _ in 0..500 {
                reactor.sleep(Duration::from_micros(1)).await;
            }
            println!(\"{}\", processor_time()? - before);
            Err(io::Error::other(\"done\"))
        });
        assert_eq!(executor.run().err().unwrap().to_string(), \"done\");
    }
    let Counts { done, rounds } = executor.run()?;",
        ),
        (
            "fn main() -> io::Result<()> {",
            "/// In nanoseconds.
fn processor_time() -> io::Result<u64> {
    let schedstat = std::fs::read_to_string(\"/proc/thread-self/schedstat\")?;
    let time = schedstat.split(' ').next().and_then(|it| it.parse().ok());
    time.ok_or_else(|| io::Error::other(schedstat))
}

fn main() -> io::Result<()> {",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "mini_runtime/main", &changes, "").await?;
    let [few, many, ..] = lines.as_slice() else {
        bail!("two times are expected: {lines:?}");
    };
    let few: u64 = few.parse().with_context(|| format!("{lines:?}"))?;
    let many: u64 = many.parse().with_context(|| format!("{lines:?}"))?;
    ensure!(
        many < 3 * few,
        "500 events take {few} ns of the processor beside 10 sleepers, and {many} ns beside 30,000"
    );
    Ok(())
}

/// Two timers that are due at the same moment: both tasks are woken.
async fn same_moment() -> Result<()> {
    let changes = [(
        "let due = Instant::now() + duration;",
        "static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let due = *START.get_or_init(Instant::now) + duration.min(Duration::from_millis(300));",
    )];
    let name = "mini_runtime/reactor";
    let (status, lines) = run_changed("examples-advanced", name, &changes, "").await?;
    let done = "4 tasks done in fewer than 50 rounds";
    ensure!(
        status == 0 && lines.last().is_some_and(|line| line == done),
        "{done:?} is expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// Another thread wakes a task, and 20 ms pass before it does anything more: the task
/// is in the queue by then, and need not wait for the next event.
async fn slow_alarm() -> Result<()> {
    let changes = [(
        "self.alarm.wake().expect(",
        "let woken = self.alarm.wake();
        if std::thread::current().name() != Some(\"main\") {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        woken.expect(",
    )];
    let name = "mini_runtime/scheduler";
    let mut tries = 0;
    loop {
        tries += 1;
        let (status, lines) = run_changed("examples-advanced", name, &changes, "").await?;
        let place = |text: &str| lines.iter().position(|line| line == text);
        let (echo, tea) = (place("the echo is \"good morning\""), place("tea: done"));
        if status == 0 && echo.is_some() && echo < tea {
            return Ok(());
        }
        // On a busy machine the other thread may be late.
        let is_late = status == 0 && tea.is_some() && tea < echo;
        ensure!(
            is_late && tries < 3,
            "the echo is expected, and before the tea is done: {status}: {lines:?}"
        );
    }
}

/// It is stopped and continued while it waits, as with Ctrl-Z and `fg`: a system
/// call that this interrupts is not an error.
async fn interrupted() -> Result<()> {
    let mut terminal = Terminal::open()?;
    let mut lines: Vec<Line> = Vec::new();
    let mut job = terminal.start(&format!("exec '{}'", binary("mini_runtime")?.display()))?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while !lines.iter().any(|line| line.text.contains("the echo is")) {
        let came = terminal.read_until(deadline, &mut lines)?;
        ensure!(came, "{lines:?}");
    }
    // A wait whose time is up while it is stopped is not interrupted: hence several
    // short stops.
    for _ in 0..5 {
        job.signal("STOP")?;
        sleep(Duration::from_millis(5)).await;
        job.signal("CONT")?;
        sleep(Duration::from_millis(5)).await;
    }
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let done = "4 tasks done in fewer than 50 rounds";
    ensure!(
        status == Some(0) && lines.iter().any(|line| line.text == done),
        "status 0 and {done:?} are expected, not {status:?}: {lines:?}"
    );
    Ok(())
}
