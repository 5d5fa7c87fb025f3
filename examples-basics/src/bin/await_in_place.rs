//! Call async functions one after the other with `.await`.
//!
//! Waits of 2 s, 1 s and 100 ms take 3.1 s in all. At each `.await`, `main`
//! waits until the function is done, and gets its return value. Only then does
//! the next line of `main` start: nothing runs in the background. Arguments and
//! return values work as in any function.
//!
//! ```console
//! $ cargo run -p examples-basics --bin await_in_place
//! Program started!
//! Starting file download...
//! File download completed!         # 2 s
//! Data fetched!                    # 3 s
//! Result: User data for ID: 42     # 3.1 s
//! All tasks finished!              # 3.1 s
//! ```
//!
//! To wait for several futures at the same time, see `join`. To run one in the
//! background, see `background_task`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    println!("Program started!");
    download_file().await;

    let data = fetch_data().await;
    println!("{data}");

    let result = fetch_user_data(42).await;
    println!("Result: {result}");

    println!("All tasks finished!");
}

async fn download_file() {
    println!("Starting file download...");
    sleep(Duration::from_secs(2)).await;
    println!("File download completed!");
}

async fn fetch_data() -> String {
    sleep(Duration::from_secs(1)).await;
    "Data fetched!".into()
}

async fn fetch_user_data(user_id: u32) -> String {
    sleep(Duration::from_millis(100)).await;
    format!("User data for ID: {user_id}")
}
