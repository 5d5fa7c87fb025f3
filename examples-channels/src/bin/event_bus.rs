//! Publish events by their type; a subscriber leaves by dropping its receiver.
//!
//! The bus keeps one `broadcast` channel for each type of event. It calls
//! nobody back: subscribers are receivers in tasks of their own, and `publish`
//! waits for none, but says how many it reached. Who falls more than four
//! events behind loses the oldest and is told how many. Not for events that
//! must not be lost, nor between two parts that know each other: with an `mpsc`
//! the compiler shows who talks to whom.
//!
//! ```console
//! $ cargo run -p examples-channels --bin event_bus
//! order 0 reaches 0
//! order 1 reaches 2
//! order 2 reaches 1
//! Ada reaches 1
//! lost 3 events
//! stock: order 4
//! stock: order 5
//! stock: order 6
//! stock: order 7
//! mail: Ada
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync`.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

/// How many events a subscriber may be behind.
const BEHIND: usize = 4;

#[derive(Clone)]
struct OrderPlaced(u32);

#[derive(Clone)]
struct UserJoined(&'static str);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bus = EventBus::default();
    println!("order 0 reaches {}", bus.publish(OrderPlaced(0)));

    let stock = tokio::spawn(stock(bus.subscribe()));
    let mail = tokio::spawn(mail(bus.subscribe()));
    let audit = bus.subscribe::<OrderPlaced>();
    println!("order 1 reaches {}", bus.publish(OrderPlaced(1)));
    drop(audit);
    println!("order 2 reaches {}", bus.publish(OrderPlaced(2)));
    println!("Ada reaches {}", bus.publish(UserJoined("Ada")));
    // Nothing has been awaited, so nobody could keep up with these.
    for number in 3..=7 {
        bus.publish(OrderPlaced(number));
    }

    drop(bus);
    if tokio::try_join!(stock, mail).is_err() {
        println!("a subscriber panicked");
    }
}

async fn stock(mut orders: Receiver<OrderPlaced>) {
    while let Some(OrderPlaced(number)) = next(&mut orders).await {
        println!("stock: order {number}");
    }
}

async fn mail(mut users: Receiver<UserJoined>) {
    while let Some(UserJoined(name)) = next(&mut users).await {
        println!("mail: {name}");
    }
}

/// `None` when the bus is gone and all is read.
async fn next<E: Clone>(events: &mut Receiver<E>) -> Option<E> {
    loop {
        match events.recv().await {
            Ok(event) => return Some(event),
            Err(RecvError::Lagged(lost)) => println!("lost {lost} events"),
            Err(RecvError::Closed) => return None,
        }
    }
}

#[derive(Default)]
struct EventBus {
    /// A `Sender` of the type that is its key.
    topics: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

impl EventBus {
    fn subscribe<E: Clone + Send + 'static>(&self) -> Receiver<E> {
        self.topic().subscribe()
    }

    fn publish<E: Clone + Send + 'static>(&self, event: E) -> usize {
        // An error says that there are no subscribers.
        self.topic().send(event).unwrap_or(0)
    }

    fn topic<E: Clone + Send + 'static>(&self) -> Sender<E> {
        let topics = self.topics.lock();
        topics
            .unwrap_or_else(PoisonError::into_inner)
            .entry(TypeId::of::<E>())
            .or_insert_with(|| Box::new(Sender::<E>::new(BEHIND)))
            .downcast_ref::<Sender<E>>()
            .expect("the key is the sender's type")
            .clone()
    }
}
