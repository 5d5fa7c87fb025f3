//! `stdin` with lines that come faster than they are taken.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("all_lines", all_lines).slow()]
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
