//! Copies an example out of the workspace, ready to build.

use std::fs;
use std::path::{Path, absolute};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use toml::Table;

use crate::Header;
use crate::workspace::{Example, cargo, examples};

/// Copies the example `name` to `destination` with the dependencies that its
/// header names, in the versions that the workspace has locked.
///
/// A folder without a crate becomes a new one, with the example as `main.rs`. In
/// a crate that exists the example becomes one more binary. Returns the command
/// that runs it.
///
/// # Errors
///
/// If there is no such example, if the destination lies in this workspace or
/// already has the file, or if cargo cannot add a dependency.
pub fn take(root: &Path, name: &str, destination: &Path) -> Result<String> {
    let all = examples(root)?;
    let example = all.iter().find(|it| it.name == name).with_context(|| {
        let mut near: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        near.retain(|it| it.contains(name) || name.contains(it));
        format!("there is no example `{name}`; the READMEs list them; near: {near:?}")
    })?;
    let destination = absolute(destination)?;
    ensure!(
        !destination.starts_with(absolute(root)?),
        "{} lies in this workspace; name a folder outside, such as ../{name}",
        destination.display()
    );
    let command = copy_out(root, example, &destination, &[])?;
    let folder = destination.display();
    Ok(format!("cd '{folder}' && {command}"))
}

/// Does what [`take`] does, with more arguments for `cargo add`.
///
/// # Errors
///
/// Like [`take`], and if the header cannot be read.
pub fn copy_out(
    root: &Path,
    example: &Example,
    destination: &Path,
    options: &[&str],
) -> Result<String> {
    let header = Header::parse(&example.source(root)?)
        .with_context(|| example.file.display().to_string())?;
    let Example { package, name, .. } = example;
    let is_new = !destination.join("Cargo.toml").exists();
    let (folder, file) = match (is_new, example.is_folder()) {
        (true, _) => (destination.join("src"), "main.rs".to_string()),
        (false, true) => (
            destination.join("src/bin").join(name),
            "main.rs".to_string(),
        ),
        (false, false) => (destination.join("src/bin"), format!("{name}.rs")),
    };
    let main = folder.join(file);
    ensure!(!main.exists(), "{} already exists", main.display());
    if is_new {
        new_crate(root, destination)?;
    }
    fs::create_dir_all(&folder)?;
    let source = root.join(&example.file);
    if example.is_folder() {
        copy_folder(source.parent().context("no folder")?, &folder)?;
    }
    // The header then shows what one types in the new place.
    let run = if is_new {
        String::new()
    } else {
        format!(" --bin {name}")
    };
    let own = format!(" -p {package} --bin {name}");
    let text = fs::read_to_string(&source)?.replace(&own, &run);
    fs::write(&main, text)?;

    let versions = requirements(root, package)?;
    for command in &header.copy {
        let words = command.split(' ').skip(1);
        let mut add = cargo();
        add.current_dir(destination)
            .args(with_versions(words, &versions));
        let add = add.args(options).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&add.stderr);
        ensure!(add.status.success(), "`{command}` fails:\n{said}");
    }
    Ok(format!("cargo run{run}"))
}

/// Makes an empty package with the workspace's lock file, named after its
/// folder.
fn new_crate(root: &Path, folder: &Path) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "my-");
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// Which version of each dependency a crate's manifest asks for.
fn requirements(root: &Path, package: &str) -> Result<Vec<(String, String)>> {
    let path = root.join(package).join("Cargo.toml");
    let manifest: Table = fs::read_to_string(&path)?
        .parse()
        .with_context(|| path.display().to_string())?;
    let mut versions = Vec::new();
    for (name, value) in manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
    {
        let version = value.get("version").unwrap_or(value).as_str();
        let Some(version) = version else {
            bail!("{package}/Cargo.toml: {name} has no version");
        };
        versions.push((name.clone(), version.to_string()));
    }
    Ok(versions)
}

/// The words of a `cargo add`, each crate with the version that it is to have.
fn with_versions<'a>(
    words: impl Iterator<Item = &'a str>,
    versions: &[(String, String)],
) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    for word in words {
        let is_value = matches!(done.last().map(String::as_str), Some("-F" | "--features"));
        let version = versions.iter().find(|(name, _)| name == word);
        done.push(match version {
            Some((name, version)) if !is_value => format!("{name}@{version}"),
            _ => word.into(),
        });
    }
    done
}

/// Copies what a folder holds to another one that exists.
///
/// # Errors
///
/// If a file cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?.path();
        let to = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            fs::create_dir_all(&to)?;
            copy_folder(&entry, &to)?;
        } else {
            fs::copy(&entry, &to)?;
        }
    }
    Ok(())
}

/// The part of a file that its header says to take: the imports, and all from
/// the named item on.
///
/// # Errors
///
/// If the file has no such item.
pub fn part(source: &str, item: &str) -> Result<String> {
    let lines: Vec<&str> = source.lines().collect();
    let kinds = [
        "struct", "enum", "fn", "trait", "type", "mod", "const", "static",
    ];
    let names_it = |line: &str| {
        kinds.iter().any(|kind| {
            line.split_once(&format!("{kind} {item}"))
                .is_some_and(|(before, after)| {
                    ["", "pub ", "async ", "pub async "].contains(&before)
                        && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
        })
    };
    let mut start = lines
        .iter()
        .position(|line| names_it(line))
        .with_context(|| format!("it has no item `{item}`, which the header says to take"))?;
    while start > 0 && (lines[start - 1].starts_with("//") || lines[start - 1].starts_with('#')) {
        start -= 1;
    }
    let mut part = imports(&lines[..start]);
    part.extend_from_slice(&lines[start..]);
    Ok(part.join("\n") + "\n")
}

/// The `use` declarations among some lines, with their attributes.
fn imports<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut imports = Vec::new();
    let mut inside = false;
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with("use ") {
            inside = true;
            if index > 0 && lines[index - 1].starts_with("#[cfg") {
                imports.push(lines[index - 1]);
            }
        }
        if inside {
            imports.push(*line);
            inside = !line.ends_with(';');
        }
    }
    imports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_to_take_has_the_imports_and_all_that_follows() {
        let source = "//! Header.\n\nuse a::{\n    b,\n};\n#[cfg(unix)]\nuse c;\n\nfn main() {}\n\n\
                      struct Pooled;\n\n/// A pool.\n#[derive(Debug)]\npub struct Pool<T>(T);\n\nimpl X {}\n";
        let right = "use a::{\n    b,\n};\n#[cfg(unix)]\nuse c;\n/// A pool.\n#[derive(Debug)]\n\
                     pub struct Pool<T>(T);\n\nimpl X {}\n";
        assert_eq!(part(source, "Pool").unwrap(), right);
        assert!(part(source, "Poo").is_err());
    }

    #[test]
    fn crates_get_their_versions_and_features_do_not() {
        let versions = [("tokio".to_string(), "1.54".to_string())];
        let words = "add tokio -F tokio --no-default-features other".split(' ');
        assert_eq!(
            with_versions(words, &versions).join(" "),
            "add tokio@1.54 -F tokio --no-default-features other"
        );
    }
}
