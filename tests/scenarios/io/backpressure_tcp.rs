//! `backpressure_tcp` with a screen that reads.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("whole_frames", whole_frames).slow(),
        scenario("counts_all", counts_all).slow(),
    ]
}

/// No frame is made that the example does not count.
async fn counts_all() -> Result<()> {
    let changes = [
        (
            "const FRAMES: usize = 256;",
            "const FRAMES: usize = 256;
static MADE: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
fn make() -> Vec<u8> {
    *MADE.lock().unwrap() += 1;
    vec![b'f'; FRAME_SIZE]
}",
        ),
        ("vec![b'f'; FRAME_SIZE]);", "make());"),
        (
            "    Ok((sent + waiting, waiting))",
            r#"    let made = std::mem::take(&mut *MADE.lock().unwrap());
    println!("{made} made, {} counted", sent + waiting);
    Ok((sent + waiting, waiting))"#,
        ),
    ];
    let (_, lines) = run_changed("examples-io", "backpressure_tcp", &changes, "").await?;
    let mut pairs = lines.iter().filter_map(|line| {
        let (made, counted) = line.strip_suffix(" counted")?.split_once(" made, ")?;
        Some(made == counted)
    });
    ensure!(
        pairs.next() == Some(true) && pairs.next() == Some(true),
        "all frames that are made are to be counted, in both runs: {lines:?}"
    );
    Ok(())
}

/// The screen gets all bytes of all frames that count as sent.
async fn whole_frames() -> Result<()> {
    let changes = [
        (
            "let (_never_read, _) = listener.accept().await?;",
            "let (mut other, _) = listener.accept().await?;
            let reader = tokio::spawn(async move {
                tokio::io::copy(&mut other, &mut tokio::io::sink()).await
            });",
        ),
        (
            "let waiting = queue.len() + 1;",
            r#"drop(screen);
            println!("{sent} frames, {} bytes", reader.await??);
            let waiting = queue.len() + 1;"#,
        ),
    ];
    let (status, lines) = run_changed("examples-io", "backpressure_tcp", &changes, "").await?;
    let first = format!("256 frames, {} bytes", 256 * 64 * 1024);
    ensure!(
        status == 0 && lines.first() == Some(&first),
        "with a screen that reads, status 0 and {first:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
