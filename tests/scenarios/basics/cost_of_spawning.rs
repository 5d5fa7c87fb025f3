//! `cost_of_spawning`, the calls that it measures, and one that panics.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::{prints, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("whole_tasks", whole_tasks).slow(),
        scenario("fastest_round", fastest_round).slow(),
        scenario("each_panics", each_panics).slow(),
    ]
}

/// When the clock stops, all tasks have run but the one that measures: `main` would
/// have to wake a worker thread for each. (The transcript allows five times the time of
/// a call.) On one thread, no task would run without an `.await`.
async fn whole_tasks() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\")]",
        ),
        ("ROUNDS: u32 = 5", "ROUNDS: u32 = 1"),
        (
            "        best[1] = ",
            "        let metrics = tokio::runtime::Handle::current().metrics();
        println!(\"tasks: {}\", metrics.num_alive_tasks());
        best[1] = ",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "cost_of_spawning", &changes, "").await?;
    ensure!(
        lines.first().is_some_and(|line| line == "tasks: 1"),
        "when the clock stops, there is to be one task, the one that measures: {lines:?}"
    );
    Ok(())
}

/// Of five rounds, the fastest counts, be it the last, the first or one between. Each
/// way is measured for its own calls alone: here a call takes as long as a table says.
/// A call in place needs the last sum; each other one has a task or a thread of its own,
/// one at a time.
async fn fastest_round() -> Result<()> {
    let changes = [
        (
            "use std::time::{Duration, Instant};",
            "use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

// A row for each round: in place, in a task, in a thread.
const COSTS: [[u64; 3]; 5] = [
    [5, 20, 900],
    [4, 30, 800],
    [3, 40, 700],
    [2, 50, 950],
    [1, 60, 990],
];
type Call = (u32, Option<tokio::task::Id>, thread::ThreadId);
static DONE: Mutex<Vec<Call>> = Mutex::new(Vec::new());
static THREADS: AtomicU32 = AtomicU32::new(0);

struct Instant(usize);

impl Instant {
    fn now() -> Self {
        Self(DONE.lock().unwrap().len())
    }

    fn elapsed(&self) -> Duration {
        let done = DONE.lock().unwrap().len();
        let part = done / 10 - 1;
        Duration::from_nanos(COSTS[part / 3][part % 3] * (done - self.0) as u64)
    }
}
",
        ),
        ("CALLS: u32 = 1_000", "CALLS: u32 = 10"),
        (
            "fn checksum(parcel: u32) -> u32 {\n",
            "fn checksum(parcel: u32) -> u32 {
    let thread = thread::current();
    if thread.name().is_none() {
        assert_eq!(THREADS.fetch_add(1, SeqCst), 0, \"one thread at a time\");
        thread::sleep(Duration::from_millis(1));
        THREADS.fetch_sub(1, SeqCst);
    }
    let call = (parcel, tokio::task::try_id(), thread.id());
    DONE.lock().unwrap().push(call);\n",
        ),
        (
            "fn start_threads() -> Duration {\n",
            "fn start_threads() -> Duration {
    let measuring = DONE.lock().unwrap()[0].1;
    assert_ne!(tokio::task::try_id(), measuring, \"it blocks a worker\");\n",
        ),
        (
            "    Ok(())\n}\n\nfn start_threads",
            "    let done = DONE.lock().unwrap();
    let parcels: HashSet<_> = done.iter().map(|call| call.0).collect();
    let tasks: HashSet<_> = done.iter().filter_map(|call| call.1).collect();
    let threads = done.iter().filter(|call| call.1.is_none());
    let threads: HashSet<_> = threads.map(|call| call.2).collect();
    println!(\"{} parcels, {} tasks\", parcels.len(), tasks.len());
    println!(\"{} calls, {} threads\", done.len(), threads.len());
    Ok(())\n}\n\nfn start_threads",
        ),
    ];
    let expected = [
        "awaited in place: 1 ns",
        "in a task: 20 ns",
        "in a thread: 700 ns",
        "19 parcels, 51 tasks",
        "150 calls, 50 threads",
    ];
    prints(
        "examples-basics",
        "cost_of_spawning",
        &changes,
        0,
        &expected,
    )
    .await
}

/// Whichever call panics, in place, in a task or in a thread, `main` fails, and shows
/// no time. (The argument says which.)
async fn each_panics() -> Result<()> {
    let changes = [
        ("ROUNDS: u32 = 5", "ROUNDS: u32 = 1"),
        ("CALLS: u32 = 1_000", "CALLS: u32 = 1"),
        (
            "fn checksum(parcel: u32) -> u32 {\n",
            "fn checksum(parcel: u32) -> u32 {
    static CALLS: std::sync::Mutex<u32> = std::sync::Mutex::new(0);
    *CALLS.lock().unwrap() += 1;
    let call = CALLS.lock().unwrap().to_string();
    assert_ne!(std::env::args().next_back().unwrap(), call);\n",
        ),
    ];
    let name = "cost_of_spawning";
    let copy = build_changed(root(), "examples-basics", name, &changes)?;
    for (call, status, lines) in [("none", 0, 3), ("1", 1, 0), ("2", 1, 0), ("3", 1, 0)] {
        let done = Command::new(copy.path().join(name)).arg(call).output()?;
        let printed = String::from_utf8_lossy(&done.stdout);
        ensure!(
            done.status.code() == Some(status) && printed.lines().count() == lines,
            "call {call} panics: status {status} after {lines} lines is expected, not {:?} after \
             {printed:?}",
            done.status.code()
        );
    }
    Ok(())
}
