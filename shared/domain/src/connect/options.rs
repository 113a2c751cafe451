//! Bounds of what a workspace says about a connection.

use crate::{
    connection::{Customer, History, Metadata, Schedule},
    systems::{FieldProblem, SystemFacts},
};

/// Models of one connection: connecting writes a sync row for each in one transaction of at most 100.
pub(crate) const MOST_MODELS: usize = 80;
const LONGEST_TEXT: usize = 200;
const LARGEST_METADATA: usize = 16 * 1024;
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

pub(crate) fn check_metadata(metadata: &Metadata) -> Option<FieldProblem> {
    let bytes = serde_json::to_vec(metadata).map_or(usize::MAX, |text| text.len());
    (bytes > LARGEST_METADATA).then(|| {
        FieldProblem::new(
            "/metadata",
            format!("At most {} KB as JSON.", LARGEST_METADATA / 1024),
        )
    })
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
