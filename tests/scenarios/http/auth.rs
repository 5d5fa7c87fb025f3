//! `auth` with headers that are malformed, and with a handler that forgets.

use anyhow::{Context, Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("headers", headers).slow(),
        scenario("constant_time", constant_time).slow(),
        scenario("forgotten", forgotten).slow(),
    ]
}

/// Only the whole token lets in, however its scheme is written. A refusal says
/// which scheme the server wants.
async fn headers() -> Result<()> {
    let good = ["Bearer editor-c4", "bearer editor-c4", "BEARER   editor-c4"];
    let bad = [
        "",
        "Bearer",
        "Bearer ",
        "Bearereditor-c4",
        "editor-c4",
        "Token editor-c4",
        "Bearer editor-c",
        "Bearer editor-c44",
        "Bearer Editor-C4",
        "Bearer editor-c4, Bearer reader-8f",
        "Bearer editor-c4 reader-8f",
        "Bearer ed\u{ed}tor-c4",
        "Bearer *",
    ];
    let long = format!("Bearer {}", "editor-c4".repeat(1000));
    let all = good.iter().chain(&bad).copied().chain([long.as_str()]);
    let rows: Vec<String> = all.map(|it| format!("(\"GET\", {it:?}), ")).collect();
    let rows = rows.concat() + "(\"GET\", alike()), ";
    let changes = [
        (
            "type Tokens = Arc<[Token]>;",
            r#"/// A token whose digest begins as that of the right one.
fn alike() -> &'static str {
    let right = Sha256::digest("editor-c4");
    let mut tokens = (0..).map(|number| format!("guess-{number}"));
    let token = tokens.find(|it| Sha256::digest(it)[..2] == right[..2]);
    format!("Bearer {}", token.expect("one of 65,536")).leak()
}

type Tokens = Arc<[Token]>;"#,
        ),
        ("(\"GET\", \"no header\"),", rows.as_str()),
        (
            "{}\", response.status());",
            "{:?}\", (response.status(), response.headers().get(WWW_AUTHENTICATE)));",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "auth", &changes, "").await?;
    ensure!(status == 0, "{status}: {lines:?}");
    let answers: Vec<&String> = lines.iter().take(good.len() + bad.len() + 5).collect();
    // Three of the demonstration come right after these; the last one has expired.
    let (let_in, refused) = answers.split_at(good.len());
    for line in let_in {
        ensure!(line.ends_with("(200, None)"), "{line}");
    }
    for line in refused {
        let challenge = "(401, Some(\"Bearer realm=\\\"orders\\\"\"))";
        ensure!(line.ends_with(challenge), "{line}");
    }
    Ok(())
}

/// An unknown token is compared with all digests, each time in full and by `ct_eq`: the
/// time of the answer does not tell how much of it was right.
async fn constant_time() -> Result<()> {
    let changes = [(
        "use subtle::ConstantTimeEq;\n",
        r#"
trait ConstantTimeEq {
    fn ct_eq(&self, other: &[u8]) -> bool;
}

impl ConstantTimeEq for [u8] {
    fn ct_eq(&self, other: &[u8]) -> bool {
        println!("compares {} and {} bytes", self.len(), other.len());
        self == other
    }
}
"#,
    )];
    let (status, lines) = run_changed("examples-http", "auth", &changes, "").await?;
    let until = |token| lines.iter().position(|line| line.contains(token));
    let (before, guess) = (until("Basic"), until("Bearer guess"));
    let (before, guess) = before.zip(guess).context(format!("{lines:?}"))?;
    let compared = &lines[before + 1..guess];
    ensure!(
        status == 0 && compared == ["compares 32 and 32 bytes"; 3],
        "an unknown token is to be compared with 3 digests, by `ct_eq`; status {status}: \
         {compared:?}"
    );
    Ok(())
}

/// A handler without the extractor has nothing to give to the query.
async fn forgotten() -> Result<()> {
    let forgets = [(
        "delete(async |client: Client| cancel(&client))",
        "delete(async || cancel(&client))",
    )];
    let built = build_changed(root(), "examples-http", "auth", &forgets);
    let error = built.err().context("it compiles")?;
    let error = format!("{error:#}");
    ensure!(
        error.contains("cannot find value `client` in this scope"),
        "it fails for another reason: {error}"
    );
    Ok(())
}
