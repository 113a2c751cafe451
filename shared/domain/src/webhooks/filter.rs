//! Which events an endpoint wants, and whether its settings make sense.

use std::collections::BTreeSet;

use url::Url;

use super::endpoint::{EndpointSettings, LONGEST_URL};
use crate::{
    deployment::Domain,
    error::Problem,
    events::EventType,
    store::{Row, Table, key_of, keys},
    systems::FieldProblem,
};

/// Entries of a list in an endpoint's settings.
const MOST_ENTRIES: usize = 200;
/// Characters of a description.
const LONGEST_DESCRIPTION: usize = 500;

/// Whether an event's type is one of these: names, groups such as `record.*`, or all when there are none.
#[must_use]
pub fn matches_type(wanted: &[String], kind: EventType) -> bool {
    wanted.is_empty() || wanted.iter().any(|name| names(name, kind))
}

fn names(wanted: &str, kind: EventType) -> bool {
    match wanted.strip_suffix('*') {
        Some(group) => group.ends_with('.') && kind.as_str().starts_with(group),
        None => wanted == kind.as_str(),
    }
}

/// Whether an event is about one of these connections. What is about no connection concerns everybody.
#[must_use]
pub fn matches_connection(wanted: &[String], connection: Option<&str>) -> bool {
    wanted.is_empty() || connection.is_none_or(|connection| wanted.iter().any(|id| id == connection))
}

/// Checks settings before they are kept.
pub(super) async fn check(domain: &Domain, ws: &str, settings: &EndpointSettings) -> Result<(), Problem> {
    let mut problems = Vec::new();
    problems.extend(check_url(domain, ws, &settings.url).await);
    problems.extend(check_types(&settings.event_types));
    problems.extend(check_connections(domain, ws, &settings.connection_ids).await?);
    let long = settings
        .description
        .as_ref()
        .is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION);
    if long {
        let detail = format!("At most {LONGEST_DESCRIPTION} characters.");
        problems.push(FieldProblem::new("/description", detail));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem::InvalidFields(problems))
    }
}

async fn check_url(domain: &Domain, ws: &str, text: &str) -> Option<FieldProblem> {
    let problem = |detail: String| Some(FieldProblem::new("/url", detail));
    if text.len() > LONGEST_URL {
        return problem(format!("At most {LONGEST_URL} characters."));
    }
    let Ok(url) = Url::parse(text) else {
        return problem("An address such as https://example.com/webhooks.".to_owned());
    };
    let refused = domain.receivers.admit(ws, &url).await.err()?;
    problem(refused.to_string())
}

fn check_types(wanted: &[String]) -> Vec<FieldProblem> {
    if wanted.len() > MOST_ENTRIES {
        let detail = format!("At most {MOST_ENTRIES} types.");
        return vec![FieldProblem::new("/event_types", detail)];
    }
    let unknown = |name: &String| !EventType::ALL.iter().any(|kind| names(name, *kind));
    let problem = |(place, name): (usize, &String)| {
        let shown: String = name.chars().take(64).collect();
        let known: Vec<&str> = EventType::ALL.iter().map(|kind| kind.as_str()).collect();
        let detail = format!(
            "There is no type `{shown}`. There are {}; `connection.*` takes a whole group.",
            known.join(", ")
        );
        FieldProblem::new(format!("/event_types/{place}"), detail)
    };
    wanted
        .iter()
        .enumerate()
        .filter(|(_, name)| unknown(name))
        .map(problem)
        .collect()
}

async fn check_connections(
    domain: &Domain,
    ws: &str,
    wanted: &[String],
) -> Result<Vec<FieldProblem>, Problem> {
    if wanted.len() > MOST_ENTRIES {
        let detail = format!("At most {MOST_ENTRIES} connections; leave it empty for all.");
        return Ok(vec![FieldProblem::new("/connection_ids", detail)]);
    }
    // No id of ours is longer.
    let ids: BTreeSet<&String> = wanted.iter().filter(|id| id.len() <= 64).collect();
    let keys: Vec<keys::Key> = ids.into_iter().map(|id| keys::connection(ws, id)).collect();
    let found = domain
        .store
        .get_many(Row::Connection, Table::State, &keys)
        .await?;
    let found: BTreeSet<String> = found.iter().map(|item| key_of(item).sk).collect();
    let missing = wanted
        .iter()
        .enumerate()
        .filter(|(_, id)| !found.contains(&keys::connection(ws, id).sk));
    let problem = |(place, id): (usize, &String)| {
        let shown: String = id.chars().take(64).collect();
        FieldProblem::new(
            format!("/connection_ids/{place}"),
            format!("There is no connection {shown}."),
        )
    };
    Ok(missing.map(problem).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t37_types_are_wanted_by_name_by_group_or_all() {
        let check = |wanted: &[&str], kind: EventType, expected: bool| {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(matches_type(&wanted, kind), expected, "{wanted:?} {kind:?}");
        };
        check(&[], EventType::SyncFailed, true);
        check(&["sync.failed"], EventType::SyncFailed, true);
        check(&["sync.failed"], EventType::SyncSucceeded, false);
        check(&["record.*", "sync.failed"], EventType::RecordDeleted, true);
        check(&["record.*"], EventType::SyncFailed, false);
        check(&["*"], EventType::SyncFailed, false);
    }

    #[test]
    fn t37_connections_are_wanted_by_id_and_what_is_about_none_always() {
        let wanted = ["conn_1".to_owned()];
        for (wanted, about, expected) in [
            (&[][..], Some("conn_2"), true),
            (&wanted[..], Some("conn_1"), true),
            (&wanted[..], Some("conn_2"), false),
            (&wanted[..], None, true),
        ] {
            assert_eq!(
                matches_connection(wanted, about),
                expected,
                "{wanted:?} {about:?}"
            );
        }
    }

    #[test]
    fn a_type_that_does_not_exist_is_named() {
        let wanted = ["sync.*", "sync.stopped", "*"].map(str::to_owned);
        let problems = check_types(&wanted);
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/event_types/1", "/event_types/2"]);
    }
}
