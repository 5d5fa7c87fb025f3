//! Call an `async fn` and see that nothing runs until it is awaited.
//!
//! The call only makes a future, a value that says what is to be done. Its body
//! runs when the future is polled, which is what `.await` does. A future that
//! nobody awaits never runs: of the two greetings below only one appears.
//!
//! ```console
//! $ cargo run -p examples-basics --bin lazy_future
//! the future is made
//! its body runs
//! 42
//! Hello, awaited!
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread`.

#[tokio::main]
async fn main() {
    let future = example_future();
    println!("the future is made");
    println!("{}", future.await);

    // A bare `say_hello("nobody");` would make the compiler warn; behind a name
    // that begins with `_` the future is dropped in silence.
    let _forgotten = say_hello("nobody");
    say_hello("awaited").await;
}

/// Short for `fn example_future() -> impl Future<Output = i32>`.
async fn example_future() -> i32 {
    println!("its body runs");
    42
}

async fn say_hello(name: &str) {
    println!("Hello, {name}!");
}
