//! The walls of architecture.md, checked: which crate may depend on which, and what may be named where.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Crates of ours that each crate may depend on. Arrows point one way.
const ARROWS: &[(&str, &[&str])] = &[
    ("shared/connectors", &[]),
    ("shared/domain", &["manifold-connectors"]),
    ("shared/aws", &["manifold-domain"]),
    ("shared/sandbox", &[]),
    (
        "functions",
        &["manifold-aws", "manifold-connectors", "manifold-domain"],
    ),
    (
        "shared/local",
        &[
            "manifold-aws",
            "manifold-connectors",
            "manifold-domain",
            "manifold-functions",
            "manifold-sandbox",
        ],
    ),
];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn arrows_point_one_way() {
    for (crate_path, allowed) in ARROWS {
        let text = fs::read_to_string(root().join(crate_path).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        let mut found: Vec<&str> = manifest["dependencies"]
            .as_table()
            .expect("dependencies")
            .keys()
            .map(String::as_str)
            .filter(|name| name.starts_with("manifold-"))
            .collect();
        found.sort_unstable();
        assert_eq!(found, *allowed, "{crate_path}");
    }
}

/// Source files of a crate, tests left out.
fn sources(crate_path: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(crate_path).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                files.push((path, text));
            }
        }
    }
    files
}

fn nowhere(crate_path: &str, words: &[&str], except: &[&str]) {
    for (path, text) in sources(crate_path) {
        let name = path.to_string_lossy().replace('\\', "/");
        if except.iter().any(|part| name.contains(part)) {
            continue;
        }
        for word in words {
            let line = text
                .lines()
                .position(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(
                line.is_none(),
                "{name}:{} names {word}",
                line.unwrap_or_default() + 1
            );
        }
    }
}

#[test]
fn the_domain_names_no_http_and_outside_its_store_no_aws() {
    nowhere(
        "shared/domain",
        &["StatusCode", "axum", "lambda_http", "reqwest"],
        &[],
    );
    nowhere(
        "shared/domain",
        &["aws_sdk", "aws_smithy"],
        &["/store/", "/testing/"],
    );
}

#[test]
fn connectors_know_no_tenant_no_aws_and_no_lambda() {
    nowhere(
        "shared/connectors",
        &["aws_sdk", "lambda_", "manifold_domain", "axum::"],
        &[],
    );
}

#[test]
fn only_functions_name_lambda_and_its_environment() {
    for crate_path in ["shared/connectors", "shared/domain", "shared/aws"] {
        nowhere(crate_path, &["lambda_runtime::", "lambda_http::", "axum::"], &[]);
    }
}

#[test]
fn the_tables_are_never_scanned() {
    for crate_path in ["shared/domain", "shared/aws", "functions", "shared/local"] {
        nowhere(
            crate_path,
            &[".scan()", "scan_input"],
            &["/stories/", "/testing/", "tests"],
        );
    }
}

#[test]
fn no_connector_has_code_of_its_own() {
    let systems = [
        "sap_s4hana",
        "netsuite",
        "dynamics_business_central",
        "dynamics_finance",
        "tryton",
    ];
    let quoted: Vec<String> = systems.iter().map(|system| format!("\"{system}\"")).collect();
    let words: Vec<&str> = quoted.iter().map(String::as_str).collect();
    nowhere("shared/connectors", &words, &["tests"]);
    nowhere("shared/domain", &words, &["/testing/", "tests"]);
    nowhere("functions", &words, &["tests"]);
}

#[test]
fn names_say_what_is_inside() {
    for crate_path in ARROWS.iter().map(|(path, _)| path) {
        for (path, _) in sources(crate_path) {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let says_nothing = [
                "utils", "util", "common", "helpers", "helper", "misc", "manager", "base",
            ];
            assert!(
                !says_nothing.contains(&stem.as_str()),
                "{} says nothing",
                path.display()
            );
        }
    }
}
