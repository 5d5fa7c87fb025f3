//! Evidence that a machine held a program up: how long its threads were ready to
//! run and waited for a processor that others used.
//!
//! Linux counts this for each thread, as the second number of
//! `/proc/PID/task/TID/schedstat`, in nanoseconds (Documentation/scheduler/
//! sched-stats.rst). One thread of the tests samples it for all programs that
//! run. A thread that has ended takes its counters with it, so the time since it
//! was last seen counts as well, once, however many have ended. A program that
//! keeps the processors busy by itself also waits for them, so what counts is at
//! most what processes outside its group have used, plus the time that a
//! hypervisor has taken ("steal" in proc(5)).
//!
//! Other threads may hold a line up too: the one that stamps it, and the kernel's
//! `ksoftirqd/N`, one for each processor. While such a thread is at work, only it
//! passes on the packets on its processor, also those that a program sends to
//! itself, and it waits for the processor like any other.
//!
//! On other systems there is no evidence, and nothing is excused.

use std::collections::HashMap;
use std::fs;
use std::mem;
use std::process;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Weak};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// How often the counters are read.
const PERIOD: Duration = Duration::from_millis(50);
/// `/proc/stat` counts in ticks of this length on Linux (`USER_HZ` in time(7)).
const TICK: Duration = Duration::from_millis(10);

/// The evidence on one process group, or on the threads that its lines need, from
/// the moment of [`watch`] or [`watch_delivery`] on.
#[derive(Debug)]
pub struct Watched {
    target: Target,
    samples: Mutex<Vec<Sample>>,
}

#[derive(Debug)]
enum Target {
    /// The processes of this group.
    Group(u32),
    /// These threads, which do not end.
    Threads(Vec<u32>),
}

/// Counters of one moment; all of them only grow.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    /// Ready to run, and waiting, as far as is known.
    waited: Duration,
    /// Running.
    ran: Duration,
    /// What all processes have used, and the hypervisor has taken.
    system: System,
}

#[derive(Clone, Copy, Debug, Default)]
struct System {
    used: Duration,
    stolen: Duration,
}

/// Watches the process group whose leader has this id, until what this returns
/// is dropped.
#[must_use]
pub fn watch(group: u32) -> Arc<Watched> {
    add(Target::Group(group))
}

/// Watches the calling thread, which is to stamp the lines, and the threads of
/// the kernel that pass on packets: what a program prints waits for these too.
#[must_use]
pub fn watch_delivery() -> Arc<Watched> {
    // A link such as `1234/task/1240`; there is none but on Linux.
    let link = fs::read_link("/proc/thread-self").unwrap_or_default();
    let id = link.file_name().and_then(|it| it.to_str());
    let this = id.and_then(|it| it.parse().ok());
    add(Target::Threads(
        this.into_iter().chain(KSOFTIRQD.iter().copied()).collect(),
    ))
}

/// The kernel's threads `ksoftirqd/0`, `ksoftirqd/1` and so on, one for each
/// processor. A container does not see them.
static KSOFTIRQD: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let is_one = |id: &u32| {
        let name = fs::read_to_string(format!("/proc/{id}/comm"));
        name.is_ok_and(|it| it.starts_with("ksoftirqd/"))
    };
    process_ids().filter(is_one).collect()
});

/// All processes that there are.
fn process_ids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|it| it.file_name().to_str()?.parse().ok())
}

/// By how much what is watched may have been held up between two moments.
#[must_use]
pub fn held_up<'a>(
    watched: impl IntoIterator<Item = &'a Watched>,
    from: Instant,
    to: Instant,
) -> Duration {
    let each = watched.into_iter();
    each.map(|it| it.between(from, to, evidence)).sum()
}

/// For how long what is watched has used processors between two moments.
#[must_use]
pub fn computed<'a>(
    watched: impl IntoIterator<Item = &'a Watched>,
    from: Instant,
    to: Instant,
) -> Duration {
    let ran = |before: &Sample, after: &Sample| after.ran.saturating_sub(before.ran);
    let each = watched.into_iter();
    each.map(|it| it.between(from, to, ran)).sum()
}

impl Watched {
    /// Reads the counters now: before a process is gone, and they with it.
    pub fn sample(&self) {
        self.take(&mut lock(&PROCESSES), system());
    }

    fn take(&self, processes: &mut Processes, system: System) {
        let (waited, ran) = match &self.target {
            Target::Group(group) => processes.of_group(*group),
            Target::Threads(ids) => {
                let each = ids
                    .iter()
                    .filter_map(|id| read_times(&format!("/proc/{id}/schedstat")));
                each.fold(Default::default(), sum)
            }
        };
        lock(&self.samples).push(Sample {
            at: Instant::now(),
            waited,
            ran,
            system,
        });
    }

    /// What the samples around two moments tell; nothing if there are none.
    fn between(
        &self,
        from: Instant,
        to: Instant,
        tell: impl Fn(&Sample, &Sample) -> Duration,
    ) -> Duration {
        let samples = lock(&self.samples);
        let before = samples.iter().rev().find(|it| it.at <= from);
        let after = samples.iter().find(|it| it.at >= to);
        let before = before.or(samples.first());
        let after = after.or(samples.last());
        before
            .zip(after)
            .map_or(Duration::ZERO, |(before, after)| tell(before, after))
    }
}

/// What the difference of two samples excuses.
fn evidence(before: &Sample, after: &Sample) -> Duration {
    let waited = after.waited.saturating_sub(before.waited);
    let ran = after.ran.saturating_sub(before.ran);
    let used = after.system.used.saturating_sub(before.system.used);
    let stolen = after.system.stolen.saturating_sub(before.system.stolen);
    // A tick at each end may be counted too late.
    let others = (used + 2 * TICK).saturating_sub(ran);
    waited.min(others) + stolen
}

/// What is watched at the moment.
static WATCHED: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());
/// What is known of the processes of the system; looked at only under this lock.
static PROCESSES: LazyLock<Mutex<Processes>> = LazyLock::new(Mutex::default);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

fn add(target: Target) -> Arc<Watched> {
    let watched = Arc::new(Watched {
        target,
        samples: Mutex::default(),
    });
    match &watched.target {
        // The counters of a new process begin at zero, also if an earlier one
        // had the same id.
        Target::Group(group) => {
            lock(&PROCESSES).counters.remove(group);
            lock(&watched.samples).push(Sample {
                at: Instant::now(),
                waited: Duration::ZERO,
                ran: Duration::ZERO,
                system: system(),
            });
        }
        Target::Threads(_) => watched.sample(),
    }
    let mut all = lock(&WATCHED);
    if all.is_empty() {
        thread::spawn(sample_all);
    }
    all.push(Arc::downgrade(&watched));
    watched
}

/// Samples until nothing is watched any more.
fn sample_all() {
    loop {
        let mut all = lock(&WATCHED);
        all.retain(|it| it.strong_count() > 0);
        if all.is_empty() {
            return;
        }
        let watched: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
        drop(all);
        let mut processes = lock(&PROCESSES);
        processes.look();
        let system = system();
        for watched in watched {
            watched.take(&mut processes, system);
        }
        drop(processes);
        sleep(PERIOD);
    }
}

/// What is known of the processes of the system.
#[derive(Debug, Default)]
struct Processes {
    /// The group of each; a new process may still be in its parent's, so this is
    /// asked twice.
    groups: HashMap<u32, (u32, bool)>,
    counters: HashMap<u32, Counters>,
}

/// What is known of a group.
#[derive(Debug, Default)]
struct Counters {
    looked: Option<Instant>,
    /// How long each of its threads has waited and run.
    threads: HashMap<u32, (Duration, Duration)>,
    /// The sums of those that have ended.
    ended: (Duration, Duration),
}

impl Processes {
    /// Looks for processes that have come or gone.
    fn look(&mut self) {
        let mut seen = HashMap::new();
        for id in process_ids() {
            let known = self.groups.get(&id).filter(|(_, sure)| *sure).copied();
            let group = known.or_else(|| Some((group_of(id)?, self.groups.contains_key(&id))));
            if let Some(group) = group {
                seen.insert(id, group);
            }
        }
        self.groups = seen;
    }

    /// How long the threads of a group have waited and run until now.
    fn of_group(&mut self, group: u32) -> (Duration, Duration) {
        // The leader is a member from the start, before anybody has looked.
        self.groups.entry(group).or_insert((group, true));
        let mut threads = HashMap::new();
        let mut used = Duration::ZERO;
        for (id, (of, _)) in &self.groups {
            if *of != group {
                continue;
            }
            used += used_by(*id).unwrap_or_default();
            let tasks = fs::read_dir(format!("/proc/{id}/task"));
            for task in tasks.into_iter().flatten().flatten() {
                let name = task.file_name();
                let Some(thread) = name.to_str().and_then(|it| it.parse().ok()) else {
                    continue;
                };
                let path = format!("/proc/{id}/task/{thread}/schedstat");
                if let Some(times) = read_times(&path) {
                    threads.insert(thread, times);
                }
            }
        }
        let counters = self.counters.entry(group).or_default();
        let (waited, ran) = counters.update(threads, Instant::now());
        // Threads that nobody has seen have run too.
        (waited, ran.max(used))
    }
}

impl Counters {
    /// Takes the counters of the threads that there are now. Gives how long all
    /// of the group, also those that have ended, have waited and run.
    fn update(
        &mut self,
        threads: HashMap<u32, (Duration, Duration)>,
        now: Instant,
    ) -> (Duration, Duration) {
        let unseen = self.looked.map_or(Duration::ZERO, |then| now - then);
        self.looked = Some(now);
        let before = mem::replace(&mut self.threads, threads);
        let ended = before.iter().filter(|it| !self.threads.contains_key(it.0));
        let ended: Vec<_> = ended.map(|it| *it.1).collect();
        // However many have waited since then, the group is late by that once.
        if !ended.is_empty() {
            self.ended.0 += unseen;
        }
        self.ended = ended.into_iter().fold(self.ended, sum);
        self.threads.values().copied().fold(self.ended, sum)
    }
}

/// The sums of how long two threads have waited and run.
fn sum(
    (waited, ran): (Duration, Duration),
    (and_waited, and_ran): (Duration, Duration),
) -> (Duration, Duration) {
    (waited + and_waited, ran + and_ran)
}

/// The group of a process: the third field behind the name in `/proc/PID/stat`.
fn group_of(id: u32) -> Option<u32> {
    if id == process::id() {
        return Some(0);
    }
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1;
    fields.split_whitespace().nth(2)?.parse().ok()
}

/// What a process has used of the processors, with the threads and children of
/// it that have ended: the fields 14 to 17 of `/proc/PID/stat`, in ticks.
fn used_by(id: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks = fields.skip(11).take(4).map(str::parse::<u32>);
    ticks.sum::<Result<u32, _>>().ok().map(|sum| TICK * sum)
}

/// How long a thread has waited and run, from its `schedstat`.
fn read_times(path: &str) -> Option<(Duration, Duration)> {
    let text = fs::read_to_string(path).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let ran = Duration::from_nanos(numbers.next()?.ok()?);
    let waited = Duration::from_nanos(numbers.next()?.ok()?);
    Some((waited, ran))
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq,
/// softirq, steal, each in ticks.
fn system() -> System {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u32> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|it| it.parse().ok())
        .collect();
    let &[user, nice, system, _, _, irq, softirq, stolen, ..] = ticks.as_slice() else {
        return System::default();
    };
    System {
        used: TICK * (user + nice + system + irq + softirq),
        stolen: TICK * stolen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_counts_only_while_others_used_the_processors() {
        let ms = Duration::from_millis;
        let at = Instant::now();
        let sample = |waited, ran, used, stolen| Sample {
            at,
            waited: ms(waited),
            ran: ms(ran),
            system: System {
                used: ms(used),
                stolen: ms(stolen),
            },
        };
        let before = sample(100, 100, 1000, 50);
        for (after, right) in [
            (sample(100, 100, 1000, 50), 0),
            (sample(400, 150, 1800, 50), 300),
            // It used all that was used: but for the ticks, nobody held it up.
            (sample(400, 900, 1800, 50), 20),
            (sample(100, 100, 2000, 50), 0),
            (sample(100, 100, 1000, 90), 40),
        ] {
            assert_eq!(evidence(&before, &after), ms(right), "{after:?}");
        }
    }

    #[test]
    fn a_thread_that_has_ended_may_have_waited_since_it_was_seen() {
        let ms = Duration::from_millis;
        let start = Instant::now();
        let mut counters = Counters::default();
        let rounds = [
            (0, vec![(7, 10, 5)], (10, 5)),
            (50, vec![(7, 20, 6), (8, 1, 1)], (21, 7)),
            (90, vec![(7, 30, 7)], (71, 8)),
            (95, vec![], (76, 8)),
            // A thread that gets the number of an old one counts from zero.
            (99, vec![(8, 2, 2), (9, 1, 1)], (79, 11)),
            // Two that have ended at once held the group up once.
            (129, vec![], (109, 11)),
        ];
        for (at, threads, (waited, ran)) in rounds {
            let threads = threads.into_iter();
            let threads = threads.map(|(id, waited, ran)| (id, (ms(waited), ms(ran))));
            let sums = counters.update(threads.collect(), start + ms(at));
            assert_eq!(sums, (ms(waited), ms(ran)), "after {at} ms");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_process_uses_counts_its_threads_that_have_ended() {
        let before = used_by(process::id()).unwrap_or_default();
        let compute = move || {
            let end = Instant::now() + Duration::from_secs(10);
            while used_by(process::id()).unwrap_or_default() < before + 5 * TICK {
                if Instant::now() > end {
                    break;
                }
            }
        };
        thread::spawn(compute).join().unwrap();
        assert!(used_by(process::id()).unwrap_or_default() >= before + 5 * TICK);
    }

    #[test]
    fn each_processor_has_a_thread_that_passes_on_packets() {
        // The second process is the parent of the kernel's threads, where these
        // are to be seen.
        let second = fs::read_to_string("/proc/2/comm").unwrap_or_default();
        if second.trim() == "kthreadd" {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            assert!(KSOFTIRQD.len() >= processors, "{:?}", *KSOFTIRQD);
        }
    }

    #[test]
    fn a_thread_that_sleeps_is_not_held_up() {
        let watched = watch_delivery();
        let start = Instant::now();
        sleep(Duration::from_millis(100));
        let end = Instant::now();
        sleep(2 * PERIOD);
        let samples = lock(&watched.samples).len();
        assert!(samples >= 2, "{samples} samples");
        assert!(held_up([&*watched], start, end) <= end - start);
    }
}
