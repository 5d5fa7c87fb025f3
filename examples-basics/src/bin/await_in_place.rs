//! Wait for an `async fn` with `.await`.
//!
//! A download takes 2 s, and `main` waits for it. Calling an `async fn` does
//! not start anything in the background. The function starts at the `.await`,
//! and the next line of `main` runs when the function is done. Only `main`
//! waits there: if the program had other tasks, they would continue.
//!
//! ```console
//! $ cargo run -p examples-basics --bin await_in_place
//! Program started!
//! Starting file download...
//! File download completed!     # 2 s
//! All tasks finished!          # 2 s
//! ```
//!
//! To wait for two functions at the same time, see `join`. To run one in the
//! background, see `background_task`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    println!("Program started!");
    download_file().await;
    println!("All tasks finished!");
}

async fn download_file() {
    println!("Starting file download...");
    sleep(Duration::from_secs(2)).await;
    println!("File download completed!");
}
