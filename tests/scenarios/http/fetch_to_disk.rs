//! `fetch_to_disk` with pages that are just small enough, and just too large, and on a
//! full disk.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::PATIENT;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("limit", limit).slow(),
        scenario("flushed", flushed).slow(),
        #[cfg(unix)]
        scenario("full_disk", full_disk).slow(),
    ]
}

/// A page of a million bytes is saved, and one byte more is too much. The folder of
/// other temporary files may be on another disk, or missing as here. What fails or is
/// canceled leaves the old file as it is, and no other one.
async fn limit() -> Result<()> {
    let changes = [
        (
            "tempfile::tempdir()?;",
            "tempfile::tempdir()?;
    let _ = tempfile::env::override_temp_dir(&folder.path().join(\"missing\"));",
        ),
        (
            ".route(\"/page\", get(async || CHUNK))",
            ".route(\"/page\", get(async || vec![b'.'; 1_000_000]))",
        ),
        (
            "Body::from_stream(stream::repeat(CHUNK))",
            "Body::from(vec![b'.'; 1_000_001])",
        ),
        (
            "        match fetch_to_disk(&client, &url, &folder.path().join(name)).await {",
            "        let path = folder.path().join(name);
        fs::write(&path, \"old\")?;
        let patience = Duration::from_millis(if name == \"stalled\" { 300 } else { 60_000 });
        let fetched = tokio::time::timeout(patience, fetch_to_disk(&client, &url, &path)).await;
        match fetched.unwrap_or_else(|late| Err(late.into())) {",
        ),
        PATIENT,
        (
            "        files.push(entry?.file_name());",
            "        let entry = entry?;
        println!(\"file {:?}, {} bytes\", entry.file_name(), entry.metadata()?.len());
        files.push(entry.file_name());",
        ),
    ];
    let lines = run(&changes)?;
    ensure!(
        lines[0].ends_with(": saved 1000000 bytes")
            && lines[2].ends_with(": the page is larger than 1000000 bytes")
            && lines[3].ends_with(": deadline has elapsed"),
        "{lines:?}"
    );
    let files = lines.iter().filter(|line| line.starts_with("file "));
    let mut files: Vec<&str> = files.map(String::as_str).collect();
    files.sort_unstable();
    let right = [
        "file \"endless\", 3 bytes",
        "file \"missing\", 3 bytes",
        "file \"page\", 1000000 bytes",
        "file \"stalled\", 3 bytes",
    ];
    ensure!(files == right, "{right:?} are expected, not {files:?}");
    Ok(())
}

/// When a page is saved, all of it is in the file, which is private. A page that
/// is not flushed would be complete soon after, so there are a hundred.
async fn flushed() -> Result<()> {
    let changes = [
        (
            r#"["page", "missing", "endless", "stalled"]"#,
            r#"["page"; 100]"#,
        ),
        (
            r#"Ok(size) => println!("/{name}: saved {size} bytes"),"#,
            r#"Ok(_) => {
                let saved = fs::metadata(folder.path().join(name))?;
                #[cfg(unix)]
                let mode = std::os::unix::fs::PermissionsExt::mode(&saved.permissions()) & 0o777;
                #[cfg(not(unix))]
                let mode = 0o600;
                println!("{mode:o}: {} bytes in the file", saved.len());
            }"#,
        ),
    ];
    let lines = run(&changes)?;
    let whole = lines
        .iter()
        .filter(|line| line.ends_with(": 14000 bytes in the file"));
    let whole = whole.count();
    ensure!(whole == 100, "{whole} of 100 files are whole");
    let private = lines.iter().filter(|line| line.starts_with("600: "));
    let private = private.count();
    ensure!(private == 100, "{private} of 100 files are private");
    Ok(())
}

/// A page that does not fit on the disk is an error, even if only its last piece does not,
/// and leaves no file. A limit on the size of files stands for the disk.
#[cfg(unix)]
async fn full_disk() -> Result<()> {
    let changes = [("[b'.'; 14_000]", "[b'.'; 14]")];
    let lines = run_after("trap '' XFSZ; ulimit -f 0;", &changes)?;
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    ensure!(
        first.starts_with("/page: File too large") && last == "files: []",
        "an error and no files are expected, not {lines:?}"
    );
    Ok(())
}

/// What a copy with these changes prints.
fn run(changes: &[(&str, &str)]) -> Result<Vec<String>> {
    run_after("", changes)
}

/// The same, after what is typed before it.
fn run_after(setup: &str, changes: &[(&str, &str)]) -> Result<Vec<String>> {
    let copy = build_changed(root(), "examples-http", "fetch_to_disk", changes)?;
    let mut terminal = Terminal::open()?;
    let path = copy.path().join("fetch_to_disk");
    let mut job = terminal.start(&format!("{setup} exec '{}'", path.display()))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    ensure!(status == Some(0), "{status:?} {lines:?}");
    Ok(lines)
}
