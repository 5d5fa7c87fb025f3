//! Waits for sockets and timers, and wakes the tasks that asked for them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::{Events, Interest, Token};

/// The alarm's token. A socket's token is its number.
const ALARM: Token = Token(usize::MAX);

pub struct Reactor {
    poll: RefCell<mio::Poll>,
    sockets: RefCell<Vec<Option<Waker>>>,
    /// Sorted: finding the next of 30,000 timers must not cost 30,000 steps.
    timers: RefCell<BTreeMap<Instant, Vec<Waker>>>,
}

impl Reactor {
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: RefCell::new(mio::Poll::new()?),
            sockets: RefCell::default(),
            timers: RefCell::default(),
        })
    }

    /// Ends the reactor's sleep, from any thread.
    pub fn alarm(&self) -> io::Result<mio::Waker> {
        mio::Waker::new(self.poll.borrow().registry(), ALARM)
    }

    pub fn sleep_until_event(&self) -> io::Result<()> {
        let next = self.timers.borrow().keys().next().copied();
        self.wait(next.map(|due| due.saturating_duration_since(Instant::now())))
    }

    pub fn look_for_events(&self) -> io::Result<()> {
        self.wait(Some(Duration::ZERO))
    }

    fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        let mut events = Events::with_capacity(64);
        match self.poll.borrow_mut().poll(&mut events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }

        let mut sockets = self.sockets.borrow_mut();
        for event in &events {
            let socket = sockets.get_mut(event.token().0);
            if let Some(waker) = socket.and_then(Option::take) {
                waker.wake();
            }
        }
        let mut timers = self.timers.borrow_mut();
        while let Some(timer) = timers.first_entry()
            && *timer.key() <= Instant::now()
        {
            timer.remove().into_iter().for_each(Waker::wake);
        }
        Ok(())
    }

    pub async fn sleep(&self, duration: Duration) {
        let due = Instant::now() + duration;
        poll_fn(|context| {
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            let mut timers = self.timers.borrow_mut();
            timers.entry(due).or_default().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// A socket that the reactor watches, for one task.
pub struct Socket<S> {
    inner: S,
    number: usize,
    pub reactor: Rc<Reactor>,
}

impl<S: Source> Socket<S> {
    pub fn new(mut inner: S, reactor: Rc<Reactor>) -> io::Result<Self> {
        let number = reactor.sockets.borrow().len();
        reactor.sockets.borrow_mut().push(None);
        reactor.poll.borrow().registry().register(
            &mut inner,
            Token(number),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        Ok(Self {
            inner,
            number,
            reactor,
        })
    }

    /// Calls `action` until it does not have to wait.
    pub async fn attempt<T>(&self, mut action: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        // Try first: the system reports a change once, maybe before this call.
        poll_fn(|context| match action(&self.inner) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let waker = context.waker().clone();
                self.reactor.sockets.borrow_mut()[self.number] = Some(waker);
                Poll::Pending
            }
            done => Poll::Ready(done),
        })
        .await
    }
}
