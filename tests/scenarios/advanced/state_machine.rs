//! `state_machine` in a task of a runtime, and without its postage.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("is_woken", is_woken).slow()]
}

/// The postage wakes the task that waits for the invoice made by hand. If
/// nobody sends it, both versions return the error. An invoice that is done panics
/// if it is polled again, as the compiler's version does.
async fn is_woken() -> Result<()> {
    let changes = [(
        "fn main() {",
        "#[tokio::main(flavor = \"current_thread\", start_paused = true)]
async fn main() {
    let (sender, postage) = oneshot::channel();
    let price = 100;
    let task = tokio::spawn(Invoice::Start { price, postage });
    // Until it waits.
    tokio::task::yield_now().await;
    sender.send(5).unwrap();
    let minute = std::time::Duration::from_secs(60);
    let woken = tokio::time::timeout(minute, task).await;
    let (_, postage) = oneshot::channel();
    let made_by_compiler = invoice(price, postage).await;
    let (_, postage) = oneshot::channel();
    let made_by_hand = Invoice::Start { price, postage }.await;
    let again = std::panic::catch_unwind(|| {
        pin!(Invoice::Done).poll(&mut Context::from_waker(Waker::noop()))
    });
    let panics = again.is_err();
    println!(\"{woken:?}, {made_by_compiler:?}, {made_by_hand:?}, panics: {panics}\");
}

fn scene() {",
    )];
    let last = "Ok(Ok(Ok(124))), Err(RecvError(())), Err(RecvError(())), panics: true";
    ends_with("examples-advanced", "state_machine", &changes, last).await
}
