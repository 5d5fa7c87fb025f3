//! Keeps the queue of woken tasks.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

pub struct Scheduler {
    /// A set: a task that is woken twice is polled once.
    woken: Mutex<BTreeSet<usize>>,
    alarm: mio::Waker,
}

impl Scheduler {
    pub fn new(alarm: mio::Waker) -> Arc<Self> {
        Arc::new(Self {
            woken: Mutex::default(),
            alarm,
        })
    }

    pub fn push(&self, task: usize) {
        self.woken.lock().unwrap().insert(task);
        // The task may be woken by another thread while the reactor sleeps.
        self.alarm.wake().expect("the system wakes the reactor");
    }

    pub fn take(&self) -> BTreeSet<usize> {
        mem::take(&mut *self.woken.lock().unwrap())
    }

    pub fn waker(self: &Arc<Self>, task: usize) -> Waker {
        let scheduler = Arc::clone(self);
        Waker::from(Arc::new(TaskWaker { task, scheduler }))
    }
}

struct TaskWaker {
    task: usize,
    scheduler: Arc<Scheduler>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.scheduler.push(self.task);
    }
}
