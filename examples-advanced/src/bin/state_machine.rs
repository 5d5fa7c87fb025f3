//! Write by hand the state machine that the compiler makes from an `async fn`.
//!
//! Two `async fn`s are written a second time by hand. A future is a value with
//! a method, `poll`: an ordinary call, without a runtime, that runs the code
//! up to the next `.await` that has to wait. Each `.await` is a state in which
//! it can wait. The variables that are needed later are its fields. The simple
//! one is ready at its first poll. The invoice must wait for the postage (the
//! price of sending it), so it is polled once before and once after the
//! postage is known. Both versions give the same result.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin state_machine
//! simple_async: Ready(42)
//! SimpleAsyncFuture: Ready(42)
//! invoice, made by the compiler
//!   before the postage is known: Pending
//!   after: Ready(Ok(124))
//! Invoice, made by hand
//!     Start -> Waiting { sum: 119 }
//!   before the postage is known: Pending
//!     Waiting { sum: 119 } -> Done
//!   after: Ready(Ok(124))
//! ```
//!
//! To see a future that is woken, see `future_by_hand`. For `Pin`, see `pin`.
//! For the cost of a future, see `zero_cost` in examples-basics.
//!
//! Copy it with `cargo add tokio -F sync`.

use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot::{self, Receiver, Sender, error::RecvError};

fn main() {
    // This waker does nothing: `main` itself knows when to poll again.
    let mut context = Context::from_waker(Waker::noop());
    let answer = pin!(simple_async()).poll(&mut context);
    println!("simple_async: {answer:?}");
    let answer = pin!(SimpleAsyncFuture).poll(&mut context);
    println!("SimpleAsyncFuture: {answer:?}");

    println!("invoice, made by the compiler");
    // A `oneshot` channel carries one value. Its receiver is a future.
    let (sender, postage) = oneshot::channel();
    poll_twice(invoice(100, postage), sender);

    println!("Invoice, made by hand");
    let (sender, postage) = oneshot::channel();
    let price = 100;
    poll_twice(Invoice::Start { price, postage }, sender);
}

async fn simple_async() -> u32 {
    42
}

struct SimpleAsyncFuture;

impl Future for SimpleAsyncFuture {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        // It would answer again if it were polled again. The compiler's
        // version panics then.
        Poll::Ready(42)
    }
}

async fn invoice(price: u32, postage: Receiver<u32>) -> Result<u32, RecvError> {
    let sum = price + price * 19 / 100; // with 19% tax
    let postage = postage.await?;
    Ok(sum + postage)
}

/// The same by hand. At first it holds the arguments. At the `.await` it holds
/// the future that it waits for, and the variable that it needs afterwards.
enum Invoice {
    Start { price: u32, postage: Receiver<u32> },
    Waiting { sum: u32, postage: Receiver<u32> },
    Done,
}

impl Future for Invoice {
    type Output = Result<u32, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            // Take the state out; each arm puts the next one in. This compiles
            // because an `Invoice` may move: it is `Unpin`. The future that
            // the compiler makes is not.
            match mem::replace(&mut *self, Self::Done) {
                Self::Start { price, postage } => {
                    let sum = price + price * 19 / 100; // with 19% tax
                    println!("    Start -> Waiting {{ sum: {sum} }}");
                    *self = Self::Waiting { sum, postage };
                }
                Self::Waiting { sum, mut postage } => {
                    // The channel stores the waker of this context, and wakes
                    // it when the value comes.
                    let Poll::Ready(postage) = Pin::new(&mut postage).poll(context) else {
                        *self = Self::Waiting { sum, postage };
                        return Poll::Pending;
                    };
                    println!("    Waiting {{ sum: {sum} }} -> Done");
                    return Poll::Ready(Ok(sum + postage?));
                }
                Self::Done => panic!("polled after it was done"),
            }
        }
    }
}

fn poll_twice(future: impl Future<Output = Result<u32, RecvError>>, sender: Sender<u32>) {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);

    let answer = future.as_mut().poll(&mut context);
    println!("  before the postage is known: {answer:?}");
    if sender.send(5).is_ok() {
        let answer = future.as_mut().poll(&mut context);
        println!("  after: {answer:?}");
    }
}
