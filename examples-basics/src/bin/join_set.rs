//! Run any number of tasks, and take each result as it comes, with `JoinSet`.
//!
//! How many pages a site has is known only when the last one has been read:
//! each page found for the first time starts one more task. `join_next` gives
//! the results in the order in which the tasks finish, and `None` when none is
//! left. A page that fails, or panics, does not end the others. The set owns
//! its tasks: if `main` returned early, dropping the set would end them all. It
//! has no limit: for an unknown number, spawn only while `tasks.len()` is below
//! one.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join_set
//! home: ["news", "shop", "about"]     # 200 ms
//! about: []                           # 400 ms
//! shop: not found                     # 600 ms
//! news: ["archive", "home"]           # 800 ms
//! archive: []                         # 1 s
//! 4 pages read, 1 failed              # 1 s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::collections::HashSet;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let (mut read, mut failed) = (0, 0);
    let mut tasks = JoinSet::new();
    tasks.spawn(fetch_links("home"));
    let mut seen = HashSet::from(["home"]);

    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok((page, Ok(links))) => {
                read += 1;
                println!("{page}: {links:?}");
                for link in links {
                    // Pages that link to each other would never end.
                    if seen.insert(link) {
                        tasks.spawn(fetch_links(link));
                    }
                }
            }
            Ok((page, Err(NotFound))) => {
                failed += 1;
                println!("{page}: not found");
            }
            Err(panic) => {
                failed += 1;
                println!("{panic}");
            }
        }
    }
    println!("{read} pages read, {failed} failed");
}

struct NotFound;
type Links = Vec<&'static str>;

/// Gives back the page as well: a task in a set has no other name.
async fn fetch_links(page: &'static str) -> (&'static str, Result<Links, NotFound>) {
    let (millis, links) = match page {
        "home" => (200, Ok(vec!["news", "shop", "about"])),
        "news" => (600, Ok(vec!["archive", "home"])),
        "shop" => (400, Err(NotFound)),
        _ => (200, Ok(vec![])),
    };
    sleep(Duration::from_millis(millis)).await;
    (page, links)
}
