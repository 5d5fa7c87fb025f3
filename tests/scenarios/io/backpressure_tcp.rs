//! `backpressure_tcp` with a screen that reads, and with one that closes.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("whole_frames", whole_frames).slow(),
        scenario("counts_all", counts_all).slow(),
        scenario("screen_closes", screen_closes).slow(),
    ]
}

/// No frame is made that the example does not count. When the screen is given up, the
/// camera stops quietly.
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
        (
            "{waiting} wait in memory\");\n    Ok(())",
            r#"{waiting} wait in memory");
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())"#,
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
    let panicked = lines.concat().contains("panicked");
    ensure!(
        !panicked,
        "the camera is to stop quietly, not so: {lines:?}"
    );
    Ok(())
}

/// A screen that closes the connection is an error: what it was not sent is not counted.
async fn screen_closes() -> Result<()> {
    let change = (
        "let (_never_read, _) = listener.accept().await?;",
        "drop(listener.accept().await?);",
    );
    let (status, lines) = run_changed("examples-io", "backpressure_tcp", &[change], "").await?;
    ensure!(
        status == 1 && lines.len() == 1 && lines[0].starts_with("Error: "),
        "with a screen that closes, status 1 and an error are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// The screen gets all bytes of all frames that count as sent. It takes its time: the
/// timeout is for each frame. (The second run is quick, since the first one takes 5 s.)
async fn whole_frames() -> Result<()> {
    let changes = [
        (
            "let (_never_read, _) = listener.accept().await?;",
            "let (mut other, _) = listener.accept().await?;
            let reader = tokio::spawn(async move {
                let (mut part, mut bytes) = (vec![0; FRAME_SIZE], 0);
                loop {
                    match tokio::io::AsyncReadExt::read(&mut other, &mut part).await? {
                        0 => return io::Result::Ok(bytes),
                        count => bytes += count,
                    }
                    if room == FRAMES {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            });",
        ),
        // On a busy machine, a frame may take longer.
        (
            "const WRITE_TIMEOUT: Duration = Duration::from_millis(500);",
            "const WRITE_TIMEOUT: Duration = Duration::from_secs(2);",
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
