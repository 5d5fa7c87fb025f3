//! What the environment of a reader may contain, tried with every example: each
//! still does what its header says.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use harness::suite::{Company, test};
use harness::terminal::UNSET;
use harness::workspace::{Example, binary, examples, root};
use harness::{Header, Terminal};
use libtest_mimic::{Completion, Trial};

use crate::examples::{check, is_busy};

/// A proxy that is not there.
const NOBODY: &str = "http://127.0.0.1:9";
const PROXIES: [(&str, &str); 6] = [
    ("HTTP_PROXY", NOBODY),
    ("http_proxy", NOBODY),
    ("HTTPS_PROXY", NOBODY),
    ("https_proxy", NOBODY),
    ("ALL_PROXY", NOBODY),
    ("all_proxy", NOBODY),
];
const BACKTRACE: [(&str, &str); 1] = [("RUST_BACKTRACE", "1")];
const LOG: [(&str, &str); 2] = [("LOG", "debug"), ("RUST_LOG", "debug")];
const HOME: [(&str, &str); 1] = [("HOME", UNSET)];
const CERTIFICATES: [(&str, &str); 2] = [
    ("SSL_CERT_FILE", "/nonexistent"),
    ("SSL_CERT_DIR", "/nonexistent"),
];
const TMPDIR: [(&str, &str); 3] = [("TMPDIR", UNSET), ("TEMP", UNSET), ("TMP", UNSET)];

pub fn tests() -> Result<Vec<Trial>> {
    let mut tests = Vec::new();
    for example in examples(root())? {
        let source = example.source(root())?;
        let company = if is_busy(&example) {
            Company::Sleepers
        } else {
            Company::Any
        };
        // Not `<crate>::<name>`, which runs the header alone.
        let name = &example.name;
        if has_temporary_files(&example)? {
            let example = example.clone();
            let name = format!("environment::no_temporary_directory::{name}");
            tests.push(test(name, Company::Any, move |_| no_directory(&example)));
        }
        let name = format!("environment::odd::{name}");
        let odd = test(name, company, move |turn| {
            let groups = groups(&source);
            let Err(error) = check(&example, &groups.concat(), turn) else {
                return Ok(Completion::Completed);
            };
            for group in groups {
                let set: Vec<&str> = group.iter().map(|(name, _)| *name).collect();
                if let Err(error) = check(&example, group, turn) {
                    bail!("with {set:?} set or missing: {error:#}");
                }
            }
            Err(error)
        });
        // Each example runs once more, so this runs in CI, and on request.
        tests.push(odd.with_ignored_flag(true));
    }
    Ok(tests)
}

/// What is tried, where the header does not set it itself.
fn groups(source: &str) -> Vec<&'static [(&'static str, &'static str)]> {
    let mut groups: Vec<&[_]> = vec![&BACKTRACE, &HOME];
    // A client for any URL needs the certificates of the system.
    let clients = source.matches("Client::builder()").count();
    let without = source.matches(".tls_certs_only([").count();
    if clients == without {
        groups.push(&CERTIFICATES);
    }
    // For a URL that is given, curl asks the proxy, and so does a client of ours.
    let mut commands = source.lines().filter(|it| it.starts_with("//! $ "));
    let is_given_url = |it: &str| it.contains("$ curl") || it.contains(" http://");
    if !commands.any(is_given_url) {
        groups.push(&PROXIES);
    }
    if !source.contains("LOG=") {
        groups.push(&LOG);
    }
    // The file would be that of another run, too.
    if !source.contains("{TMPDIR") {
        groups.push(&TMPDIR);
    }
    groups
}

fn has_temporary_files(example: &Example) -> Result<bool> {
    let sources = example.sources(root())?;
    Ok(sources.contains("tempfile::") || sources.contains("temp_dir()"))
}

/// Without a temporary directory an example does what it does, or fails with one
/// line that names it.
fn no_directory(example: &Example) -> Result<Completion> {
    const NOWHERE: &str = "/nonexistent/directory";
    let header = Header::parse(&example.source(root())?)?;
    let own = format!("--bin {}", example.name);
    let command = header.commands().find(|it| it.text.contains(&own));
    let arguments = command.and_then(|it| it.text.split_once(&own));
    let arguments = arguments
        .map_or("", |(_, after)| after)
        .trim_matches(['&', ' ']);
    let mut terminal = Terminal::open()?;
    for name in ["TMPDIR", "TEMP", "TMP"] {
        terminal.set(name, NOWHERE);
    }
    let path = binary(&example.name)?.display();
    let mut job = terminal.start(&format!("exec '{path}' {arguments}"))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let last = lines.last().map_or("", |line| line.text.as_str());
    let failed = status == Some(1) && last.starts_with("Error: ") && last.contains(NOWHERE);
    // A server that needs none goes on.
    ensure!(
        failed || matches!(status, None | Some(0)),
        "{status:?}: {lines:?}"
    );
    ensure!(
        !lines.iter().any(|line| line.text.contains("panicked at")),
        "{lines:?}"
    );
    Ok(Completion::Completed)
}
