//! Write a trait with an async method, and box its future for `dyn`.
//!
//! Three sensors are read, one in a task and two from a list. `spawn_read` is
//! generic: it takes any type that implements `Sensor`. A list of different
//! sensors needs `dyn`, but `dyn Sensor` does not compile (E0038), because
//! each sensor returns a future of its own type and size. Boxed futures all
//! have the same type. So the method of `DynSensor` returns a box, and one
//! `impl` implements `DynSensor` for every `Sensor`.
//!
//! ```console
//! $ cargo run -p examples-basics --bin async_traits
//! in a task: 18 °C                 # 200 ms
//! from the list: 19 °C             # 400 ms
//! from the list: 7 mm of rain      # 600 ms
//! ```
//!
//! The crate `async-trait` can write the boxes for you.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::pin::Pin;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    println!("in a task: {}", spawn_read(Thermometer(18)).await?);

    let sensors: [Box<dyn DynSensor>; 2] = [Box::new(Thermometer(19)), Box::new(RainGauge(7))];
    for sensor in sensors {
        println!("from the list: {}", sensor.read_boxed().await);
    }
    Ok(())
}

fn spawn_read(sensor: impl Sensor) -> JoinHandle<String> {
    tokio::spawn(async move { sensor.read().await })
}

// A task owns the sensor (`'static`) and may move to another thread (`Send`).
// The future borrows it, and `&Sensor` is `Send` only if the sensor is `Sync`.
trait Sensor: Send + Sync + 'static {
    // This is `async fn read(&self) -> String`, and it promises that the future
    // is `Send`, which `spawn` needs. An `impl` may still write `async fn`.
    fn read(&self) -> impl Future<Output = String> + Send;
}

trait DynSensor {
    // `Box::pin` returns this type. `Pin` promises that the future does not
    // move in memory. `'_` says that the future borrows the sensor.
    fn read_boxed(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>>;
}

impl<S: Sensor> DynSensor for S {
    fn read_boxed(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        Box::pin(self.read())
    }
}

struct Thermometer(i32);

impl Sensor for Thermometer {
    async fn read(&self) -> String {
        sleep(Duration::from_millis(200)).await;
        format!("{} °C", self.0)
    }
}

struct RainGauge(u32);

impl Sensor for RainGauge {
    async fn read(&self) -> String {
        sleep(Duration::from_millis(200)).await;
        format!("{} mm of rain", self.0)
    }
}
