//! What the header of `borrow_or_spawn` says that the compiler refuses, other orders,
//! and tasks that panic.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::{exact_times, prints};
use crate::scenarios::support::compile::compile;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("refused", borrow_or_spawn_refused),
        exact_times("examples-basics", "borrow_or_spawn"),
        scenario("other_orders", other_orders).slow(),
        scenario("each_panics", each_panics).slow(),
    ]
}

/// The borrowing task is refused with the error that the header shows, and an
/// `Rc` because it is not `Send`; the same task with an `Arc` compiles.
async fn borrow_or_spawn_refused() -> Result<()> {
    let file = root().join("examples-basics/src/bin/borrow_or_spawn.rs");
    let source = fs::read_to_string(file)?.replace("//! ", "");
    let (_, rest) = source.split_once("```text\n").context("no text block")?;
    let (block, _) = rest.split_once("```").context("the block has no end")?;
    let (refused, error) = block.split_once('\n').context("no error in it")?;

    let said = compile_body(&format!("let orders = vec![5]; {refused};"))?;
    ensure!(
        said.contains(error.trim()),
        "not the header's error: {said}"
    );

    let task = "tokio::spawn(async move { total(&orders).await });";
    let said = compile_body(&format!("let orders = std::rc::Rc::new(vec![5]); {task}"))?;
    let reason = "future cannot be sent between threads safely";
    ensure!(said.contains(reason), "an `Rc` is not refused: {said}");

    let said = compile_body(&format!(
        "let orders = std::sync::Arc::new(vec![5]); {task}"
    ))?;
    ensure!(said.is_empty(), "an `Arc` is refused: {said}");
    Ok(())
}

/// Returns what the compiler says of the body of `main`, with stand-ins for
/// tokio's `spawn` and for the example's `total`.
fn compile_body(body: &str) -> Result<String> {
    let program = format!(
        "mod tokio {{\n\
             pub fn spawn<F: Future<Output: Send> + Send + 'static>(future: F) {{\n\
                 drop(future);\n\
             }}\n\
         }}\n\
         async fn total(orders: &[u32]) -> u32 {{\n\
             std::future::ready(()).await;\n\
             orders.iter().sum()\n\
         }}\n\
         fn main() {{\n\
             {body}\n\
         }}\n"
    );
    compile(&program)
}

/// All orders are added up, however many there are, and they are never copied: all
/// sums start at the first order or at the third.
async fn other_orders() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "static PLACES: std::sync::Mutex<std::collections::BTreeSet<usize>> =
    std::sync::Mutex::new(std::collections::BTreeSet::new());

#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        ("vec![5, 7, 8, 80]", "vec![1, 2, 3, 4, 5]"),
        (
            "    orders.iter().sum()\n",
            "    PLACES.lock().unwrap().insert(orders.as_ptr().addr());
    orders.iter().sum()\n",
        ),
        (
            "    Ok(())\n",
            "    println!(\"{} places in memory\", PLACES.lock().unwrap().len());
    Ok(())\n",
        ),
    ];
    let expected = [
        "borrowed: 3 + 12 = 15",
        "moved: 15, and 5 orders returned",
        "shared: 3 + 12 = 15",
        "2 places in memory",
    ];
    prints("examples-basics", "borrow_or_spawn", &changes, 0, &expected).await
}

/// Whichever task panics, the one that owns the orders or one of those that share
/// them, `main` fails. (The argument says which call of `total` panics.)
async fn each_panics() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "static CALLS: std::sync::Mutex<u32> = std::sync::Mutex::new(0);

#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "    orders.iter().sum()\n",
            "    let mut calls = CALLS.lock().unwrap();
    *calls += 1;
    let call = calls.to_string();
    drop(calls);
    assert_ne!(std::env::args().next_back().unwrap(), call);
    orders.iter().sum()\n",
        ),
    ];
    let name = "borrow_or_spawn";
    let copy = build_changed(root(), "examples-basics", name, &changes)?;
    for (call, status, lines) in [("none", 0, 3), ("3", 1, 1), ("4", 1, 2), ("5", 1, 2)] {
        let done = Command::new(copy.path().join(name)).arg(call).output()?;
        let printed = String::from_utf8_lossy(&done.stdout);
        ensure!(
            done.status.code() == Some(status) && printed.lines().count() == lines,
            "call {call} panics: status {status} after {lines} lines is expected, \
             not {:?} after {printed:?}",
            done.status.code()
        );
    }
    Ok(())
}
