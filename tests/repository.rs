//! The promises about the repository itself.

use std::env;
use std::path::PathBuf;

use harness::articles::{ARTICLES, check_articles, check_figures};
use harness::repository::{
    check_copied_crate, check_copied_file, check_count, check_index, check_manifest, check_names,
    check_pages, check_picture, check_places, check_same_everywhere, check_text,
};
use harness::suite::{Company, test};
use harness::workspace::{CRATES, SOURCES, examples, root};
use libtest_mimic::{Completion, Trial};

pub fn tests() -> anyhow::Result<Vec<Trial>> {
    let update = env::var_os("UPDATE_README").is_some();
    let mut tests = vec![
        promise("same_everywhere", || check_same_everywhere(root())),
        promise("names_are_unique", || check_names(root())),
        promise("scenarios_have_their_place", || check_places(root())),
        promise("readme::pages", || check_pages(root())),
        promise("readme::generated", move || {
            check_count(root(), update)?;
            check_picture(root(), update)
        }),
        promise("readme::articles", || check_articles(root(), &ARTICLES)),
        promise("readme::figures", || check_figures(root())),
    ];
    for package in CRATES {
        tests.push(promise(format!("manifest::{package}"), move || {
            check_manifest(root(), package)
        }));
        tests.push(promise(format!("readme::{package}"), move || {
            check_index(root(), package, update)
        }));
        tests.push(slow_promise(
            format!("copied_crate::{package}"),
            move || check_copied_crate(root(), package),
        ));
    }
    for example in examples(root())? {
        let name = example.test_name();
        let copied = example.clone();
        tests.push(promise(format!("text::{name}"), move || {
            // A wrong edit of this example stands in a folder of its own.
            let changed = env::var_os(SOURCES).map(PathBuf::from);
            let changed = changed.filter(|it| it.join(&example.file).exists());
            check_text(changed.as_deref().unwrap_or(root()), &example)
        }));
        tests.push(slow_promise(format!("copied_file::{name}"), move || {
            check_copied_file(root(), &copied)
        }));
    }
    Ok(tests)
}

fn promise(
    name: impl Into<String>,
    body: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> Trial {
    let name = format!("repository::{}", name.into());
    test(name, Company::Any, |_| {
        body().map(|()| Completion::Completed)
    })
}

/// One that builds; `cargo test -- --ignored` keeps it.
fn slow_promise(
    name: impl Into<String>,
    body: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> Trial {
    promise(name, body).with_ignored_flag(true)
}
