//! `transaction` with databases that are not there, or silent, with an owner of
//! two accounts, and with a commit that is refused.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::postgres::{refuses_silent_server, refuses_without_server};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("transaction")),
        scenario("silent_server", || refuses_silent_server("transaction")),
        scenario("two_accounts", two_accounts).slow(),
        scenario("refused_commit", refused_commit).slow(),
    ]
}

/// An owner with two accounts gets nothing, instead of twice the amount.
async fn two_accounts() -> Result<()> {
    let changes = [("('Ben', 100)", "('Ben', 100), ('Zoe', 0), ('Zoe', 0)")];
    let (status, lines) = run_changed("examples-advanced", "transaction", &changes, "").await?;
    let expected = "fixed, Zoe has no account: Ann 70, Ben 130, Zoe 0, Zoe 0, 200 in all";
    ensure!(
        status == 0 && lines.iter().any(|line| line == expected),
        "{expected:?} is expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// A commit that the database refuses, as after a `ROLLBACK`, is an error.
async fn refused_commit() -> Result<()> {
    let added = "    add(&mut transaction, to, amount).await?;\n";
    let taken_back = "sqlx::query(\"ROLLBACK\").execute(&mut *transaction).await?;";
    let changes = [(added, &*format!("{added}    {taken_back}\n"))];
    let (_, lines) = run_changed("examples-advanced", "transaction", &changes, "").await?;
    let third = lines.get(2).map_or("", String::as_str);
    ensure!(
        third.starts_with("Error: ") && third.contains("cannot commit"),
        "the error \"cannot commit\" is expected in the third line: {lines:?}"
    );
    Ok(())
}
