//! Rules of the house that no compiler knows.
#![expect(clippy::unwrap_used, reason = "a source that cannot be read fails the test")]

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Nothing is longer than this without its inline tests.
const LONGEST: usize = 500;

/// Pages that a newcomer reads whole, and how long they may be.
const SHORT: &[(&str, usize)] =
    &[("README.md", 120), ("ARCHITECTURE.md", 150), ("Makefile", 60), ("crates/reprise/src/main.rs", 60)];

/// Packages with a lock file of their own, apart from the workspace.
const APART: &[&str] = &["fuzz", "crates/aws/emulator"];

/// What source text must not hold, with what to do instead.
const NEVER: &[(&str, &str)] = &[
    (concat!("#[", "ignore"), "a test that does not run proves nothing: make it fast, or delete it"),
    (concat!("todo", "!("), "leave out what is not there yet"),
    (concat!("unimplemented", "!("), "leave out what is not there yet"),
    (concat!("thread::", "sleep"), "wait for the event, or sleep through the Clock port"),
];

/// Every file below `folder` that is ours and ends so.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in read_dir(folder).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let name = name.to_string_lossy();
        if path.is_dir()
            && !["target", "node_modules", "corpus", "artifacts"].contains(&&*name)
            && !name.starts_with('.')
        {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(ROOT);
    files(root, &["rs", "js", "mjs", "css", "py"])
        .into_iter()
        .map(|path| (path.strip_prefix(root).unwrap().display().to_string(), read_to_string(&path).unwrap()))
        .collect()
}

/// How many lines a reader meets before the inline tests.
fn lines_without_tests(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

fn holds(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n  {}", breaches.join("\n  "));
}

#[test]
fn no_file_is_too_long_to_read() {
    let long = sources().into_iter().filter_map(|(path, text)| {
        let lines = lines_without_tests(&text);
        (lines > LONGEST).then(|| format!("{path}: {lines} lines without tests, more than {LONGEST}"))
    });
    let pages = SHORT.iter().filter_map(|(path, most)| {
        let lines = read_to_string(Path::new(ROOT).join(path)).unwrap().lines().count();
        (lines > *most).then(|| format!("{path}: {lines} lines, more than {most}"))
    });
    holds(&long.chain(pages).collect::<Vec<_>>());
}

#[test]
fn no_source_holds_what_it_must_not() {
    let mut breaches = Vec::new();
    for (path, text) in
        sources().iter().filter(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs"))
    {
        for (number, line) in text.lines().enumerate() {
            for (never, instead) in NEVER {
                // A benchmark measures real time, and may wait for it.
                let is_allowed = path.starts_with("tests/bench/") && never.starts_with("thread");
                if line.contains(never) && !is_allowed {
                    breaches.push(format!("{path}:{}: {never}: {instead}", number + 1));
                }
            }
        }
    }
    holds(&breaches);
}

/// The lines of a manifest with their section.
fn manifest(path: &Path) -> Vec<(String, String)> {
    let mut section = String::new();
    let text = read_to_string(path).unwrap();
    let lines = text.lines().map(|line| {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        }
        (section.clone(), line.to_owned())
    });
    lines.collect()
}

fn is_entry(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_alphanumeric()) && line.contains('=')
}

#[test]
fn every_dependency_says_why() {
    let mut breaches = Vec::new();
    let mut above = String::new();
    for (section, line) in manifest(&Path::new(ROOT).join("Cargo.toml")) {
        let theirs = !line.contains("path =");
        if section == "workspace.dependencies" && is_entry(&line) && theirs && !above.starts_with("# ") {
            breaches.push(format!("Cargo.toml: {line}: say in the line above what it is for"));
        }
        above = line;
    }
    holds(&breaches);
}

#[test]
fn versions_live_in_the_root_manifest_and_none_is_unused() {
    let root = Path::new(ROOT);
    let members: Vec<_> = files(root, &["toml"])
        .into_iter()
        .filter(|path| {
            path.ends_with("Cargo.toml")
                && path != &root.join("Cargo.toml")
                && !APART.iter().any(|folder| path.starts_with(root.join(folder)))
        })
        .map(|path| (path.strip_prefix(root).unwrap().display().to_string(), manifest(&path)))
        .collect();
    let mut breaches = Vec::new();
    let mut used = Vec::new();
    for (path, lines) in &members {
        for (_, line) in
            lines.iter().filter(|(section, line)| section.ends_with("dependencies") && is_entry(line))
        {
            used.push(line.split(['.', ' ', '=']).next().unwrap_or_default());
            if !line.contains("workspace = true") && !line.contains("path =") {
                breaches.push(format!("{path}: {line}: write `workspace = true`"));
            }
        }
    }
    for (section, line) in manifest(&root.join("Cargo.toml")) {
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if section == "workspace.dependencies" && is_entry(&line) && !used.contains(&name) {
            breaches.push(format!("Cargo.toml: {name}: nobody uses it"));
        }
    }
    holds(&breaches);
}
