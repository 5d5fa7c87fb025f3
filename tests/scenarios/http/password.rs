//! `password` with more logins than it has time for, with clients that leave, and
//! in a debug build of its own.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Terminal;
use harness::repository::build_changed;
use harness::take::copy_folder;
use harness::workspace::root;
use tokio::task::spawn_blocking;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("wrong", wrong).slow(),
        scenario("bounded", bounded).slow(),
        scenario("queue", queue).slow(),
        scenario("copied", copied).slow(),
    ]
}

/// A hash that is quick even where nothing is optimized.
const QUICK: (&str, &str) = (
    "Argon2::default().hash_password",
    "Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(1024, 1, 1, None).unwrap(),
    ).hash_password",
);

/// Only the right password of a known user lets in. The stand-in's does not, nor
/// does a hash that panics.
async fn wrong() -> Result<()> {
    let cases = [
        ("ada", "swordfish", 200),
        ("ada", "Swordfish", 401),
        ("ada", "swordfis", 401),
        ("ada", "swordfish ", 401),
        ("ada", "swordfish\0", 401),
        ("ada", "", 401),
        ("", "swordfish", 401),
        ("Ada", "swordfish", 401),
        ("bob", "no user has this", 401),
        ("ada", "panic", 500),
    ];
    let tries: Vec<String> = cases
        .iter()
        .map(|(name, password, _)| {
            format!(
                "println!(\"case {{}}\", fixed(Arc::clone(&users), {name:?}, {password:?}).await);"
            )
        })
        .collect();
    let end = "    Ok(())\n}\n\n/// How many log in";
    let tries = tries.concat() + end;
    let changes = [
        QUICK,
        (
            "fn verify(hash: &str, password: &str) -> bool {",
            "fn verify(hash: &str, password: &str) -> bool {
            assert!(password != \"panic\", \"told to\");",
        ),
        (end, tries.as_str()),
        ("fixed(users, \"bob\"", "fixed(Arc::clone(&users), \"bob\""),
    ];
    let (status, lines) = run_changed("examples-http", "password", &changes, "").await?;
    let answers: Vec<_> = lines.iter().filter(|it| it.starts_with("case ")).collect();
    ensure!(
        status == 0 && answers.len() == cases.len(),
        "{status}: {lines:?}"
    );
    for ((name, password, status), answer) in cases.iter().zip(answers) {
        ensure!(
            answer.starts_with(&format!("case {status} ")),
            "{name:?}, {password:?}: {answer}"
        );
    }
    Ok(())
}

/// One password is hashed at a time, also when clients leave and come again:
/// what they left is computed to its end. Who waits too long is refused.
async fn bounded() -> Result<()> {
    let changes = [
        QUICK,
        (
            "        verify(&hash, &password)\n",
            "        static NOW: Mutex<(u32, u32)> = Mutex::new((0, 0));
            let mut now = NOW.lock().unwrap();
            *now = (now.0 + 1, now.1.max(now.0 + 1));
            println!(\"at most {}\", now.1);
            drop(now);
            std::thread::sleep(Duration::from_millis(300));
            NOW.lock().unwrap().0 -= 1;
            verify(&hash, &password)
            ",
        ),
        (
            "    let logins = (0..8).map(|_| fixed(",
            "    for _ in 0..3 {
                let leaves = fixed(Arc::clone(&users), \"ada\", \"swordfish\");
                let left = timeout(Duration::from_millis(50), leaves).await;
                assert!(left.is_err());
            }
            let logins = (0..20).map(|_| fixed(",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "password", &changes, "").await?;
    let most = lines.iter().filter(|it| it.starts_with("at most "));
    let most: Vec<_> = most.collect();
    ensure!(
        status == 0 && most.len() > 3 && most.iter().all(|it| *it == "at most 1"),
        "{status}: {lines:?}"
    );
    let served = lines.iter().find_map(|it| it.strip_prefix("fixed: "));
    let served = served.and_then(|it| it.split(' ').next()?.parse::<u32>().ok());
    // Of 20, seven at the most begin within two seconds.
    ensure!(
        served.is_some_and(|it| (1..=7).contains(&it)),
        "{served:?}: {lines:?}"
    );
    Ok(())
}

/// While another password is hashed, a login waits for two seconds, and no longer.
async fn queue() -> Result<()> {
    let changes = [
        QUICK,
        (
            "#[tokio::main(worker_threads = 2)]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "    let logins = (0..8).map(|_| fixed(",
            "    let another = PERMITS.acquire().await?;
    let begin = tokio::time::Instant::now();
    let status = fixed(Arc::clone(&users), \"ada\", \"swordfish\").await;
    println!(\"busy: {status} after {:.1} s\", begin.elapsed().as_secs_f64());
    drop(another);
    let logins = (0..8).map(|_| fixed(",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "password", &changes, "").await?;
    let busy: Vec<_> = lines.iter().filter(|it| it.starts_with("busy: ")).collect();
    let right = ["busy: 503 Service Unavailable after 2.0 s"];
    ensure!(
        status == 0 && busy == right,
        "{right:?} is right; status {status}: {lines:?}"
    );
    Ok(())
}

/// A copy of it does in a debug build what it does here, if one sets in
/// Cargo.toml what its header says. Otherwise a hash takes so long that `fixed`
/// refuses some of the eight. Each hash costs what it says, and has a salt of its own.
async fn copied() -> Result<()> {
    let package = "examples-http";
    let source = fs::read_to_string(root().join(package).join("src/bin/password.rs"))?;
    let header: String = source
        .lines()
        .map_while(|line| line.strip_prefix("//! ").or(line.strip_prefix("//!")))
        .flat_map(|line| [line, " "])
        .collect();
    let tables: BTreeSet<&str> = header
        .split('`')
        .filter(|it| it.starts_with("[profile.dev.package."))
        .collect();
    ensure!(
        !tables.is_empty() && header.contains("`opt-level = 3`"),
        "the header does not say what to set: {header}"
    );

    let copy = tempfile::tempdir()?;
    let folder = copy.path().join(package);
    fs::create_dir(&folder)?;
    copy_folder(&root().join(package), &folder)?;
    fs::copy(root().join("Cargo.lock"), copy.path().join("Cargo.lock"))?;
    let mut manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
    for table in tables {
        manifest.extend(["\n", table, "\nopt-level = 3\n"]);
    }
    manifest += "\n[profile.dev]\ndebug = false\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let first = "    let start = Instant::now();\n    verify(&users.dummy";
    let shows = format!("    println!(\"{{}} {{}}\", hash(\"same\")?, hash(\"same\")?);\n{first}");
    let built = build_changed(copy.path(), package, "password", &[(first, &shows)])?;
    let command = format!("exec '{}'", built.path().join("password").display());
    let run = move || Terminal::open()?.run(&command, Duration::from_secs(20));
    let (status, lines) = spawn_blocking(run).await?.context("the copy")?;
    let all = |it: &String| it.starts_with("fixed: 8 of 8 logged in, ");
    ensure!(status == 0 && lines.iter().any(all), "{status}: {lines:?}");
    // 19 MiB, two rounds, one thread.
    let cost = "$argon2id$v=19$m=19456,t=2,p=1$";
    let hashes = lines[0].split_once(' ');
    ensure!(
        hashes.is_some_and(|(a, b)| a != b && a.starts_with(cost) && b.starts_with(cost)),
        "two hashes of a password are to differ, and to begin with {cost}: {}",
        lines[0]
    );
    Ok(())
}
