//! The promises about the repository itself: what its manifests and its README
//! say is so, and what is copied out of it builds.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use toml::Table;

use crate::Header;
use crate::workspace::{Example, cargo, examples};

/// The sections of the five articles: key, title.
pub const SECTIONS: [(&str, &str); 43] = [
    ("A0.1", "Understanding Futures"),
    ("A0.2", "The async/await Syntax"),
    ("A0.3", "Spawning Tasks with Tokio"),
    ("A0.4", "Using async with I/O"),
    ("A0.5", "Error Handling in Async"),
    ("A0.6", "Building a Simple Async App"),
    ("A0.7", "Conclusion"),
    ("A1.0", "Sync against async"),
    ("A1.1", "Basic Async Function"),
    ("A1.2", "Running Two Async Tasks Together"),
    ("A1.3", "Tokio: Popular Async Runtime"),
    ("A1.4", "Spawning Tasks"),
    ("A1.5", "Async I/O"),
    ("A1.6", "Error Handling in Async"),
    ("A2.1", "Sync vs Async"),
    ("A2.2", "Future Trait"),
    ("A2.3", "async/await Syntax"),
    ("A2.4", "Basic Usage"),
    ("A2.5", "Concurrent Processing"),
    ("A2.6", "Error Handling"),
    ("A2.7", "Timeout Handling"),
    ("A2.8", "Connection Pooling"),
    ("A2.9", "Select and Join"),
    ("A2.10", "Stream Processing"),
    ("A2.11", "Reduce Context Switching"),
    ("A2.12", "Use Buffered Channels"),
    ("A2.13", "Building an HTTP Server"),
    ("A3.1", "Understanding Async in Rust"),
    ("A3.2", "Futures and the Runtime"),
    ("A3.3", "Futures and the Runtime, with tokio::main"),
    ("A3.4", "Async/Await Fundamentals"),
    ("A3.5", "Concurrent Execution with Tokio"),
    ("A3.6", "Practical Patterns: timeouts"),
    ("A3.7", "Practical Patterns: blocking"),
    ("A3.8", "Efficient iteration"),
    ("A3.9", "Real-World Example: Async HTTP Server"),
    ("A4.1", "The Async Runtime"),
    ("A4.2", "Setting Up Tokio"),
    ("A4.3", "Writing Async Functions, The Await Keyword"),
    ("A4.4", "Running Tasks Concurrently"),
    ("A4.5", "Concurrent Execution with Tokio"),
    ("A4.6", "Joining Tasks"),
    ("A4.7", "Best Practices"),
];

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

/// Checks that the README's tables are the examples' titles, in the order of
/// the manifests; with `update` it writes them.
///
/// # Errors
///
/// If they are not; the error has the first row that differs.
pub fn check_index(root: &Path, package: &str, update: bool) -> Result<()> {
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path)?;
    let begin = format!("<!-- {package} -->");
    let end = "<!-- end -->";
    let (before, rest) = readme
        .split_once(&begin)
        .with_context(|| format!("README.md has no {begin}"))?;
    let (table, after) = rest.split_once(end).context("README.md: no end")?;
    let right = index(root, package)?;
    if table.trim() == right {
        return Ok(());
    }
    if update {
        fs::write(&path, format!("{before}{begin}\n\n{right}\n\n{end}{after}"))?;
        return Ok(());
    }
    let row = right.lines().find(|row| !table.contains(row));
    let row = row.or(table.lines().find(|row| !right.contains(row)));
    bail!(
        "README.md: the table of {package} is not that of its manifest and of \
         the titles, first at\n  {}\nUPDATE_README=1 cargo test readme \
         writes it",
        row.unwrap_or("the order of its rows")
    );
}

fn index(root: &Path, package: &str) -> Result<String> {
    let mut table = String::from("| example | |\n|---|---|");
    let examples = examples(root)?;
    for (name, _) in bins(&read_manifest(root, package)?) {
        let example = examples.iter().find(|it| it.name == name);
        let example = example.with_context(|| format!("{name} has no file"))?;
        let header = Header::parse(&example.source(root)?)
            .with_context(|| example.file.display().to_string())?;
        let file = example.file.display();
        write!(table, "\n| [`{name}`]({file}) | {} |", header.title)?;
    }
    Ok(table)
}

/// Checks that the README leads from each section of the articles to an example.
///
/// # Errors
///
/// If a section has no row, two, or one without an example.
pub fn check_reading_along(root: &Path) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md"))?;
    for (key, title) in SECTIONS {
        let begin = format!("| {key} {title} |");
        let mut rows = readme.lines().filter(|line| line.starts_with(&begin));
        let row = rows
            .next()
            .with_context(|| format!("README.md, Reading along: no row begins with \"{begin}\""))?;
        ensure!(rows.next().is_none(), "README.md: two rows of {key}");
        ensure!(
            row.contains("](examples-"),
            "README.md: the row of {key} leads to no example"
        );
    }
    Ok(())
}

/// Checks that what the README links to exists, that each command it names has
/// its binary, and that each transcript in it is one of a header.
///
/// # Errors
///
/// If one does not; the error names it.
pub fn check_links(root: &Path) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md"))?;
    for link in readme.split("](").skip(1) {
        let link = link.split(')').next().unwrap_or_default();
        let external = link.contains("://") || link.starts_with('#');
        ensure!(
            external || root.join(link).exists(),
            "README.md: there is no {link}"
        );
    }
    let examples = examples(root)?;
    for command in readme.split("cargo run -p ").skip(1) {
        let mut words = command.split_whitespace();
        let (package, name) = (words.next(), words.nth(1));
        ensure!(
            examples
                .iter()
                .any(|it| Some(it.package.as_str()) == package
                    && Some(it.name.as_str()) == name.map(|it| it.trim_end_matches('`'))),
            "README.md: no such example: {package:?} {name:?}"
        );
    }
    let mut headers = String::new();
    for example in &examples {
        headers += &example.source(root)?.replace("//! ", "");
    }
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        ensure!(
            headers.contains(block),
            "README.md: this transcript stands in no header:\n{block}"
        );
    }
    Ok(())
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
    copy(&root.join(package), folder.path())?;
    run_cargo(root, folder.path(), &["check"])
}

/// Checks that an example builds as the only file of a new crate, after the
/// `cargo add` commands that its header names.
///
/// # Errors
///
/// If it does not build; the error has what cargo or the compiler says.
pub fn check_copied_file(root: &Path, example: &Example) -> Result<()> {
    let header = Header::parse(&example.source(root)?)?;
    let file = root.join(&example.file);
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("src");
    fs::create_dir(&source)?;
    if file.ends_with("main.rs") {
        copy(file.parent().context("a folder")?, &source)?;
    } else {
        fs::copy(&file, source.join("main.rs"))?;
    }
    let name = &example.name;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [profile.dev]\ndebug = false\n[workspace]\n"
    );
    fs::write(folder.path().join("Cargo.toml"), manifest)?;
    for line in &header.copy {
        let mut add = cargo();
        add.current_dir(&folder)
            .args(line.split(' ').skip(1))
            .arg("--offline");
        let add = add.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&add.stderr);
        ensure!(add.status.success(), "`{line}` fails:\n{said}");
    }
    run_cargo(root, folder.path(), &["check"]).with_context(|| {
        format!(
            "{} does not build after {}",
            example.file.display(),
            header.copy.join(", ")
        )
    })
}

/// Builds a binary of a copy of a crate, in whose file some parts are others, and
/// gives the folder that has the binary, under its name.
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
    // One at a time, from file to binary: cargo takes a binary that is younger
    // than a file for that file's.
    let lock = crate::workspace::scratch()?.join("changed.lock");
    let lock = fs::File::options().append(true).create(true).open(lock)?;
    lock.lock()?;
    let folder = tempfile::tempdir()?;
    copy(&root.join(package), folder.path())?;
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
    run_cargo(root, folder.path(), &["build", "--bin", name])?;
    let built = target()?.join("copied/debug").join(name);
    fs::copy(built, folder.path().join(name))?;
    Ok(folder)
}

/// Runs cargo on a copied crate. All copies share a target directory, in which
/// the dependencies are built once for each set of features.
fn run_cargo(root: &Path, folder: &Path, arguments: &[&str]) -> Result<()> {
    let manifest = folder.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest)?;
    if !text.contains("[workspace]") {
        text += "\n[profile.dev]\ndebug = false\n\n[workspace]\n";
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
fn target() -> Result<PathBuf> {
    let scratch = crate::workspace::scratch()?;
    let target = scratch.ancestors().nth(2).context("no target directory")?;
    Ok(target.to_path_buf())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let (entry, to) = (entry?.path(), to.to_path_buf());
        let to = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            fs::create_dir(&to)?;
            copy(&entry, &to)?;
        } else {
            fs::copy(&entry, &to)?;
        }
    }
    Ok(())
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
