//! The promises about the repository itself: what its manifests and its README
//! say is so, and what is copied out of it builds.

use std::cell::Cell;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use toml::Table;

use crate::Header;
use crate::take::{copy_folder, copy_out, part};
use crate::workspace::{CRATES, Example, SOURCES, cargo, copy_program, examples};

/// Checks an example crate's manifest: it lists each file as a `[[bin]]` with
/// `test = false`, its dependencies are sorted, and it inherits nothing.
///
/// # Errors
///
/// If it does not; the error names what is wrong.
pub fn check_manifest(root: &Path, package: &str) -> Result<()> {
    let path = root.join(package).join("Cargo.toml");
    let manifest = read_manifest(root, package)?;
    let text = fs::read_to_string(&path)?;
    ensure!(
        !text.contains("workspace = true"),
        "{package}/Cargo.toml inherits from the workspace, so that the crate \
         does not build when copied out"
    );
    let autobins = manifest.get("package").and_then(|it| it.get("autobins"));
    ensure!(
        autobins.and_then(toml::Value::as_bool) == Some(false),
        "{package}/Cargo.toml: no `autobins = false`"
    );
    if let Some(toml::Value::Table(table)) = manifest.get("dependencies") {
        ensure!(
            table.keys().is_sorted(),
            "{package}/Cargo.toml: the dependencies are not sorted"
        );
    }
    let bins = bins(&manifest);
    for (name, tested) in &bins {
        ensure!(
            !tested,
            "{package}/Cargo.toml: [[bin]] {name} needs test = false"
        );
        let first = bins.iter().filter(|(other, _)| other == name).count();
        ensure!(first == 1, "{package}/Cargo.toml: two [[bin]] {name}");
    }
    let files = examples(root)?;
    let files: Vec<_> = files.iter().filter(|it| it.package == package).collect();
    for file in &files {
        ensure!(
            bins.iter().any(|(name, _)| *name == file.name),
            "{} is not listed: {package}/Cargo.toml has no [[bin]] with \
             name = \"{}\"",
            file.file.display(),
            file.name
        );
    }
    for (name, _) in &bins {
        ensure!(
            files.iter().any(|file| file.name == *name),
            "{package}/Cargo.toml: [[bin]] {name} has no file"
        );
    }
    Ok(())
}

/// Checks that no two examples of the workspace have the same name.
///
/// # Errors
///
/// If two have; the error names them.
pub fn check_names(root: &Path) -> Result<()> {
    let examples = examples(root)?;
    for (index, one) in examples.iter().enumerate() {
        if let Some(other) = examples[..index].iter().find(|it| it.name == one.name) {
            bail!(
                "{} and {} share a name",
                other.file.display(),
                one.file.display()
            );
        }
    }
    Ok(())
}

/// Checks that the scenarios of an example stand in the file of its name,
/// `tests/scenarios/<crate>/<example>.rs`, and that they are run.
///
/// # Errors
///
/// If a file bears another name, or if its `mod.rs` leaves it out.
pub fn check_places(root: &Path) -> Result<()> {
    let examples = examples(root)?;
    for package in CRATES {
        let theme = package.trim_start_matches("examples-");
        let folder = format!("tests/scenarios/{theme}");
        let list = fs::read_to_string(root.join(&folder).join("mod.rs"));
        let list = list.with_context(|| format!("{folder}/mod.rs"))?;
        for entry in fs::read_dir(root.join(&folder))? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if name == "mod" {
                continue;
            }
            ensure!(
                examples
                    .iter()
                    .any(|it| it.package == package && it.name == name),
                "{folder}/{name}.rs: {package} has no example of that name"
            );
            ensure!(
                list.contains(&format!("mod {name};")) && list.contains(&format!(" {name},")),
                "{folder}/mod.rs: add `mod {name};`, and `{name},` to its list"
            );
        }
    }
    Ok(())
}

/// Writes a file in one step: another test may be reading it.
fn replace_file(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // A temporary file is its owner's alone.
    file.as_file()
        .set_permissions(fs::metadata(path)?.permissions())?;
    file.persist(path)?;
    Ok(())
}

/// Checks that the table in a crate's README is made of the examples' titles, in
/// the order of the manifest; with `update` it writes the table.
///
/// # Errors
///
/// If it is not; the error has the first row that differs.
pub fn check_index(root: &Path, package: &str, update: bool) -> Result<()> {
    let file = format!("{package}/README.md");
    let path = root.join(&file);
    let readme = fs::read_to_string(&path).with_context(|| file.clone())?;
    let right = index(root, package)?;
    let (table, written) = replace_part(&readme, "examples", &right).context(file.clone())?;
    if table == right {
        return Ok(());
    }
    if update {
        return replace_file(&path, &written);
    }
    let row = right.lines().find(|row| !table.contains(row));
    let row = row.or(table.lines().find(|row| !right.contains(row)));
    bail!(
        "{file}: its table is not made of the manifest and the titles, first at\n  \
         {}\nUPDATE_README=1 cargo test readme writes it",
        row.unwrap_or("the order of its rows")
    );
}

/// The generated part of a README between `<!-- NAME -->` and `<!-- end -->`, and
/// the README with another one in its place.
fn replace_part<'a>(readme: &'a str, name: &str, part: &str) -> Result<(&'a str, String)> {
    let begin = format!("<!-- {name} -->");
    let (before, rest) = readme
        .split_once(&begin)
        .with_context(|| format!("there is no {begin}"))?;
    let (old, after) = rest
        .split_once("<!-- end -->")
        .with_context(|| format!("{begin} has no <!-- end -->"))?;
    let new = format!("{before}{begin}\n\n{part}\n\n<!-- end -->{after}");
    Ok((old.trim(), new))
}

fn index(root: &Path, package: &str) -> Result<String> {
    let mut table = String::from("| example | what it shows |\n|---|---|");
    let examples = examples(root)?;
    for (name, _) in bins(&read_manifest(root, package)?) {
        let example = examples.iter().find(|it| it.name == name);
        let example = example.with_context(|| format!("{name} has no file"))?;
        let header = Header::parse(&example.source(root)?)
            .with_context(|| example.file.display().to_string())?;
        let file = example.file.strip_prefix(package)?.display();
        let mark = if is_application(&name) { " ▣" } else { "" };
        write!(table, "\n| [`{name}`]({file}){mark} | {} |", header.title)?;
    }
    Ok(table)
}

/// Checks that the README's picture of time is made of the margin notes of
/// `sync_vs_async`; with `update` it draws it.
///
/// # Errors
///
/// If it is not, or if the header's lines are not `NAME starts` and `NAME ends`.
pub fn check_picture(root: &Path, update: bool) -> Result<()> {
    let all = examples(root)?;
    let example = all.iter().find(|it| it.name == "sync_vs_async");
    let example = example.context("there is no sync_vs_async")?;
    let header = Header::parse(&example.source(root)?)?;
    let picture = picture(&header).with_context(|| example.file.display().to_string())?;
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path)?;
    let (old, written) = replace_part(&readme, "picture", &picture).context("README.md")?;
    if old == picture {
        return Ok(());
    }
    if update {
        return replace_file(&path, &written);
    }
    bail!(
        "README.md: the picture does not show the times of sync_vs_async; \
         UPDATE_README=1 cargo test readme draws it"
    );
}

/// A Mermaid diagram of what starts and ends when. A line `… took: …` closes a
/// section, and the next one begins at zero again.
fn picture(header: &Header) -> Result<String> {
    let mut text = String::from(
        "```mermaid\ngantt\n    dateFormat x\n    axisFormat %-S s\n    tickInterval 1second",
    );
    let mut sections = ["one after the other", "at the same time"].iter();
    let mut bars: Vec<(&str, Duration)> = Vec::new();
    let mut zero = Duration::ZERO;
    let mut drawn = String::new();
    for line in header.commands().flat_map(|it| &it.expected) {
        let due = line.due.context("a line without a time")?;
        if let Some(name) = line.text.strip_suffix(" starts") {
            bars.push((name, due));
        } else if let Some(name) = line.text.strip_suffix(" ends") {
            let bar = bars.iter().position(|(it, _)| *it == name);
            let (_, start) = bars.remove(bar.context("it ends before it starts")?);
            let [from, to] = [start, due].map(|it| it.saturating_sub(zero).as_millis());
            write!(drawn, "\n    {name} :{from}, {to}")?;
        } else if line.text.contains(" took: ") {
            let section = sections.next().context("more than two sections")?;
            write!(text, "\n    section {section}{drawn}")?;
            drawn.clear();
            zero = due;
        }
    }
    ensure!(
        sections.next().is_none() && drawn.is_empty(),
        "not two sections"
    );
    Ok(text + "\n```")
}

/// Servers and tools to keep; they may be longer than a lesson, and the READMEs
/// mark them.
const APPLICATIONS: [&str; 18] = [
    "chat",
    "connect",
    "copy_progress",
    "download",
    "hardened_echo",
    "heartbeat",
    "hello_server",
    "job_queue",
    "line_server",
    "mini_runtime",
    "proxy",
    "reverse_proxy",
    "static_files",
    "tail",
    "users",
    "walk",
    "web_api",
    "websocket",
];

fn is_application(name: &str) -> bool {
    APPLICATIONS.contains(&name)
}

/// How many lines a lesson of a crate may have, header and all.
fn most_lines(package: &str) -> usize {
    match package {
        "examples-basics" => 90,
        "examples-io" | "examples-channels" => 120,
        _ => 140,
    }
}
/// How many lines a part to copy makes a lesson's file at the most.
const MOST_WITH_A_PART: usize = 140;
/// How many lines a file of an application may have.
const MOST_OF_AN_APPLICATION: usize = 220;
/// How many words a lead may have.
const MOST_WORDS: usize = 100;
/// The width of prose in headers and comments.
const WIDTH: usize = 80;

/// Examples that block a thread: as their lesson, or because it is a thread of
/// their own.
const BLOCKING: [&str; 9] = [
    "blocking_the_runtime",
    "future_by_hand",
    "latency",
    "many_tasks",
    "sync_bridge_channel",
    "sync_vs_async",
    "thread_sleep",
    "timeout_blocking",
    "waker",
];

/// Examples that report an error on standard error, or log there, by other means than
/// the function `log`.
const REPORTING: [&str; 13] = [
    "bounded_lines",
    "connect",
    "database_handler",
    "error_responses",
    "read_file",
    "read_to_string",
    "signals",
    "sse_reconnect",
    "stale_socket",
    "streaming_body",
    "unix_socket",
    "upload",
    "web_api",
];

/// Checks what can be checked of an example's text: its size, its lead, the width
/// of its prose, that a file by itself has no `pub(crate)`, that it does not block
/// its thread, that it pauses the clock if it says so, and that it prints its results
/// on standard output.
///
/// # Errors
///
/// If something is off; the error names the file and says what is right.
pub fn check_text(root: &Path, example: &Example) -> Result<()> {
    let file = example.file.display();
    let source = example.source(root)?;
    let header = Header::parse(&source).with_context(|| file.to_string())?;
    let words = header.lead_words;
    ensure!(
        (1..=MOST_WORDS).contains(&words),
        "{file}: the lead has {words} words; at most {MOST_WORDS} say what happens and why"
    );
    let most = if is_application(&example.name) {
        MOST_OF_AN_APPLICATION
    } else if header.take.is_some() {
        MOST_WITH_A_PART
    } else {
        most_lines(&example.package)
    };
    // Many print the same lines without it, only later.
    ensure!(
        !says(&source, "clock is paused") || source.contains("start_paused = true)]"),
        "{file}: the header says that the clock is paused; without `start_paused = true` it runs"
    );
    for path in files(root, example)? {
        let file = path.strip_prefix(root)?.display();
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().count();
        ensure!(
            lines <= most,
            "{file} has {lines} lines, and at most {most} are read: two examples?"
        );
        if let Some((number, line)) = too_wide(&text) {
            bail!("{file}:{number}: prose is wrapped at {WIDTH} columns: {line}");
        }
        ensure!(
            example.is_folder() || !text.contains("pub(crate)"),
            "{file}: `pub(crate)` says nothing in a file by itself; write `pub`"
        );
        ensure!(
            !text.contains("#[allow") && !text.contains("#![allow"),
            "{file}: mend what the compiler or Clippy says instead of `allow`"
        );
        // Where nothing else runs on that thread, no transcript shows it.
        ensure!(
            BLOCKING.contains(&example.name.as_str()) || !text.contains("thread::sleep"),
            "{file}: `thread::sleep` stalls all tasks of its thread; use the `sleep` of tokio"
        );
        // A transcript shows both as one.
        let log = items(&text, "fn log");
        let rest = text.replace(&log, "");
        ensure!(
            REPORTING.contains(&example.name.as_str())
                || !["eprint", "io::stderr", "stderr()", "dbg!"]
                    .iter()
                    .any(|it| rest.contains(it)),
            "{file}: standard error is for errors and logs; results go to standard output, or a \
             pipe gets nothing"
        );
        ensure!(
            !text.contains("process::id()"),
            "{file}: another process may have the same number; `tempfile` makes names that no one \
             has or guesses"
        );
        // A transcript runs on a free port: no run tells what the usual address is.
        for default in addresses(&text, "unwrap_or(\"") {
            ensure!(
                default.ip().is_loopback() && header_has(&source, default),
                "{file}: without an argument it uses {default}; the header must show this address, \
                 and only this machine may reach it"
            );
        }
        // A transcript does not run beside the program that has it.
        for bound in addresses(&text, "bind(\"") {
            ensure!(
                bound.ip().is_loopback() && bound.port() == 0,
                "{file}: it listens on {bound}; port 0 of 127.0.0.1 collides with no other program"
            );
        }
        // Without both, sqlx closes the connection after ten or thirty minutes.
        let in_memory = text.contains("SqlitePoolOptions") && text.contains("sqlite::memory:");
        ensure!(
            !in_memory
                || (text.contains("idle_timeout(None)") && text.contains("max_lifetime(None)")),
            "{file}: a pool that closes its connection loses the database in memory; set \
             `.idle_timeout(None)` and `.max_lifetime(None)`"
        );
    }
    Ok(())
}

/// The addresses in quotes that stand behind `before`.
fn addresses(text: &str, before: &str) -> impl Iterator<Item = SocketAddr> {
    let values = text.split(before).skip(1);
    values.filter_map(|it| it.split('"').next()?.parse().ok())
}

fn header_has(source: &str, address: SocketAddr) -> bool {
    let mut header = source.lines().take_while(|line| line.starts_with("//!"));
    header.any(|line| line.contains(&address.to_string()))
}

/// Whether the header has this text, perhaps on two lines.
fn says(source: &str, text: &str) -> bool {
    let header = source.lines().map_while(|line| line.strip_prefix("//!"));
    header.collect::<String>().contains(text)
}

/// The first line of prose that is too wide; blocks of code may be.
fn too_wide(text: &str) -> Option<(usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().find_map(|(index, line)| {
        let prose = line.trim_start();
        if prose.starts_with("//! ```") || prose.starts_with("/// ```") {
            fenced = !fenced;
        }
        let wide = line.chars().count() > WIDTH;
        (prose.starts_with("//") && !fenced && wide).then_some((index + 1, line))
    })
}

/// The Rust files of an example.
fn files(root: &Path, example: &Example) -> Result<Vec<PathBuf>> {
    let main = root.join(&example.file);
    if !example.is_folder() {
        return Ok(vec![main]);
    }
    let mut files = Vec::new();
    let mut folders = vec![main.parent().context("no folder")?.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Functions and types that have one text wherever they occur: a reader who knows
/// one of them knows them all.
pub const SAME_EVERYWHERE: [&str; 8] = [
    "fn client",
    "fn ctrl_c",
    "fn listen",
    "fn local_client",
    "fn log",
    "fn streaming_client",
    "impl StopSignals",
    "struct StopSignals",
];

/// Checks that what has one name has one text, in all examples.
///
/// # Errors
///
/// If two differ; the error names both places and their first line that differs.
pub fn check_same_everywhere(root: &Path) -> Result<()> {
    for name in SAME_EVERYWHERE {
        let mut first: Option<(String, String)> = None;
        for example in examples(root)? {
            for path in files(root, &example)? {
                let text = items(&fs::read_to_string(&path)?, name);
                if text.is_empty() {
                    continue;
                }
                let file = path.strip_prefix(root)?.display().to_string();
                let Some((other, right)) = &first else {
                    first = Some((file, text));
                    continue;
                };
                let mut pairs = text.lines().zip(right.lines());
                if text != *right {
                    let pair = pairs.find(|(a, b)| a != b);
                    let (here, there) = pair.unwrap_or(("(it is longer or shorter)", ""));
                    bail!(
                        "`{name}` has one text in all examples, and differs:\n  \
                         {file}: {here}\n  {other}: {there}\ngive it another name if it \
                         does something else"
                    );
                }
            }
        }
    }
    Ok(())
}

/// The items of that name at the left margin, with their comments and attributes.
fn items(text: &str, name: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = String::new();
    for (index, line) in lines.iter().enumerate() {
        let item = line.trim_start_matches("pub ").trim_start_matches("async ");
        let named = item
            .strip_prefix(name)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        if !named {
            continue;
        }
        let before = lines[..index].iter().rev();
        let before = before
            .take_while(|line| line.starts_with("///") || line.starts_with("#["))
            .count();
        let one_line = line.ends_with(';');
        let end = lines[index..]
            .iter()
            .position(|line| one_line || *line == "}")
            .map_or(lines.len(), |length| index + length + 1);
        for line in &lines[index - before..end] {
            // In a module by itself it is `pub`.
            found += line.trim_start_matches("pub ");
            found += "\n";
        }
    }
    found
}

/// The pages whose links and commands are checked.
pub const PAGES: [&str; 7] = [
    "README.md",
    ".github/CONTRIBUTING.md",
    "examples-basics/README.md",
    "examples-io/README.md",
    "examples-http/README.md",
    "examples-channels/README.md",
    "examples-advanced/README.md",
];

/// Checks that what the pages link to exists, that each command they name has its
/// binary, that no command has a comment, and that each transcript and each piece
/// of code in them stands in an example.
///
/// # Errors
///
/// If one does not; the error names it.
pub fn check_pages(root: &Path) -> Result<()> {
    let examples = examples(root)?;
    let mut sources = String::new();
    for example in &examples {
        sources += &example.source(root)?.replace("//! ", "");
    }
    for file in PAGES {
        let path = root.join(file);
        let text = fs::read_to_string(&path).with_context(|| file.to_string())?;
        let folder = path.parent().unwrap_or(root);
        check_page(folder, &text, &examples, &sources).context(file)?;
    }
    Ok(())
}

/// Checks that the README says how many examples there are; with `update` it
/// writes the number.
///
/// # Errors
///
/// If it does not begin a paragraph with "N examples".
pub fn check_count(root: &Path, update: bool) -> Result<()> {
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path)?;
    let count = examples(root)?.len();
    let (before, _) = readme
        .split_once(" examples show ")
        .context("README.md does not say \"N examples show\"")?;
    let number = before.rsplit('\n').next().unwrap_or_default();
    if number == count.to_string() {
        return Ok(());
    }
    ensure!(
        update,
        "README.md: there are {count} examples, not {number}; UPDATE_README=1 cargo test readme \
         writes it"
    );
    let from = before.len() - number.len();
    let rest = &readme[before.len()..];
    Ok(fs::write(
        &path,
        format!("{}{count}{rest}", &readme[..from]),
    )?)
}

fn check_page(folder: &Path, text: &str, examples: &[Example], sources: &str) -> Result<()> {
    for link in text.split("](").skip(1) {
        let link = link.split(')').next().unwrap_or_default();
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        if link.contains("://") {
            continue;
        }
        let target = folder.join(file);
        ensure!(file.is_empty() || target.exists(), "there is no {link}");
        if !anchor.is_empty() {
            let page = if file.is_empty() {
                text.to_string()
            } else {
                fs::read_to_string(&target)?
            };
            let mut anchors = page.lines().filter_map(anchor_of);
            ensure!(anchors.any(|it| it == anchor), "no heading for {link}");
        }
    }
    for command in text.split("cargo run ").skip(1) {
        let words: Vec<&str> = command.split_whitespace().take(4).collect();
        let name = |flag: &str| {
            let at = words.iter().position(|word| *word == flag)?;
            Some(words.get(at + 1)?.trim_end_matches(['`', '.', ',', '*']))
        };
        let (package, binary) = (name("-p"), name("--bin"));
        if package == Some("tests") || binary.is_none() || binary == Some("<name>") {
            continue;
        }
        ensure!(
            examples.iter().any(|it| Some(it.name.as_str()) == binary
                && package.is_none_or(|package| package == it.package)),
            "no such example: {package:?} {binary:?}"
        );
    }
    for (kind, block) in fenced(text) {
        match kind {
            "console" | "rust" => ensure!(
                sources.contains(block),
                "this stands in no example:\n{block}"
            ),
            "sh" => ensure!(
                !block.contains(" #"),
                "zsh passes a comment to the program:\n{block}"
            ),
            _ => {}
        }
    }
    Ok(())
}

/// The blocks of code of a page: kind, text.
fn fenced(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.split_once('\n'))
}

/// The anchor that GitHub gives to a heading.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line.trim_start_matches('#');
    if heading == line || !heading.starts_with(' ') {
        return None;
    }
    let kept = heading.trim().to_lowercase();
    let kept = kept.replace(|c: char| !(c.is_alphanumeric() || " -_".contains(c)), "");
    Some(kept.replace(' ', "-"))
}

/// Checks that a crate's folder builds by itself, with the versions that the
/// workspace has locked.
///
/// The workspace hides a missing feature when a sibling enables it.
///
/// # Errors
///
/// If it does not build; the error has what the compiler says.
pub fn check_copied_crate(root: &Path, package: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    copy_folder(&root.join(package), folder.path())?;
    run_cargo(root, folder.path(), &["check"])
}

/// Checks that an example builds in a new crate, copied there as `take` does; and
/// that the part that its header says to take builds without the rest.
///
/// # Errors
///
/// If it does not build; the error has what cargo or the compiler says.
pub fn check_copied_file(root: &Path, example: &Example) -> Result<()> {
    let file = example.file.display();
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join(&example.name);
    copy_out(root, example, &folder, &["--offline"]).with_context(|| file.to_string())?;
    let source = example.source(root)?;
    let header = Header::parse(&source)?;
    if let Some(item) = &header.take {
        let part = part(&source, item).with_context(|| file.to_string())?;
        let part = format!("#![allow(dead_code, unused_imports)]\n{part}");
        fs::write(folder.join("src/lib.rs"), part)?;
    }
    run_cargo(root, &folder, &["check"]).with_context(|| {
        let copy = header.copy.join("\n  ");
        format!("{file} does not build after\n  {copy}\n(lib.rs is the part to take)")
    })
}

/// Builds a binary of a copy of a crate, in whose file some parts are others, and
/// gives the folder that has the binary, under its name. The file of a folder is
/// named with it, such as `job_queue/worker`.
///
/// # Errors
///
/// If such a part does not stand in the file once, or if the copy does not build.
pub fn build_changed(
    root: &Path,
    package: &str,
    name: &str,
    changes: &[(&str, &str)],
) -> Result<TempDir> {
    let begin = Instant::now();
    // One at a time, from file to binary: cargo takes a binary that is younger
    // than a file for that file's.
    let lock = crate::workspace::scratch()?.join("changed.lock");
    let lock = fs::File::options().append(true).create(true).open(lock)?;
    lock.lock()?;
    let folder = tempfile::tempdir()?;
    copy_folder(&root.join(package), folder.path())?;
    if let Some(sources) = env::var_os(SOURCES) {
        let sources = Path::new(&sources).join(package);
        if sources.exists() {
            copy_folder(&sources, folder.path())?;
        }
    }
    let file = format!("src/bin/{name}.rs");
    let mut text = fs::read_to_string(folder.path().join(&file))?;
    for (part, other) in changes {
        let count = text.matches(part).count();
        ensure!(
            count == 1,
            "a scenario changes this in {package}/{file}, where it stands \
             {count} times: {part}"
        );
        text = text.replace(part, other);
    }
    fs::write(folder.path().join(&file), text)?;
    let binary = name.split('/').next().unwrap_or(name);
    run_cargo(root, folder.path(), &["build", "--bin", binary])?;
    let built = target()?.join("copied/debug");
    copy_program(&built.join(binary), folder.path())?;
    // Each copy has a folder of its own, and so cargo never needs its binary again.
    for entry in fs::read_dir(built.join("deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().is_none() && name.starts_with(&format!("{binary}-")) {
            fs::remove_file(&path)?;
        }
    }
    BUILD_TIME.set(BUILD_TIME.get() + begin.elapsed());
    Ok(folder)
}

thread_local! {
    static BUILD_TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// How long this thread has spent in [`build_changed`], where it may have to wait
/// until others have built.
#[must_use]
pub fn build_time() -> Duration {
    BUILD_TIME.get()
}

/// Runs cargo on a copied crate. All copies share a target directory, in which
/// the dependencies are built once for each set of features.
fn run_cargo(root: &Path, folder: &Path, arguments: &[&str]) -> Result<()> {
    let manifest = folder.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest)?;
    if !text.contains("[workspace]") {
        text += "\n[profile.dev]\ndebug = false\nincremental = false\n\n[workspace]\n";
        fs::write(&manifest, text)?;
    }
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut cargo = cargo();
    cargo
        .current_dir(folder)
        .args(arguments)
        .args(["--offline", "--quiet"]);
    cargo.arg("--target-dir").arg(target()?.join("copied"));
    let output = cargo.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    Ok(())
}

/// Cargo's target directory: that of the running test.
///
/// # Errors
///
/// If the system does not tell where the test's executable is.
pub fn target() -> Result<PathBuf> {
    let scratch = crate::workspace::scratch()?;
    let target = scratch.ancestors().nth(2).context("no target directory")?;
    Ok(target.to_path_buf())
}

fn read_manifest(root: &Path, package: &str) -> Result<Table> {
    let path = root.join(package).join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    text.parse().with_context(|| path.display().to_string())
}

/// The `[[bin]]` tables in their order: name, and whether it is tested.
fn bins(manifest: &Table) -> Vec<(String, bool)> {
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    bins.into_iter()
        .flatten()
        .map(|bin| {
            let name = bin.get("name").and_then(toml::Value::as_str);
            let test = bin.get("test").and_then(toml::Value::as_bool);
            (name.unwrap_or_default().to_string(), test != Some(false))
        })
        .collect()
}
