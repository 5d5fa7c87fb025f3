//! `bounded_lines` on large and odd files.

use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use tokio::task::spawn_blocking;

use crate::scenarios::support::files;
use crate::scenarios::support::files::{FLAT, Files, Rights, block, odd_name, unprivileged};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("ends", ends),
        scenario("endless", endless).slow(),
        scenario("of_a_file_that_vanishes", of_a_vanishing_file).slow(),
        unprivileged("without_permission", without_permission),
        alone("gigabyte", gigabyte).slow(),
        scenario("unread", unread),
        scenario("full_disk", full_disk),
        scenario("full_output", full_output)
            .needs(Path::new("/dev/full").exists(), "only Linux has /dev/full"),
    ]
}

/// A line ends with `\n`, with `\r\n`, or with the file; it is too long from
/// one byte more than 64 KiB on, whatever it ends with.
async fn ends() -> Result<()> {
    const MOST: usize = 64 * 1024;
    let long = |size: usize, end: &str| {
        let mut line = vec![b'x'; size];
        line.extend(end.as_bytes());
        line
    };
    let cases: [(&[u8], usize, usize, usize); 25] = [
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
        (&long(MOST, "\r\nend\n"), 2, MOST, 0),
        (&long(MOST, "\r"), 0, 0, 1),
        (&long(MOST + 1, ""), 0, 0, 1),
        (&long(MOST + 1, "\n"), 0, 0, 1),
        (&long(MOST + 1, "\r\n"), 0, 0, 1),
        (&long(MOST + 1, "\nend\n"), 1, 3, 1),
        (&long(MOST + 1, "\r\nend\n"), 1, 3, 1),
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
async fn endless() -> Result<()> {
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
async fn of_a_vanishing_file() -> Result<()> {
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
async fn without_permission(rights: Rights) -> Result<()> {
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
async fn gigabyte() -> Result<()> {
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
async fn unread() -> Result<()> {
    let files = Files::of("bounded_lines")?;
    files.write("log", b"one\n")?;
    files.unread("log log", 0, &[]).await?;
    // The error comes before the first line of the output.
    files
        .unread("missing log", 0, &["missing: No such file"])
        .await?;
    files.unread("missing log 2>&1", 0, &[]).await
}

async fn full_disk() -> Result<()> {
    files::full_disk("bounded_lines", "Error: File too large")
        .await
        .map(drop)
}

/// If there is no room for its output, that is an error.
async fn full_output() -> Result<()> {
    let files = Files::of("bounded_lines")?;
    files.write("log", b"one\n")?;
    let shell = format!("({} log >/dev/full 2>said)", files.command);
    let mut job = files.terminal.start(&shell)?;
    let ran = files.ran(&mut job).await?;
    ran.expect(1, "", &["Error: No space left on device"])
}

/// What `bounded_lines` prints for a file. The line never takes more memory.
fn lines_of(name: &str, count: usize, longest: usize, too_long: usize) -> String {
    format!(
        "{name}: {count} lines, longest {longest} bytes, {too_long} too long; \
         memory 64 KiB\n"
    )
}
