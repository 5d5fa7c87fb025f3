//! Hand one value from one task to another with a `oneshot` channel.
//!
//! Each side learns that the other has gone. A cook who drops the sender
//! without an answer gives the guest an error at once, not an endless wait.
//! When the guest leaves, `closed` tells the cook, 200 ms into a roast of three
//! seconds. `send` never waits; when nobody is there to take the value it gives
//! it back. Not for the result of a task that you spawn: its `JoinHandle`
//! brings that.
//!
//! ```console
//! $ cargo run -p examples-channels --bin oneshot
//! ordered: the soup
//! served: the soup                     # 100 ms
//! no answer: channel closed            # 100 ms
//! the guest has left                   # 300 ms
//! the roast is taken off the stove     # 300 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, spawn};
use tokio::time::{sleep, timeout};

// On one thread, so that the lines of guest and cook keep their order.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), JoinError> {
    println!("ordered: the soup");
    let (reply, answer) = oneshot::channel();
    let kitchen = spawn(cook("the soup", Duration::from_millis(100), reply));
    match answer.await {
        Ok(dish) => println!("served: {dish}"),
        Err(error) => println!("no answer: {error}"),
    }
    kitchen.await?;

    let (reply, answer) = oneshot::channel::<&str>();
    let kitchen = spawn(async move { drop(reply) });
    match answer.await {
        Ok(dish) => println!("served: {dish}"),
        Err(error) => println!("no answer: {error}"),
    }
    kitchen.await?;

    let (reply, answer) = oneshot::channel();
    let kitchen = spawn(cook("the roast", Duration::from_secs(3), reply));
    // The timeout owns the receiver, and drops it when the time is up.
    match timeout(Duration::from_millis(200), answer).await {
        Ok(dish) => println!("served: {dish:?}"),
        Err(_) => println!("the guest has left"),
    }
    kitchen.await
}

async fn cook(dish: &'static str, time: Duration, mut reply: oneshot::Sender<&'static str>) {
    tokio::select! {
        () = sleep(time) => {
            // The guest may leave even now.
            if let Err(dish) = reply.send(dish) {
                println!("{dish} goes to the staff");
            }
        }
        () = reply.closed() => println!("{dish} is taken off the stove"),
    }
}
