//! Call an `async fn`, and see that nothing runs until `.await`.
//!
//! When you call an `async fn`, all it does is return a future: a value that
//! stands for work still to be done. The body of `example_future` runs only at
//! the `.await`, which waits for the result, here 42. A future that is never
//! awaited does nothing. `say_hello` is called for Ada and for Ben, but only
//! Ben's future is awaited, so only Ben is greeted.
//!
//! ```console
//! $ cargo run -p examples-basics --bin lazy_future
//! example_future was called
//! its body runs
//! 42
//! Hello, Ben!
//! ```
//!
//! To start work without an `.await`, see `spawn`. To see what `.await` does
//! with a future, see `future_by_hand` in examples-advanced.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread`.

#[tokio::main]
async fn main() {
    let future = example_future();
    println!("example_future was called");
    let value = future.await;
    println!("{value}");

    // Without the `let`, the compiler would warn: "futures do nothing unless
    // you `.await` or poll them". (`.await` polls: it lets the future run
    // until it has to wait.)
    let _never_awaited = say_hello("Ada");
    say_hello("Ben").await;
}

/// To its caller, this is `fn example_future() -> impl Future<Output = i32>`.
async fn example_future() -> i32 {
    println!("its body runs");
    42
}

async fn say_hello(name: &str) {
    println!("Hello, {name}!");
}
