//! Bounds of what a workspace says about a connection.

use serde_json::Value;

use crate::{
    connection::{Customer, History, Metadata, Schedule},
    systems::{FieldProblem, SystemFacts},
};

/// Models of one connection: connecting writes a sync row for each in one transaction of at most 100.
pub(crate) const MOST_MODELS: usize = 80;
const LONGEST_TEXT: usize = 200;
const LARGEST_METADATA: usize = 16 * 1024;
const DEEPEST_METADATA: usize = 16;
const LONGEST_HISTORY_DAYS: u32 = 3650;

pub(crate) fn check_customer(customer: &Customer) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if customer.id.is_empty() || !is_line(&customer.id) {
        let detail = format!(
            "Your own id for the customer, 1 to {LONGEST_TEXT} characters without control characters."
        );
        problems.push(FieldProblem::new("/customer/id", detail));
    }
    if !customer.name.as_deref().is_none_or(is_line) {
        problems.push(FieldProblem::new(
            "/customer/name",
            format!("At most {LONGEST_TEXT} characters without control characters."),
        ));
    }
    problems
}

/// A text that stands in one line of a page or a log.
fn is_line(text: &str) -> bool {
    text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control)
}

/// Metadata are kept as they are, so they must be what the table can keep.
pub(crate) fn check_metadata(metadata: &Metadata) -> Option<FieldProblem> {
    let bytes = serde_json::to_vec(metadata).map_or(usize::MAX, |text| text.len());
    let too_large = || format!("At most {} KB as JSON.", LARGEST_METADATA / 1024);
    let problem = if bytes > LARGEST_METADATA {
        Some(too_large())
    } else {
        unstorable_object(metadata, 1)
    };
    problem.map(|problem| FieldProblem::new("/metadata", problem))
}

/// What DynamoDB refuses: names without a letter, nesting beyond 32 (with the row around it), numbers beyond its range.
fn unstorable(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::Object(object) => unstorable_object(object, depth),
        Value::Array(list) if depth <= DEEPEST_METADATA => {
            list.iter().find_map(|inner| unstorable(inner, depth + 1))
        }
        Value::Array(_) => Some(too_deep()),
        Value::Number(number) => {
            let size = number.as_f64().map_or(f64::INFINITY, f64::abs);
            let fits = size.total_cmp(&0.0).is_eq() || (1e-130..1e126).contains(&size);
            (!fits).then(|| format!("The number {number} is too large or too small: send it as a text."))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

fn unstorable_object(object: &Metadata, depth: usize) -> Option<String> {
    if depth > DEEPEST_METADATA {
        return Some(too_deep());
    }
    if object.contains_key("") {
        return Some("A name in it is empty.".to_owned());
    }
    object.values().find_map(|inner| unstorable(inner, depth + 1))
}

fn too_deep() -> String {
    format!("It is nested more than {DEEPEST_METADATA} deep.")
}

pub(crate) fn check_history(history: History) -> Option<FieldProblem> {
    let fits = match history {
        History::All => true,
        History::Days(days) => (1..=LONGEST_HISTORY_DAYS).contains(&days),
    };
    let detail = || format!("`all`, or 1 to {LONGEST_HISTORY_DAYS} days.");
    (!fits).then(|| FieldProblem::new("/history", detail()))
}

/// Models and schedule may only name what the system offers.
pub(crate) fn check_models(
    facts: &SystemFacts,
    models: Option<&[String]>,
    schedule: Option<&Schedule>,
) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let unknown = |model: &str| format!("{} has no model `{model}`.", facts.title);
    if let Some(models) = models {
        if models.is_empty() || models.len() > MOST_MODELS {
            problems.push(FieldProblem::new(
                "/models",
                format!("1 to {MOST_MODELS} models, or leave it out for all."),
            ));
        }
        let named = models
            .iter()
            .enumerate()
            .take(MOST_MODELS)
            .filter(|(_, model)| !facts.has_model(model));
        problems.extend(named.map(|(at, model)| FieldProblem::new(format!("/models/{at}"), unknown(model))));
    }
    if let Some(Schedule::PerModel(by_model)) = schedule {
        let named = by_model
            .keys()
            .take(MOST_MODELS)
            .filter(|model| !facts.has_model(model));
        problems.extend(named.map(|model| FieldProblem::new(format!("/schedule/{model}"), unknown(model))));
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_are_what_the_table_can_keep() {
        let check = |value: Value| {
            let Value::Object(metadata) = value else {
                panic!("an object")
            };
            check_metadata(&metadata).map(|problem| problem.detail)
        };
        let deep = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({"a": [inner]}));
        for (value, said) in [
            (json!({"": 1}), "empty"),
            (json!({"a": [{"": 1}]}), "empty"),
            (deep(9), "16 deep"),
            (json!({"a": 1e300}), "too large"),
            (json!({"a": 1e-200}), "too small"),
            (json!({"a": "x".repeat(20_000)}), "16 KB"),
        ] {
            let problem = check(value).unwrap_or_default();
            assert!(problem.contains(said), "{said}: {problem}");
        }
        for fine in [
            json!({}),
            json!({"a": [{"b": 1.5, "c": null, "d": 0, "e": ""}]}),
            deep(7),
            json!({"a": -1e100}),
        ] {
            assert_eq!(check(fine), None);
        }
    }
}
