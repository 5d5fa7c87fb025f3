//! The copy of examples-io with files of all kinds, and with what goes wrong.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Terminal;
use harness::suite::Company;
use harness::terminal::Job;
use harness::usage::peak_memory;
use harness::workspace::binary;
use tokio::time::sleep;

use crate::scenarios::support::clients::pattern;
use crate::scenarios::support::files;
use crate::scenarios::support::runner::{Scenario, alone, holds, scenario};

/// As much as the example reads at once.
const PIECE: usize = 256 * 1024;
const MEBIBYTE: u64 = 1 << 20;
const DEADLINE: Duration = Duration::from_secs(30);

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = vec![
        scenario("any_size", any_size).slow(),
        scenario("target", target),
    ];
    #[cfg(unix)]
    tests.extend([
        scenario("no_files", unix::no_files),
        scenario("full", unix::full),
        scenario("cut", unix::cut),
        scenario("as_cp", unix::as_cp),
        scenario("read_only", unix::read_only),
        scenario("unread", unix::unread).slow(),
        scenario("removed", unix::removed).slow(),
        scenario("interrupted", unix::interrupted),
        scenario("second_signal", unix::second_signal).slow(),
        scenario("killed", unix::killed),
        scenario("terminal", unix::on_a_terminal).slow(),
    ]);
    #[cfg(target_os = "linux")]
    tests.extend([
        scenario("not_utf8", unix::not_utf8),
        scenario("without_a_size", unix::without_a_size),
        Scenario::new("syncs", Company::Any, || {
            files::syncs_before_rename("copy_progress", "source target")
        }),
    ]);
    tests.push(
        // It copies 1 GiB and compares it.
        alone("one_gib", one_gib).slow(),
    );
    tests
}

/// A folder `from` of files, and one `to` for their copies, in a terminal.
struct Scene {
    terminal: Terminal,
    from: PathBuf,
    to: PathBuf,
}

/// How a run ended, and what it printed where.
#[derive(Debug)]
struct Ran {
    status: i32,
    output: Vec<String>,
    errors: Vec<String>,
}

impl Scene {
    fn open() -> Result<Self> {
        let terminal = Terminal::open()?;
        let from = terminal.temporary().join("from");
        let to = terminal.temporary().join("to");
        fs::create_dir(&from)?;
        fs::create_dir(&to)?;
        Ok(Self { terminal, from, to })
    }

    /// Starts the example, with standard error in a file.
    fn start(&self, arguments: &str) -> Result<Job> {
        self.start_after("", arguments)
    }

    /// The same after a command of the shell, such as `umask 077;`.
    fn start_after(&self, before: &str, arguments: &str) -> Result<Job> {
        let path = binary("copy_progress")?.display();
        self.terminal
            .start(&format!("{before} exec '{path}' {arguments} 2>errors"))
    }

    fn wait(&mut self, mut job: Job, limit: Duration) -> Result<Ran> {
        let deadline = Instant::now() + limit;
        let mut lines = Vec::new();
        let status = self.terminal.wait(&mut job, deadline, &mut lines)?;
        let errors = self.terminal.temporary().join("errors");
        let errors = String::from_utf8_lossy(&fs::read(errors)?).into_owned();
        let status = status.with_context(|| {
            format!("copy_progress still runs after {limit:?}: {lines:?} {errors}")
        })?;
        let output = lines.into_iter().map(|line| line.text).collect();
        let errors = errors.lines().map(str::to_string).collect();
        Ok(Ran {
            status,
            output,
            errors,
        })
    }

    fn run(&mut self, arguments: &str) -> Result<Ran> {
        let job = self.start(arguments)?;
        self.wait(job, DEADLINE)
    }

    /// Checks that the copies have these names and nothing else is left.
    fn has_copies(&self, expected: &[&str]) -> Result<()> {
        let names = names(&self.to)?;
        ensure!(names == expected, "{names:?} are there, not {expected:?}");
        Ok(())
    }

    fn is_copied(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let copy = fs::read(self.to.join(name)).with_context(|| name.to_string());
        ensure!(copy? == bytes, "{name}: another content");
        Ok(())
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Checks the line that tells of a copy: a checksum, two blanks, its path.
fn ensure_sum(line: Option<&String>, path: &str) -> Result<()> {
    let parts = line.and_then(|line| line.split_once("  "));
    let (sum, copy) = parts.with_context(|| format!("{path}: {line:?}"))?;
    let digits = sum.chars().all(|digit| digit.is_ascii_hexdigit());
    ensure!(
        sum.len() == 32 && digits && copy == path,
        "{path}: {line:?}"
    );
    Ok(())
}

fn ensure_error(ran: &Ran, number: usize, begin: &str) -> Result<()> {
    let line = ran.errors.get(number);
    let named = line.is_some_and(|line| line.starts_with(begin));
    ensure!(
        named,
        "standard error, line {number}: not \"{begin}\": {ran:?}"
    );
    Ok(())
}

/// Files as long as one, two and some reads, and a byte more or less: a quarter is
/// told when a read reaches it, and the end is not.
async fn any_size() -> Result<()> {
    let mut scene = Scene::open()?;
    let sizes = [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 5_000_000];
    let told: [&[u32]; 7] = [&[], &[], &[], &[], &[75], &[50], &[25, 50, 75]];
    for (number, size) in sizes.into_iter().enumerate() {
        fs::write(scene.from.join(number.to_string()), pattern(size))?;
    }
    fs::write(scene.to.join("1"), "an old copy, which is longer")?;
    for (number, size) in sizes.into_iter().enumerate() {
        let ran = scene.run(&format!("from/{number} to"))?;
        holds!(ran, ran.status == 0 && ran.output.len() == 1);
        ensure_sum(ran.output.first(), &format!("to/{number}"))?;
        scene.is_copied(&number.to_string(), &pattern(size))?;
        let quarters = told[number].iter().map(|it| format!("{number}: {it} %"));
        let quarters: Vec<_> = quarters.collect();
        ensure!(
            ran.errors == quarters,
            "{quarters:?} is to be told: {ran:?}"
        );
        // As `xxh128sum` prints them.
        let sum = match size {
            0 => "99aa06d3014798d86001c324468d497f",
            1 => "a6cd5e9392000f6ac44bdff4074eecdb",
            5_000_000 => "2316ee77e6853772af12165a1ba7b7cc",
            _ => continue,
        };
        holds!(ran, ran.output[0].starts_with(sum));
    }
    scene.has_copies(&["0", "1", "2", "3", "4", "5", "6"])
}

/// A file is copied to a name or into a folder. Whatever is wrong with the
/// arguments is refused before the copy, in one line that names it.
async fn target() -> Result<()> {
    let mut scene = Scene::open()?;
    fs::write(scene.from.join("a"), "a")?;
    fs::create_dir(scene.from.join("folder"))?;
    let ran = scene.run("from/a to/copy")?;
    holds!(ran, ran.status == 0);
    ensure_sum(ran.output.first(), "to/copy")?;
    // Copied onto itself, it is unchanged.
    let ran = scene.run("to/copy to/copy")?;
    holds!(ran, ran.status == 0);
    scene.is_copied("copy", b"a")?;
    let ran = scene.run("from/a to")?;
    holds!(ran, ran.status == 0);
    ensure_sum(ran.output.first(), "to/a")?;
    // A name without a folder means the working directory.
    let ran = scene.run("from/a here")?;
    holds!(ran, ran.status == 0);
    ensure_sum(ran.output.first(), "here")?;
    fs::remove_file(scene.terminal.temporary().join("here"))?;

    for (arguments, error) in [
        ("from/a no/such/a", "no/such/a: "),
        ("from/a missing/", "missing/a: "),
        ("from/missing to/copy", "from/missing: No such file"),
        ("from/folder to/copy", "from/folder: not a file"),
        ("from/a to/copy more", "usage: "),
        ("from/a", "usage: "),
    ] {
        let ran = scene.run(arguments)?;
        holds!(ran, ran.status == 1 && ran.output.is_empty());
        holds!(ran, ran.errors.len() == 1);
        ensure_error(&ran, 0, error)?;
    }
    scene.has_copies(&["a", "copy"])?;
    scene.is_copied("copy", b"a")?;
    let here = names(scene.terminal.temporary())?;
    ensure!(here == ["errors", "from", "to"], "{here:?}");
    Ok(())
}

/// 1 GiB, mostly a hole: a whole copy, in as little memory as a small one.
async fn one_gib() -> Result<()> {
    let mut scene = Scene::open()?;
    let huge = File::create(scene.from.join("huge"))?;
    huge.set_len(1024 * MEBIBYTE)?;
    let block = pattern(1_000_003);
    for number in [0, 1, 400, 1000] {
        write_at(&huge, &block, number * MEBIBYTE)?;
    }
    let mut job = scene.start("from/huge to")?;
    let mut peak = None;
    while job.ended()?.is_none() {
        peak = peak_memory(job.id()).ok().or(peak);
        sleep(Duration::from_millis(20)).await;
    }
    let ran = scene.wait(job, DEADLINE)?;
    holds!(ran, ran.status == 0);
    ensure_sum(ran.output.first(), "to/huge")?;
    holds!(ran, ran.errors.len() == 3);
    // 4 MiB on Linux, of which 1 MiB are its two buffers and their like.
    let flat = peak.is_none_or(|peak| peak < 16 << 20);
    ensure!(flat, "{peak:?} bytes of memory");
    scene.has_copies(&["huge"])?;

    let mut source = File::open(scene.from.join("huge"))?;
    let mut copy = File::open(scene.to.join("huge"))?;
    let (mut a, mut b) = (vec![0; PIECE], vec![0; PIECE]);
    for number in 0..1024 * 4 {
        source.read_exact(&mut a)?;
        copy.read_exact(&mut b)?;
        ensure!(a == b, "another content in piece {number}");
    }
    ensure!(copy.read(&mut b)? == 0, "longer than its source");
    Ok(())
}

fn write_at(mut file: &File, bytes: &[u8], place: u64) -> Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(place))?;
    file.write_all(bytes)?;
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
    use std::thread;

    use anyhow::bail;
    use harness::repository::build_changed;
    use harness::workspace::{copy_program, root};
    use nix::pty::{Winsize, openpty};
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::{Pid, ttyname};

    use super::{
        Context, DEADLINE, Duration, File, Instant, Job, MEBIBYTE, Path, Read, Result, Scene,
        binary, ensure, ensure_error, ensure_sum, fs, holds, names, pattern, sleep,
    };

    /// Copying this takes half a minute, in which what a scenario does is
    /// halfway. It is a hole, so that it takes no room on the disk.
    const HUGE: u64 = 4096 * MEBIBYTE;

    impl Scene {
        /// A file `huge`, and an old copy of it.
        fn with_huge() -> Result<Self> {
            let scene = Self::open()?;
            File::create(scene.from.join("huge"))?.set_len(HUGE)?;
            fs::write(scene.to.join("huge"), "old")?;
            Ok(scene)
        }

        /// Waits until more than a mebibyte of a copy is there.
        async fn halfway(&self) -> Result<()> {
            let deadline = Instant::now() + DEADLINE;
            while Instant::now() < deadline {
                for name in names(&self.to)? {
                    // It may have been renamed since.
                    let copy = fs::metadata(self.to.join(&name));
                    if copy.is_ok_and(|copy| copy.len() > MEBIBYTE) {
                        return Ok(());
                    }
                }
                sleep(Duration::from_millis(2)).await;
            }
            bail!("no copy has begun after {DEADLINE:?}")
        }
    }

    /// A pipe, a device, and a file that may not be read are named, and left as
    /// they are.
    pub async fn no_files() -> Result<()> {
        let mut scene = Scene::open()?;
        fs::write(scene.from.join("key"), "key")?;
        // To open it would wait forever.
        pipe(&scene.from.join("pipe"))?;
        // In the place of a device that a careless copy would replace.
        pipe(&scene.to.join("device"))?;
        let secret = scene.from.join("secret");
        fs::write(&secret, "secret")?;
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o000))?;
        // The superuser may; Linux has a file whose start nobody can read.
        let memory = "/proc/self/mem";
        let unreadable = if File::open(&secret).is_err() {
            "from/secret"
        } else if Path::new(memory).exists() {
            memory
        } else {
            "from/missing"
        };

        for (source, error) in [
            ("from/pipe", "from/pipe: not a file".to_string()),
            (unreadable, format!("{unreadable}: ")),
        ] {
            let ran = scene.run(&format!("{source} to"))?;
            holds!(ran, ran.status == 1 && ran.output.is_empty());
            ensure_error(&ran, 0, &error)?;
            holds!(ran, ran.errors.len() == 1);
        }
        scene.has_copies(&["device"])?;

        let ran = scene.run("from/key to/device")?;
        holds!(ran, ran.status == 1 && ran.errors.len() == 1);
        ensure_error(&ran, 0, "to/device: exists and is not a file")?;
        let device = fs::metadata(scene.to.join("device"))?.file_type();
        ensure!(device.is_fifo(), "the device is gone: {device:?}");
        Ok(())
    }

    fn pipe(path: &Path) -> Result<()> {
        let made = std::process::Command::new("mkfifo").arg(path).status()?;
        ensure!(made.success(), "mkfifo {}: {made}", path.display());
        Ok(())
    }

    /// If there is room for a part only, the old copy stays, and nothing else.
    /// A limit on the size of files stands for a full disk. A folder in which
    /// nothing can be created is named too.
    pub async fn full() -> Result<()> {
        let mut scene = Scene::open()?;
        fs::write(scene.from.join("large"), pattern(5_000_000))?;
        fs::write(scene.from.join("small"), pattern(50_000))?;
        fs::write(scene.to.join("large"), "old")?;
        // Blocks of 512 or of 1024 bytes, depending on the shell.
        let limit = "trap '' XFSZ; ulimit -f 2000;";
        let job = scene.start_after(limit, "from/large to")?;
        let ran = scene.wait(job, DEADLINE)?;
        holds!(ran, ran.status == 1 && ran.output.is_empty());
        let failed = ran.errors.last().context("no error")?;
        holds!(ran, failed.starts_with("to/large: "));
        scene.is_copied("large", b"old")?;
        scene.has_copies(&["large"])?;

        // Where not even the superuser may create a file, if there is such.
        let mut closed = "/proc";
        if !Path::new("/proc/self").exists() {
            closed = "closed";
            let folder = scene.terminal.temporary().join(closed);
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, PermissionsExt::from_mode(0o555))?;
        }
        let ran = scene.run(&format!("from/small {closed}"))?;
        holds!(ran, ran.status == 1 && ran.errors.len() == 1);
        ensure_error(&ran, 0, &format!("{closed}/small: "))
    }

    /// A source that is cut while it is copied gives no copy, since it would be
    /// neither the file before nor the one after.
    pub async fn cut() -> Result<()> {
        let mut scene = Scene::with_huge()?;
        let job = scene.start("from/huge to")?;
        scene.halfway().await?;
        let huge = File::options().write(true).open(scene.from.join("huge"))?;
        huge.set_len(1000)?;
        let ran = scene.wait(job, DEADLINE)?;
        holds!(ran, ran.status == 1 && ran.output.is_empty());
        ensure_error(
            &ran,
            ran.errors.len().saturating_sub(1),
            "from/huge: cut while it was copied",
        )?;
        scene.is_copied("huge", b"old")?;
        scene.has_copies(&["huge"])
    }

    /// The copy gets the owner and the permissions that `cp` would leave. A
    /// symbolic link stays, and the file behind it is replaced.
    pub async fn as_cp() -> Result<()> {
        let mut scene = Scene::open()?;
        let path = scene.from.join("tool");
        fs::write(&path, "tool")?;
        // The mode of the source, the umask, the mode of the file that is
        // replaced, the mode of the copy.
        for (source, umask, old, copy) in [
            (0o666, "022", None, 0o644),
            (0o666, "077", None, 0o600),
            (0o600, "000", None, 0o600),
            (0o755, "022", None, 0o755),
            (0o4755, "022", None, 0o755),
            (0o6777, "000", None, 0o777),
            (0o666, "022", Some(0o600), 0o600),
            (0o600, "022", Some(0o666), 0o666),
            (0o755, "077", Some(0o640), 0o640),
            (0o755, "022", Some(0o6755), 0o755),
        ] {
            let target = scene.to.join("tool");
            if target.exists() {
                fs::remove_file(&target)?;
            }
            fs::set_permissions(&path, PermissionsExt::from_mode(source))?;
            if let Some(mode) = old {
                fs::write(&target, "old")?;
                // Only the superuser may; the owner is another one then.
                let _ = chown(&target, Some(65534), Some(65534));
                fs::set_permissions(&target, PermissionsExt::from_mode(mode))?;
            }
            let owner = fs::metadata(&target).map(|it| (it.uid(), it.gid()));

            let umask = format!("umask {umask};");
            let job = scene.start_after(&umask, "from/tool to/tool")?;
            let ran = scene.wait(job, DEADLINE)?;
            holds!(ran, ran.status == 0);
            scene.is_copied("tool", b"tool")?;
            let made = fs::metadata(&target)?;
            let mode = made.permissions().mode() & 0o7777;
            ensure!(
                mode == copy
                    && owner.is_ok_and(|it| it == (made.uid(), made.gid())) == old.is_some(),
                "from {source:o}, {umask} onto {old:?}: {mode:o}, {made:?}"
            );
        }
        fs::remove_file(scene.to.join("tool"))?;

        // Through a link, into another folder.
        fs::write(scene.from.join("behind"), "old")?;
        symlink("../from/behind", scene.to.join("link"))?;
        symlink("nowhere", scene.to.join("dangling"))?;
        let ran = scene.run("from/tool to/link")?;
        holds!(ran, ran.status == 0);
        ensure!(fs::read(scene.from.join("behind"))? == b"tool");
        let ran = scene.run("from/tool to/dangling")?;
        holds!(ran, ran.status == 1);
        ensure_error(&ran, 0, "to/dangling: No such file")?;
        for link in ["link", "dangling"] {
            ensure!(scene.to.join(link).is_symlink(), "{link} is replaced");
        }
        scene.has_copies(&["dangling", "link"])?;

        // A rename would leave the other name with the old content.
        fs::write(scene.to.join("one"), "old")?;
        fs::hard_link(scene.to.join("one"), scene.to.join("other"))?;
        let ran = scene.run("from/tool to/one")?;
        holds!(ran, ran.status == 1 && ran.errors.len() == 1);
        ensure_error(&ran, 0, "to/one: has other hard links")?;
        scene.is_copied("one", b"old")?;
        scene.is_copied("other", b"old")?;
        scene.has_copies(&["dangling", "link", "one", "other"])?;

        // As the tool escapes it, so that `--check` can read the line.
        let ran = scene.run(r#"from/tool "$(printf 'to/a\\b\nc\rd')""#)?;
        holds!(ran, ran.status == 0 && ran.output.len() == 1);
        holds!(
            ran,
            ran.output[0].starts_with('\\') && ran.output[0].ends_with(r"  to/a\\b\nc\rd")
        );
        scene.is_copied("a\\b\nc\rd", b"tool")?;

        // A link to the source is followed, and gives its name.
        symlink("tool", scene.from.join("alias"))?;
        let ran = scene.run("from/alias to")?;
        holds!(ran, ran.status == 0);
        ensure_sum(ran.output.first(), "to/alias")?;
        ensure!(!scene.to.join("alias").is_symlink(), "the link is copied");
        scene.is_copied("alias", b"tool")
    }

    /// A copy that is read-only is not replaced. The superuser may, and so becomes
    /// somebody else for this, who does not replace a file of the superuser either.
    pub async fn read_only() -> Result<()> {
        let mut scene = Scene::open()?;
        let path = binary("copy_progress")?;
        let program = scene.terminal.temporary().join("program");
        copy_program(path, &program)?;
        for path in [scene.terminal.temporary(), &scene.to] {
            fs::set_permissions(path, PermissionsExt::from_mode(0o777))?;
        }
        fs::write(scene.from.join("a"), "new")?;
        let target = scene.to.join("a");
        fs::write(&target, "old")?;
        fs::set_permissions(&target, PermissionsExt::from_mode(0o444))?;
        let mut command = "./program from/a to";
        let mut refused = vec![("a", "Permission denied")];
        if File::options().write(true).open(&target).is_ok() {
            chown(&target, Some(65534), Some(65534))?;
            command = "setpriv --reuid=65534 --regid=65534 --clear-groups \
                       ./program from/a to";
            fs::write(scene.to.join("b"), "old")?;
            fs::set_permissions(scene.to.join("b"), PermissionsExt::from_mode(0o666))?;
            refused.push(("b", "Operation not permitted"));
        }
        for (name, error) in &refused {
            let job = scene
                .terminal
                .start(&format!("{command}/{name} 2>errors"))?;
            let ran = scene.wait(job, DEADLINE)?;
            holds!(ran, ran.status == 1 && ran.errors.len() == 1);
            ensure_error(&ran, 0, &format!("to/{name}: {error}"))?;
            scene.is_copied(name, b"old")?;
        }
        let there: Vec<_> = refused.iter().map(|it| it.0).collect();
        scene.has_copies(&there)
    }

    /// If nobody reads the checksum, the copy is made all the same, quietly.
    pub async fn unread() -> Result<()> {
        let mut scene = Scene::open()?;
        fs::write(scene.from.join("a"), pattern(5_000_000))?;
        pipe(&scene.from.join("pipe"))?;
        let path = binary("copy_progress")?.display();
        let job = scene
            .terminal
            .start(&format!("exec '{path}' from/a to >from/pipe 2>errors"))?;
        // The program starts when this is open, and then nobody reads.
        drop(File::open(scene.from.join("pipe"))?);
        let ran = scene.wait(job, DEADLINE)?;
        holds!(ran, ran.status == 0 && ran.errors.len() == 3);
        scene.is_copied("a", &pattern(5_000_000))?;
        scene.has_copies(&["a"])
    }

    /// A source whose name is gone is still there for those who have it open.
    pub async fn removed() -> Result<()> {
        let mut scene = Scene::open()?;
        let bytes = pattern(1_000_003).repeat(20);
        fs::write(scene.from.join("orders"), &bytes)?;
        let job = scene.start("from/orders to")?;
        scene.halfway().await?;
        fs::remove_file(scene.from.join("orders"))?;
        let ran = scene.wait(job, DEADLINE)?;
        holds!(ran, ran.status == 0);
        ensure_sum(ran.output.first(), "to/orders")?;
        scene.is_copied("orders", &bytes)?;
        scene.has_copies(&["orders"])
    }

    /// At Ctrl-C the copy is given up, with nothing left of it.
    pub async fn interrupted() -> Result<()> {
        interrupted_by(Signal::SIGINT).await?;
        interrupted_by(Signal::SIGTERM).await
    }

    async fn interrupted_by(signal: Signal) -> Result<()> {
        let mut scene = Scene::with_huge()?;
        let job = scene.start("from/huge to")?;
        scene.halfway().await?;
        send(signal, &job)?;
        let ran = scene.wait(job, Duration::from_secs(10))?;
        holds!(ran, ran.status == 130 && ran.output.is_empty());
        ensure_error(
            &ran,
            ran.errors.len().saturating_sub(1),
            "from/huge: interrupted",
        )?;
        scene.is_copied("huge", b"old")?;
        scene.has_copies(&["huge"])
    }

    /// A second Ctrl-C does not wait for the copy, which here hears no signal.
    pub async fn second_signal() -> Result<()> {
        let deaf = [(
            "ensure!(!stop.load(Relaxed),",
            r#"if stop.load(Relaxed) {
                File::create("heard")?;
            }
            ensure!(!stop.load(Relaxed) || true,"#,
        )];
        let copy = build_changed(root(), "examples-io", "copy_progress/copy", &deaf)?;
        let mut scene = Scene::with_huge()?;
        let program = copy.path().join("copy_progress");
        let command = format!("exec '{}' from/huge to 2>errors", program.display());
        let mut job = scene.terminal.start(&command)?;
        scene.halfway().await?;
        send(Signal::SIGINT, &job)?;
        // Two signals that come together are one.
        let heard = scene.terminal.temporary().join("heard");
        let deadline = Instant::now() + DEADLINE;
        while !heard.exists() {
            ensure!(Instant::now() < deadline, "it hears no signal");
            sleep(Duration::from_millis(2)).await;
        }
        sleep(Duration::from_millis(300)).await;
        ensure!(job.ended()?.is_none(), "it does not wait for the copy");
        send(Signal::SIGINT, &job)?;
        let ran = scene.wait(job, Duration::from_secs(5))?;
        holds!(ran, ran.status == 130 && ran.output.is_empty());
        scene.is_copied("huge", b"old")
    }

    /// A process that is killed cannot clean up; what it leaves has not the
    /// name of a copy, and is in nobody's way.
    pub async fn killed() -> Result<()> {
        let mut scene = Scene::with_huge()?;
        let job = scene.start("from/huge to")?;
        scene.halfway().await?;
        send(Signal::SIGKILL, &job)?;
        let ran = scene.wait(job, DEADLINE)?;
        holds!(ran, ran.status == 128 + 9);
        scene.is_copied("huge", b"old")?;
        let left = names(&scene.to)?;
        ensure!(left.len() == 2 && left[0].starts_with(".copy-"), "{left:?}");

        fs::write(scene.from.join("huge"), "new")?;
        let ran = scene.run("from/huge to")?;
        holds!(ran, ran.status == 0);
        scene.is_copied("huge", b"new")?;
        scene.has_copies(&[&left[0], "huge"])
    }

    fn send(signal: Signal, job: &Job) -> Result<()> {
        let process = Pid::from_raw(job.id().try_into()?);
        kill(process, signal).context("it has ended already")
    }

    /// On a terminal there is a bar with a rate, which is wiped out before the
    /// line with the checksum; in a pipe there is not a trace of it.
    pub async fn on_a_terminal() -> Result<()> {
        let mut scene = Scene::open()?;
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None)?;
        let name = ttyname(&pty.slave)?;
        let mut screen = File::from(pty.master);
        let shown = thread::spawn(move || {
            let mut shown = Vec::new();
            // Linux ends it with an error when nobody writes any more.
            let _ = screen.read_to_end(&mut shown);
            String::from_utf8_lossy(&shown).into_owned()
        });
        let path = binary("copy_progress")?.display();
        let name = name.display();
        let command = format!("TERM=xterm exec '{path}' >'{name}' 2>&1");
        let mut job = scene.terminal.start(&command)?;
        let deadline = Instant::now() + DEADLINE;
        let status = scene.terminal.wait(&mut job, deadline, &mut Vec::new())?;
        drop(pty.slave);
        let Ok(shown) = shown.join() else {
            bail!("no screen")
        };
        ensure!(status == Some(0), "{status:?}: {shown:?}");
        for part in ["orders.db", " %", "B/s"] {
            ensure!(shown.contains(part), "no \"{part}\" in {shown:?}");
        }
        ensure!(!shown.contains("orders.db: "), "plain lines in {shown:?}");
        let last = shown.rsplit("\x1b[2K").next().unwrap_or_default();
        let last = last.trim_start_matches('\r').trim_end().to_string();
        let (_, path) = last.split_once("  ").unwrap_or_default();
        ensure!(path.ends_with("copy.db"), "after the bar: {last:?}");
        ensure_sum(Some(&last), path)?;

        let ran = scene.run("")?;
        holds!(ran, ran.status == 0);
        let text = ran.output.concat() + &ran.errors.concat();
        ensure!(
            !text.contains(['\x1b', '\r', '█']),
            "a bar in a pipe: {ran:?}"
        );
        holds!(ran, ran.errors.len() == 3 && ran.output.len() == 1);
        Ok(())
    }

    /// Names are bytes on Linux.
    #[cfg(target_os = "linux")]
    pub async fn not_utf8() -> Result<()> {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let mut scene = Scene::open()?;
        let name = OsStr::from_bytes(b"caf\xe9 \xff.txt");
        fs::write(scene.from.join(name), "espresso")?;
        let ran = scene.run("from/* to")?;
        holds!(ran, ran.status == 0 && ran.errors.is_empty());
        ensure!(fs::read(scene.to.join(name))? == b"espresso");
        scene.has_copies(&[&*name.to_string_lossy()])
    }

    /// Linux has files that tell no size and are not empty.
    #[cfg(target_os = "linux")]
    pub async fn without_a_size() -> Result<()> {
        let mut scene = Scene::open()?;
        let ran = scene.run("/proc/version to")?;
        holds!(ran, ran.status == 0 && ran.errors.is_empty());
        scene.is_copied("version", &fs::read("/proc/version")?)
    }
}
