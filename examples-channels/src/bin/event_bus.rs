//! Publish events by type; drop the receiver to unsubscribe.
//!
//! An event bus sends each event to the subscribers of its type. Nobody gets
//! order 0, which is published first. Then `stock` and `audit` subscribe to
//! orders, and `mail` to new users. `publish` never waits, and returns the
//! number of subscribers. After `audit` is dropped, only `stock` is left for
//! orders. The bus has a `broadcast` channel for each type, which keeps the
//! newest four events. `stock` begins to receive only after order 7, so its
//! first `recv` says that three events are lost. Then it gets the other four.
//!
//! ```console
//! $ cargo run -p examples-channels --bin event_bus
//! order 0, subscribers: 0
//! order 1, subscribers: 2
//! order 2, subscribers: 1
//! Ada, subscribers: 1
//! stock: 3 events lost
//! stock: order 4
//! stock: order 5
//! stock: order 6
//! stock: order 7
//! mail: welcome, Ada
//! ```
//!
//! Use `mpsc` if no event may be lost, or if a sender knows its receiver. Then
//! the code shows who sends to whom.
//!
//! The part to reuse starts at `EventBus`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync`.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bus = EventBus::default();
    let subscribers = bus.publish(OrderPlaced(0));
    println!("order 0, subscribers: {subscribers}");

    // The parameter of `stock` says to which type of event it subscribes.
    let stock = tokio::spawn(stock(bus.subscribe()));
    let mail = tokio::spawn(mail(bus.subscribe()));
    let audit = bus.subscribe::<OrderPlaced>();
    let subscribers = bus.publish(OrderPlaced(1));
    println!("order 1, subscribers: {subscribers}");
    drop(audit);
    let subscribers = bus.publish(OrderPlaced(2));
    println!("order 2, subscribers: {subscribers}");
    let subscribers = bus.publish(UserJoined("Ada"));
    println!("Ada, subscribers: {subscribers}");
    for number in 3..=7 {
        bus.publish(OrderPlaced(number));
    }

    // Without the bus the channels close, and the tasks end when they have
    // received what is left. They start to run here, at the first `.await`.
    drop(bus);
    if tokio::try_join!(stock, mail).is_err() {
        println!("a subscriber panicked");
    }
}

#[derive(Clone)]
struct OrderPlaced(u32);

#[derive(Clone)]
struct UserJoined(&'static str);

async fn stock(mut orders: Receiver<OrderPlaced>) {
    loop {
        match orders.recv().await {
            Ok(OrderPlaced(number)) => println!("stock: order {number}"),
            Err(RecvError::Lagged(lost)) => println!("stock: {lost} events lost"),
            Err(RecvError::Closed) => break,
        }
    }
}

async fn mail(mut users: Receiver<UserJoined>) {
    loop {
        match users.recv().await {
            Ok(UserJoined(name)) => println!("mail: welcome, {name}"),
            Err(RecvError::Lagged(lost)) => println!("mail: {lost} users lost"),
            Err(RecvError::Closed) => break,
        }
    }
}

#[derive(Default)]
pub struct EventBus {
    /// The `broadcast` sender of each type of event. The senders have different
    /// types, so the map holds each as a `dyn Any`, which can hold any type.
    topics: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

/// How many events of each type the bus keeps.
const CAPACITY: usize = 4;

impl EventBus {
    pub fn subscribe<E: Clone + Send + 'static>(&self) -> Receiver<E> {
        self.topic().subscribe()
    }

    /// Returns the number of subscribers. One that is slow may lose the event.
    pub fn publish<E: Clone + Send + 'static>(&self, event: E) -> usize {
        // An error means that there are no subscribers.
        self.topic().send(event).unwrap_or(0)
    }

    fn topic<E: Clone + Send + 'static>(&self) -> Sender<E> {
        let mut topics = self.topics.lock().unwrap();
        topics
            .entry(TypeId::of::<E>())
            .or_insert_with(|| Box::new(Sender::<E>::new(CAPACITY)))
            // Get the `Sender` back from the `dyn Any`.
            .downcast_ref::<Sender<E>>()
            .expect("the key is the type of the sender")
            // A clone sends to the same subscribers.
            .clone()
    }
}
