//! Wait for two futures at once with `join!`.
//!
//! Awaited one after the other, a download of 3 s and a computation of 2 s
//! take 5 s. `join!` polls both in turn on this one task, so the pair is done
//! when the slower one is. Nothing runs in parallel: while one of them computes
//! instead of waiting, the other stands still.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join
//! Download started...
//! Data processing started...
//! Data processing finished!            # 2 s
//! Download completed!                  # 3 s
//! 512 bytes, 7 rows                    # 3 s
//! All tasks finished successfully!     # 3 s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    // The results come in the order of the arguments, whichever ends first.
    let (bytes, rows) = tokio::join!(download_file(), process_data());

    println!("{bytes} bytes, {rows} rows");
    println!("All tasks finished successfully!");
}

async fn download_file() -> usize {
    println!("Download started...");
    sleep(Duration::from_secs(3)).await;
    println!("Download completed!");
    512
}

async fn process_data() -> usize {
    println!("Data processing started...");
    sleep(Duration::from_secs(2)).await;
    println!("Data processing finished!");
    7
}
