//! Send one value to another task with a `oneshot` channel.
//!
//! Three guests order a dish each. A `oneshot` channel carries the dish from
//! the cook to the guest. The first guest is served. For the second guest the
//! sender is dropped, as if the cook had gone home: the guest gets an error
//! immediately, and does not wait forever. The third guest leaves after 200 ms.
//! The cook learns this from `closed`, and cancels a roast of 3 s.
//!
//! ```console
//! $ cargo run -p examples-channels --bin oneshot
//! served: soup                # 100 ms
//! no dish: channel closed     # 100 ms
//! the guest has left          # 300 ms
//! roast: canceled             # 300 ms
//! ```
//!
//! If you only need the result of a task that you spawn, await its handle. For
//! many questions to one task, see `request_reply`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add tokio -F macros,rt,sync,time
//! ```

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

// One thread keeps the order of the lines.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (tx, rx) = oneshot::channel();
    let kitchen = tokio::spawn(cook("soup", Duration::from_millis(100), tx));
    // The receiver is a future, so await it. It has no method `recv`.
    println!("served: {}", rx.await?);
    kitchen.await?;

    let (tx, rx) = oneshot::channel::<&str>();
    drop(tx);
    match rx.await {
        Ok(dish) => println!("served: {dish}"),
        Err(error) => println!("no dish: {error}"),
    }

    let (tx, rx) = oneshot::channel();
    let kitchen = tokio::spawn(cook("roast", Duration::from_secs(3), tx));
    // The timeout owns the receiver and drops it after 200 ms.
    match timeout(Duration::from_millis(200), rx).await {
        Ok(dish) => println!("served: {}", dish?),
        Err(_) => println!("the guest has left"),
    }
    kitchen.await?;
    Ok(())
}

async fn cook(dish: &'static str, time: Duration, mut tx: oneshot::Sender<&'static str>) {
    tokio::select! {
        () = sleep(time) => {
            // `select!` has dropped `closed`, so `tx` is free. If the guest has
            // left, the error of `send` gives the dish back.
            if let Err(dish) = tx.send(dish) {
                println!("{dish}: thrown away");
            }
        }
        () = tx.closed() => println!("{dish}: canceled"),
    }
}
