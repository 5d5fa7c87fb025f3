//! Wait for two futures at the same time with `join!`.
//!
//! A download takes 3 s and data processing takes 2 s. Together they take 3 s,
//! not 5 s. While one of them waits, `join!` runs the other one. `join!`
//! returns when both are done. Its results come in the order of the arguments,
//! whichever is done first. `join!` starts no thread and no task, so only the
//! waiting overlaps.
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
//! To stop at the first error, see `try_join`. To compute in parallel, see
//! `concurrent_vs_parallel`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let (bytes, rows) = tokio::join!(download_file(), process_data());
    println!("{bytes} bytes, {rows} rows");

    println!("All tasks finished successfully!");
}

/// Stands for a download, and returns an invented number of bytes.
async fn download_file() -> usize {
    println!("Download started...");
    sleep(Duration::from_secs(3)).await;
    println!("Download completed!");
    512
}

/// Stands for data processing, and returns an invented number of rows.
async fn process_data() -> usize {
    println!("Data processing started...");
    sleep(Duration::from_secs(2)).await;
    println!("Data processing finished!");
    7
}
