//! `guard_scope`, what stays on the shelf, and a driver who has left.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("empty_shelf", empty_shelf).slow()]
}

/// `fixed` leaves no parcel behind, which the next loader would send again, and its channel
/// has room for one. Without a driver it stops.
async fn empty_shelf() -> Result<()> {
    let fixed = "async fn fixed(shelf: &Mutex<Vec<u32>>, van: mpsc::Sender<u32>) {";
    let says = format!("{fixed}\n    println!(\"room for {{}}\", van.max_capacity());");
    let changes = [
        (fixed, says.as_str()),
        (
            "    show(\"fixed\", done, delivered);",
            "    println!(\"on the shelf: {:?}\", shelf.lock().await);
    shelf.lock().await.extend([4, 5]);
    fixed(&shelf, mpsc::channel(2).0).await;
    println!(\"no driver\");",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "guard_scope", &changes, "").await?;
    let expected = ["room for 1", "on the shelf: []", "room for 2", "no driver"];
    ensure!(
        lines.ends_with(&expected.map(String::from)),
        "{expected:?} are expected last: {lines:?}"
    );
    Ok(())
}
