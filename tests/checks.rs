//! The checks themselves: each goes red for what it is there to find, and its
//! message says what and where.

use std::env;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use harness::articles::{self, Article, Section};
use harness::compare::Record;
use harness::suite::{Company, test};
use harness::transcript::{Checked, Conditions};
use harness::workspace::{CRATES, Example};
use harness::{Header, Terminal, repository, take, transcript};
use libtest_mimic::{Completion, Trial};

const PLAIN: Conditions = Conditions {
    variables: &[],
    slack: 1.0,
};

pub fn tests() -> Vec<Trial> {
    let mut tests = vec![
        passes(
            "end_of_line_apart",
            "$ sh -c 'echo on; sleep 0.2; printf up; sleep 0.3; echo; sleep 9' &\n\
             on\n$ sleep 0.3\nup\n$ sleep 0.4\n$ kill -KILL %1\n# exit 137",
        ),
        passes(
            "right",
            "$ echo one; sleep 0.2; echo two\none\ntwo  # 200 ms",
        ),
        passes("exit_note", "$ echo gone; exit 3\ngone  # exit 3"),
        passes(
            "figures",
            "$ echo took 30 ms, 5,000 bytes\ntook ~20 ms, ~2,000 bytes",
        ),
        passes(
            "variable",
            "$ NAME=value sh -c 'echo $NAME; exec sleep 9' &\nvalue\n$ kill -KILL %1\n# exit 137",
        ),
        passes("wildcards", "$ seq 12\n1\n...\n1[..]\n12"),
        passes("no_end_of_line", "$ printf 'one'\none\n$ printf 'two'\ntwo"),
        fails(
            "no_end_of_line_of_an_example",
            "$ : cargo run -p examples-io --bin echo ; printf one\none",
            &["one[no end of line]"],
        ),
        passes(
            "background",
            "$ sh -c 'trap \"echo bye; exit 0\" INT; echo up; \
             while :; do sleep 0.05; done' &\nup\n\
             $ echo meanwhile\nmeanwhile\n$ kill -INT %1\nbye",
        ),
        passes(
            "job_numbers",
            "$ sleep 9 &\n$ sleep 9 &\n$ kill -KILL %1\n# exit 137\n\
             $ sleep 9 &\n$ kill -KILL %%\n# exit 137\n$ kill -KILL %2\n# exit 137",
        ),
        passes(
            "unordered",
            ",unordered\n$ echo b; echo a; sleep 0.1; echo c\na\nb\nc  # 100 ms",
        ),
        fails(
            "wrong_line",
            "$ echo one; echo two\none\nthree",
            &[
                "example.rs:6",
                "three",
                "<- missing",
                "two",
                "<- unexpected",
            ],
        ),
        fails(
            "swapped_lines",
            "$ echo one; echo two\ntwo\none",
            &["example.rs:6", "<- missing", "<- unexpected"],
        ),
        fails(
            "missing_line",
            "$ echo one\none\ntwo",
            &["example.rs:6", "two", "<- missing"],
        ),
        fails(
            "early",
            "$ echo one; sleep 0.1; echo two\none\ntwo  # 2 s",
            &["example.rs:6", "two  # 2 s", "two  # ", "<- early"],
        ),
        fails(
            "late",
            "$ echo one; sleep 0.4; echo two\none\ntwo  # 200 ms",
            &["example.rs:6", "two  # 200 ms", "<- late"],
        ),
        fails(
            "late_without_a_note",
            "$ echo one; sleep 0.3; echo two; sleep 0.1; echo three\n\
             one\ntwo\nthree  # 400 ms",
            &["two  # 0 ms", "<- late"],
        ),
        fails(
            "unordered_late",
            ",unordered\n$ echo b; echo a; sleep 0.4; echo c\na\nb\nc  # 100 ms",
            &["c  # 100 ms", "<- late"],
        ),
        fails(
            "missing_exit_note",
            "$ echo gone; exit 3\ngone",
            &["example.rs:6", "exit status 0 expected, got 3"],
        ),
        fails(
            "killed",
            "$ echo gone; kill -KILL $$\ngone",
            &["exit status 0 expected, got 137"],
        ),
        fails(
            "job_number_of_one_shell",
            "$ sleep 9 &\n$ kill -KILL %1\n# exit 137\n$ sleep 9 &\n$ kill -KILL %2",
            &["example.rs:10", "write `%%`"],
        ),
        fails(
            "figure_out_of_range",
            "$ echo took 50 ms\ntook ~20 ms",
            &["50 is out of range: 10.000 to 40.000", "RECORD=1"],
        ),
        fails(
            "server_left_running",
            "$ sh -c 'echo up; sleep 30' &\nup",
            &["leaves job [1] running"],
        ),
        fails(
            "left_behind",
            "$ touch $TMPDIR/forgotten",
            &["left behind by the commands: forgotten"],
        ),
        fails(
            "written_to_the_working_directory",
            "$ echo one > written",
            &["left behind by the commands: written"],
        ),
        fails(
            "server_that_ends_by_itself",
            "$ echo up &\nup\n$ sleep 2\n$ kill -INT %1",
            &["example.rs:9", "job 1 ended by itself, with status 0"],
        ),
        fails(
            "flood",
            "$ yes\ny",
            &["example.rs:6", "it prints more than is kept"],
        ),
        fails(
            "no_such_binary",
            "$ cargo run -p examples-io --bin ecko\n",
            &["there is no binary ecko in examples-io"],
        ),
        fails(
            "off_the_grid",
            "$ echo one\none  # 120 ms",
            &["line 7", "50 ms"],
        ),
        // It waits for the deadline of 60 s.
        fails(
            "hanging",
            "$ echo one; sleep 90\none",
            &["example.rs:6", "it did not end and was killed"],
        )
        .with_ignored_flag(true),
        fails(
            "swapped_at_one_time",
            "$ sleep 0.1; echo b; echo a\na  # 100 ms\nb  # 100 ms",
            &["a  # 100 ms", "<- missing", "<- unexpected"],
        ),
        fails(
            "swapped_each_time",
            "$ sleep 0.27; echo b; echo a\na  # 100 ms\nb  # 200 ms",
            &["<- unexpected", "a line came after one due later"],
        ),
        check("late_without_evidence", late_without_evidence),
        test("checks::held_up", Company::None, |_| {
            held_up().map(|()| Completion::Completed)
        })
        .with_ignored_flag(true),
        test("checks::another_verdict", Company::None, |_| {
            another_verdict().map(|()| Completion::Completed)
        })
        .with_ignored_flag(true),
        test("checks::late_now_and_then", Company::None, |_| {
            late_now_and_then().map(|()| Completion::Completed)
        })
        .with_ignored_flag(true),
        check("line_in_two_parts", line_in_two_parts),
        passes(
            "byte_of_a_mark",
            "$ printf 'o\\036ne\\n\\036\\n'\no[..]ne\n[..]",
        ),
        fails(
            "flood_without_lines",
            "$ tr '\\0' x < /dev/zero\nx",
            &["it prints more than is kept"],
        ),
        fails(
            "flood_of_a_job",
            "$ yes &\ny\n$ sleep 1",
            &["it prints more than is kept"],
        ),
        check("environment", environment),
    ];
    tests.extend(promises());
    tests
}

fn promises() -> Vec<Trial> {
    vec![
        check("file_not_listed", file_not_listed),
        check("listed_file_missing", listed_file_missing),
        check("inherits_from_the_workspace", inherits_from_the_workspace),
        check("same_name_twice", same_name_twice),
        check("scenario_without_its_place", scenario_without_its_place),
        check("title_changed", title_changed),
        check("text_of_an_example", text_of_an_example),
        check("two_texts_of_one_function", two_texts_of_one_function),
        check("figures_are_recorded", figures_are_recorded),
        check("taken_out", taken_out).with_ignored_flag(true),
        check("section_of_an_article", section_of_an_article),
        check("figure_of_the_readme", figure_of_the_readme),
        check("page", page),
        check("picture_of_time", picture_of_time),
        check("feature_missing_in_copy_line", feature_missing_in_copy_line).with_ignored_flag(true),
        check("feature_missing_in_manifest", feature_missing_in_manifest).with_ignored_flag(true),
    ]
}

fn check(name: &str, body: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    let name = format!("checks::{name}");
    test(name, Company::Any, |_| {
        body().map(|()| Completion::Completed)
    })
}

fn passes(name: &str, block: &'static str) -> Trial {
    test(format!("checks::{name}"), Company::Any, move |turn| {
        verdict(block, || turn.alone()).map(|()| Completion::Completed)
    })
}

fn fails(name: &str, block: &'static str, message: &'static [&'static str]) -> Trial {
    check(name, move || expect(verdict(block, || Ok(())), message))
}

/// What the harness says of an example with this console block, and does where
/// the only fault is that it was slow.
fn verdict(block: &str, slow: impl Fn() -> Result<()>) -> Result<()> {
    let header = Header::parse(&source("A title.", block, "tokio"))?;
    let transcript = &header.transcripts[0];
    // On a busy machine it may take more than a few runs to decide.
    while transcript::check("example.rs", transcript, PLAIN, |_| slow())? == Checked::Undecided {}
    Ok(())
}

/// A program that is late because it slept fails the first time.
fn late_without_evidence() -> Result<()> {
    let block = "$ echo one; sleep 3; echo two\none\ntwo  # 200 ms";
    let (verdict, reports) = beside_others(0, block)?;
    ensure!(reports.is_empty(), "a sleep was excused: {reports:?}");
    expect(verdict.map(|_| ()), &["<- late: ", "too much; it waited"])
}

/// Programs that are late in 20, 50 and 80 % of their runs fail in each run in
/// which they are late, the first time, and in no other: luck excuses nothing.
fn late_now_and_then() -> Result<()> {
    thread::scope(|scope| {
        let threads = [20, 50, 80].map(|percent| {
            let run = move || late_in(percent).with_context(|| format!("late in {percent} %"));
            scope.spawn(run)
        });
        let mut ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.try_for_each(|ended| ended)
    })
}

fn late_in(percent: u32) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("program");
    let runs = folder.path().join("runs");
    fs::write(&runs, "")?;
    // The number of the run decides, in an order that mixes both kinds.
    let text = format!(
        "late=$(($(wc -l < '{0}') * 37 % 100 < {percent}))\necho $late >> '{0}'\n\
         sleep 0.1\n[ $late = 0 ] || sleep 2\necho done\n",
        runs.display()
    );
    fs::write(&program, text)?;
    let block = format!("$ sh {}\ndone  # 100 ms", program.display());
    let header = Header::parse(&source("A title.", &block, "tokio"))?;
    let (mut all, mut late) = (0, 0);
    for _ in 0..50 {
        let mut excuse = String::new();
        let verdict = transcript::check("example.rs", &header.transcripts[0], PLAIN, |report| {
            excuse = report.to_string();
            Ok(())
        });
        let runs = fs::read_to_string(&runs)?;
        let runs: Vec<&str> = runs.lines().skip(all).collect();
        all += runs.len();
        let (last, excused) = runs.split_last().context("it has not run")?;
        ensure!(
            !excused.contains(&"1"),
            "late run {all} is excused: {excuse}"
        );
        if *last == "1" {
            late += 1;
            expect(verdict.map(|_| ()), &["<- late: "]).with_context(|| format!("run {all}"))?;
        } else {
            verdict.with_context(|| format!("run {all}, which was punctual"))?;
        }
    }
    ensure!(late >= percent / 4, "{late} of 50 runs were late");
    Ok(())
}

/// A program that others keep from computing is excused. Some of what it waits is
/// not counted, so one try of a few has to show it.
fn held_up() -> Result<()> {
    let mut why = Vec::new();
    for _ in 0..5 {
        match held_up_once() {
            Ok(()) => return Ok(()),
            Err(error) => why.push(format!("{error:#}")),
        }
    }
    bail!("{}", why.join("\n"))
}

fn held_up_once() -> Result<()> {
    let block = format!("$ sh -c '{COUNTS}; echo done'\ndone  # 0 ms");
    let (verdict, reports) = beside_others(6, &block)?;
    verdict?;
    ensure!(!reports.is_empty(), "it was not late");
    expect(Err(anyhow!("{}", reports[0])), &["<- late", "in use"])
}

/// What a program concludes from its speed is excused if others used the
/// processors, and not if it slept.
fn another_verdict() -> Result<()> {
    let block = format!(",busy\n$ sh -c '{COUNTS}; echo slow'\nquick");
    let (verdict, reports) = beside_others(6, &block)?;
    ensure!(
        matches!(verdict, Ok(Checked::Undecided)) && !reports.is_empty(),
        "beside others: {verdict:?}, after {reports:?}"
    );
    let remark = "others used the processors that it measures";
    expect(Err(anyhow!("{}", reports[0])), &["quick", "slow", remark])?;
    let (verdict, reports) = beside_others(0, &block.replace(COUNTS, "sleep 5"))?;
    ensure!(reports.is_empty(), "a sleep was excused: {reports:?}");
    expect(verdict.map(|_| ()), &["<- missing", "<- unexpected"])
}

/// Takes a processor about 100 ms.
const COUNTS: &str = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";

/// Checks a block beside so many busy processes for each processor. Gives also
/// the reports on the runs that were excused.
fn beside_others(each: usize, block: &str) -> Result<(Result<Checked>, Vec<String>)> {
    let cores = thread::available_parallelism()?.get();
    let mut others = Vec::new();
    for _ in 0..each * cores {
        let mut busy = std::process::Command::new("sh");
        busy.args(["-c", "while :; do :; done"]);
        others.push(busy.spawn()?);
    }
    let header = Header::parse(&source("A title.", block, "tokio"))?;
    let mut reports = Vec::new();
    let verdict = transcript::check("example.rs", &header.transcripts[0], PLAIN, |report| {
        reports.push(report.to_string());
        Ok(())
    });
    for busy in &mut others {
        busy.kill()?;
        busy.wait()?;
    }
    Ok((verdict, reports))
}

/// To look at a line while it is printed does not make two of it.
fn line_in_two_parts() -> Result<()> {
    let mut terminal = Terminal::open()?;
    let mut job = terminal.start("printf one; sleep 0.2; echo two")?;
    let mut lines = Vec::new();
    while job.ended()?.is_none() {
        terminal.look(&mut lines)?;
    }
    terminal.look(&mut lines)?;
    let texts: Vec<&str> = lines.iter().map(|it| it.text.as_str()).collect();
    ensure!(texts == ["onetwo"], "{texts:?}");
    Ok(())
}

/// A program gets the environment and the limits of an ordinary shell, whatever
/// those of the tests are.
fn environment() -> Result<()> {
    let mut terminal = Terminal::open()?;
    ensure!(env::vars_os().count() > 10, "cargo has set nothing");
    let mut lines = Vec::new();
    let mut job = terminal.start("env | cut -d= -f1 | sort; ulimit -n")?;
    let deadline = Instant::now() + Duration::from_secs(10);
    terminal.wait(&mut job, deadline, &mut lines)?;
    let mut texts: Vec<&str> = lines.iter().map(|it| it.text.as_str()).collect();
    // What the shell itself sets.
    texts.retain(|it| !["_", "OLDPWD", "PWD", "SHLVL"].contains(it));
    let (limit, names) = texts.split_last().context("nothing is printed")?;
    let known = [
        "HOME",
        "LANG",
        "PATH",
        "RUST_LIB_BACKTRACE",
        "TEMP",
        "TMP",
        "TMPDIR",
    ];
    ensure!(names.iter().all(|it| known.contains(it)), "{names:?}");
    ensure!(*limit == "1024", "{limit} file descriptors");
    Ok(())
}

fn expect(verdict: Result<()>, message: &[&str]) -> Result<()> {
    let Err(error) = verdict else {
        bail!("it passes, and must not")
    };
    let error = format!("{error:#}");
    for part in message {
        ensure!(
            error.contains(part),
            "no \"{part}\" in the message:\n{error}"
        );
    }
    Ok(())
}

fn source(title: &str, block: &str, copy: &str) -> String {
    let (kind, block) = match block.split_once('\n') {
        Some((kind, block)) if kind.starts_with(',') => (kind, block),
        _ => ("", block),
    };
    let block = block.replace('\n', "\n//! ");
    format!(
        "//! {title}\n//!\n//! Two words.\n//!\n//! ```console{kind}\n//! {block}\n//! ```\n//!\n\
         //! Copy it with `cargo add {copy}`.\n"
    )
}

/// A workspace with one example, `nap`, that needs tokio's `time`.
fn fixture() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    for package in CRATES {
        fs::create_dir_all(folder.path().join(package).join("src/bin"))?;
        write(folder.path(), package, "[package]\nautobins = false\n")?;
    }
    write(
        folder.path(),
        "examples-basics",
        "[package]\nname = \"examples-basics\"\nversion = \"0.1.0\"\n\
         edition = \"2024\"\nautobins = false\n\n[dependencies]\n\
         tokio = { version = \"1\", features = [\"macros\", \"rt\", \"time\"] }\n\n\
         [[bin]]\nname = \"nap\"\ntest = false\n",
    )?;
    let nap = source(
        "Take a nap.",
        "$ cargo run -q -p examples-basics --bin nap three",
        "tokio -F macros,rt,time",
    ) + "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {\n    \
           tokio::time::sleep(std::time::Duration::ZERO).await;\n}\n";
    fs::write(folder.path().join("examples-basics/src/bin/nap.rs"), nap)?;
    let lock = harness::workspace::root().join("Cargo.lock");
    fs::copy(lock, folder.path().join("Cargo.lock"))?;
    Ok(folder)
}

fn write(root: &Path, package: &str, manifest: &str) -> Result<()> {
    Ok(fs::write(root.join(package).join("Cargo.toml"), manifest)?)
}

/// Replaces a text in a file of the fixture.
fn edit(root: &Path, file: &str, from: &str, to: &str) -> Result<()> {
    let path = root.join(file);
    let text = fs::read_to_string(&path)?;
    ensure!(text.contains(from), "no {from} in {file}");
    Ok(fs::write(&path, text.replace(from, to))?)
}

fn file_not_listed() -> Result<()> {
    let root = fixture()?;
    repository::check_manifest(root.path(), "examples-basics")?;
    let folder = root.path().join("examples-basics/src/bin");
    fs::copy(folder.join("nap.rs"), folder.join("rest.rs"))?;
    let verdict = repository::check_manifest(root.path(), "examples-basics");
    expect(verdict, &["rest.rs is not listed", "name = \"rest\""])
}

fn listed_file_missing() -> Result<()> {
    let root = fixture()?;
    fs::remove_file(root.path().join("examples-basics/src/bin/nap.rs"))?;
    let verdict = repository::check_manifest(root.path(), "examples-basics");
    expect(verdict, &["[[bin]] nap has no file"])
}

fn inherits_from_the_workspace() -> Result<()> {
    let root = fixture()?;
    let manifest = "[package]\nautobins = false\nedition.workspace = true\n";
    write(root.path(), "examples-io", manifest)?;
    let verdict = repository::check_manifest(root.path(), "examples-io");
    expect(verdict, &["examples-io/Cargo.toml inherits"])
}

fn scenario_without_its_place() -> Result<()> {
    let root = fixture()?;
    for package in CRATES {
        let theme = package.trim_start_matches("examples-");
        let folder = root.path().join("tests/scenarios").join(theme);
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join("mod.rs"),
            "mod nap;\nscenarios_of! {\n    nap,\n}\n",
        )?;
    }
    let basics = root.path().join("tests/scenarios/basics");
    fs::write(basics.join("nap.rs"), "")?;
    repository::check_places(root.path())?;

    edit(
        root.path(),
        "tests/scenarios/basics/mod.rs",
        "    nap,\n",
        "",
    )?;
    let verdict = repository::check_places(root.path());
    expect(verdict, &["basics/mod.rs: add `mod nap;`, and `nap,`"])?;

    fs::rename(basics.join("nap.rs"), basics.join("naps.rs"))?;
    let verdict = repository::check_places(root.path());
    expect(verdict, &["basics/naps.rs: examples-basics has no example"])
}

fn same_name_twice() -> Result<()> {
    let root = fixture()?;
    repository::check_names(root.path())?;
    let [one, other] = ["examples-basics", "examples-io"]
        .map(|package| root.path().join(package).join("src/bin/nap.rs"));
    fs::copy(one, other)?;
    let verdict = repository::check_names(root.path());
    expect(verdict, &["examples-basics/src/bin/nap.rs", "share a name"])
}

fn title_changed() -> Result<()> {
    let root = fixture()?;
    let readme = "<!-- examples -->\n\n| example | what it shows |\n|---|---|\n\
                  | [`nap`](src/bin/nap.rs) | Take a nap. |\n\n<!-- end -->";
    fs::write(root.path().join("examples-basics/README.md"), readme)?;
    let check = |update| repository::check_index(root.path(), "examples-basics", update);
    check(false)?;
    let file = "examples-basics/README.md";
    edit(root.path(), file, "Take a nap.", "Have a rest.")?;
    expect(
        check(false),
        &["examples-basics/README.md: its table", "Take a nap."],
    )?;
    check(true)?;
    check(false)
}

fn text_of_an_example() -> Result<()> {
    const FILE: &str = "examples-basics/src/bin/nap.rs";
    for (from, to, message) in [
        ("//! Two words.\n//!\n", "", "the lead has 0 words"),
        ("Two words.", &"word ".repeat(101), "the lead has 101 words"),
        (
            "Two words.",
            &"long".repeat(20),
            "nap.rs:3: prose is wrapped",
        ),
        ("async fn main", "pub(crate) async fn main", "write `pub`"),
        ("#[tokio", "#[allow(unused)]\n#[tokio", "instead of `allow`"),
        ("    tokio", &"\n".repeat(90), "at most 90 are read"),
        (
            "    tokio",
            "    std::process::id();\n    tokio",
            "`tempfile`",
        ),
        (
            "    tokio",
            "    std::thread::sleep(Duration::MAX);\n    tokio",
            "stalls all tasks of its thread",
        ),
        (
            "    tokio",
            "    eprintln!(\"done\");\n    tokio",
            "standard error is for errors and logs",
        ),
        (
            "    tokio",
            "    SqlitePoolOptions::new().idle_timeout(None).connect(\"sqlite::memory:\");\n    tokio",
            "`.max_lifetime(None)`",
        ),
        (
            "    tokio",
            "    let _ = env::args().nth(1).unwrap_or(\"0.0.0.0:80\".into());\n    tokio",
            "uses 0.0.0.0:80",
        ),
        (
            "    tokio",
            "    let _ = env::args().nth(1).unwrap_or(\"127.0.0.1:80\".into());\n    tokio",
            "the header must show this address",
        ),
        (
            "Two words.",
            "Tokio's clock\n//! is paused.",
            "without `start_paused = true` it runs",
        ),
        (
            "    tokio",
            "    TcpListener::bind(\"127.0.0.1:8080\");\n    tokio",
            "it listens on 127.0.0.1:8080",
        ),
    ] {
        let root = fixture()?;
        repository::check_text(root.path(), &nap())?;
        edit(root.path(), FILE, from, to)?;
        let verdict = repository::check_text(root.path(), &nap());
        expect(verdict, &[FILE, message])?;
    }
    Ok(())
}

fn two_texts_of_one_function() -> Result<()> {
    let root = fixture()?;
    let log = "\n/// Logs.\nfn log(text: &str) {\n    eprintln!(\"{text}\");\n}\n";
    for name in ["nap", "rest"] {
        let file = format!("examples-basics/src/bin/{name}.rs");
        fs::write(root.path().join(file), log)?;
    }
    repository::check_same_everywhere(root.path())?;
    let file = "examples-basics/src/bin/rest.rs";
    edit(root.path(), file, "Logs.", "Writes a log.")?;
    let verdict = repository::check_same_everywhere(root.path());
    expect(
        verdict,
        &["`fn log`", file, "/// Logs.", "/// Writes a log."],
    )
}

/// A file that is taken becomes the main file of a new crate, or one more binary.
fn taken_out() -> Result<()> {
    let root = fixture()?;
    let outside = tempfile::tempdir()?;
    let folder = outside.path().join("my nap");
    let options = ["--offline"];
    let run = take::copy_out(root.path(), &nap(), &folder, &options)?;
    ensure!(run == "cargo run", "{run}");
    let main = fs::read_to_string(folder.join("src/main.rs"))?;
    ensure!(main.contains("//! $ cargo run -q three\n"), "{main}");
    let manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
    ensure!(manifest.contains("name = \"my-nap\""), "{manifest}");
    ensure!(manifest.contains("tokio = { version = \"1\""), "{manifest}");

    fs::remove_file(folder.join("src/main.rs"))?;
    let run = take::copy_out(root.path(), &nap(), &folder, &options)?;
    ensure!(run == "cargo run --bin nap", "{run}");
    let again = take::copy_out(root.path(), &nap(), &folder, &options).map(|_| ());
    expect(again, &["src/bin/nap.rs already exists"])?;
    let inside = take::take(root.path(), "nap", &root.path().join("nap"));
    expect(inside.map(|_| ()), &["lies in this workspace"])?;
    let unknown = take::take(root.path(), "naps", outside.path());
    expect(
        unknown.map(|_| ()),
        &["no example `naps`", "near: [\"nap\"]"],
    )
}

/// A figure that is out of its range is written into the header.
fn figures_are_recorded() -> Result<()> {
    let file = tempfile::Builder::new().tempfile_in(harness::workspace::scratch()?)?;
    let block = "$ echo took 40 ms\ntook ~3 ms  # 50 ms\n$ echo 7 of 9\n~50 of 9";
    let record = |line: usize, old: &str, new: &str| Record {
        line,
        old: old.into(),
        new: new.into(),
    };
    fs::write(file.path(), source("A title.", block, "tokio"))?;
    let path = file.path().display().to_string();
    let records = [
        record(7, "took ~3 ms", "took ~40 ms"),
        record(9, "~50 of 9", "~7 of 9"),
    ];
    transcript::write_figures(&path, &records)?;
    let text = fs::read_to_string(file.path())?;
    let right = "//! took ~40 ms  # 50 ms\n//! $ echo 7 of 9\n//! ~7 of 9\n";
    ensure!(text.contains(right), "{text}");
    let stale = transcript::write_figures(&path, &records[..1]);
    expect(stale, &[":7 has changed meanwhile"])
}

/// The example of the fixture.
fn nap() -> Example {
    Example {
        package: "examples-basics".into(),
        name: "nap".into(),
        file: "examples-basics/src/bin/nap.rs".into(),
    }
}

/// Each thing that a reader looks for is missed when it is not there.
fn section_of_an_article() -> Result<()> {
    const ARTICLES: &[Article] = &[Article {
        title: "Naps",
        sections: &[Section {
            heading: "A nap",
            names: &["nap"],
            lines: &["took 40 ms"],
            durations: &[100],
        }],
    }];
    let root = fixture()?;
    let row = "| A nap | [`nap`](examples-basics/src/bin/nap.rs) | |";
    let readme = format!("## Reading along\n\n### Naps\n\n{row}\n\n## More\n\n{row}\n");
    let write = |readme: &str| fs::write(root.path().join("README.md"), readme);
    let check = || articles::check_articles(root.path(), ARTICLES);
    let file = root.path().join("examples-basics/src/bin/nap.rs");
    let block = "$ true\nup\ntook ~30 ms  # 100 ms";
    let nap = source("Take a nap.", block, "tokio") + "async fn nap() {}\n";
    for (readme, nap, message) in [
        (readme.clone(), nap.clone(), ""),
        (readme.replace("Naps", "Rests"), nap.clone(), "no part"),
        (
            readme.replace("A nap", "A rest"),
            nap.clone(),
            "no row begins",
        ),
        (
            readme.replace(row, &format!("{row}\n{row}")),
            nap.clone(),
            "two rows",
        ),
        (
            readme.replace("nap.rs", "rest.rs"),
            nap.clone(),
            "its first link is not to an example",
        ),
        (
            readme.clone(),
            nap.replace("fn nap", "fn naps"),
            "no `nap` in `nap`",
        ),
        (
            readme.clone(),
            nap.replace("took", "takes"),
            "the article's line: took 40 ms",
        ),
        (
            readme.clone(),
            nap.replace("100 ms", "150 ms"),
            "100ms apart",
        ),
    ] {
        write(&readme)?;
        fs::write(&file, nap)?;
        if message.is_empty() {
            check()?;
        } else {
            expect(check(), &[message])?;
        }
    }
    Ok(())
}

/// A figure in the README is one that a linked header shows.
fn figure_of_the_readme() -> Result<()> {
    let root = fixture()?;
    let file = root.path().join("examples-basics/src/bin/nap.rs");
    fs::write(
        file,
        source("Take a nap.", "$ true\n~30 ms, ~9 MB", "tokio"),
    )?;
    let check = |text: &str| {
        let line = format!("[`nap`](examples-basics/src/bin/nap.rs) {text}\n");
        fs::write(root.path().join("README.md"), line)?;
        articles::check_figures(root.path())
    };
    check("takes ~40 ms and ~20 MB, 7 of them")?;
    expect(
        check("takes ~70 ms"),
        &["README.md:1: ~70 ms", "~30 ms, ~9 MB"],
    )?;
    expect(check("takes ~30 s"), &["~30 s is not in the range"])
}

/// What a page says of the examples is so.
fn page() -> Result<()> {
    let root = fixture()?;
    for file in repository::PAGES {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap_or(root.path()))?;
        fs::write(path, "")?;
    }
    let check = |text: &str| {
        fs::write(root.path().join("README.md"), text)?;
        repository::check_pages(root.path())
    };
    let nap = "[`nap`](examples-basics/src/bin/nap.rs)";
    check(&format!(
        "# A `nap`\n{nap} [up](#a-nap) `cargo run --bin nap`"
    ))?;
    check("```rust\nasync fn main() {\n```\n```console\n$ cargo run -q")?;
    for (text, message) in [
        (
            nap.replace("nap.rs", "doze.rs").as_str(),
            "no examples-basics/src/bin/doze.rs",
        ),
        ("[up](#a-nap)", "no heading for #a-nap"),
        (
            "`cargo run -p examples-io --bin nap`",
            "no such example: Some(\"examples-io\")",
        ),
        ("`cargo run --bin doze`", "Some(\"doze\")"),
        ("```rust\nfn doze() {}\n```", "in no example:\nfn doze"),
        ("```console\n$ doze\n```", "in no example:\n$ doze"),
        ("```sh\ncargo test # all\n```", "zsh passes a comment"),
    ] {
        expect(check(text), &["README.md: ", message])?;
    }
    Ok(())
}

/// The picture is drawn from the notes, and redrawn when they change.
fn picture_of_time() -> Result<()> {
    let root = fixture()?;
    let file = "examples-basics/src/bin/sync_vs_async.rs";
    let block = "$ cargo run\na starts\na ends  # 2 s\nSync took: ~2 s\nb starts\n\
                 c starts\nc ends  # 3 s\nb ends\nAsync took: ~1 s";
    fs::write(root.path().join(file), source("Fetch.", block, "tokio"))?;
    fs::write(
        root.path().join("README.md"),
        "<!-- picture --><!-- end -->",
    )?;
    let check = |update| repository::check_picture(root.path(), update);
    expect(check(false), &["UPDATE_README=1"])?;
    check(true)?;
    check(false)?;
    let readme = fs::read_to_string(root.path().join("README.md"))?;
    let right = "    section one after the other\n    a :0, 2000\n    section at the same \
                 time\n    c :0, 1000\n    b :0, 1000\n```";
    ensure!(readme.contains(right), "{readme}");
    edit(root.path(), file, "# 3 s", "# 4 s")?;
    expect(check(false), &["the times of sync_vs_async"])
}

fn feature_missing_in_copy_line() -> Result<()> {
    let root = fixture()?;
    let nap = nap();
    repository::check_copied_file(root.path(), &nap)?;
    edit(
        root.path(),
        "examples-basics/src/bin/nap.rs",
        "rt,time",
        "rt",
    )?;
    expect(
        repository::check_copied_file(root.path(), &nap),
        &[
            "nap.rs does not build after",
            "cargo add tokio -F macros,rt\n",
            "`time` feature",
        ],
    )
}

fn feature_missing_in_manifest() -> Result<()> {
    let root = fixture()?;
    repository::check_copied_crate(root.path(), "examples-basics")?;
    let manifest = "examples-basics/Cargo.toml";
    edit(root.path(), manifest, ", \"time\"", "")?;
    let verdict = repository::check_copied_crate(root.path(), "examples-basics");
    expect(verdict, &["time"])
}
