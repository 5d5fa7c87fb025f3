//! Write an `async fn` in a trait, and box its future for `dyn`.
//!
//! Generic code awaits such a method as it is. A list of different sensors
//! needs `dyn`, and `dyn Sensor` does not compile (E0038): each type's future
//! is a type of its own, with its own size. So a second trait, implemented once
//! for all sensors, boxes the future. The `+ Send` lets generic code spawn it;
//! if the trait said `async fn read`, nothing would promise that.
//!
//! ```console
//! $ cargo run -p examples-basics --bin async_traits
//! Asking three sensors
//! 18 °C            # 200 ms
//! 19 °C            # 400 ms
//! 7 mm of rain     # 600 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::pin::Pin;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    println!("Asking three sensors");
    println!("{}", spawn_read(Thermometer { celsius: 18 }).await?);

    let station: [Box<dyn DynSensor>; 2] =
        [Box::new(Thermometer { celsius: 19 }), Box::new(RainGauge)];
    for sensor in station {
        println!("{}", sensor.read_boxed().await);
    }
    Ok(())
}

fn spawn_read(sensor: impl Sensor) -> JoinHandle<String> {
    tokio::spawn(async move { sensor.read().await })
}

trait Sensor: Send + Sync + 'static {
    // The implementations below write it as an `async fn`.
    fn read(&self) -> impl Future<Output = String> + Send;
}

trait DynSensor {
    fn read_boxed(&self) -> Boxed<'_>;
}

type Boxed<'a> = Pin<Box<dyn Future<Output = String> + Send + 'a>>;

impl<S: Sensor> DynSensor for S {
    fn read_boxed(&self) -> Boxed<'_> {
        Box::pin(self.read())
    }
}

struct Thermometer {
    celsius: i32,
}

impl Sensor for Thermometer {
    async fn read(&self) -> String {
        sleep(Duration::from_millis(200)).await;
        format!("{} °C", self.celsius)
    }
}

struct RainGauge;

impl Sensor for RainGauge {
    async fn read(&self) -> String {
        sleep(Duration::from_millis(200)).await;
        "7 mm of rain".into()
    }
}
