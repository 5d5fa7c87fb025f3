//! One line of a transcript: which printed lines it stands for.

use std::ops::Range;
use std::time::Duration;

use regex_lite::{Regex, escape};

use crate::header::STEP;

/// A number as programs print it: `1,000`, `0.25`.
const NUMBER: &str = r"\d+(?:,\d{3})*(?:\.\d+)?";

/// The text of an expected line, ready to be matched.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    /// What the text is where it has wildcards: a group for each figure.
    regex: Option<Regex>,
    shown: Vec<Shown>,
}

/// A figure of the header: the number behind a `~`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The number that the header shows.
    pub number: f64,
    /// The word that follows it.
    pub word: String,
    /// What it measures, by the word that follows it.
    pub unit: Unit,
}

/// What a figure measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many of this: milliseconds or seconds.
    Time(Duration),
    /// Something a second, nanoseconds, microseconds, or bytes: it depends on
    /// the machine.
    Speed,
    /// A ratio, a count, a percentage.
    Other,
}

/// Whether a printed line is the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is.
    Yes,
    /// It is but for a time that it prints, which is one step too high.
    Late,
    /// It is not.
    No,
}

impl Pattern {
    /// Reads the text of an expected line.
    ///
    /// `[..]` stands for any text. A `~` before a number says that the number
    /// differs; where a line has one, any number of blanks stands for any other,
    /// since a longer number moves what is aligned.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let number = pattern(NUMBER);
        let mut regex = String::from("^");
        let mut shown = Vec::new();
        let mut rest = text;
        let aligned = figure(text, &number).is_some();
        while let Some((before, digits, after)) = figure(rest, &number) {
            push(&mut regex, before.trim_end_matches(' '), true);
            regex.push_str(" *(");
            regex.push_str(NUMBER);
            regex.push(')');
            shown.push(Shown {
                number: digits.replace(',', "").parse().unwrap_or(f64::NAN),
                word: word(after).into(),
                unit: unit(after),
            });
            rest = after;
        }
        push(&mut regex, rest, aligned);
        regex += "$";
        let open = aligned || text.contains("[..]");
        Self {
            text: text.into(),
            regex: open.then(|| pattern(&regex)),
            shown,
        }
    }

    /// The text as the header has it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it stands for any number of lines.
    #[must_use]
    pub fn is_any_lines(&self) -> bool {
        self.text == "..."
    }

    /// Whether it stands for more than one text.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.regex.is_some()
    }

    /// The figures that it shows.
    #[must_use]
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// Whether `line` is a line that it stands for; a figure may be any number.
    #[must_use]
    pub fn matches(&self, line: &str) -> Match {
        match &self.regex {
            Some(regex) if regex.is_match(line) => Match::Yes,
            None if self.text == line => Match::Yes,
            None if is_one_step_late(&self.text, line) => Match::Late,
            _ => Match::No,
        }
    }

    /// The numbers in `line` where the text has figures.
    #[must_use]
    pub fn figures(&self, line: &str) -> Vec<f64> {
        let numbers = self.ranges(line).into_iter();
        numbers
            .map(|range| line[range].replace(',', "").parse().unwrap_or(f64::NAN))
            .collect()
    }

    /// The text for the header when `line` was printed: its numbers behind the
    /// `~` and, without a `[..]`, its blanks.
    #[must_use]
    pub fn record(&self, line: &str) -> String {
        let ranges = self.ranges(line);
        let mut text = String::new();
        if self.text.contains("[..]") {
            let number = pattern(NUMBER);
            let mut rest = self.text.as_str();
            for range in ranges {
                let Some((before, _, after)) = figure(rest, &number) else {
                    break;
                };
                text.extend([before, "~", &line[range]]);
                rest = after;
            }
            return text + rest;
        }
        let mut end = 0;
        for range in ranges {
            let before = &line[end..range.start];
            // One of several blanks makes place, so that columns stay columns.
            text += before
                .strip_suffix("  ")
                .map_or(before, |_| &before[..before.len() - 1]);
            end = range.end;
            text.extend(["~", &line[range]]);
        }
        text + &line[end..]
    }

    /// Where in `line` the figures are.
    fn ranges(&self, line: &str) -> Vec<Range<usize>> {
        let groups = self.regex.as_ref().and_then(|it| it.captures(line));
        groups
            .iter()
            .flat_map(|groups| groups.iter().skip(1).flatten())
            .map(|number| number.range())
            .collect()
    }
}

/// The next figure of a text: what stands before its `~`, its digits, the rest.
fn figure<'a>(text: &'a str, number: &Regex) -> Option<(&'a str, &'a str, &'a str)> {
    text.match_indices('~').find_map(|(at, _)| {
        let found = number.find(&text[at + 1..])?;
        (found.start() == 0).then(|| {
            let end = at + 1 + found.end();
            (&text[..at], &text[at + 1..end], &text[end..])
        })
    })
}

/// Adds a text to a regular expression: `[..]` is any text and, where columns
/// may move, blanks are any number of blanks.
fn push(regex: &mut String, text: &str, aligned: bool) {
    for (index, part) in text.split("[..]").enumerate() {
        if index > 0 {
            *regex += ".*";
        }
        let mut blank = false;
        for c in part.chars() {
            if !(aligned && c == ' ') {
                *regex += &escape(c.encode_utf8(&mut [0; 4]));
            } else if !blank {
                *regex += " +";
            }
            blank = c == ' ';
        }
    }
}

/// The word behind a number.
fn word(after: &str) -> &str {
    let word = after.trim_start();
    let word = word.split([' ', ',', ';', ')', ':', '~']).next();
    word.unwrap_or_default().trim_end_matches('.')
}

fn unit(after: &str) -> Unit {
    let word = word(after);
    let after = after.split([',', '~']).next().unwrap_or_default();
    let memory = ["bytes", "byte", "B", "kB", "KB", "KiB", "MB", "MiB", "GB"];
    match word {
        "ms" => Unit::Time(Duration::from_millis(1)),
        "s" => Unit::Time(Duration::from_secs(1)),
        "ns" | "µs" | "us" => Unit::Speed,
        _ if memory.contains(&word) => Unit::Speed,
        _ if after.contains("/s") || after.contains(" a second") => Unit::Speed,
        _ => Unit::Other,
    }
}

/// Whether two lines differ only in a time, and the printed one is higher by at
/// most one step.
fn is_one_step_late(expected: &str, printed: &str) -> bool {
    let times = pattern(&format!(r"({NUMBER}) ?(ms|s)\b"));
    if times.replace_all(expected, "") != times.replace_all(printed, "") {
        return false;
    }
    let read = |text| -> Vec<f64> {
        times
            .captures_iter(text)
            .map(|groups| {
                let number: f64 = groups[1].replace(',', "").parse().unwrap_or(f64::NAN);
                let unit = if &groups[2] == "s" { 1.0 } else { 0.001 };
                number * unit
            })
            .collect()
    };
    let (expected, printed) = (read(expected), read(printed));
    let mut differ = expected
        .iter()
        .zip(&printed)
        .filter(|(a, b)| (**b - **a).abs() > f64::EPSILON);
    let step = STEP.as_secs_f64() + Duration::from_micros(1).as_secs_f64();
    let late = differ.next().is_some_and(|(a, b)| b > a && b - a <= step);
    late && differ.next().is_none()
}

/// # Panics
///
/// If the expression is wrong; all of them are made in this file.
fn pattern(regex: &str) -> Regex {
    Regex::new(regex).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        use Match::{Late, No, Yes};
        for (pattern, line, right) in [
            ("one", "one", Yes),
            ("one", "one ", No),
            ("a [..] c", "a b c", Yes),
            ("a [..] c", "a  c", Yes),
            ("a [..] c", "a c", No),
            ("[..].txt", "x.txt", Yes),
            ("1 [..] of [..]", "1 2 of 3", Yes),
            ("a.c", "abc", No),
            ("gap ~304 ms", "gap 12 ms", Yes),
            ("gap ~304 ms", "gap twelve ms", No),
            ("gap  ~304 ms", "gap   1,304.5 ms", Yes),
            ("gap ~304 ms, far", "gap 3 ms,  far", Yes),
            ("gap ~304 ms", "gap 12 ms more", No),
            ("a ~ b", "a ~ b", Yes),
            ("~5 of [..]", "7 of all", Yes),
            ("took 2.0 s", "took 2.1 s", Late),
            ("took 2.0 s", "took 2.2 s", No),
            ("took 2.0 s", "took 1.9 s", No),
            ("took 300 ms", "took 400 ms", Late),
            ("300ms and 2s", "300ms and 2.1s", Late),
            ("300 ms and 2 s", "400 ms and 2.1 s", No),
            ("3 slow", "4 slow", No),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(line),
                right,
                "{pattern}: {line}"
            );
        }
    }

    #[test]
    fn figures_are_read() {
        use Unit::{Other, Speed, Time};
        let pattern = Pattern::new("spawn: ~1,200 ns, ~2.5 times, ~300 ms, ~9 MB, ~4 jobs/s");
        let units: Vec<Unit> = pattern.shown().iter().map(|it| it.unit).collect();
        let milliseconds = Time(Duration::from_millis(1));
        assert_eq!(units, [Speed, Other, milliseconds, Speed, Speed]);
        assert_eq!(pattern.shown()[0].number.to_string(), "1200");
        let printed = pattern.figures("spawn: 7 ns, 3 times, 1 ms, 2 MB, 1,000 jobs/s");
        assert_eq!(printed, [7.0, 3.0, 1.0, 2.0, 1000.0]);
    }

    #[test]
    fn figures_are_recorded() {
        for (text, printed, right) in [
            ("gap ~304 ms", "gap 12 ms", "gap ~12 ms"),
            ("gap  ~12 ms", "gap  304 ms", "gap ~304 ms"),
            ("gap ~12 ms", "gap 1,304 ms", "gap ~1,304 ms"),
            ("(~5 of ~6)", "(10 of 2)", "(~10 of ~2)"),
            ("~5 of [..]", "7 of all", "~7 of [..]"),
        ] {
            let recorded = Pattern::new(text).record(printed);
            assert_eq!(recorded, right);
            assert_eq!(Pattern::new(&recorded).matches(printed), Match::Yes);
        }
    }
}
