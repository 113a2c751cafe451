//! The failures that have to be survived: each has a test with its number in the name, and the table in tests/README.md
//! names none that is not there.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::architecture::root;

/// How many there are.
const FAILURES: u32 = 45;

/// Names of functions that begin as a failure's tests do.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<PathBuf> = ["shared", "functions", "tests"]
        .map(|name| root().join(name))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.extend((!path.ends_with("node_modules")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                names.extend(run_in(&text).filter(|name| of(name).is_some()));
            }
        }
    }
    names
}

/// Names of the tests of a file that run when tests are run.
fn run_in(text: &str) -> impl Iterator<Item = String> {
    text.split("#[test]")
        .skip(1)
        .chain(text.split("#[tokio::test").skip(1))
        .filter_map(|rest| rest.split_once("fn "))
        .filter(|(between, _)| !between.contains("#[ignore"))
        .map(|(_, rest)| name(rest))
}

fn name(text: &str) -> String {
    let is_of_a_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    text.chars().take_while(is_of_a_name).collect()
}

/// The failure whose number a name begins with.
fn of(name: &str) -> Option<u32> {
    name.strip_prefix('t')?.split_once('_')?.0.parse().ok()
}

#[test]
fn every_failure_has_a_test_with_its_number() {
    let tests = tests();
    let covered: BTreeSet<u32> = tests.iter().filter_map(|name| of(name)).collect();
    let missing: Vec<u32> = (1..=FAILURES)
        .filter(|number| !covered.contains(number))
        .collect();
    assert!(missing.is_empty(), "no test for {missing:?}");
    let table = fs::read_to_string(root().join("tests/README.md")).expect("the table");
    for number in 1..=FAILURES {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| T{number} |")));
        let row = row.unwrap_or_else(|| panic!("tests/README.md does not tell of T{number}"));
        // Every second piece stands between backticks; an ellipsis stands for whatever follows.
        let quoted = row.split('`').skip(1).step_by(2);
        let named: Vec<&str> = quoted.filter(|quoted| of(&name(quoted)).is_some()).collect();
        assert!(!named.is_empty(), "T{number} names no test");
        for quoted in named {
            let is_there = match quoted.strip_suffix('…') {
                Some(beginning) => tests.iter().any(|test| test.starts_with(beginning)),
                None => tests.contains(quoted),
            };
            assert!(is_there, "{quoted} is no test");
        }
    }
}
