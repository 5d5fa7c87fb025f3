//! Build a runtime of reactor, scheduler and executor, with `Wake` and `mio`.
//!
//! The executor polls tasks. One that has to wait leaves its `Waker` with the
//! reactor, which asks the system about all sockets at once, and for no longer
//! than until the next timer. An event there wakes a task: it is put into the
//! queue of the scheduler, from which the executor takes it to poll it again.
//! With an empty queue the one thread sleeps in the reactor, so 800 ms of
//! waiting and an echo over TCP take fewer than 10 polls.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin mini_runtime
//! tea: started
//! egg: started
//! client: the echo is "good morning"
//! tea: done                             # 300 ms
//! egg: done                             # 500 ms
//! 3 tasks are done after [..] polls     # 500 ms
//! ```
//!
//! Copy it with `cargo add mio -F net,os-poll`.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};
use std::{mem, net};

use mio::event::Source;
use mio::net::TcpListener;
use mio::{Events, Interest, Token};

fn main() -> io::Result<()> {
    let reactor = Rc::new(Reactor::new()?);
    let scheduler = Arc::new(Scheduler::new(&reactor)?);
    let mut executor = Executor {
        scheduler,
        tasks: Vec::new(),
    };

    executor.spawn(boil("tea", 300, Rc::clone(&reactor)));
    executor.spawn(boil("egg", 500, Rc::clone(&reactor)));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = listener.local_addr()?;
    executor.spawn(echo(Socket::new(listener, Rc::clone(&reactor))?));
    let client = thread::spawn(move || client(address));

    let polls = executor.run(&reactor)?;
    println!("3 tasks are done after {polls} polls");
    client
        .join()
        .unwrap_or_else(|_| Err(ErrorKind::Other.into()))
}

async fn boil(what: &str, ms: u64, reactor: Rc<Reactor>) -> io::Result<()> {
    println!("{what}: started");
    reactor.sleep(Duration::from_millis(ms)).await;
    println!("{what}: done");
    Ok(())
}

/// Echoes what the first client sends until that is at an end.
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

/// The other end, an ordinary thread.
fn client(address: SocketAddr) -> io::Result<()> {
    let mut stream = net::TcpStream::connect(address)?;
    stream.write_all(b"good morning")?;
    stream.shutdown(Shutdown::Write)?;
    println!("client: the echo is {:?}", io::read_to_string(stream)?);
    Ok(())
}

/// Polls the tasks that the scheduler names.
struct Executor {
    scheduler: Arc<Scheduler>,
    tasks: Vec<Option<Task>>,
}

type Task = Pin<Box<dyn Future<Output = io::Result<()>>>>;

impl Executor {
    fn spawn(&mut self, task: impl Future<Output = io::Result<()>> + 'static) {
        let ticket = Ticket {
            task: self.tasks.len(),
            is_queued: AtomicBool::new(false),
            scheduler: Arc::clone(&self.scheduler),
        };
        self.tasks.push(Some(Box::pin(task)));
        Arc::new(ticket).wake();
    }

    /// Runs until all tasks are done, or one fails. Gives the number of polls.
    fn run(&mut self, reactor: &Reactor) -> io::Result<u32> {
        let mut polls = 0;
        while self.tasks.iter().any(Option::is_some) {
            let ready = self.scheduler.take_ready();
            // Also when tasks are ready: one that wakes itself all the time
            // must not keep the others from their events.
            reactor.dispatch(ready.is_empty())?;
            for ticket in ready {
                // Before the poll: what happens meanwhile must queue it again.
                ticket.is_queued.store(false, Ordering::SeqCst);
                let waker = Waker::from(Arc::clone(&ticket));
                let slot = &mut self.tasks[ticket.task];
                let Some(task) = slot else { continue };
                polls += 1;
                match task.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Pending => {}
                    Poll::Ready(result) => {
                        *slot = None;
                        result?;
                    }
                }
            }
        }
        Ok(polls)
    }
}

/// Says which tasks are next: those that were woken, in that order.
struct Scheduler {
    ready: Mutex<Vec<Arc<Ticket>>>,
    thread: ThreadId,
    alarm: mio::Waker,
}

impl Scheduler {
    fn new(reactor: &Reactor) -> io::Result<Self> {
        let registry = reactor.poll.borrow().registry().try_clone()?;
        let alarm = mio::Waker::new(&registry, Token(usize::MAX))?;
        let thread = thread::current().id();
        Ok(Self {
            ready: Mutex::default(),
            thread,
            alarm,
        })
    }

    fn push(&self, ticket: Arc<Ticket>) {
        self.ready.lock().unwrap().push(ticket);
        // Any thread may wake a task. On the executor's own the reactor does
        // not sleep; from another it may have to be called out of its sleep.
        if thread::current().id() != self.thread {
            self.alarm.wake().expect("the system can wake the reactor");
        }
    }

    fn take_ready(&self) -> Vec<Arc<Ticket>> {
        mem::take(&mut *self.ready.lock().unwrap())
    }
}

/// What a task's `Waker` holds.
struct Ticket {
    task: usize,
    is_queued: AtomicBool,
    scheduler: Arc<Scheduler>,
}

impl Wake for Ticket {
    fn wake(self: Arc<Self>) {
        // Woken twice is still polled once.
        if !self.is_queued.swap(true, Ordering::SeqCst) {
            Arc::clone(&self.scheduler).push(self);
        }
    }
}

/// Waits for sockets and timers, and wakes the tasks that asked for them.
struct Reactor {
    poll: RefCell<mio::Poll>,
    sockets: RefCell<Vec<Option<Waker>>>,
    timers: RefCell<Vec<(Instant, Waker)>>,
}

impl Reactor {
    fn new() -> io::Result<Self> {
        let poll = RefCell::new(mio::Poll::new()?);
        let (sockets, timers) = (RefCell::default(), RefCell::default());
        Ok(Self {
            poll,
            sockets,
            timers,
        })
    }

    /// Wakes whom the events concern; sleeps until there is one when idle.
    fn dispatch(&self, is_idle: bool) -> io::Result<()> {
        let mut timers = self.timers.borrow_mut();
        let next = timers.iter().map(|(due, _)| *due).min();
        let next = next.map(|due| due.saturating_duration_since(Instant::now()));
        let timeout = if is_idle { next } else { Some(Duration::ZERO) };

        let mut events = Events::with_capacity(64);
        match self.poll.borrow_mut().poll(&mut events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }

        let mut sockets = self.sockets.borrow_mut();
        for event in &events {
            let slot = sockets.get_mut(event.token().0);
            slot.and_then(Option::take)
                .into_iter()
                .for_each(Waker::wake);
        }
        let now = Instant::now();
        let due = timers.extract_if(.., |(due, _)| *due <= now);
        due.for_each(|(_, waker)| waker.wake());
        Ok(())
    }

    async fn sleep(&self, duration: Duration) {
        let due = Instant::now() + duration;
        poll_fn(|context| {
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            self.timers.borrow_mut().push((due, waker));
            Poll::Pending
        })
        .await;
    }
}

/// A socket that the reactor watches, for one task.
struct Socket<S> {
    inner: S,
    token: Token,
    reactor: Rc<Reactor>,
}

impl<S: Source> Socket<S> {
    fn new(mut inner: S, reactor: Rc<Reactor>) -> io::Result<Self> {
        let token = Token(reactor.sockets.borrow().len());
        reactor.sockets.borrow_mut().push(None);
        let both = Interest::READABLE | Interest::WRITABLE;
        let poll = reactor.poll.borrow();
        poll.registry().register(&mut inner, token, both)?;
        drop(poll);
        Ok(Self {
            inner,
            token,
            reactor,
        })
    }

    /// Calls `action` until it need not wait.
    async fn attempt<T>(&self, mut action: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        // The attempt comes first: the system tells of a change, and only once.
        poll_fn(|context| match action(&self.inner) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let waker = Some(context.waker().clone());
                self.reactor.sockets.borrow_mut()[self.token.0] = waker;
                Poll::Pending
            }
            done => Poll::Ready(done),
        })
        .await
    }
}
