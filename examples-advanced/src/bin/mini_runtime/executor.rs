//! Polls the tasks that the scheduler names.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::reactor::Reactor;
use crate::scheduler::Scheduler;

pub struct Executor {
    tasks: Vec<Option<Task>>,
    scheduler: Arc<Scheduler>,
    reactor: Rc<Reactor>,
}

type Task = Pin<Box<dyn Future<Output = io::Result<()>>>>;

impl Executor {
    pub fn new(reactor: Rc<Reactor>) -> io::Result<Self> {
        Ok(Self {
            tasks: Vec::new(),
            scheduler: Scheduler::new(reactor.alarm()?),
            reactor,
        })
    }

    pub fn spawn(&mut self, task: impl Future<Output = io::Result<()>> + 'static) {
        // A new task is polled for the first time as if it had been woken.
        self.scheduler.push(self.tasks.len());
        self.tasks.push(Some(Box::pin(task)));
    }

    /// Runs until all tasks are done, or one fails.
    pub fn run(&mut self) -> io::Result<Counts> {
        let mut counts = Counts::default();
        while counts.done < self.tasks.len() {
            counts.rounds += 1;
            let woken = self.scheduler.take();
            if woken.is_empty() {
                self.reactor.sleep_until_event()?;
            } else {
                // Tasks that wake themselves must not delay sockets and timers.
                self.reactor.look_for_events()?;
            }
            for number in woken {
                // A task may be woken after it is done.
                let Some(task) = &mut self.tasks[number] else {
                    continue;
                };
                let waker = self.scheduler.waker(number);
                match task.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Pending => {}
                    Poll::Ready(result) => {
                        self.tasks[number] = None;
                        counts.done += 1;
                        result?;
                    }
                }
            }
        }
        Ok(counts)
    }
}

#[derive(Default)]
pub struct Counts {
    pub done: usize,
    /// How often the executor has looked for woken tasks.
    pub rounds: usize,
}
