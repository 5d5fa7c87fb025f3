//! Build an async runtime from a reactor, a scheduler and an executor.
//!
//! One thread runs four tasks for 500 ms: tea, an egg, a TCP echo server and
//! its customer. While all of them wait, the thread sleeps. So it looks for
//! woken tasks fewer than 50 times; a busy loop would do so millions of times.
//!
//! - The executor polls tasks. A task that must wait leaves its waker with the
//!   reactor.
//! - The reactor waits for all sockets at the same time, until the next timer
//!   is due, and wakes the tasks whose event has come.
//! - The scheduler keeps the queue of woken tasks, for the executor to poll
//!   again. Any thread may wake a task, even while the reactor sleeps.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin mini_runtime
//! tea: started
//! egg: started
//! the echo is "good morning"
//! tea: done                                       # 300 ms
//! egg: done                                       # 500 ms
//! 4 tasks done in fewer than 50 rounds        # 500 ms
//! ```
//!
//! It is for learning: it keeps what a closed connection has used. To see a
//! waker in a few lines, see `future_by_hand`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add mio -F net,os-poll
//! cargo add tokio -F sync
//! ```

mod executor;
mod reactor;
mod scheduler;

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use std::{net, thread};

use mio::net::TcpListener;
use tokio::sync::oneshot;

use executor::{Counts, Executor};
use reactor::{Reactor, Socket};

fn main() -> io::Result<()> {
    let reactor = Rc::new(Reactor::new()?);
    let mut executor = Executor::new(Rc::clone(&reactor))?;

    executor.spawn(boil("tea", 300, Rc::clone(&reactor)));
    executor.spawn(boil("egg", 500, Rc::clone(&reactor)));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = listener.local_addr()?;
    executor.spawn(echo(Socket::new(listener, reactor)?));
    executor.spawn(customer(address));

    let Counts { done, rounds } = executor.run()?;
    // Each event makes a round or two. Without sleep there would be millions.
    let rounds = if rounds < 50 {
        "fewer than 50"
    } else {
        "too many"
    };
    println!("{done} tasks done in {rounds} rounds");
    Ok(())
}

async fn boil(what: &str, milliseconds: u64, reactor: Rc<Reactor>) -> io::Result<()> {
    println!("{what}: started");
    reactor.sleep(Duration::from_millis(milliseconds)).await;
    println!("{what}: done");
    Ok(())
}

/// Echoes what the first client sends, until it closes its side.
async fn echo(listener: Socket<TcpListener>) -> io::Result<()> {
    let (stream, _) = listener.attempt(TcpListener::accept).await?;
    let stream = Socket::new(stream, listener.reactor)?;
    let mut buffer = [0; 1024];
    loop {
        let length = stream.attempt(|mut it| it.read(&mut buffer)).await?;
        if length == 0 {
            return Ok(());
        }
        let mut rest = &buffer[..length];
        while !rest.is_empty() {
            let sent = stream.attempt(|mut it| it.write(rest)).await?;
            rest = &rest[sent..];
        }
    }
}

/// Waits for an ordinary thread, which wakes this task through the channel.
async fn customer(address: SocketAddr) -> io::Result<()> {
    let (sender, answer) = oneshot::channel();
    thread::spawn(move || sender.send(say_good_morning(address)));
    let answer = answer.await.map_err(io::Error::other)??;
    println!("the echo is {answer:?}");
    Ok(())
}

fn say_good_morning(address: SocketAddr) -> io::Result<String> {
    let mut stream = net::TcpStream::connect(address)?;
    stream.write_all(b"good morning")?;
    stream.shutdown(Shutdown::Write)?;
    io::read_to_string(stream)
}
