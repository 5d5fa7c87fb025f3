//! `walk` on large and odd trees.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::JoinHandle;
use std::time::Instant;
use std::{fs, thread};

use anyhow::{Result, bail, ensure};
use harness::repository::build_changed;
use harness::workspace::root;
use nix::libc::PATH_MAX;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::files::{FLAT, Files, LIMIT, Rights, odd_name, unprivileged};
use crate::scenarios::support::runner::{Scenario, alone, holds, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("odd_entries", odd_entries),
        scenario("deep", deep).slow(),
        scenario("while_files_vanish", while_files_vanish).slow(),
        unprivileged("without_permission", without_permission),
        alone("many", many).slow(),
        scenario("eight_reads", eight_reads).slow(),
        scenario("unread", unread),
        scenario("full_disk", full_disk)
            .needs(cfg!(target_os = "linux"), "only Linux has /dev/full"),
        scenario("panics", panics).slow(),
    ]
}

/// Names that are no text, names of two lines, links in circles and to nowhere,
/// pipes and sockets, which nobody may open: all are counted, none is entered.
async fn odd_entries() -> Result<()> {
    let files = Files::of("walk")?;
    let tree = files.make("tree")?;
    files.write("tree/plain", b"12345")?;
    fs::hard_link(tree.join("plain"), tree.join("twin"))?;
    files.make("tree/two\nlines")?;
    files.write("tree/two\nlines/quote\"", b"123")?;
    let (mut directories, mut regular, mut bytes) = (2, 3, 13);
    // Elsewhere the file system refuses such names.
    if cfg!(target_os = "linux") {
        let folder = tree.join(odd_name());
        fs::create_dir(&folder)?;
        for name in [&b"\xff"[..], b"\xfe", b"\xc3\x28"] {
            fs::write(folder.join(OsStr::from_bytes(name)), "1234567")?;
        }
        directories += 1;
        regular += 3;
        bytes += 21;
    }
    let links = [
        ("self", "self"),
        ("there", "back"),
        ("back", "there"),
        ("up", ".."),
        ("root", "/"),
        ("nowhere", "no/such"),
        ("zeros", "/dev/zero"),
    ];
    for (name, target) in links {
        symlink(target, tree.join(name))?;
    }
    let _socket = UnixListener::bind(tree.join("socket"))?;
    files.make_pipe("tree/pipe")?;

    let ran = files.run("tree").await?;
    let found = Found {
        directories,
        files: regular + 2,
        bytes,
        links: links.len(),
        failed: 0,
    };
    ran.expect(0, &found.line(), &[])?;
    fs::rename(&tree, files.path("").join(odd_name()))?;
    files.run("caf*").await?.expect(0, &found.line(), &[])?;

    let ran = files.run("caf*/plain").await?;
    let found = Found {
        failed: 1,
        ..Found::default()
    };
    let error = format!("{:?}: Not a directory", odd_name().display());
    let error = error.replacen("\": ", "/plain\": ", 1);
    ran.expect(1, &found.line(), &[&error])
}

/// A tree that goes deeper than a path can be long is walked to where paths
/// end, which is said, and so is all beside it.
async fn deep() -> Result<()> {
    const PIECE: usize = 400;
    let files = Files::of("walk")?;
    let tree = files.path("tree");
    // Made in pieces, each moved to the end of the next, and removed by a
    // program that goes down step by step.
    let _remove = RemoveTree(tree.clone());
    let pieces = if cfg!(target_os = "linux") { 6 } else { 1 };
    files.write("one", b"1")?;
    for _ in 0..pieces {
        let mut folder = files.path("piece");
        for _ in 0..PIECE {
            fs::create_dir(&folder)?;
            fs::hard_link(files.path("one"), folder.join("f"))?;
            folder.push("d");
        }
        if tree.exists() {
            fs::rename(&tree, &folder)?;
        }
        fs::rename(files.path("piece"), &tree)?;
    }
    for beside in ["tree/a", "tree/z"] {
        files.make(beside)?;
        for number in 0..10 {
            files.write(&format!("{beside}/{number}"), b"1")?;
        }
    }

    let ran = files.run("tree").await?;
    let levels = PIECE * pieces;
    // A path ends with a byte 0, and each level adds "/d".
    let reached = (usize::try_from(PATH_MAX)? - 1 - "tree".len()) / 2 + 1;
    let complete = levels <= reached;
    let found = Found {
        directories: levels.min(reached) + 2,
        files: levels.min(reached) + 20,
        bytes: levels.min(reached) + 20,
        links: 0,
        failed: usize::from(!complete),
    };
    let too_long = format!("\"tree{}\": File name too long", "/d".repeat(reached));
    let complaints = if complete { &[][..] } else { &[&too_long[..]] };
    ran.expect(i32::from(!complete), &found.line(), complaints)?;
    ran.expect_memory(FLAT)
}

/// Removes what a path cannot name.
struct RemoveTree(PathBuf);

impl Drop for RemoveTree {
    fn drop(&mut self) {
        // What is left lies in a temporary directory.
        let _ = Command::new("rm").arg("-rf").arg(&self.0).status();
    }
}

/// While files and directories come, are renamed and go, in the directories
/// that are walked too, those that stay are counted exactly; whatever has gone
/// before it could be looked at is named.
async fn while_files_vanish() -> Result<()> {
    const SHELVES: usize = 40;
    const BOXES: usize = 100;
    let files = Files::of("walk")?;
    let tree = files.make("tree")?;
    for shelf in 0..SHELVES {
        files.make(&format!("tree/{shelf}"))?;
        for number in 1..=BOXES {
            let name = format!("tree/{shelf}/{number}");
            if shelf == 0 {
                files.write(&name, &vec![b'x'; number])?;
            } else {
                files.link(&format!("tree/0/{number}"), &name)?;
            }
        }
        symlink("..", tree.join(format!("{shelf}/up")))?;
    }

    files.make("tree/apart")?;
    let _coming_and_going = [0, 1].map(|thread| Going::start(tree.clone(), SHELVES, thread));
    let deadline = Instant::now() + LIMIT;
    let (mut walks, mut vanished) = (0, 0);
    while walks < 20 || vanished == 0 {
        let ran = files.run("tree").await?;
        let found = Found::parse(&ran.shown)?;
        // What comes and goes is empty, and adds nothing to the bytes.
        let bytes = SHELVES * BOXES * (BOXES + 1) / 2;
        ensure!(
            found.bytes == bytes
                && found.links == SHELVES
                && found.files >= SHELVES * BOXES
                && found.directories > SHELVES
                && found.failed == ran.said.len()
                && ran.status == i32::from(found.failed > 0),
            "walk {walks}: {bytes} bytes, {SHELVES} links; {ran:?}"
        );
        for line in &ran.said {
            let named = line.starts_with("\"tree/") && line.contains("/going-");
            ensure!(named && line.contains("No such file"), "{line}");
        }
        walks += 1;
        vanished += found.failed;
        ensure!(
            Instant::now() < deadline,
            "nothing vanished in {walks} walks"
        );
    }
    Ok(())
}

/// A thread that makes empty files and directories, and removes them.
struct Going {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Going {
    fn start(tree: PathBuf, shelves: usize, number: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for round in 0.. {
                // Elsewhere than on Linux nobody has seen that a file which
                // goes hides no other of its directory.
                let shelf = if cfg!(target_os = "linux") {
                    (round % shelves).to_string()
                } else {
                    "apart".into()
                };
                let folder = tree.join(shelf).join(format!("going-{number}-{round}"));
                let done = come_and_go(&folder);
                assert!(done.is_ok(), "{}: {done:?}", folder.display());
                if stopped.load(SeqCst) {
                    return;
                }
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            thread::panicking() || !matches!(ended, Some(Err(_))),
            "it could not make or remove a file"
        );
    }
}

fn come_and_go(folder: &Path) -> std::io::Result<()> {
    let renamed = folder.with_extension("renamed");
    let file = folder.with_extension("file");
    fs::create_dir(folder)?;
    fs::write(&file, "")?;
    for name in 0..10 {
        fs::create_dir(folder.join(format!("{name}")))?;
        fs::write(folder.join(format!("{name}.empty")), "")?;
    }
    fs::rename(folder, &renamed)?;
    fs::remove_file(&file)?;
    fs::remove_dir_all(&renamed)
}

/// What may not be read is named, one line each; all else is counted.
async fn without_permission(rights: Rights) -> Result<()> {
    let files = Files::with_rights("walk", rights)?;
    let tree = files.make("tree")?;
    for name in ["open", "closed", "listed"] {
        files.make(&format!("tree/{name}"))?;
        for number in 0..3 {
            files.write(&format!("tree/{name}/{number}"), b"123")?;
        }
    }
    files.write("tree/secret", b"1234")?;
    let odd = if cfg!(target_os = "linux") {
        tree.join(OsStr::from_bytes(b"two\nlines\xff"))
    } else {
        tree.join("two\nlines")
    };
    fs::create_dir(&odd)?;
    // A directory that may be read and not entered tells names and no more.
    let modes = [
        (tree.clone(), 0o755),
        (tree.join("open"), 0o755),
        (tree.join("closed"), 0o000),
        (tree.join("listed"), 0o444),
        (tree.join("secret"), 0o000),
        (odd, 0o000),
    ];
    for (path, mode) in &modes {
        fs::set_permissions(path, Permissions::from_mode(*mode))?;
    }
    let ran = files.run("tree").await;
    for (path, _) in &modes {
        fs::set_permissions(path, Permissions::from_mode(0o755))?;
    }

    let found = Found {
        directories: 3,
        files: 4,
        bytes: 13,
        links: 0,
        failed: 5,
    };
    let odd = if cfg!(target_os = "linux") {
        "\\xFF"
    } else {
        ""
    };
    let odd = format!("\"tree/two\\nlines{odd}\": Permission denied");
    ran?.expect(
        1,
        &found.line(),
        &[
            "\"tree/closed\": Permission denied",
            "\"tree/listed/0\": Permission denied",
            "\"tree/listed/1\": Permission denied",
            "\"tree/listed/2\": Permission denied",
            &odd,
        ],
    )
}

/// 100,000 files in 1,000 directories, 100,000 in one, and 10,000 directories
/// in one. The files are links to a few, which are made eight times as fast;
/// kept, the paths with their long names would take more than is allowed.
async fn many() -> Result<()> {
    let files = Files::of("walk")?;
    for size in 0..10 {
        files.write(&size.to_string(), &[0; 10][..size])?;
    }
    files.make("wide")?;
    for number in 0..100_000 {
        let file = (number % 10).to_string();
        files.link(&file, &format!("wide/{number:0100}"))?;
    }
    for folder in 0..1000 {
        files.make(&format!("many/{folder}"))?;
        // A file has 65,000 links at most.
        let size = folder % 10;
        let first = format!("many/{folder}/first");
        files.write(&first, &[0; 10][..size])?;
        for number in 1..100 {
            files.link(&first, &format!("many/{folder}/{number:0100}"))?;
        }
    }
    for number in 0..10_000 {
        files.make(&format!("empty/{number}"))?;
    }

    let found = |directories, files, bytes| {
        Found {
            directories,
            files,
            bytes,
            links: 0,
            failed: 0,
        }
        .line()
    };
    let many = files.run("many").await?;
    many.expect(0, &found(1001, 100_000, 450_000), &[])?;
    many.expect_memory(FLAT)?;
    let wide = files.run("wide").await?;
    wide.expect(0, &found(1, 100_000, 450_000), &[])?;
    wide.expect_memory(FLAT)?;
    let empty = files.run("empty").await?;
    empty.expect(0, &found(10_001, 0, 0), &[])?;
    empty.expect_memory(FLAT)
}

/// As many directories as it says are read at the same time, and no more. A
/// copy of the program counts them, and takes time for each.
async fn eight_reads() -> Result<()> {
    let changes = [
        (
            "reads.spawn_blocking(move || read(&directory));",
            "reads.spawn_blocking(move || {
                let now = NOW.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                PEAK.fetch_max(now, std::sync::atomic::Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(50));
                let read = read(&directory);
                NOW.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                read
            });",
        ),
        (
            "return Ok(sum);",
            r#"println!("{} at the same time", PEAK.load(std::sync::atomic::Ordering::SeqCst));
            return Ok(sum);"#,
        ),
        (
            "/// Counts what is in a directory,",
            "static NOW: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            static PEAK: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            /// Counts what is in a directory,",
        ),
    ];
    let copy = build_changed(root(), "examples-io", "walk", &changes)?;
    let mut files = Files::of("walk")?;
    files.command = format!("exec '{}'", copy.path().join("walk").display());
    let ran = files.run("").await?;
    let right = ran
        .shown
        .contains("8 at the same time\nfixed: 111 directories");
    holds!(ran, ran.status == 0 && right);
    Ok(())
}

/// What `walk` prints at its end.
#[derive(Default)]
struct Found {
    directories: usize,
    files: usize,
    bytes: usize,
    links: usize,
    failed: usize,
}

impl Found {
    fn parse(line: &str) -> Result<Self> {
        let numbers: Vec<usize> = line
            .split(' ')
            .filter_map(|word| word.trim_end_matches([',', '\n']).parse().ok())
            .collect();
        let [directories, files, bytes, links, failed] = numbers[..] else {
            bail!("not five numbers: {line:?}");
        };
        let found = Self {
            directories,
            files,
            bytes,
            links,
            failed,
        };
        ensure!(found.line() == line, "not as it says: {line}");
        Ok(found)
    }

    fn line(&self) -> String {
        let Self {
            directories,
            files,
            bytes,
            links,
            failed,
        } = self;
        format!(
            "{directories} directories, {files} files of {bytes} bytes, \
             links: {links}, failed: {failed}\n"
        )
    }
}

/// The same for `walk`, which still says by its status whether all was read.
async fn unread() -> Result<()> {
    let files = Files::of("walk")?;
    files.make("tree")?;
    files.unread("tree", 0, &[]).await?;
    files
        .unread("missing", 1, &["\"missing\": No such file"])
        .await?;
    files.unread("missing 2>&1", 1, &[]).await
}

/// What it cannot write is an error, unless nobody reads.
async fn full_disk() -> Result<()> {
    let files = Files::of("walk")?;
    files.make("tree")?;
    let shown = files.path("shown");
    fs::remove_file(&shown)?;
    symlink("/dev/full", shown)?;
    let mut job = files.start("tree")?;
    let (status, _) = files.ended(&mut job).await?;
    let said = files.read("said")?;
    let error = "Error: No space left on device";
    ensure!(
        status == 1 && said.starts_with(error),
        "on a full disk, status 1 and {error:?} are expected, not {status} and {said:?}"
    );
    Ok(())
}

/// A directory whose read panics is not left out in silence.
async fn panics() -> Result<()> {
    let read = "reads.spawn_blocking(move || read(&directory));";
    let panics = "reads.spawn_blocking(move || {
                assert!(!directory.ends_with(\"bin-7\"), \"told to\");
                read(&directory)
            });";
    let (status, lines) = run_changed("examples-io", "walk", &[(read, panics)], "").await?;
    ensure!(
        status == 1 && !lines.iter().any(|line| line.starts_with("fixed: ")),
        "after a panic, status 1 and no count are expected, not {status}: {lines:?}"
    );
    Ok(())
}
