//! `stdin` with lines that come faster than they are taken, and with input that is
//! empty, no text, or never comes.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Terminal;
use harness::workspace::binary;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::files::Files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("answers", answers),
        scenario("nobody_types", nobody_types).slow(),
        scenario("all_lines", all_lines).slow(),
    ]
}

/// The end of the input is not a line, and a line that is not UTF-8 is an error. A
/// line may end in `\r\n` or with the input.
async fn answers() -> Result<()> {
    let files = Files::of("stdin")?;
    let tea = "Here is your mint tea.\n";
    for (typed, answer, said) in [
        (&b""[..], "Nobody is there, no tea.\n", &[][..]),
        (b"mint", tea, &[]),
        (b"mint\r\n", tea, &[]),
        (b"mint\nfennel\n", tea, &[]),
        (b"caf\xe9\nmint\n", "", &["Error: "]),
    ] {
        files.write("typed", typed)?;
        for example in ["broken", "fixed", ""] {
            let ran = files.run(&format!("{example} <typed")).await?;
            let status = i32::from(!said.is_empty());
            let expected = ran.expect(status, &format!("Which tea?\n{answer}"), said);
            let typed = typed.escape_ascii();
            expected.with_context(|| format!("{example:?} after the input \"{typed}\""))?;
        }
    }
    Ok(())
}

/// Without an argument, it also exits while its standard input is open.
async fn nobody_types() -> Result<()> {
    let path = binary("stdin")?.display();
    let command = format!("mkfifo typed; exec 3<>typed; exec '{path}' <&3");
    let (status, lines) = Terminal::open()?.run(&command, Duration::from_secs(20))?;
    let expected = ["Which tea?", "No answer, no tea."];
    ensure!(
        status == 0 && lines == expected,
        "status 0 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// The copy takes all lines, the first one late. None is lost.
async fn all_lines() -> Result<()> {
    let change = (
        "typed_lines().recv().await.transpose()",
        "let (mut lines, mut teas) = (typed_lines(), Vec::new());
        tokio::time::sleep(Duration::from_millis(100)).await;
        while let Some(line) = lines.recv().await {
            teas.push(line?);
        }
        Ok(Some(teas.concat()))",
    );
    let typed = "fixed <<END\nmint\nfennel\nsage\nlinden\nEND";
    let (status, lines) = run_changed("examples-io", "stdin", &[change], typed).await?;
    let expected = ["Which tea?", "Here is your mintfennelsagelinden tea."];
    ensure!(
        status == 0 && lines == expected,
        "with four lines, status 0 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
