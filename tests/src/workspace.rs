//! Where things are: the workspace, its examples, their binaries.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fs::{self, File};
use std::io::{self, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use cargo_metadata::Message;

/// The example crates, in reading order.
pub const CRATES: [&str; 5] = [
    "examples-basics",
    "examples-io",
    "examples-http",
    "examples-channels",
    "examples-advanced",
];

/// The root of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("/"))
}

/// One example: a file, or a folder with a `main.rs`, in a crate's `src/bin`.
#[derive(Clone, Debug)]
pub struct Example {
    /// The crate, such as `examples-io`.
    pub package: String,
    /// The binary, such as `echo`.
    pub name: String,
    /// The file that has the header, relative to the workspace.
    pub file: PathBuf,
}

impl Example {
    /// The name of its test, such as `io::echo`.
    #[must_use]
    pub fn test_name(&self) -> String {
        let theme = self.package.trim_start_matches("examples-");
        format!("{theme}::{}", self.name)
    }

    /// Whether it is a folder of files.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.file.ends_with("main.rs")
    }

    /// The text of its file, in the workspace at `root`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn source(&self, root: &Path) -> Result<String> {
        let file = root.join(&self.file);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    }

    /// The text of all its files.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn sources(&self, root: &Path) -> Result<String> {
        if !self.is_folder() {
            return self.source(root);
        }
        let mut text = String::new();
        let mut folders = vec![root.join(&self.file).with_file_name("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "rs") {
                    text += &fs::read_to_string(path)?;
                }
            }
        }
        Ok(text)
    }
}

/// Every example whose file exists below `root`, by crate and then by name.
///
/// It looks at files and not at manifests, so that an example is tested from
/// the moment it exists, and one that its manifest does not list fails.
///
/// # Errors
///
/// If a crate's `src/bin` cannot be read.
pub fn examples(root: &Path) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for package in CRATES {
        let folder = Path::new(package).join("src/bin");
        let entries = root.join(&folder);
        let entries = fs::read_dir(&entries).with_context(|| entries.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            let relative = folder.join(path.file_name().unwrap_or_default());
            let file = if path.is_dir() {
                relative.join("main.rs")
            } else if path.extension().is_some_and(|it| it == "rs") {
                relative
            } else {
                continue;
            };
            let name = path.file_stem().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            examples.push(Example {
                package: package.into(),
                name,
                file,
            });
        }
    }
    examples.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    examples.sort_by_key(|it| CRATES.iter().position(|c| *c == it.package));
    Ok(examples)
}

/// Builds all binaries, if that has not been done.
///
/// # Errors
///
/// If the build fails; cargo has said why on standard error.
pub fn build_all() -> Result<()> {
    match &*BINARIES {
        Ok(_) => Ok(()),
        Err(error) => bail!("{error}"),
    }
}

static BINARIES: LazyLock<Result<HashMap<String, PathBuf>, String>> =
    LazyLock::new(|| find_binaries().map_err(|error| format!("{error:#}")));

/// The path of an example's binary; the first call builds all of them.
///
/// # Errors
///
/// If the build fails, or if no manifest lists a `[[bin]]` of that name.
pub fn binary(name: &str) -> Result<&'static Path> {
    let path = binaries()?
        .get(name)
        .with_context(|| format!("no manifest has a [[bin]] table with name = \"{name}\""))?;
    Ok(path)
}

/// Copies a program to a path or into a folder, by another process. If this one
/// wrote it, a child that another thread has just started would have it open too, and
/// the system starts no program that somebody may still change ("text file busy").
///
/// # Errors
///
/// If it cannot be copied; `cp` has said why on standard error.
pub fn copy_program(from: &Path, to: &Path) -> Result<()> {
    // With its mode, whatever the umask.
    let copied = Command::new("cp").arg("-p").args([from, to]).status()?;
    ensure!(copied.success(), "cp {}: {copied}", from.display());
    Ok(())
}

/// The paths of all binaries, by name; the first call builds them.
///
/// # Errors
///
/// If the build fails; cargo has said why on standard error.
pub fn binaries() -> Result<&'static HashMap<String, PathBuf>> {
    BINARIES.as_ref().map_err(|error| anyhow!("{error}"))
}

/// The variable that names a list of binaries, each line a name, a tab and a path.
/// With it the tests build nothing and run these.
pub const BINARIES_LIST: &str = "BINARIES_LIST";

/// The variable that names a folder whose files take the place of those of the
/// workspace, under the same paths, when a scenario builds a changed example.
pub const SOURCES: &str = "CHANGED_SOURCES";

fn read_list(list: &str) -> HashMap<String, PathBuf> {
    let pairs = list.lines().filter_map(|line| line.split_once('\t'));
    pairs
        .map(|(name, path)| (name.into(), path.into()))
        .collect()
}

/// Finds or builds the binaries, once for each run of the tests.
///
/// Nextest runs each test in a process of its own: there the first one builds
/// and leaves the list for the others, under the name of the run.
fn find_binaries() -> Result<HashMap<String, PathBuf>> {
    if let Some(list) = env::var_os(BINARIES_LIST) {
        return Ok(read_list(&fs::read_to_string(list)?));
    }
    let Some(run) = env::var_os("NEXTEST_RUN_ID") else {
        return build();
    };
    let list = scratch()?.join(format!("{}.binaries", run.to_string_lossy()));
    let mut lock = File::options();
    let lock = lock.append(true).create(true).open(&list)?;
    lock.lock()?;
    let known = fs::read_to_string(&list)?;
    if !known.is_empty() {
        return Ok(read_list(&known));
    }
    let binaries = build()?;
    let text: Vec<String> = binaries
        .iter()
        .map(|(name, path)| format!("{name}\t{}\n", path.display()))
        .collect();
    (&lock).write_all(text.concat().as_bytes())?;
    Ok(binaries)
}

fn build() -> Result<HashMap<String, PathBuf>> {
    let profile = if is_release() { "release" } else { "dev" };
    // With the tests, which are there already: then the examples get the features
    // of these, and no dependency has to be built a second time.
    cargo_build(&["--workspace", "--bins", "--tests", "--profile", profile])
}

/// Whether the tests, and so the examples, are built for release.
#[must_use]
pub fn is_release() -> bool {
    !cfg!(debug_assertions)
}

/// The path of the binary that a `cargo run` in a header means.
///
/// # Errors
///
/// If there is no such binary in the crate, or if it does not build.
pub fn program(package: Option<&str>, name: &str, release: bool) -> Result<PathBuf> {
    let examples = examples(root())?;
    let example = examples
        .iter()
        .find(|it| it.name == name && package.is_none_or(|package| it.package == package));
    let example = example.with_context(|| match package {
        Some(package) => format!("there is no binary {name} in {package}"),
        None => format!("there is no binary {name}"),
    })?;
    let path = if release && !is_release() {
        release_binary(example)?
    } else {
        binary(name)?.to_path_buf()
    };
    load(&path)?;
    Ok(path)
}

/// Reads a program's file, unless it was read a moment ago: a start must not be
/// late because the file has to come from the disk. What is built meanwhile can
/// push it out of memory again.
fn load(path: &Path) -> Result<()> {
    static LOADED: Mutex<BTreeMap<PathBuf, Instant>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let last = loaded.insert(path.into(), Instant::now());
    if last.is_none_or(|last| last.elapsed() > Duration::from_secs(60)) {
        io::copy(&mut File::open(path)?, &mut io::sink())?;
    }
    Ok(())
}

/// The path of an example's release binary; the first call builds all that any
/// header runs so.
fn release_binary(example: &Example) -> Result<PathBuf> {
    let binaries = RELEASE_BINARIES.as_ref();
    let binaries = binaries.map_err(|error| anyhow!("{error}"))?;
    let path = binaries.get(&example.name);
    path.cloned().context("no header runs it with --release")
}

static RELEASE_BINARIES: LazyLock<Result<HashMap<String, PathBuf>, String>> =
    LazyLock::new(|| build_for_release().map_err(|error| format!("{error:#}")));

/// Builds them in one call, so that their dependencies are built once.
fn build_for_release() -> Result<HashMap<String, PathBuf>> {
    let mut arguments = vec!["--release".to_string()];
    for example in examples(root())? {
        if runs_for_release(&example)? {
            let Example { package, name, .. } = example;
            arguments.extend(["-p".into(), package, "--bin".into(), name]);
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    cargo_build(&arguments)
}

/// Whether its header runs it with `--release`.
///
/// # Errors
///
/// If its file cannot be read.
pub fn runs_for_release(example: &Example) -> Result<bool> {
    let text = example.source(root())?;
    Ok(text.contains("//! $ cargo run --release "))
}

/// Builds for release what headers run so, before the first test, if one of the
/// tests that are wanted needs it.
///
/// # Errors
///
/// If the build fails; cargo has said why on standard error.
pub fn build_release(is_wanted: impl Fn(&Example) -> bool) -> Result<()> {
    for example in examples(root())? {
        if is_wanted(&example) && !is_release() && runs_for_release(&example)? {
            release_binary(&example)?;
        }
    }
    Ok(())
}

fn cargo_build(arguments: &[&str]) -> Result<HashMap<String, PathBuf>> {
    let mut cargo = cargo()
        .arg("build")
        .args(arguments)
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo")?;
    let mut binaries = HashMap::new();
    if let Some(messages) = cargo.stdout.take() {
        for message in Message::parse_stream(BufReader::new(messages)) {
            if let Message::CompilerArtifact(artifact) = message?
                && !artifact.profile.test
                && let Some(path) = artifact.executable
            {
                binaries.insert(artifact.target.name, path.into());
            }
        }
    }
    if !cargo.wait()?.success() {
        bail!("the examples do not build; cargo says why above");
    }
    Ok(binaries)
}

/// Cargo, to be called from a test without making it build again what it has
/// built.
///
/// Cargo sets variables for a test that build scripts watch (ring's watches
/// `CARGO_MANIFEST_DIR` and others): they must not be passed on. See "Environment
/// variables Cargo sets for crates" in the Cargo book.
#[must_use]
pub fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    for (name, _) in env::vars_os() {
        let set_by_cargo = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || name.starts_with("CARGO_BIN_")
                || name.starts_with("NEXTEST")
                || name.ends_with("LD_LIBRARY_PATH")
                || name == "DYLD_FALLBACK_LIBRARY_PATH"
                || name == "CARGO_CRATE_NAME"
                || name == "CARGO_PRIMARY_PACKAGE"
                || name == "CARGO_TARGET_TMPDIR"
                || name == "OUT_DIR"
        });
        if set_by_cargo {
            command.env_remove(name);
        }
    }
    command
}

/// The folder of the running test's executable, inside cargo's target
/// directory: where locks and lists of the tests themselves may lie.
///
/// # Errors
///
/// If the system does not tell where the executable is.
pub fn scratch() -> Result<PathBuf> {
    let executable = env::current_exe()?;
    Ok(executable.parent().unwrap_or(Path::new(".")).to_path_buf())
}
