//! Wrong edits of examples: each must turn a test red, and be named by it.
//!
//! A check that nobody has seen fail proves nothing. Here a flush is left out, a
//! limit is doubled, an error is ignored. The example with its wrong edit takes
//! the place of the right one, and the test that must notice runs in a process
//! of its own. A mutant that stays green shows an assertion that is missing: add
//! it, to the transcript or to a scenario.

mod advanced;
mod basics;
mod channels;
mod http;
mod io;

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::{ptr, slice};

use anyhow::{Context, Result, anyhow, ensure};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;
use harness::repository::target;
use harness::suite::cannot_run;
use harness::workspace::{
    BINARIES_LIST, CRATES, Example, SOURCES, binaries, cargo, examples, root, runs_for_release,
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tempfile::NamedTempFile;

use crate::examples::is_busy;

/// An example with a wrong edit.
pub struct Mutant {
    /// The example, as its test is named: `io::echo`.
    pub example: &'static str,
    /// What is wrong with it; the mutant's test is
    /// `mutants::io::echo::NAME`.
    pub name: &'static str,
    /// What stands in the example's files exactly once, and what comes in its
    /// place.
    pub edits: &'static [(&'static str, &'static str)],
    /// The test that must fail: the example's own, or a scenario.
    pub red: &'static str,
    /// What a line of the failure must say; `[..]` stands for any text.
    pub says: &'static str,
}

/// The mutants whose test may run beside others, and those whose test is one of
/// `alone` or computes. Between others, these would wait for their turn for
/// minutes, each with a thread that could run something else.
pub fn tests(alone: &[Trial]) -> (Vec<Trial>, Vec<Trial>) {
    let computes = |mutant: &Mutant| {
        mutant.red == mutant.example && mutant.find_example().is_ok_and(|it| is_busy(&it))
    };
    let waits = |mutant: &&'static Mutant| {
        alone.iter().any(|test| test.name() == mutant.red) || computes(mutant)
    };
    let (alone, beside): (Vec<_>, Vec<_>) = all().partition(waits);
    let trials = |mutants: Vec<_>| mutants.into_iter().map(test).collect();
    (trials(beside), trials(alone))
}

fn test(mutant: &'static Mutant) -> Trial {
    let run = move || run(mutant).map_err(|error| Failed::from(format!("{error:#}")));
    Trial::ignorable_test(mutant.test_name(), run).with_ignored_flag(true)
}

fn all() -> impl Iterator<Item = &'static Mutant> {
    let changed = [
        basics::MUTANTS,
        io::MUTANTS,
        http::MUTANTS,
        channels::MUTANTS,
        advanced::MUTANTS,
    ];
    changed.into_iter().flatten().chain(rebuilt())
}

/// Those whose scenario has the source of the example compiled in: for them the
/// test program is built again.
fn rebuilt() -> impl Iterator<Item = &'static Mutant> {
    let rebuilt = [io::REBUILT, channels::REBUILT, advanced::REBUILT];
    rebuilt.into_iter().flatten()
}

impl Mutant {
    fn test_name(&self) -> String {
        format!("mutants::{}::{}", self.example, self.name)
    }

    /// The name of its binary.
    fn binary(&self) -> String {
        format!("mutant_{}_{}", self.example_name(), self.name)
    }

    fn is_rebuilt(&self) -> bool {
        rebuilt().any(|it| ptr::eq(it, self))
    }

    fn example_name(&self) -> &'static str {
        self.example.rsplit(':').next().unwrap_or_default()
    }

    fn find_example(&self) -> Result<Example> {
        let all = examples(root())?;
        let mut all = all.into_iter();
        all.find(|it| it.test_name() == self.example)
            .with_context(|| format!("{}: there is no such example", self.test_name()))
    }

    /// The example's files with the edits, under their paths in the workspace.
    fn edited(&self) -> Result<Vec<(PathBuf, String)>> {
        let example = self.find_example()?;
        let mut paths = vec![example.file.clone()];
        if example.is_folder() {
            let folder = example.file.parent().context("no folder")?;
            paths = files_below(root(), &[folder.to_path_buf()])?;
        }
        let mut edited = Vec::new();
        for path in paths {
            let text = fs::read_to_string(root().join(&path));
            edited.push((path.clone(), text.context(path.display().to_string())?));
        }
        for (old, new) in self.edits {
            let mut found = edited
                .iter_mut()
                .map(|(_, text)| text)
                .filter(|it| it.contains(old));
            let text = found.next();
            let count = text.as_ref().map_or(0, |it| it.matches(old).count());
            let text = text.filter(|_| count == 1 && found.next().is_none());
            let text = text.with_context(|| {
                format!(
                    "tests/mutants/, {} of {}: the text that it replaces must stand once in {}, \
                     and stands there {}; has the example changed?\n{old}",
                    self.name,
                    self.example,
                    example.file.display(),
                    if count == 0 {
                        "not at all"
                    } else {
                        "more often"
                    }
                )
            })?;
            *text = text.replace(old, new);
        }
        // The edit may leave something unused, which is no reason to be red.
        for (_, text) in &mut edited {
            *text = text.replacen("#![deny(dead_code)]\n", "", 1);
        }
        Ok(edited)
    }
}

/// How often a wrong edit is run before it counts as not noticed.
const TRIES: usize = 3;

/// Runs the test that must turn red, with the changed binary in place of the
/// right one.
fn run(mutant: &Mutant) -> Result<Completion> {
    let built = built()?.get(&mutant.test_name());
    let built = built.context("it was not built: start it by its name")?;
    let built = built.as_ref().map_err(|error| anyhow!("{error}"))?;

    ensure!(
        mutant.red != mutant.example || !runs_for_release(&mutant.find_example()?)?,
        "the header of {} runs a release binary, and mutants are not built for release: name a \
         scenario as `red`",
        mutant.example
    );
    let mut binaries = binaries()?.clone();
    let mut program = env::current_exe()?;
    let sources = tempfile::tempdir()?;
    if mutant.is_rebuilt() {
        program.clone_from(built);
    } else {
        binaries.insert(mutant.example_name().into(), built.clone());
        for (path, text) in mutant.edited()? {
            write(&sources.path().join(path), &text)?;
        }
    }
    let mut list = NamedTempFile::new()?;
    for (name, path) in binaries {
        writeln!(list, "{name}\t{}", path.display())?;
    }
    let mut test = Command::new(program);
    test.args([mutant.red, "--exact", "--include-ignored"])
        .env(BINARIES_LIST, list.path())
        .env(SOURCES, sources.path())
        .stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let ours = ["RECORD", "REPEAT", "TIMING_SLACK", "UPDATE_README"];
        if ours.contains(&&*name) || name.starts_with("NEXTEST") {
            test.env_remove(&*name);
        }
    }
    let mut tries = 1;
    loop {
        let output = test.output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let red = mutant.red;
        ensure!(
            !said.contains("running 0 tests"),
            "there is no test {red}: name the one that must fail"
        );
        if said.contains("; 1 ignored;") {
            return cannot_run(&format!("{red} cannot run here"));
        }
        // Where a race decides, or the machine is busy, one run may not show it,
        // or may fail somewhere else first.
        match mutant.is_noticed(output.status.success(), &said) {
            Err(reason) if tries < TRIES => {
                eprintln!("{}, run {tries} of {TRIES}: {reason}", mutant.test_name());
                tries += 1;
            }
            noticed => return noticed.map(|()| Completion::Completed),
        }
    }
}

/// Whether the parts around each `[..]` stand in the line, one after the other.
fn is_in(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    pattern.split("[..]").all(|part| {
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
        true
    })
}

impl Mutant {
    /// # Errors
    ///
    /// If the test was green, or does not say what it must.
    fn is_noticed(&self, is_green: bool, said: &str) -> Result<()> {
        let Self { red, says, .. } = self;
        ensure!(
            !is_green,
            "the mutant survives: {red} is green with it. Let the transcript or the scenario \
             show what is wrong, if this edit is wrong at all:\n{}",
            self.shown()
        );
        ensure!(
            said.lines().any(|line| is_in(line, says)),
            "{red} fails, as it must, but does not say \"{says}\":\n{said}"
        );
        Ok(())
    }

    fn shown(&self) -> String {
        let mut shown = String::new();
        for (old, new) in self.edits {
            for line in old.lines() {
                let _ = writeln!(shown, "- {line}");
            }
            for line in new.lines() {
                let _ = writeln!(shown, "+ {line}");
            }
        }
        shown
    }
}

/// The binary of each mutant, or the test program with it, or why it cannot be
/// built; by the name of its test.
type Built = HashMap<String, Result<PathBuf, String>>;

static BUILT: LazyLock<Result<Built, String>> =
    LazyLock::new(|| build_wanted().map_err(|error| format!("{error:#}")));

fn built() -> Result<&'static Built> {
    BUILT.as_ref().map_err(|error| anyhow!("{error}"))
}

/// Builds the mutants that are to be tested, before the first test: a build
/// beside the tests would make their lines late.
///
/// # Errors
///
/// If cargo cannot build at all; a mutant that does not compile fails by itself.
pub fn build(arguments: &Arguments) -> Result<()> {
    if all().any(|mutant| is_wanted(arguments, mutant)) {
        built()?;
    }
    Ok(())
}

fn is_wanted(arguments: &Arguments, mutant: &Mutant) -> bool {
    let name = mutant.test_name();
    let fits = |filter: &String| {
        if arguments.exact {
            name == *filter
        } else {
            name.contains(filter)
        }
    };
    (arguments.ignored || arguments.include_ignored)
        && arguments.filter.as_ref().is_none_or(fits)
        && !arguments.skip.iter().any(fits)
}

/// Builds all mutants with one call of cargo: for each crate a package whose
/// binaries they are. They share the target directory and so the dependencies.
fn build_wanted() -> Result<Built> {
    let arguments = Arguments::from_args();
    let mut built = Built::new();
    let (mut changed, mut rebuilt) = (Vec::new(), Vec::new());
    for mutant in all().filter(|it| is_wanted(&arguments, it)) {
        match mutant.edited() {
            Ok(files) if mutant.is_rebuilt() => rebuilt.push((mutant, files)),
            Ok(files) => changed.push((mutant, files)),
            Err(error) => _ = built.insert(mutant.test_name(), Err(format!("{error:#}"))),
        }
    }
    let folder = target()?.join("mutants");
    if !changed.is_empty() {
        write_workspace(&folder, &changed)?;
        let command = ["build", "--workspace", "--bins", "--keep-going"];
        let artifacts = cargo_build(&folder, &command)?;
        for (mutant, _) in &changed {
            built.insert(mutant.test_name(), artifacts.get(&mutant.binary()));
        }
    }
    for (number, round) in rounds(&rebuilt).into_iter().enumerate() {
        let number = number + 1;
        let folder = folder.join(format!("round-{number}"));
        write_copy(&folder, &round, number)?;
        let command = ["test", "--workspace", "--test", "all", "--no-run"];
        let artifacts = cargo_build(&folder, &command)?;
        for (mutant, _) in round {
            built.insert(mutant.test_name(), artifacts.get("all"));
        }
    }
    Ok(built)
}

/// A mutant, and the files of its example with the edits.
type Edited = (&'static Mutant, Vec<(PathBuf, String)>);

/// Writes a workspace like this one, whose binaries are the mutants. All packages
/// are there, or cargo would build the dependencies with other features.
fn write_workspace(folder: &Path, edited: &[Edited]) -> Result<()> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    // Nobody looks at their backtraces, and without symbols they take a third less of
    // the disk.
    let manifest = manifest.replacen(
        "debug = \"line-tables-only\"",
        "debug = false\nstrip = \"symbols\"",
        1,
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    for package in CRATES.into_iter().chain(["tests"]) {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml"))?;
        let mut manifest = without_targets(&manifest);
        for (mutant, files) in edited {
            let example = mutant.find_example()?;
            if example.package != package {
                continue;
            }
            let binary = mutant.binary();
            let source = Path::new(package).join("src/bin");
            let own = Path::new("src").join(&binary);
            let mut copies = BTreeMap::new();
            for (path, text) in files {
                copies.insert(own.join(path.strip_prefix(&source)?), text);
            }
            let place = folder.join(package);
            for path in files_below(&place, slice::from_ref(&own))? {
                // A file that was renamed must not stay under its old name too.
                if !copies.contains_key(&path) {
                    fs::remove_file(place.join(path))?;
                }
            }
            for (path, text) in copies {
                write(&place.join(path), text)?;
            }
            let main = own.join(example.file.strip_prefix(&source)?);
            let main = main.display();
            write!(
                manifest,
                "\n[[bin]]\nname = \"{binary}\"\npath = \"{main}\"\ntest = false\n"
            )?;
        }
        write(&folder.join(package).join("Cargo.toml"), &manifest)?;
        write(&folder.join(package).join("src/lib.rs"), "")?;
    }
    Ok(())
}

/// A manifest without the tables of its targets.
fn without_targets(manifest: &str) -> String {
    let is_target = |line: &str| line.starts_with("[[") || line == "[lib]";
    let mut kept = String::new();
    let mut skips = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            skips = is_target(line);
        }
        if !skips {
            kept += line;
            kept += "\n";
        }
    }
    kept
}

/// Shares out mutants to as few test programs as can be: each has one mutant at
/// most of any example.
fn rounds(rebuilt: &[Edited]) -> Vec<Vec<&Edited>> {
    let mut rounds: Vec<Vec<&Edited>> = Vec::new();
    for edited in rebuilt {
        let has_room =
            |round: &&mut Vec<&Edited>| round.iter().all(|it| it.0.example != edited.0.example);
        match rounds.iter_mut().find(has_room) {
            Some(round) => round.push(edited),
            None => rounds.push(vec![edited]),
        }
    }
    rounds
}

/// Writes a copy of the workspace with these mutants in it.
fn write_copy(folder: &Path, round: &[&Edited], number: usize) -> Result<()> {
    let mut files = workspace_files()?;
    // Cargo tells packages apart by their names and their places in a workspace:
    // under the same name this test program would overwrite the running one.
    for (path, text) in &mut files {
        if path.ends_with("Cargo.lock") || path.ends_with("tests/Cargo.toml") {
            let name = format!("name = \"tests-{number}\"");
            *text = text.replacen("name = \"tests\"", &name, 1);
        }
    }
    for (_, edited) in round {
        files.extend(edited.iter().cloned());
    }
    for path in files_below(folder, &package_folders())? {
        // A file that was renamed must not be found under its old name too.
        if !files.contains_key(&path) {
            fs::remove_file(folder.join(path))?;
        }
    }
    for (path, text) in files {
        write(&folder.join(path), &text)?;
    }
    Ok(())
}

/// What the test program is built from, under its path in the workspace.
fn workspace_files() -> Result<BTreeMap<PathBuf, String>> {
    let mut paths = files_below(root(), &package_folders())?;
    paths.extend(["Cargo.toml".into(), "Cargo.lock".into()]);
    let mut files = BTreeMap::new();
    for path in paths {
        if let Ok(text) = fs::read_to_string(root().join(&path)) {
            files.insert(path, text);
        }
    }
    Ok(files)
}

fn package_folders() -> Vec<PathBuf> {
    let packages = CRATES.into_iter().chain(["tests"]);
    packages.map(PathBuf::from).collect()
}

/// The files in some folders below `root` that are there, and in those in them.
fn files_below(root: &Path, folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in folders {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                files.extend(files_below(root, &[path])?);
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// Writes a file, unless it has this text: cargo builds again what is younger.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(path, text).with_context(|| path.display().to_string())
}

/// The paths of what cargo has built, and the compiler's errors, both by the name
/// of the target.
#[derive(Default)]
struct Artifacts {
    paths: HashMap<String, PathBuf>,
    errors: HashMap<String, String>,
}

impl Artifacts {
    fn get(&self, name: &str) -> Result<PathBuf, String> {
        let error = || {
            self.errors
                .get(name)
                .map_or("cargo says why above", |it| it)
        };
        let path = self.paths.get(name).cloned();
        path.ok_or_else(|| format!("it does not compile: {}", error()))
    }
}

fn cargo_build(folder: &Path, arguments: &[&str]) -> Result<Artifacts> {
    let mut cargo = cargo()
        .current_dir(folder)
        .args(arguments)
        .args(["--offline", "--message-format=json"])
        .arg("--target-dir")
        .arg(target()?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo")?;
    let mut artifacts = Artifacts::default();
    let output = cargo.stdout.take().context("no output")?;
    for message in Message::parse_stream(BufReader::new(output)) {
        match message? {
            Message::CompilerArtifact(artifact) => {
                if let Some(path) = artifact.executable {
                    artifacts.paths.insert(artifact.target.name, path.into());
                }
            }
            Message::CompilerMessage(said) if said.message.level == DiagnosticLevel::Error => {
                let text = artifacts.errors.entry(said.target.name).or_default();
                *text += &said.message.rendered.unwrap_or_default();
            }
            _ => {}
        }
    }
    // What has failed has no path.
    cargo.wait()?;
    Ok(artifacts)
}
