//! Pin a future with `pin!` or `Box::pin`, as it may point into itself.
//!
//! A variable that an `async fn` borrows over an `.await` lives in its future,
//! and so does the reference. A move would leave the reference pointing to the
//! old place, so `poll` asks for a `Pin`: a promise that the value stays where
//! it is until it is dropped. Before that it moves freely. A `Pin<Box<_>>`
//! moves at any time: only the pointer does. What is `Unpin` needs no such
//! promise.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin pin
//! pin!: Pending, its reference points into the future: true
//! Box::pin: Pending, its reference points into the future: true
//! the box has moved, the future has not: true
//! the reference still reads: Ready("books")
//! a Receiver is Unpin, polled, moved, polled: Ready(Ok("door"))
//! ```
//!
//! `Pin::new(&mut deliver(…))` does not compile: the future "cannot be
//! unpinned". Nor does `mem::swap` of what two pins point to.
//!
//! Copy it with `cargo add tokio -F sync`.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::ptr;
use std::task::{Context, Waker};

use tokio::sync::oneshot::{Receiver, channel};

fn main() {
    let mut context = Context::from_waker(Waker::noop());
    let label = Cell::new(0);

    // On the stack: `pin!` hides the future, so nobody can move it any more.
    let (_nobody, door) = channel();
    let future = deliver(door, &label);
    let mut future = pin!(future);
    let answer = future.as_mut().poll(&mut context);
    let inside = is_inside(label.get(), &*future);
    println!("pin!: {answer:?}, its reference points into the future: {inside}");

    // On the heap: needed to keep, return or collect the pinned future.
    let (opens, door) = channel();
    let mut future = Box::pin(deliver(door, &label));
    let answer = future.as_mut().poll(&mut context);
    let inside = is_inside(label.get(), &*future);
    println!("Box::pin: {answer:?}, its reference points into the future: {inside}");
    let mut deliveries = [future];
    let stays = is_inside(label.get(), &*deliveries[0]);
    println!("the box has moved, the future has not: {stays}");
    if opens.send("door").is_ok() {
        let answer = deliveries[0].as_mut().poll(&mut context);
        println!("the reference still reads: {answer:?}");
    }

    let (opens, mut door) = channel();
    let unopened = Pin::new(&mut door).poll(&mut context).is_pending();
    let mut moved = Box::new(door);
    if unopened && opens.send("door").is_ok() {
        let answer = Pin::new(&mut *moved).poll(&mut context);
        println!("a Receiver is Unpin, polled, moved, polled: {answer:?}");
    }
}

/// Tells where the reference points that it holds while it waits.
async fn deliver(door: Receiver<&str>, label: &Cell<usize>) -> String {
    let parcel = String::from("books");
    let contents = &parcel;
    label.set(ptr::from_ref(contents).addr());
    // It is delivered even if nobody opens.
    let _ = door.await;
    contents.clone()
}

fn is_inside<F>(address: usize, future: &F) -> bool {
    let start = ptr::from_ref(future).addr();
    (start..start + size_of::<F>()).contains(&address)
}
