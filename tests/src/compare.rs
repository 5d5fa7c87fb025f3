//! Sets what a command printed beside what its header says.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::header::{Command, STEP, show};
use crate::pattern::{Match, Pattern, Unit};
use crate::terminal::Line;

/// How much later than its noted time the first line of a command may appear,
/// beyond [`STEP`]: what a loaded machine may take to start a program.
const START_UP: Duration = Duration::from_millis(400);
/// The widest that the expected lines are shown in a failure.
const WIDEST: usize = 64;

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// When it was started.
    pub start: Instant,
    /// What appeared until the next command.
    pub lines: Vec<Line>,
    /// Its exit status; `None` if it had to be killed, or still runs.
    pub status: Option<i32>,
}

/// How strict the comparison is.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The order of the lines is open.
    pub unordered: bool,
    /// The block computes: its times are a matter of speed.
    pub busy: bool,
    /// Scales the time by which a line may be late: 1.0 is one step.
    pub slack: f64,
    /// Whether figures after a `~` are compared: not where the binary was built
    /// with another profile than that of the `$` line.
    pub figures: bool,
}

/// A way in which a run differs from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Lines are missing, unexpected or in another order.
    Text,
    /// A line came before its time.
    Early,
    /// A line came too late, which a loaded machine can do to a right program:
    /// after its time, or after a line that is due later; or it shows a time
    /// that is one step too high.
    Late,
    /// A figure that the header shows with a `~` is out of its range.
    Figure,
    /// It did not exit with the right status, or did not exit at all.
    Status,
}

/// A line of the header with figures out of their range, and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line of the example's file, counted from 1.
    pub line: usize,
    /// Its text in the header, without the margin note.
    pub old: String,
    /// The same with the figures of this run.
    pub new: String,
}

/// What the comparison of one command found.
#[derive(Debug)]
pub struct Verdict {
    /// In the order of the lines; empty if all is right.
    pub faults: Vec<Fault>,
    /// The lines with a figure out of its range.
    pub records: Vec<Record>,
    /// Both sides, row by row.
    pub text: String,
}

/// The two sides of one row: indexes of an expected and of a printed line.
type Row = (Option<usize>, Option<usize>);

/// Compares what a command did with what its header says of it.
#[must_use]
pub fn compare(command: &Command, ran: &Ran, rules: Rules) -> Verdict {
    let patterns = patterns(command);
    let rows = rows(&patterns, command, &ran.lines, rules.unordered);
    let mut faults = Vec::new();
    let mut records = Vec::new();
    let first = rows.iter().find_map(|&(expected, printed)| {
        let due = command.expected[expected?].due?;
        Some((due, ran.lines[printed?].at))
    });
    let mut text = String::new();
    let width = (0..command.expected.len()).map(|it| left(command, it).chars().count());
    let width = width
        .max()
        .unwrap_or_default()
        .clamp("expected".len(), WIDEST);
    let _ = writeln!(text, "    {:width$}  printed", "expected");
    for (expected, printed) in rows {
        let line = printed.map(|it| &ran.lines[it]);
        let remark = match (expected, line) {
            (Some(it), None) if patterns[it].is_any_lines() => None,
            (Some(_), None) => Some((Fault::Text, "missing".to_string())),
            (None, Some(_)) => Some((Fault::Text, "unexpected".to_string())),
            (Some(it), Some(line)) => {
                let numbers = patterns[it].figures(&line.text);
                let wrong = out_of_range(&patterns[it], &numbers, rules);
                if wrong.is_some() {
                    records.push(Record {
                        line: command.expected[it].line,
                        old: command.expected[it].text.clone(),
                        new: patterns[it].record(&line.text),
                    });
                }
                let due = command.expected[it].due;
                timing(due, line, ran.start, first, rules.slack)
                    .or_else(|| printed_late(&patterns[it], &line.text))
                    .or(wrong)
            }
            (None, None) => None,
        };
        let mark = if remark.is_some() { '>' } else { ' ' };
        let left = expected.map(|it| left(command, it)).unwrap_or_default();
        let _ = write!(text, "  {mark} {left:width$}  ");
        if let Some(line) = line {
            let at = line.at.saturating_duration_since(ran.start);
            let _ = write!(text, "{}  # {}", line.text, show(whole(at)));
        }
        if let Some((fault, remark)) = remark {
            faults.push(fault);
            let _ = write!(text, "   <- {remark}");
        }
        let _ = writeln!(text);
    }
    if !rules.unordered && faults.contains(&Fault::Text) && is_only_late(&patterns, command, ran) {
        faults.retain(|fault| *fault == Fault::Figure);
        faults.push(Fault::Late);
        text += "  > the order is wrong, since a line came after one that is \
                 due later\n";
    }
    if !command.background && ran.status != Some(command.exit) {
        faults.push(Fault::Status);
        let status = ran.status.map_or_else(
            || "none: it did not end and was killed".to_string(),
            |status| status.to_string(),
        );
        let _ = writeln!(
            text,
            "  > exit status {} expected, got {status}",
            command.exit
        );
    }
    Verdict {
        faults,
        records,
        text,
    }
}

/// Whether `lines` are what `command` is expected to print, times and figures
/// aside.
#[must_use]
pub fn is_complete(command: &Command, lines: &[Line], unordered: bool) -> bool {
    let patterns = patterns(command);
    let rows = rows(&patterns, command, lines, unordered);
    rows.iter()
        .all(|&(expected, printed)| match (expected, printed) {
            (Some(expected), None) => patterns[expected].is_any_lines(),
            (expected, _) => expected.is_some(),
        })
}

fn patterns(command: &Command) -> Vec<Pattern> {
    let texts = command.expected.iter().map(|line| line.text.as_str());
    texts.map(Pattern::new).collect()
}

fn rows(patterns: &[Pattern], command: &Command, lines: &[Line], unordered: bool) -> Vec<Row> {
    if unordered {
        pair(patterns, command, lines)
    } else {
        align(patterns, lines)
    }
}

/// Whether each line is there, none before its time, and where two are not in
/// their order the first is due earlier: then that one was held up.
fn is_only_late(patterns: &[Pattern], command: &Command, ran: &Ran) -> bool {
    // The furthest line so far, and when it is due.
    let mut latest: Option<(usize, Option<Duration>)> = None;
    pair(patterns, command, &ran.lines).into_iter().all(|row| {
        let (Some(expected), Some(printed)) = row else {
            return false;
        };
        let due = command.expected[expected].due;
        if due.is_some_and(|due| ran.lines[printed].at < ran.start + due) {
            return false;
        }
        match latest {
            Some((further, later)) if expected < further => {
                due.zip(later).is_some_and(|(due, later)| due < later)
            }
            _ => {
                latest = Some((expected, due));
                true
            }
        }
    })
}

/// What is wrong with the moment at which a line appeared.
///
/// There are two clocks, since the time that a loaded system takes to start a
/// program must count on neither side: early is counted from the start of the
/// process, late from its first line.
fn timing(
    due: Option<Duration>,
    line: &Line,
    start: Instant,
    first: Option<(Duration, Instant)>,
    slack: f64,
) -> Option<(Fault, String)> {
    let due = due?;
    if line.at < start + due {
        return Some((Fault::Early, "early".into()));
    }
    let (first_due, first_at) = first?;
    let after_first = line.at.saturating_duration_since(first_at);
    let step = STEP.mul_f64(slack);
    let late = if line.at <= first_at {
        line.at > start + due + step + START_UP.mul_f64(slack)
    } else {
        after_first > due.saturating_sub(first_due) + step
    };
    late.then(|| (Fault::Late, "late".into()))
}

fn printed_late(pattern: &Pattern, line: &str) -> Option<(Fault, String)> {
    let late = pattern.matches(line) == Match::Late;
    late.then(|| (Fault::Late, "late by what it prints".into()))
}

/// The first figure that is out of its range, and what the range is.
///
/// A ratio, a count and a time made of sleeps may differ by a factor of two; a
/// speed, an amount of memory and a time of computing by a factor of five.
fn out_of_range(pattern: &Pattern, numbers: &[f64], rules: Rules) -> Option<(Fault, String)> {
    if !rules.figures {
        return None;
    }
    let wrong = pattern
        .shown()
        .iter()
        .zip(numbers)
        .find_map(|(shown, &got)| {
            let factor = match shown.unit {
                Unit::Speed => 5.0,
                Unit::Time if rules.busy => 5.0,
                Unit::Time | Unit::Other => 2.0,
            };
            let right = got >= shown.number / factor && got <= shown.number * factor;
            (!right).then(|| {
                let (least, most) = (shown.number / factor, shown.number * factor);
                format!("{got} is out of range: {least:.3} to {most:.3}")
            })
        });
    wrong.map(|wrong| (Fault::Figure, wrong))
}

/// Pairs the lines in order, with as few left over as can be.
fn align(expected: &[Pattern], printed: &[Line]) -> Vec<Row> {
    let (rows, columns) = (expected.len(), printed.len());
    let matches: Vec<Vec<bool>> = expected
        .iter()
        .map(|pattern| {
            let lines = printed.iter();
            lines
                .map(|line| pattern.matches(&line.text) != Match::No)
                .collect()
        })
        .collect();
    // cost[i][j]: lines left over when expected[i..] meets printed[j..].
    let mut cost = vec![vec![0; columns + 1]; rows + 1];
    for i in (0..=rows).rev() {
        for j in (0..=columns).rev() {
            cost[i][j] = match (expected.get(i), j < columns) {
                (None, _) => columns - j,
                (Some(line), _) if line.is_any_lines() => {
                    let skip = cost[i + 1][j];
                    if j < columns {
                        skip.min(cost[i][j + 1])
                    } else {
                        skip
                    }
                }
                (Some(_), false) => 1 + cost[i + 1][j],
                (Some(_), true) => {
                    let apart = 1 + cost[i + 1][j].min(cost[i][j + 1]);
                    if matches[i][j] {
                        apart.min(cost[i + 1][j + 1])
                    } else {
                        apart
                    }
                }
            };
        }
    }
    let mut path = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < rows || j < columns {
        let open = i < rows && expected[i].is_any_lines();
        if i == rows {
            path.push((None, Some(j)));
            j += 1;
        } else if open && cost[i][j] == cost[i + 1][j] {
            path.push((Some(i), None));
            i += 1;
        } else if open {
            path.push((Some(i), Some(j)));
            j += 1;
        } else if j < columns && cost[i][j] == cost[i + 1][j + 1] && matches[i][j] {
            path.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if cost[i][j] == 1 + cost[i + 1][j] {
            path.push((Some(i), None));
            i += 1;
        } else {
            path.push((None, Some(j)));
            j += 1;
        }
    }
    path
}

/// Pairs the lines in any order: exact texts first, in the order of their
/// times, then those with wildcards.
fn pair(patterns: &[Pattern], command: &Command, printed: &[Line]) -> Vec<Row> {
    let mut order: Vec<usize> = (0..patterns.len()).collect();
    order.sort_by_key(|&i| (patterns[i].is_open(), command.expected[i].due));
    let mut taken = vec![false; printed.len()];
    let mut rows: Vec<Row> = Vec::new();
    for i in order {
        let found = printed
            .iter()
            .enumerate()
            .position(|(j, line)| !taken[j] && patterns[i].matches(&line.text) != Match::No);
        if let Some(j) = found {
            taken[j] = true;
        }
        rows.push((Some(i), found));
    }
    rows.sort_by_key(|row| row.1.unwrap_or(usize::MAX));
    let rest = (0..printed.len()).filter(|&j| !taken[j]);
    rows.extend(rest.map(|j| (None, Some(j))));
    rows
}

fn left(command: &Command, index: usize) -> String {
    let expected = &command.expected[index];
    match expected.due {
        Some(due) => format!("{}  # {}", expected.text, show(due)),
        None => expected.text.clone(),
    }
}

/// A time in whole milliseconds.
fn whole(time: Duration) -> Duration {
    Duration::from_millis(time.as_millis().try_into().unwrap_or(u64::MAX))
}
