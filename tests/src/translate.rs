//! What a reader types, as the tests run it: the built binary in place of
//! `cargo run`, and the free port that a server got in place of its usual one.

use anyhow::{Context, Result, ensure};

use crate::header::Command;

/// The arguments of a `cargo run`.
#[derive(Debug, PartialEq, Eq)]
pub struct CargoRun<'a> {
    /// The crate after `-p`, if it is named.
    pub package: Option<&'a str>,
    /// The binary after `--bin`.
    pub binary: &'a str,
    /// Whether the release profile is asked for.
    pub release: bool,
}

/// Replaces each `cargo run …` of a command line by what `path` gives for it.
///
/// # Errors
///
/// If one has no `--bin`, or if `path` fails.
pub fn cargo_runs(text: &str, mut path: impl FnMut(CargoRun) -> Result<String>) -> Result<String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("cargo run ") {
        let (run, after) = cargo_run(after)?;
        done += before;
        done += &path(run)?;
        rest = after;
    }
    Ok(done + rest)
}

/// Reads the arguments of `cargo run`, and gives what comes behind them.
fn cargo_run(arguments: &str) -> Result<(CargoRun<'_>, &str)> {
    let (mut package, mut binary, mut release) = (None, None, false);
    let mut rest = arguments;
    loop {
        let word = rest.split(' ').next().unwrap_or_default();
        let behind = rest[word.len()..].trim_start();
        let next = behind.split(' ').next().unwrap_or_default();
        match word {
            "-q" | "--quiet" => {}
            "--release" => release = true,
            "-p" => {
                package = Some(next);
                rest = &behind[next.len()..];
                rest = rest.trim_start();
                continue;
            }
            "--bin" => {
                binary = Some(next);
                rest = behind[next.len()..].trim_start();
                continue;
            }
            "--" => {
                rest = behind;
                break;
            }
            _ => break,
        }
        rest = behind;
    }
    let binary = binary.context("cargo run without --bin")?;
    // What follows keeps the blank that set it apart.
    let from = arguments.len() - rest.len();
    let rest = if rest.is_empty() {
        rest
    } else {
        &arguments[from - 1..]
    };
    let run = CargoRun {
        package,
        binary,
        release,
    };
    Ok((run, rest))
}

/// The line for `sh -c` that starts a job: a simple command replaces the shell,
/// so that the job's process is the program itself.
#[must_use]
pub fn job(text: &str) -> String {
    let mut unquoted = text.split('\'').step_by(2);
    if unquoted.any(|it| it.contains(['|', ';', '&', '<', '>'])) {
        return text.into();
    }
    let mut rest = text;
    let mut variables = String::new();
    while let Some((word, behind)) = rest.split_once(' ')
        && let Some((name, _)) = word.split_once('=')
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        variables.extend(["export ", word, "; "]);
        rest = behind;
    }
    format!("{variables}exec {rest}")
}

/// The signal and the job in a command such as `kill -INT %1`; `None` as the
/// job is the newest, `%%`.
///
/// # Errors
///
/// If it is a `kill` of something else.
pub fn kill(text: &str) -> Result<Option<(&str, Option<usize>)>> {
    let Some(rest) = text.strip_prefix("kill -") else {
        return Ok(None);
    };
    let (signal, job) = rest
        .split_once(" %")
        .context("kill needs a signal and a job, as in `kill -INT %1`")?;
    let job = match job {
        "%" => None,
        number => Some(number.parse().context("no job")?),
    };
    ensure!(job != Some(0), "there is no job %0");
    Ok(Some((signal, job)))
}

/// The loopback address that a server's lines show, such as `127.0.0.1:8080`.
#[must_use]
pub fn address(command: &Command) -> Option<&str> {
    command.expected.iter().find_map(|line| {
        let at = line.text.find("127.0.0.1:")?;
        let digits = leading_digits(&line.text[at + "127.0.0.1:".len()..]);
        let end = at + "127.0.0.1:".len() + digits.len();
        (!digits.is_empty()).then(|| &line.text[at..end])
    })
}

/// The digits with which a text begins.
#[must_use]
pub fn leading_digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

/// Replaces a port where it follows the loopback address or its name.
#[must_use]
pub fn replace_port(text: &str, from: &str, to: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    let needle = format!(":{from}");
    while let Some((before, after)) = rest.split_once(&needle) {
        let hosts = ["127.0.0.1", "localhost", "[::1]"];
        let host = hosts.iter().any(|host| before.ends_with(host));
        let whole = !after.starts_with(|c: char| c.is_ascii_digit());
        done += before;
        done += ":";
        done += if host && whole { to } else { from };
        rest = after;
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> String {
        cargo_runs(text, |run| Ok(format!("<{run:?}>"))).unwrap()
    }

    #[test]
    fn cargo_run_becomes_a_path() {
        let echo = |package: &str, release: bool| {
            let package = (!package.is_empty()).then_some(package);
            let run = CargoRun {
                package,
                binary: "echo",
                release,
            };
            format!("<{run:?}>")
        };
        let plain = echo("examples-io", false);
        for (text, right) in [
            ("cargo run -p examples-io --bin echo", plain.clone()),
            ("cargo run --bin echo", echo("", false)),
            (
                "cargo run -q --release -p examples-io --bin echo",
                echo("examples-io", true),
            ),
            (
                "seq 3 | cargo run -q -p examples-io --bin echo a -b | wc -l",
                format!("seq 3 | {plain} a -b | wc -l"),
            ),
            (
                "cargo run -p examples-io --bin echo -- -c",
                format!("{plain} -c"),
            ),
            (
                "cargo run --bin echo 'two  words'",
                format!("{} 'two  words'", echo("", false)),
            ),
        ] {
            assert_eq!(run(text), right);
        }
        assert!(cargo_runs("cargo run -p examples-io", |_| Ok(String::new())).is_err());
    }

    #[test]
    fn jobs() {
        for (text, right) in [
            ("a b", "exec a b"),
            ("A=1 B=x a", "export A=1; export B=x; exec a"),
            ("a b=c", "exec a b=c"),
            ("a | b", "a | b"),
            ("a > b", "a > b"),
            ("sh -c 'a; b'", "exec sh -c 'a; b'"),
        ] {
            assert_eq!(job(text), right);
        }
    }

    #[test]
    fn kills() {
        assert_eq!(kill("kill -INT %1").unwrap(), Some(("INT", Some(1))));
        assert_eq!(kill("kill -TERM %%").unwrap(), Some(("TERM", None)));
        assert_eq!(kill("killall").unwrap(), None);
        assert!(kill("kill -9").is_err());
        assert!(kill("kill -INT %0").is_err());
    }

    #[test]
    fn ports() {
        for (text, right) in [
            ("127.0.0.1:8080", "127.0.0.1:9"),
            ("http://localhost:8080/a", "http://localhost:9/a"),
            ("[::1]:8080", "[::1]:9"),
            ("127.0.0.1:80801", "127.0.0.1:80801"),
            ("at 12:8080", "at 12:8080"),
            ("127.0.0.1:8080, 127.0.0.1:8080", "127.0.0.1:9, 127.0.0.1:9"),
        ] {
            assert_eq!(replace_port(text, "8080", "9"), right);
        }
    }
}
