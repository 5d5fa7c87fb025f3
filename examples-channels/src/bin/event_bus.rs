//! Publish events by type; drop the receiver to unsubscribe.
//!
//! An event bus sends each event to the subscribers of its type. Here the stock
//! and an audit subscribe to orders, and the mail to new users. The bus keeps
//! one `broadcast` channel for each type. `publish` waits for nobody and
//! returns how many subscribers an event is queued for. After the audit has
//! dropped its receiver, only the stock is left. It falls seven orders behind
//! in a channel that keeps four. It is told that it lost three and continues
//! with the other four.
//!
//! ```console
//! $ cargo run -p examples-channels --bin event_bus
//! order 0 reaches 0 subscribers
//! order 1 reaches 2 subscribers
//! order 2 reaches 1 subscribers
//! Ada reaches 1 subscribers
//! stock: 3 events lost
//! stock: order 4
//! stock: order 5
//! stock: order 6
//! stock: order 7
//! mail: welcome, Ada
//! ```
//!
//! If no event may be lost, use `mpsc`. Use it also where a sender knows its
//! receiver: then the code shows who sends to whom.
//!
//! Take `EventBus`. Copy it with `cargo add tokio -F macros,rt,sync`.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

#[derive(Clone)]
struct OrderPlaced(u32);

#[derive(Clone)]
struct UserJoined(&'static str);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bus = EventBus::default();
    place_order(&bus, 0);

    let stock = tokio::spawn(stock(bus.subscribe()));
    let mail = tokio::spawn(mail(bus.subscribe()));
    let audit = bus.subscribe::<OrderPlaced>();
    place_order(&bus, 1);
    drop(audit);
    place_order(&bus, 2);
    let reached = bus.publish(UserJoined("Ada"));
    println!("Ada reaches {reached} subscribers");
    // There is no `.await` before this, so the stock has not run yet.
    for number in 3..=7 {
        bus.publish(OrderPlaced(number));
    }

    drop(bus);
    if tokio::try_join!(stock, mail).is_err() {
        println!("a subscriber panicked");
    }
}

fn place_order(bus: &EventBus, number: u32) {
    let reached = bus.publish(OrderPlaced(number));
    println!("order {number} reaches {reached} subscribers");
}

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
    while let Ok(UserJoined(name)) = users.recv().await {
        println!("mail: welcome, {name}");
    }
}

#[derive(Default)]
pub struct EventBus {
    /// For each type of event, its `Sender`. `dyn Any` hides the type, so one
    /// map can hold them all.
    topics: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

/// How many events a subscriber may be behind.
const CAPACITY: usize = 4;

impl EventBus {
    pub fn subscribe<E: Clone + Send + 'static>(&self) -> Receiver<E> {
        self.topic().subscribe()
    }

    /// Returns how many subscribers will see the event.
    pub fn publish<E: Clone + Send + 'static>(&self, event: E) -> usize {
        // An error means that there are no subscribers.
        self.topic().send(event).unwrap_or(0)
    }

    fn topic<E: Clone + Send + 'static>(&self) -> Sender<E> {
        let mut topics = self.topics.lock().unwrap();
        topics
            .entry(TypeId::of::<E>())
            .or_insert_with(|| Box::new(Sender::<E>::new(CAPACITY)))
            // Back from `dyn Any` to the sender of this type.
            .downcast_ref::<Sender<E>>()
            .expect("the key is the type of the sender")
            .clone()
    }
}
