//! Sets what a command printed beside what its header says.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::header::{Command, Expected, STEP};
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

/// A way in which a run differs from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Lines are missing, unexpected or in another order.
    Text,
    /// A line came before its time.
    Early,
    /// A line came too late, which a loaded machine can do to a right program:
    /// after its time, or after a line that is due later.
    Late,
    /// It did not exit with the right status, or did not end at all.
    Status,
}

/// The two sides of one row: indexes of an expected and of a printed line.
type Row = (Option<usize>, Option<usize>);

/// Compares what a command did with what its header says of it.
///
/// `unordered` leaves the order of the lines open. `slack` scales the time by
/// which a line may be late. The text shows both sides, row by row.
#[must_use]
pub fn compare(command: &Command, ran: &Ran, unordered: bool, slack: f64) -> (Vec<Fault>, String) {
    let rows = if unordered {
        pair(&command.expected, &ran.lines)
    } else {
        align(&command.expected, &ran.lines)
    };
    let mut faults = Vec::new();
    let first = rows.iter().find_map(|&(expected, printed)| {
        let due = command.expected[expected?].due?;
        Some((due, ran.lines[printed?].at))
    });
    let mut text = String::new();
    let width = command.expected.iter().map(width).max();
    let width = width.unwrap_or_default().clamp("expected".len(), WIDEST);
    let _ = writeln!(text, "    {:width$}  printed", "expected");
    for (expected, printed) in rows {
        let expected = expected.map(|it| &command.expected[it]);
        let printed = printed.map(|it| &ran.lines[it]);
        let remark = match (expected, printed) {
            (Some(expected), None) if expected.text == "..." => "",
            (Some(_), None) => "missing",
            (None, Some(_)) => "unexpected",
            (Some(expected), Some(line)) => timing(expected, line, ran.start, first, slack),
            (None, None) => "",
        };
        match remark {
            "" => {}
            "early" => faults.push(Fault::Early),
            "late" => faults.push(Fault::Late),
            _ => faults.push(Fault::Text),
        }
        let mark = if remark.is_empty() { ' ' } else { '>' };
        let left = expected.map(left).unwrap_or_default();
        let _ = write!(text, "  {mark} {left:width$}  ");
        if let Some(line) = printed {
            let at = line.at.saturating_duration_since(ran.start);
            let _ = write!(text, "{}  # {} ms", line.text, at.as_millis());
        }
        if !remark.is_empty() {
            let _ = write!(text, "   <- {remark}");
        }
        let _ = writeln!(text);
    }
    if !unordered && faults.contains(&Fault::Text) && is_only_late(command, ran) {
        faults = vec![Fault::Late];
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
    (faults, text)
}

/// Whether `lines` are what `command` is expected to print, times aside.
#[must_use]
pub fn is_complete(command: &Command, lines: &[Line], unordered: bool) -> bool {
    let rows = if unordered {
        pair(&command.expected, lines)
    } else {
        align(&command.expected, lines)
    };
    rows.iter()
        .all(|&(expected, printed)| match (expected, printed) {
            (Some(expected), None) => command.expected[expected].text == "...",
            (expected, _) => expected.is_some(),
        })
}

/// Whether each line is there, none before its time, and where two are not in
/// their order the first is due earlier: then that one was held up.
fn is_only_late(command: &Command, ran: &Ran) -> bool {
    // The furthest line so far, and when it is due.
    let mut latest: Option<(usize, Option<Duration>)> = None;
    pair(&command.expected, &ran.lines).into_iter().all(|row| {
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

/// Two clocks, since the time that a loaded system takes to start a program
/// must count on neither side: early is counted from the start of the process,
/// late from its first line.
fn timing(
    expected: &Expected,
    line: &Line,
    start: Instant,
    first: Option<(Duration, Instant)>,
    slack: f64,
) -> &'static str {
    let Some(due) = expected.due else { return "" };
    if line.at < start + due {
        return "early";
    }
    let Some((first_due, first_at)) = first else {
        return "";
    };
    let after_first = line.at.saturating_duration_since(first_at);
    let step = STEP.mul_f64(slack);
    let late = if line.at <= first_at {
        line.at > start + due + step + START_UP.mul_f64(slack)
    } else {
        after_first > due.saturating_sub(first_due) + step
    };
    if late { "late" } else { "" }
}

/// Pairs the lines in order, with as few left over as can be.
fn align(expected: &[Expected], printed: &[Line]) -> Vec<Row> {
    let (rows, columns) = (expected.len(), printed.len());
    // cost[i][j]: lines left over when expected[i..] meets printed[j..].
    let mut cost = vec![vec![0; columns + 1]; rows + 1];
    for i in (0..=rows).rev() {
        for j in (0..=columns).rev() {
            cost[i][j] = match (expected.get(i), printed.get(j)) {
                (None, None) => 0,
                (None, Some(_)) => columns - j,
                (Some(line), _) if line.text == "..." => {
                    let skip = cost[i + 1][j];
                    if j < columns {
                        skip.min(cost[i][j + 1])
                    } else {
                        skip
                    }
                }
                (Some(_), None) => 1 + cost[i + 1][j],
                (Some(line), Some(other)) => {
                    let apart = 1 + cost[i + 1][j].min(cost[i][j + 1]);
                    if matches(&line.text, &other.text) {
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
        let open = i < rows && expected[i].text == "...";
        if i == rows {
            path.push((None, Some(j)));
            j += 1;
        } else if open && cost[i][j] == cost[i + 1][j] {
            path.push((Some(i), None));
            i += 1;
        } else if open {
            path.push((Some(i), Some(j)));
            j += 1;
        } else if j < columns
            && cost[i][j] == cost[i + 1][j + 1]
            && matches(&expected[i].text, &printed[j].text)
        {
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
fn pair(expected: &[Expected], printed: &[Line]) -> Vec<Row> {
    let mut order: Vec<usize> = (0..expected.len()).collect();
    order.sort_by_key(|&i| (expected[i].text.contains("[..]"), expected[i].due));
    let mut taken = vec![false; printed.len()];
    let mut rows: Vec<Row> = Vec::new();
    for i in order {
        let found = printed
            .iter()
            .enumerate()
            .position(|(j, line)| !taken[j] && matches(&expected[i].text, &line.text));
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

/// Whether a line has the given text, in which `[..]` stands for any.
#[must_use]
pub fn matches(pattern: &str, line: &str) -> bool {
    let Some((first, others)) = pattern.split_once("[..]") else {
        return pattern == line;
    };
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = others.rsplit_once("[..]").unwrap_or(("", others));
    for part in middle.split("[..]") {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

fn left(expected: &Expected) -> String {
    match expected.due {
        Some(due) => format!("{}  # {} ms", expected.text, due.as_millis()),
        None => expected.text.clone(),
    }
}

fn width(expected: &Expected) -> usize {
    left(expected).chars().count()
}
