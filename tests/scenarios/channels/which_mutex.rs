//! `which_mutex`: what its header says besides its transcript, and its `Till` on
//! two threads.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::workspace::root;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::compile::compile;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("rejected", which_mutex_rejected),
        scenario("two_threads", two_threads).slow(),
    ]
}

/// The compiler rejects the code that the header calls rejected, and for that
/// reason. With the block that the header advises, it compiles.
async fn which_mutex_rejected() -> Result<()> {
    let file = root().join("examples-channels/src/bin/which_mutex.rs");
    let source = fs::read_to_string(file)?.replace("//! ", "");
    let (_, rest) = source
        .split_once("```compile_fail\n")
        .context("no compile_fail block")?;
    let (rejected, _) = rest.split_once("```").context("the block has no end")?;
    let said = compile_body(rejected)?;
    let reason = "future cannot be sent between threads safely";
    ensure!(said.contains(reason), "rejected for another reason: {said}");

    let cured = rejected.replace("let mut", "{ let mut");
    let cured = cured.replace("drop(sales);", "}");
    let said = compile_body(&cured)?;
    ensure!(said.is_empty(), "the advice does not compile: {said}");
    Ok(())
}

/// Compiles code that spawns a task, with stand-ins for tokio's `spawn` and the
/// example's `confirm`; returns what the compiler says.
fn compile_body(text: &str) -> Result<String> {
    let program = format!(
        "mod tokio {{\n\
             pub fn spawn<F: Future + Send + 'static>(future: F) {{\n\
                 drop(future);\n\
             }}\n\
         }}\n\
         async fn confirm() {{}}\n\
         fn main() {{\n\
             let sales = std::sync::Arc::new(std::sync::Mutex::new(0));\n\
             {text}\n\
         }}\n"
    );
    compile(&program)
}

/// No sale is lost between two threads, and to look at the sales leaves them there, in
/// their order.
async fn two_threads() -> Result<()> {
    let changes = [(
        "#[tokio::main(flavor = \"current_thread\", start_paused = true)]
async fn main() {",
        "fn main() {
    let till = Till::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..5000).for_each(|_| till.add(\"soup\")));
        }
    });
    till.add(\"tea\");
    let last = till.sales().pop().unwrap();
    println!(\"{} of 10001 sales, the last is {last}\", till.sales().len());
}

async fn scene() {",
    )];
    let last = "10001 of 10001 sales, the last is tea";
    ends_with("examples-channels", "which_mutex", &changes, last).await
}
