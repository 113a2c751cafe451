//! One suite over every folder of `catalog/`: a new system needs no line of Rust.
//!
//! Fixtures are exchanges with a system; goldens are the requests that we send and the unified records
//! that come out. `UPDATE_GOLDEN=1 cargo test -p manifold-connectors --test conformance` writes the goldens anew.

mod coverage;
mod fixture;
mod golden;
mod manifests;
mod records;
mod replay;
mod run;
mod system;

use run::Outcome;
use system::System;

/// Runs a check over every fixture of every system and tells everything that is wrong at once.
async fn over_fixtures(check: impl Fn(&System, &fixture::Fixture, &Outcome) -> Vec<String>) {
    let mut wrong = Vec::new();
    for system in system::all() {
        for fixture in &system.fixtures {
            let outcome = run::run(&system, fixture).await;
            let place = format!("{}/fixtures/{}.json", system.id, fixture.name);
            wrong.extend(
                check(&system, fixture, &outcome)
                    .into_iter()
                    .map(|problem| format!("{place}: {problem}")),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_manifest_is_read_and_complete() {
    let wrong: Vec<String> = system::folders()
        .iter()
        .flat_map(|folder| manifests::problems(folder))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_reading_matches_its_golden() {
    over_fixtures(golden::differences).await;
}

#[tokio::test(start_paused = true)]
async fn every_record_keeps_the_rules() {
    over_fixtures(|_, fixture, outcome| records::problems(&fixture.request.model, outcome)).await;
}

#[tokio::test(start_paused = true)]
async fn no_credential_gets_out() {
    over_fixtures(|_, fixture, outcome| records::leaks(fixture, outcome)).await;
}

#[tokio::test(start_paused = true)]
async fn every_system_shows_what_it_must() {
    let mut wrong = Vec::new();
    for system in system::all() {
        let mut outcomes = Vec::new();
        for fixture in &system.fixtures {
            outcomes.push((fixture, run::run(&system, fixture).await));
        }
        wrong.extend(
            coverage::gaps(&system, &outcomes)
                .into_iter()
                .map(|gap| format!("{}: {gap}", system.id)),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
