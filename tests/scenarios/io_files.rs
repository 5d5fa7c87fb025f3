//! `walk`, `bounded_lines` and `tail` of examples-io on large and odd trees and
//! files; what the small examples do with a full disk.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use nix::libc::PATH_MAX;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tests::Terminal;
use tests::repository::build_changed;
use tests::suite::{Company, cannot_run, test};
use tests::terminal::Job;
use tests::workspace::{binary, root};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::{alone, run, scenario};

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("io::walk_odd_entries", walk_odd_entries),
        scenario("io::walk_deep", walk_deep).with_ignored_flag(true),
        scenario("io::walk_while_files_vanish", walk_while_files_vanish).with_ignored_flag(true),
        unprivileged("io::walk_without_permission", walk_without_permission),
        alone("io::walk_many", walk_many).with_ignored_flag(true),
        scenario("io::walk_eight_reads", walk_eight_reads).with_ignored_flag(true),
        scenario("io::bounded_lines_ends", lines_ends),
        scenario("io::bounded_lines_endless", lines_endless).with_ignored_flag(true),
        scenario(
            "io::bounded_lines_of_a_file_that_vanishes",
            lines_of_a_vanishing_file,
        )
        .with_ignored_flag(true),
        unprivileged(
            "io::bounded_lines_without_permission",
            lines_without_permission,
        ),
        alone("io::bounded_lines_gigabyte", lines_gigabyte).with_ignored_flag(true),
        scenario("io::bounded_lines_unread", lines_unread),
        scenario("io::walk_unread", walk_unread),
        scenario("io::read_file_full_disk", full_disk),
        scenario("io::tail_any_bytes", tail_any_bytes).with_ignored_flag(true),
        scenario("io::tail_rotated", tail_rotated),
        scenario("io::tail_truncated", tail_truncated),
        scenario("io::tail_deleted", tail_deleted).with_ignored_flag(true),
        scenario("io::tail_late_writer", tail_late_writer),
        scenario("io::tail_waits", tail_waits),
        scenario("io::tail_pipe", tail_pipe),
        scenario("io::tail_stops", tail_stops),
        unprivileged("io::tail_loses_permission", tail_loses_permission).with_ignored_flag(true),
        alone("io::tail_gigabyte", tail_gigabyte).with_ignored_flag(true),
    ]
}

/// More than any of the three takes in a debug build, on any tree or file: they
/// keep a few buffers, and their runtime.
const FLAT: usize = 12 << 20;

/// Names that are no text, names of two lines, links in circles and to nowhere,
/// pipes and sockets, which nobody may open: all are counted, none is entered.
async fn walk_odd_entries() -> Result<()> {
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

    let ran = files.run("tree/plain").await?;
    let found = Found {
        failed: 1,
        ..Found::default()
    };
    ran.expect(1, &found.line(), &["\"tree/plain\": Not a directory"])
}

/// A tree that goes deeper than a path can be long is walked to where paths
/// end, which is said, and so is all beside it.
async fn walk_deep() -> Result<()> {
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
async fn walk_while_files_vanish() -> Result<()> {
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
async fn walk_without_permission(rights: Rights) -> Result<()> {
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
async fn walk_many() -> Result<()> {
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
async fn walk_eight_reads() -> Result<()> {
    let changes = [
        (
            "reads.spawn_blocking(move || read(&directory));",
            "reads.spawn_blocking(move || {
                let now = NOW.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                PEAK.fetch_max(now, std::sync::atomic::Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(5));
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
    ensure!(ran.status == 0 && right, "{ran:?}");
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

/// A line ends with `\n`, with `\r\n`, or with the file; it is too long from
/// one byte more than 64 KiB on, whatever it ends with.
async fn lines_ends() -> Result<()> {
    const MOST: usize = 64 * 1024;
    let long = |size: usize, end: &str| {
        let mut line = vec![b'x'; size];
        line.extend(end.as_bytes());
        line
    };
    let cases: [(&[u8], usize, usize, usize); 22] = [
        (b"", 0, 0, 0),
        (b"\n", 1, 0, 0),
        (b"\r\n", 1, 0, 0),
        (b"\n\n\r\n\n", 4, 0, 0),
        (b"one", 1, 3, 0),
        (b"one\n", 1, 3, 0),
        (b"one\ntwo22", 2, 5, 0),
        (b"one\r\ntwo\r\n", 2, 3, 0),
        (b"one\rstill one\r", 1, 14, 0),
        (b"\r\r\n", 1, 1, 0),
        (b"a\0b\0\n\0", 2, 4, 0),
        (b"\xff\xfe\n\xc3\n\xed\xa0\x80\n", 3, 3, 0),
        (&long(MOST, ""), 1, MOST, 0),
        (&long(MOST, "\n"), 1, MOST, 0),
        (&long(MOST, "\r\n"), 1, MOST, 0),
        (&long(MOST, "\nend\n"), 2, MOST, 0),
        (&long(MOST, "\r"), 0, 0, 1),
        (&long(MOST + 1, ""), 0, 0, 1),
        (&long(MOST + 1, "\n"), 0, 0, 1),
        (&long(MOST + 1, "\r\n"), 0, 0, 1),
        (&long(MOST + 2, "\nend\n"), 1, 3, 1),
        (&long(3 * MOST, "\r\n\n"), 1, 0, 1),
    ];
    let files = Files::of("bounded_lines")?;
    let mut names = Vec::new();
    let mut expected = Vec::new();
    for (number, (bytes, count, longest, too_long)) in cases.iter().enumerate() {
        let name = number.to_string();
        files.write(&name, bytes)?;
        expected.push(lines_of(&name, *count, *longest, *too_long));
        names.push(name);
    }
    files
        .run(&names.join(" "))
        .await?
        .expect(0, &expected.concat(), &[])?;

    fs::write(files.path("").join(odd_name()), "one\n")?;
    let shown = lines_of(&odd_name().to_string_lossy(), 1, 3, 0);
    files.run("caf*").await?.expect(0, &shown, &[])
}

/// Lines of 64 MiB, of bytes 0: one without an end, one with lines behind it.
async fn lines_endless() -> Result<()> {
    let files = Files::of("bounded_lines")?;
    for name in ["endless", "huge"] {
        File::create(files.path(name))?.set_len(64 << 20)?;
    }
    files.append("huge", b"\nthen\nothers\n")?;
    let ran = files.run("endless huge").await?;
    let expected = lines_of("endless", 0, 0, 1) + &lines_of("huge", 2, 6, 1);
    ran.expect(0, &expected, &[])?;
    ran.expect_memory(FLAT)
}

/// A file that is removed while it is read is read to its end.
async fn lines_of_a_vanishing_file() -> Result<()> {
    let files = Files::of("bounded_lines")?;
    let path = files.make_pipe("pipe")?;
    let mut job = files.start("pipe")?;
    let writer = spawn_blocking(move || {
        // Opening a pipe waits for its reader.
        let mut pipe = File::options().write(true).open(&path)?;
        fs::remove_file(&path)?;
        for _ in 0..1000 {
            pipe.write_all(&block(0)[..1024])?;
        }
        anyhow::Ok(())
    });
    let ran = files.ran(&mut job).await?;
    writer.await??;
    ran.expect(0, &lines_of("pipe", 16_000, 63, 0), &[])
}

/// Of several files those that cannot be read are named, the others read.
async fn lines_without_permission(rights: Rights) -> Result<()> {
    let files = Files::with_rights("bounded_lines", rights)?;
    files.make("folder")?;
    for (name, mode) in [("first", 0o644), ("closed", 0o000), ("last", 0o644)] {
        files.write(name, b"one\ntwo\n")?;
        files.set_mode(name, mode)?;
    }
    let ran = files.run("first no/such closed folder last").await?;
    let expected = lines_of("first", 2, 3, 0) + &lines_of("last", 2, 3, 0);
    ran.expect(
        1,
        &expected,
        &[
            "closed: Permission denied",
            "folder: ",
            "no/such: No such file",
        ],
    )
}

/// 1 GiB, removed as soon as it is open.
async fn lines_gigabyte() -> Result<()> {
    let files = Files::of("bounded_lines")?;
    let mut file = File::create(files.path("log"))?;
    for number in 0..1024 {
        file.write_all(&block(number))?;
    }
    drop(file);
    let ran = files.run("log").await?;
    ran.expect(0, &lines_of("log", 1 << 24, 63, 0), &[])?;
    ran.expect_memory(FLAT)
}

/// If nobody reads the output, or not even the errors, it stops quietly.
async fn lines_unread() -> Result<()> {
    let files = Files::of("bounded_lines")?;
    files.write("log", b"one\n")?;
    files.unread("log log", 0, &[]).await?;
    // The error comes before the first line of the output.
    files
        .unread("missing log", 0, &["missing: No such file"])
        .await?;
    files.unread("missing log 2>&1", 0, &[]).await
}

/// The same for `walk`, which still says by its status whether all was read.
async fn walk_unread() -> Result<()> {
    let files = Files::of("walk")?;
    files.make("tree")?;
    files.unread("tree", 0, &[]).await?;
    files
        .unread("missing", 1, &["\"missing\": No such file"])
        .await?;
    files.unread("missing 2>&1", 1, &[]).await
}

/// On a full disk the small examples end with an error, and leave no file. A
/// limit on the size of files stands for the disk.
async fn full_disk() -> Result<()> {
    for (example, error) in [
        ("read_file", "Error: cannot write example.txt"),
        ("read_to_string", "Error: cannot write data.txt"),
        ("write_file", "Error: File too large"),
        ("atomic_write", "Error: File too large"),
        ("bounded_lines", "Error: File too large"),
    ] {
        let files = Files::of(example)?;
        let path = binary(example)?.display();
        let limit = "trap '' XFSZ; ulimit -f 0;";
        let shell = format!("({limit} exec '{path}') 2>&1 | cat >shown");
        let mut job = files.terminal.start(&shell)?;
        files.ended(&mut job).await?;
        let shown = files.read("shown")?;
        // Its `broken` has not noticed that nothing was written.
        let broken = "broken, dropped: 200 of 200 files are short";
        ensure!(example != "write_file" || shown.contains(broken), "{shown}");
        ensure!(
            shown.lines().any(|line| line.starts_with(error)),
            "{example}: {shown}"
        );
        let mut left = files.terminal.left_behind()?;
        left.sort();
        ensure!(left == ["said", "shown"], "{example} leaves {left:?}");
    }
    Ok(())
}

/// What `bounded_lines` prints for a file. The line never takes more memory.
fn lines_of(name: &str, count: usize, longest: usize, too_long: usize) -> String {
    format!(
        "{name}: {count} lines, longest {longest} bytes, {too_long} too long; \
         memory 64 KiB\n"
    )
}

/// 1 MiB of lines of 64 bytes, no two of which are equal in any blocks.
fn block(number: usize) -> Vec<u8> {
    const LINE: usize = 64;
    let end = "x".repeat(LINE - 14);
    let mut bytes = format!("{number:06} 00000 {end}\n").into_bytes();
    bytes = bytes.repeat((1 << 20) / LINE);
    for (number, line) in bytes.chunks_exact_mut(LINE).enumerate() {
        line[7..12].copy_from_slice(format!("{number:05}").as_bytes());
    }
    bytes
}

/// A line in two writes, bytes that are no text, a line of 64 MiB, all as they
/// are, half lines at once.
async fn tail_any_bytes() -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"").await?;
    for piece in [
        &b"half a"[..],
        b" line\n",
        b"\xff\xfe\0\xc3\r\n",
        b"\n\n",
        b"\x1b[2J",
    ] {
        tail.append(piece).await?;
    }
    tail.append(&vec![b'x'; 64 << 20]).await?;
    tail.append(b"\nlast").await?;
    tail.rotate(b"first\n").await?;
    tail.stop(&["-- rotated"]).await
}

/// Each log is renamed, and a new one made, again and again: all lines of all
/// logs are shown once and in order, those before a rename and without an end
/// too.
async fn tail_rotated() -> Result<()> {
    const ROTATIONS: usize = 20;
    let mut tail = Tail::start(Files::of("tail")?, b"").await?;
    for number in 0..ROTATIONS {
        tail.append(&block(number)[..64_000]).await?;
        tail.files.append("log", b"before it is renamed")?;
        tail.expected.extend(b"before it is renamed");
        tail.rotate(&block(number)[64_000..64_000 + number * 64])
            .await?;
    }
    tail.stop(&["-- rotated"; ROTATIONS]).await
}

/// The log is copied and cut, again and again.
async fn tail_truncated() -> Result<()> {
    const CUTS: usize = 20;
    let mut tail = Tail::start(Files::of("tail")?, b"").await?;
    for number in 0..CUTS {
        tail.append(&block(number)[..6400]).await?;
        fs::copy(tail.log(), tail.files.path("log.old"))?;
        File::options().write(true).open(tail.log())?.set_len(0)?;
        tail.said(number + 1, "-- truncated").await?;
    }
    // Cut and written at once, though to less than it was.
    tail.append(&block(CUTS)[..6400]).await?;
    fs::write(tail.log(), "again\n")?;
    tail.expected.extend(b"again\n");
    tail.shown().await?;
    tail.stop(&["-- truncated"; CUTS + 1]).await
}

/// A log that is deleted and made anew at once; then one that is gone for long,
/// which is said once: what its writer still writes into it is shown.
async fn tail_deleted() -> Result<()> {
    const DELETIONS: usize = 10;
    let mut tail = Tail::start(Files::of("tail")?, b"0\n").await?;
    for number in 1..=DELETIONS {
        // The same size, so that only the file itself is another.
        let text = format!("{number}\n");
        fs::remove_file(tail.log())?;
        fs::write(tail.log(), &text)?;
        tail.expected.extend(text.as_bytes());
        tail.said(number, "-- rotated").await?;
        tail.shown().await?;
    }
    let mut gone = File::options().append(true).open(tail.log())?;
    fs::remove_file(tail.log())?;
    let missing = "-- log: No such file or directory (os error 2)";
    tail.said(DELETIONS + 1, missing).await?;
    tail.looks_on(&mut gone).await?;
    tail.rotated(b"back\n").await?;

    let mut said = vec!["-- rotated"; DELETIONS + 2];
    said[DELETIONS] = missing;
    tail.stop(&said).await
}

/// The writer of a renamed log goes on for a while before it opens the new one:
/// no line is lost.
async fn tail_late_writer() -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"first\n").await?;
    let mut late = File::options().append(true).open(tail.log())?;
    tail.rotate(b"new\n").await?;
    for number in 0..3 {
        let line = format!("late {number}\n");
        late.write_all(line.as_bytes())?;
        tail.expected.extend(line.as_bytes());
        tail.shown().await?;
        tail.append(format!("new {number}\n").as_bytes()).await?;
        sleep(Duration::from_millis(200)).await;
    }
    tail.stop(&["-- rotated"]).await
}

/// A log that is not there yet is waited for, which is said once.
async fn tail_waits() -> Result<()> {
    let files = Files::of("tail")?;
    let job = files.start("log")?;
    let mut tail = Tail {
        files,
        job,
        expected: Vec::new(),
    };
    let missing = "-- log: No such file or directory (os error 2)";
    tail.said(1, missing).await?;
    sleep(Duration::from_millis(200)).await;
    tail.files.write("log", b"one\n")?;
    tail.expected.extend(b"one\n");
    tail.shown().await?;
    tail.append(b"two\n").await?;
    tail.stop(&[missing]).await
}

/// A pipe is followed beyond each of its writers, and Ctrl-C stops it while it
/// waits for one.
async fn tail_pipe() -> Result<()> {
    let files = Files::of("tail")?;
    files.make_pipe("log")?;
    let job = files.start("log")?;
    let mut tail = Tail {
        files,
        job,
        expected: Vec::new(),
    };
    for number in 0..3 {
        let path = tail.log();
        let line = format!("line {number}\n");
        tail.expected.extend(line.as_bytes());
        // To open a pipe waits for its reader.
        spawn_blocking(move || fs::write(path, line)).await??;
        tail.shown().await?;
    }
    tail.stop(&[]).await?;

    let files = Files::of("tail")?;
    files.make_pipe("log")?;
    let mut job = files.start("log")?;
    sleep(Duration::from_millis(200)).await;
    interrupt(&job)?;
    let (status, _) = files.ended(&mut job).await?;
    ensure!(status == 0, "status {status}");
    Ok(())
}

/// A log that may not be read any more is followed, since it is open, and cuts
/// of it are seen; the next one, which may not be read, is named once, and read
/// when it may be.
async fn tail_loses_permission(rights: Rights) -> Result<()> {
    let files = Files::with_rights("tail", rights)?;
    let mut tail = Tail::start(files, b"open\n").await?;
    let mut log = File::options().append(true).open(tail.log())?;
    let denied = "-- log: Permission denied (os error 13)";

    tail.files.set_mode("log", 0o000)?;
    tail.looks_on(&mut log).await?;
    log.set_len(0)?;
    tail.said(1, "-- truncated").await?;
    tail.looks_on(&mut log).await?;

    tail.files.write("next", b"next\n")?;
    tail.files.set_mode("next", 0o000)?;
    fs::rename(tail.files.path("next"), tail.log())?;
    tail.said(2, denied).await?;
    tail.looks_on(&mut log).await?;
    tail.files.set_mode("log", 0o644)?;
    tail.expected.extend(b"next\n");
    tail.said(3, "-- rotated").await?;
    tail.stop(&["-- truncated", denied, "-- rotated"]).await
}

/// Ctrl-C ends it with status 0, also while nobody reads what it shows; so does
/// a reader that has gone. What is no log ends it with status 1.
async fn tail_stops() -> Result<()> {
    let mut tail = Tail::start(Files::of("tail")?, b"one\n").await?;
    tail.stop(&[]).await?;

    for gone in [false, true] {
        let files = Files::of("tail")?;
        files.write("log", &block(0))?;
        let (mut job, shown) = files.start_into_pipe("log")?;
        let reader = spawn_blocking(move || {
            let mut reader = File::open(shown)?;
            reader.read_exact(&mut [0])?;
            anyhow::Ok(reader)
        });
        // It now waits to write the rest, of which a pipe takes 64 KiB.
        let mut reader = Some(reader.await??);
        if gone {
            reader = None;
        } else {
            interrupt(&job)?;
        }
        let (status, _) = files.ended(&mut job).await?;
        drop(reader);
        let said = files.read("said")?;
        ensure!(status == 0 && said.is_empty(), "{gone}: {status}: {said}");
    }

    let files = Files::of("tail")?;
    fs::create_dir(files.path("").join(odd_name()))?;
    let complaint = format!("Error: {}: ", odd_name().display());
    files.run("caf*").await?.expect(1, "", &[&complaint])
}

/// 512 MiB that are there and 512 MiB that come: all bytes once and in order.
async fn tail_gigabyte() -> Result<()> {
    let files = Files::of("tail")?;
    let mut log = File::create(files.path("log"))?;
    for number in 0..512 {
        log.write_all(&block(number))?;
    }
    let (mut job, shown) = files.start_into_pipe("log")?;
    let reader = spawn_blocking(move || {
        let mut shown = File::open(shown)?;
        let mut bytes = vec![0; 1 << 20];
        for number in 0..1024 {
            shown.read_exact(&mut bytes)?;
            ensure!(bytes == block(number), "not as written: MiB {number}");
        }
        Ok(shown)
    });
    let writer = spawn_blocking(move || {
        for number in 512..1024 {
            log.write_all(&block(number))?;
        }
        anyhow::Ok(())
    });
    writer.await??;
    let mut shown = reader.await??;
    let peak = peak_memory(&job);
    interrupt(&job)?;
    let (status, _) = files.ended(&mut job).await?;
    let rest = shown.read(&mut [0])?;
    ensure!(
        status == 0 && rest == 0,
        "status {status}, {rest} bytes more"
    );
    Ran {
        peak,
        ..Ran::default()
    }
    .expect_memory(FLAT)
}

/// A `tail` that follows `log`, and what it is to have shown.
struct Tail {
    files: Files,
    job: Job,
    expected: Vec<u8>,
}

impl Tail {
    async fn start(files: Files, first: &[u8]) -> Result<Self> {
        files.write("log", first)?;
        files.set_mode("log", 0o644)?;
        let job = files.start("log")?;
        let mut tail = Self {
            files,
            job,
            expected: first.to_vec(),
        };
        tail.shown().await?;
        Ok(tail)
    }

    fn log(&self) -> PathBuf {
        self.files.path("log")
    }

    /// Writes to the end of the log, and waits until it is shown.
    async fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.files.append("log", bytes)?;
        self.expected.extend(bytes);
        self.shown().await
    }

    async fn rotate(&mut self, first: &[u8]) -> Result<()> {
        fs::rename(self.log(), self.files.path("log.old"))?;
        self.rotated(first).await
    }

    /// Makes the next log, and waits until it is followed.
    async fn rotated(&mut self, first: &[u8]) -> Result<()> {
        let before = self.files.read("said")?.lines().count();
        self.files.write("log", first)?;
        self.expected.extend(first);
        self.said(before + 1, "-- rotated").await?;
        self.shown().await
    }

    /// Writes to a file that has no name, or may not be read, during more looks
    /// than it takes to complain.
    async fn looks_on(&mut self, open: &mut File) -> Result<()> {
        for number in 0..60 {
            let line = format!("still here {number}\n");
            open.write_all(line.as_bytes())?;
            self.expected.extend(line.as_bytes());
            self.shown().await?;
        }
        Ok(())
    }

    /// Waits until exactly the expected is shown.
    async fn shown(&mut self) -> Result<()> {
        let path = self.files.path("shown");
        let deadline = Instant::now() + LIMIT;
        while fs::metadata(&path)?.len() < self.expected.len() as u64 {
            let ended = self.job.ended()?;
            ensure!(ended.is_none(), "{ended:?}: {}", self.files.read("said")?);
            ensure!(Instant::now() < deadline, "{}", self.difference()?);
            sleep(POLL).await;
        }
        ensure!(fs::read(path)? == self.expected, "{}", self.difference()?);
        Ok(())
    }

    /// Waits for so many lines on standard error, and for the last of them.
    async fn said(&mut self, count: usize, last: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let said = self.files.read("said")?;
            let complete = said.lines().count() == count && said.ends_with('\n');
            if complete && said.lines().last() == Some(last) {
                return Ok(());
            }
            let ended = self.job.ended()?;
            ensure!(
                said.lines().count() <= count && ended.is_none() && Instant::now() < deadline,
                "line {count} is to be {last:?}, status {ended:?}: {said}"
            );
            sleep(POLL).await;
        }
    }

    /// Presses Ctrl-C: it ends at once, and has shown and said just that.
    async fn stop(&mut self, said: &[&str]) -> Result<()> {
        self.shown().await?;
        let peak = peak_memory(&self.job);
        interrupt(&self.job)?;
        let (status, _) = self.files.ended(&mut self.job).await?;
        let really = self.files.read("said")?;
        ensure!(
            status == 0 && really.lines().eq(said.iter().copied()),
            "status {status}, expected {said:?}, said {really}"
        );
        ensure!(
            fs::read(self.files.path("shown"))? == self.expected,
            "{}",
            self.difference()?
        );
        Ran {
            peak,
            ..Ran::default()
        }
        .expect_memory(FLAT)
    }

    fn difference(&self) -> Result<String> {
        let shown = fs::read(self.files.path("shown"))?;
        let pairs = shown.iter().zip(&self.expected);
        let equal = pairs.take_while(|(is, should)| is == should).count();
        let is = &shown[equal..shown.len().min(equal + 100)];
        let should = &self.expected[equal..self.expected.len().min(equal + 100)];
        Ok(format!(
            "shown {} bytes of {}; the same until {equal}; then {:?} instead \
             of {:?}; it said {:?}",
            shown.len(),
            self.expected.len(),
            String::from_utf8_lossy(is),
            String::from_utf8_lossy(should),
            self.files.read("said")?
        ))
    }
}

/// A name that is not UTF-8, where the file system takes such.
fn odd_name() -> &'static OsStr {
    let linux = cfg!(target_os = "linux");
    OsStr::from_bytes(if linux { b"caf\xe9" } else { b"cafe" })
}

/// As long as anything may take, with much else on the machine.
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);

/// A folder, and an example that is run in it: its standard output goes to the
/// file `shown`, its standard error to `said`.
struct Files {
    terminal: Terminal,
    command: String,
}

impl Files {
    fn of(example: &str) -> Result<Self> {
        Self::with_rights(example, Rights::Own)
    }

    fn with_rights(example: &str, rights: Rights) -> Result<Self> {
        let terminal = Terminal::open()?;
        let path = binary(example)?.display();
        let command = match rights {
            Rights::Own => format!("exec '{path}'"),
            Rights::OfNobody => {
                let open = Permissions::from_mode(0o755);
                fs::set_permissions(terminal.temporary(), open)?;
                // Copied, since nobody may not read a home directory.
                format!(
                    "cp '{path}' program && exec setpriv --reuid=65534 \
                     --regid=65534 --clear-groups ./program"
                )
            }
        };
        let files = Self { terminal, command };
        files.write("shown", b"")?;
        files.write("said", b"")?;
        Ok(files)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.terminal.temporary().join(name)
    }

    fn make(&self, folder: &str) -> Result<PathBuf> {
        let path = self.path(folder);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.path(name), bytes).with_context(|| name.to_string())
    }

    fn link(&self, from: &str, to: &str) -> Result<()> {
        fs::hard_link(self.path(from), self.path(to)).with_context(|| to.to_string())
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = File::options().append(true).open(self.path(name))?;
        Ok(file.write_all(bytes)?)
    }

    fn read(&self, name: &str) -> Result<String> {
        let bytes = fs::read(self.path(name)).context(name.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn set_mode(&self, name: &str, mode: u32) -> Result<()> {
        let permissions = Permissions::from_mode(mode);
        Ok(fs::set_permissions(self.path(name), permissions)?)
    }

    fn make_pipe(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status()?;
        ensure!(made.success(), "mkfifo {name}: {made}");
        Ok(path)
    }

    fn start(&self, arguments: &str) -> Result<Job> {
        let command = &self.command;
        self.terminal
            .start(&format!("{command} {arguments} >shown 2>said"))
    }

    /// Starts it when its standard output, a pipe, is opened to be read.
    fn start_into_pipe(&self, arguments: &str) -> Result<(Job, PathBuf)> {
        fs::remove_file(self.path("shown"))?;
        let pipe = self.make_pipe("shown")?;
        Ok((self.start(arguments)?, pipe))
    }

    /// Runs it while nobody reads its standard output, and expects this status,
    /// and lines on standard error that begin with these.
    async fn unread(&self, arguments: &str, status: i32, said: &[&str]) -> Result<()> {
        let pipe = self.make_pipe("unread")?;
        let command = &self.command;
        let shell = format!("{command} 2>said >unread {arguments}");
        let mut job = self.terminal.start(&shell)?;
        // It starts when this is open, and finds that nobody reads.
        drop(spawn_blocking(move || File::open(pipe)).await??);
        let (really, _) = self.ended(&mut job).await?;
        fs::remove_file(self.path("unread"))?;
        let lines = self.read("said")?;
        let alike = lines.lines().count() == said.len()
            && lines
                .lines()
                .zip(said)
                .all(|(line, it)| line.starts_with(it));
        ensure!(
            really == status && alike,
            "{arguments}, unread: status {really} instead of {status}; {lines}"
        );
        Ok(())
    }

    async fn run(&self, arguments: &str) -> Result<Ran> {
        let mut job = self.start(arguments)?;
        self.ran(&mut job).await
    }

    async fn ran(&self, job: &mut Job) -> Result<Ran> {
        let (status, peak) = self.ended(job).await?;
        let said = self.read("said")?.lines().map(Into::into).collect();
        Ok(Ran {
            status,
            shown: self.read("shown")?,
            said,
            peak,
        })
    }

    /// Its exit status, and its memory at the peak.
    async fn ended(&self, job: &mut Job) -> Result<(i32, Option<usize>)> {
        let deadline = Instant::now() + LIMIT;
        let mut peak = None;
        loop {
            if let Some(status) = job.ended()? {
                return Ok((status, peak));
            }
            ensure!(Instant::now() < deadline, "{}: runs on", self.command);
            peak = peak_memory(job).max(peak);
            sleep(POLL).await;
        }
    }
}

/// What a run has left.
#[derive(Debug, Default)]
struct Ran {
    status: i32,
    shown: String,
    said: Vec<String>,
    peak: Option<usize>,
}

impl Ran {
    /// Expects this output, and lines on standard error that begin with these,
    /// in whatever order its threads wrote them.
    fn expect(&self, status: i32, shown: &str, said: &[&str]) -> Result<()> {
        let mut really = self.said.clone();
        really.sort();
        let mut said = said.to_vec();
        said.sort_unstable();
        let alike = said.len() == really.len()
            && said.iter().zip(&really).all(|(it, is)| is.starts_with(it));
        ensure!(
            self.status == status && self.shown == shown && alike,
            "expected status {status}, {shown:?}, {said:?}: {self:?}"
        );
        Ok(())
    }

    fn expect_memory(&self, most: usize) -> Result<()> {
        if cfg!(target_os = "linux") {
            let peak = self.peak.context("no memory was measured")?;
            ensure!(peak < most, "{peak} bytes of memory, not {most} at most");
        }
        Ok(())
    }
}

/// Resident memory at its peak in bytes, as Linux counts it; `None` elsewhere.
fn peak_memory(job: &Job) -> Option<usize> {
    let path = format!("/proc/{}/status", job.id());
    let status = fs::read_to_string(path).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// What Ctrl-C sends.
fn interrupt(job: &Job) -> Result<()> {
    let id = Pid::from_raw(job.id().try_into()?);
    kill(id, Signal::SIGINT).context("it has ended already")
}

/// With whose rights an example runs.
#[derive(Clone, Copy)]
enum Rights {
    Own,
    OfNobody,
}

/// A scenario on what may not be read: root may read everything, and becomes
/// nobody for it.
fn unprivileged<F>(name: &str, body: impl FnOnce(Rights) -> F + Send + 'static) -> Trial
where
    F: Future<Output = Result<()>>,
{
    test(format!("scenarios::{name}"), Company::Any, |_| {
        let closed = tempfile::tempdir()?;
        fs::set_permissions(&closed, Permissions::from_mode(0o000))?;
        if fs::read_dir(&closed).is_err() {
            return run(body(Rights::Own));
        }
        let mut setpriv = Command::new("setpriv");
        setpriv.arg("--version").stdout(Stdio::null());
        match setpriv.status() {
            Ok(_) => run(body(Rights::OfNobody)),
            Err(_) => cannot_run("root without setpriv: install util-linux"),
        }
    })
}
