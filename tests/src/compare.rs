//! Sets what a command printed beside what its header says.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::header::{Command, STEP, show};
use crate::lateness::{Watched, computed, held_up};
use crate::pattern::{Match, Pattern, Unit};
use crate::terminal::Line;

/// The widest that the expected lines are shown in a failure.
const WIDEST: usize = 64;

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// Taken before it was started: no line comes before its time since then.
    pub start: Instant,
    /// Taken after it was started: from here a line may be late.
    pub started: Instant,
    /// Evidence that the machine held it up.
    pub watched: Vec<Arc<Watched>>,
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
    /// A line came too late: after its time, or after a line that is due later;
    /// or it prints a time that is one step too high.
    Late,
    /// A figure that the header shows with a `~` is out of its range.
    Figure,
    /// One of the last two, or a line of a `busy` block that says something else,
    /// but there is evidence that the machine held the program up by as much.
    HeldUp,
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
                let due = command.expected[it].due;
                let wrong = out_of_range(&patterns[it], &numbers, due.is_some(), ran, line, rules);
                if wrong.is_some() {
                    records.push(Record {
                        line: command.expected[it].line,
                        old: command.expected[it].text.clone(),
                        new: patterns[it].record(&line.text),
                    });
                }
                timing(due, line, ran, rules.slack)
                    .or_else(|| printed_late(&patterns[it], ran, line))
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
    if !rules.unordered
        && faults.contains(&Fault::Text)
        && let Some((late, at)) = disorder(&patterns, command, ran)
    {
        faults.retain(|fault| !matches!(fault, Fault::Text | Fault::Late));
        let (fault, remark) = excused(
            ran,
            late,
            at,
            Fault::Late,
            "a line came after one due later",
        );
        faults.push(fault);
        let _ = writeln!(text, "  > the order is wrong, {remark}");
    }
    if rules.busy
        && is_another_verdict(&faults, command, ran)
        && let Some(last) = ran.lines.last()
        && is_held_up(ran, last.at)
    {
        faults.retain(|fault| *fault != Fault::Text);
        faults.push(Fault::HeldUp);
        let _ = writeln!(text, "  > others used the processors that it measures");
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

/// Whether all lines are there, and some say something else, as what a program
/// concludes from its speed does where others compute too.
fn is_another_verdict(faults: &[Fault], command: &Command, ran: &Ran) -> bool {
    faults.contains(&Fault::Text) && ran.lines.len() == command.expected.len()
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

/// By how much a line came after one that is due later, and when, if that is all
/// that is wrong: each line is there, none before its time, and no two that are
/// due at the same time are out of their order.
fn disorder(patterns: &[Pattern], command: &Command, ran: &Ran) -> Option<(Duration, Instant)> {
    // The furthest line so far, and when it is due.
    let mut latest: Option<(usize, Option<Duration>)> = None;
    let mut worst = (Duration::ZERO, ran.started);
    for row in pair(patterns, command, &ran.lines) {
        let (expected, at) = (row.0?, ran.lines[row.1?].at);
        let due = command.expected[expected].due;
        if due.is_some_and(|due| at < ran.start + due) {
            return None;
        }
        match latest {
            Some((further, later)) if expected < further => {
                let later = later.filter(|later| due.is_some_and(|due| due < *later))?;
                let late = at.saturating_duration_since(ran.started + later);
                worst = worst.max((late, at));
            }
            _ => latest = Some((expected, due)),
        }
    }
    Some(worst)
}

/// What is wrong with the moment at which a line appeared.
fn timing(due: Option<Duration>, line: &Line, ran: &Ran, slack: f64) -> Option<(Fault, String)> {
    let due = due?;
    if line.at < ran.start + due {
        return Some((Fault::Early, "early".into()));
    }
    let late = line.at.saturating_duration_since(ran.started + due);
    let beyond = late.checked_sub(STEP.mul_f64(slack))?;
    (!beyond.is_zero()).then(|| excused(ran, beyond, line.at, Fault::Late, "late"))
}

/// A printed time that is one step too high may be so by half a step of lateness,
/// since it was rounded.
fn printed_late(pattern: &Pattern, ran: &Ran, line: &Line) -> Option<(Fault, String)> {
    let late = pattern.matches(&line.text) == Match::Late;
    late.then(|| {
        excused(
            ran,
            STEP / 2,
            line.at,
            Fault::Late,
            "prints a time too high",
        )
    })
}

/// The fault, unless there is evidence that the machine held the program up by so
/// much until then; and what to say of it.
fn excused(ran: &Ran, late: Duration, at: Instant, fault: Fault, what: &str) -> (Fault, String) {
    let waited = waited(ran, at);
    let fault = if is_evidence(waited, late) {
        Fault::HeldUp
    } else {
        fault
    };
    let computed = computed(ran.watched.iter().map(AsRef::as_ref), ran.start, at);
    let [late, waited, computed] = [late, waited, computed].map(|it| show(whole(it)));
    let remark = format!(
        "{what}: {late} too much; it waited {waited} for processors in use, and computed {computed}"
    );
    (fault, remark)
}

/// Whether so long a wait for processors explains so much lateness. A quarter may
/// be missed: what a thread waits at this moment is not counted yet, nor that it
/// waits for a lock whose holder has no processor.
fn is_evidence(waited: Duration, late: Duration) -> bool {
    waited >= late.mul_f64(0.75)
}

/// Whether the machine held the program up for a fifth of its time, and 20 ms at
/// least.
fn is_held_up(ran: &Ran, at: Instant) -> bool {
    let fifth = at.saturating_duration_since(ran.start) / 5;
    waited(ran, at) >= fifth.max(Duration::from_millis(20))
}

/// How long the command waited for processors that others used, until then.
fn waited(ran: &Ran, at: Instant) -> Duration {
    held_up(ran.watched.iter().map(AsRef::as_ref), ran.start, at)
}

/// The first figure that is out of its range, and what the range is.
///
/// A ratio, a count and a time made of sleeps may differ by a factor of two; a
/// speed, an amount of memory and a time of computing by a factor of five. Where
/// the line itself is due at a time, a time that it prints may differ by one step,
/// as the line may. A time that is too long is excused as a late line is. A
/// machine that has held the program up excuses any figure.
fn out_of_range(
    pattern: &Pattern,
    numbers: &[f64],
    is_due: bool,
    ran: &Ran,
    line: &Line,
    rules: Rules,
) -> Option<(Fault, String)> {
    if !rules.figures {
        return None;
    }
    let (beyond, wrong) = pattern
        .shown()
        .iter()
        .zip(numbers)
        .find_map(|(shown, &got)| {
            let factor = match shown.unit {
                Unit::Speed => 5.0,
                Unit::Time(_) if rules.busy => 5.0,
                Unit::Time(_) | Unit::Other => 2.0,
            };
            let (least, most) = match shown.unit {
                Unit::Time(unit) if is_due => {
                    let step = STEP.as_secs_f64() / unit.as_secs_f64();
                    (shown.number - step, shown.number + step * rules.slack)
                }
                _ => (shown.number / factor, shown.number * factor),
            };
            let right = (least..=most).contains(&got);
            let beyond = match shown.unit {
                Unit::Time(unit) if got > most => Some(unit.mul_f64(got - most)),
                _ => None,
            };
            (!right).then(|| {
                let wrong = format!("{got} is out of range: {least:.3} to {most:.3}");
                (beyond, wrong)
            })
        })?;
    let is_excused = is_held_up(ran, line.at)
        || beyond.is_some_and(|beyond| is_evidence(waited(ran, line.at), beyond));
    let fault = if is_excused {
        Fault::HeldUp
    } else {
        Fault::Figure
    };
    Some((fault, wrong))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Header;

    /// Compares lines, each with the milliseconds at which it appeared, with the
    /// block of a header.
    fn verdict(block: &str, printed: &[(&str, u64)], status: i32) -> Verdict {
        let block = block.replace('\n', "\n//! ");
        let header = format!(
            "//! A title.\n//!\n//! ```console{block}\n//! ```\n//! Copy it with `cargo add a`.\n"
        );
        let transcript = Header::parse(&header).unwrap().transcripts.remove(0);
        let start = Instant::now();
        let lines = printed.iter().map(|&(text, at)| Line {
            text: text.into(),
            at: start + Duration::from_millis(at),
            is_whole: true,
        });
        let ran = Ran {
            start,
            started: start,
            watched: Vec::new(),
            lines: lines.collect(),
            status: Some(status),
        };
        let rules = Rules {
            unordered: transcript.unordered,
            busy: transcript.busy,
            slack: 1.0,
            figures: true,
        };
        compare(&transcript.commands[0], &ran, rules)
    }

    #[test]
    fn times() {
        use Fault::{Early, Late};
        for (printed, right) in [
            (vec![("a", 0), ("b", 200)], vec![]),
            (vec![("a", 101), ("b", 301)], vec![Late, Late]),
            (vec![("a", 100), ("b", 300)], vec![]),
            (vec![("a", 0), ("b", 199)], vec![Early]),
            // The first line has no more time than the others.
            (vec![("a", 101), ("b", 200)], vec![Late]),
        ] {
            let verdict = verdict("\n$ x\na  # 0 ms\nb  # 200 ms", &printed, 0);
            assert_eq!(verdict.faults, right, "{printed:?}\n{}", verdict.text);
        }
    }

    #[test]
    fn lines() {
        use Fault::{Late, Status, Text};
        for (block, printed, status, right) in [
            ("\n$ x\na\nb", vec![("b", 0), ("a", 0)], 0, vec![Text, Text]),
            (",unordered\n$ x\na\nb", vec![("b", 0), ("a", 0)], 0, vec![]),
            ("\n$ x\na", vec![], 0, vec![Text]),
            ("\n$ x\na", vec![("a", 0), ("b", 0)], 0, vec![Text]),
            ("\n$ x\na  # exit 3", vec![("a", 0)], 3, vec![]),
            ("\n$ x\na  # exit 3", vec![("a", 0)], 0, vec![Status]),
            (
                "\n$ x\na\n...\nb",
                vec![("a", 0), ("c", 0), ("b", 0)],
                0,
                vec![],
            ),
            ("\n$ x\na\n...\nb", vec![("a", 0), ("b", 0)], 0, vec![]),
            // Of two lines that are due at different times, one was late.
            (
                "\n$ x\na  # 50 ms\nb  # 100 ms",
                vec![("b", 100), ("a", 101)],
                0,
                vec![Late],
            ),
            (
                "\n$ x\na  # 50 ms\nb  # 50 ms",
                vec![("b", 50), ("a", 51)],
                0,
                vec![Text, Text],
            ),
            ("\n$ x\ntook 1.0 s", vec![("took 1.1 s", 0)], 0, vec![Late]),
        ] {
            let verdict = verdict(block, &printed, status);
            assert_eq!(verdict.faults, right, "{block}\n{}", verdict.text);
        }
    }

    #[test]
    fn figures() {
        use Fault::Figure;
        for (block, printed, right) in [
            ("\n$ x\n~20 ms", "39 ms", vec![]),
            ("\n$ x\n~20 ms", "41 ms", vec![Figure]),
            ("\n$ x\n~20 ms", "9 ms", vec![Figure]),
            (",busy\n$ x\n~20 ms", "99 ms", vec![]),
            (",busy\n$ x\n~20 ms", "101 ms", vec![Figure]),
            ("\n$ x\n~20 MB", "99 MB", vec![]),
            ("\n$ x\n~20 times", "41 times", vec![Figure]),
            ("\n$ x\n~300 ms  # 0 ms", "201 ms", vec![]),
            ("\n$ x\n~300 ms  # 0 ms", "199 ms", vec![Figure]),
            ("\n$ x\n~1.0 s  # 0 ms", "1.1 s", vec![]),
            ("\n$ x\n~1.0 s  # 0 ms", "1.2 s", vec![Figure]),
            ("\n$ x\n~20 times  # 0 ms", "39 times", vec![]),
        ] {
            let verdict = verdict(block, &[(printed, 1)], 0);
            assert_eq!(verdict.faults, right, "{block}\n{}", verdict.text);
            assert_eq!(verdict.records.len(), right.len());
        }
    }

    #[test]
    fn a_failure_shows_both_sides() {
        let verdict = verdict("\n$ x\na  # 200 ms\nb", &[("a", 5), ("c", 6)], 1);
        let right = "    expected     printed\n  \
                     > a  # 200 ms  a  # 5 ms   <- early\n  \
                     > b  # 200 ms     <- missing\n  \
                     >              c  # 6 ms   <- unexpected\n  \
                     > exit status 0 expected, got 1\n";
        assert_eq!(verdict.text, right);
    }
}
