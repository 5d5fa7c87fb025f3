//! Write by hand the state machine that the compiler makes of an `async fn`.
//!
//! A future is a value with a method, `poll`. Each `.await` is a state in which
//! it can stand still, with the variables that are needed later as its fields.
//! `poll` goes on from there until it must wait again; it is a plain call, so
//! nothing here needs a runtime. What lives over an `.await` makes the future
//! larger: a buffer of 1024 bytes by 1024, and by none if its block ends
//! before.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin state_machine
//! simple_async: Ready(42)
//! SimpleAsyncFuture: Ready(42)
//! invoice, made by the compiler
//!   the postage is unknown: Pending
//!   the postage is known: Ready(Ok(124))
//! Invoice, made by hand
//!     Start -> Waiting { sum: 119 }
//!   the postage is unknown: Pending
//!     Waiting { sum: 119 } -> Done
//!   the postage is known: Ready(Ok(124))
//! simple_async takes 1 byte, SimpleAsyncFuture 0
//! a buffer held over the await adds 1024 bytes
//! ```
//!
//! Copy it with `cargo add tokio -F sync`.

use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot::{Receiver, channel, error::RecvError};

fn main() {
    // Nobody has to be woken: main knows by itself when to poll again.
    let mut context = Context::from_waker(Waker::noop());
    let answer = pin!(simple_async()).poll(&mut context);
    println!("simple_async: {answer:?}");
    let answer = pin!(SimpleAsyncFuture).poll(&mut context);
    println!("SimpleAsyncFuture: {answer:?}");

    println!("invoice, made by the compiler");
    poll_twice(|postage| invoice(100, postage));
    println!("Invoice, made by hand");
    poll_twice(|postage| Invoice::Start {
        price: 100,
        postage,
    });

    let (one, none) = (size_of_val(&simple_async()), SimpleAsyncFuture);
    let none = size_of_val(&none);
    println!("simple_async takes {one} byte, SimpleAsyncFuture {none}");
    let held = size_of_val(&buffer_held(channel().1));
    let gone = size_of_val(&buffer_gone(channel().1));
    println!("a buffer held over the await adds {} bytes", held - gone);
}

async fn simple_async() -> u32 {
    42
}

/// Has nothing to wait for, so no state; the byte of `simple_async` is there to
/// panic when it is polled once more.
struct SimpleAsyncFuture;

impl Future for SimpleAsyncFuture {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready(42)
    }
}

fn poll_twice<F>(make: impl FnOnce(Receiver<u32>) -> F)
where
    F: Future<Output = Result<u32, RecvError>>,
{
    let mut context = Context::from_waker(Waker::noop());
    let (sender, postage) = channel();
    let mut future = pin!(make(postage));

    let answer = future.as_mut().poll(&mut context);
    println!("  the postage is unknown: {answer:?}");
    if sender.send(5).is_ok() {
        let answer = future.as_mut().poll(&mut context);
        println!("  the postage is known: {answer:?}");
    }
}

async fn invoice(price: u32, postage: Receiver<u32>) -> Result<u32, RecvError> {
    let sum = price + price * 19 / 100;
    let postage = postage.await?;
    Ok(sum + postage)
}

/// What the compiler makes of `invoice`: the arguments, then at its `.await`
/// what is waited for and what is needed afterwards, then nothing.
enum Invoice {
    Start { price: u32, postage: Receiver<u32> },
    Waiting { sum: u32, postage: Receiver<u32> },
    Done,
}

impl Future for Invoice {
    type Output = Result<u32, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            // An early return, as by `?`, then leaves it `Done`.
            match mem::replace(&mut *self, Self::Done) {
                Self::Start { price, postage } => {
                    let sum = price + price * 19 / 100;
                    println!("    Start -> Waiting {{ sum: {sum} }}");
                    *self = Self::Waiting { sum, postage };
                }
                Self::Waiting { sum, mut postage } => {
                    // With this context the channel knows whom to wake.
                    match Pin::new(&mut postage).poll(context) {
                        Poll::Ready(postage) => {
                            println!("    Waiting {{ sum: {sum} }} -> Done");
                            return Poll::Ready(Ok(sum + postage?));
                        }
                        Poll::Pending => {
                            *self = Self::Waiting { sum, postage };
                            return Poll::Pending;
                        }
                    }
                }
                Self::Done => panic!("polled after it was done"),
            }
        }
    }
}

async fn buffer_held(upload: Receiver<()>) -> Result<(), RecvError> {
    let buffer = [0_u8; 1024];
    upload.await?;
    fill(&buffer);
    Ok(())
}

async fn buffer_gone(upload: Receiver<()>) -> Result<(), RecvError> {
    {
        let buffer = [0_u8; 1024];
        fill(&buffer);
    }
    upload.await
}

fn fill(_: &[u8]) {}
