//! Bounds of what a workspace says about a link session.

use std::time::Duration;

use manifold_connectors::model;
use url::Url;

use super::{LONGEST_EMBEDDED, LONGEST_HOSTED, LinkRequest, USUAL_HOSTED};
use crate::{
    connect::{MOST_MODELS, check_customer, check_history, check_metadata},
    deployment::Domain,
    error::Problem,
    systems::FieldProblem,
};

const MOST_ORIGINS: usize = 20;
const MOST_SYSTEMS: usize = 500;
const LONGEST_URL: usize = 2_000;
const SHORTEST_LIFE: Duration = Duration::from_secs(60);

/// Checks the request, every problem at once, and says how long the session lives.
pub(super) fn check(domain: &Domain, request: &LinkRequest) -> Result<Duration, Problem> {
    let mut problems = Vec::new();
    if request.connection_id.is_none() {
        problems.extend(check_customer(&request.customer));
    }
    problems.extend(check_metadata(&request.metadata));
    problems.extend(request.history.and_then(check_history));
    problems.extend(check_systems(domain, request));
    problems.extend(check_models(request));
    if request.origins.len() > MOST_ORIGINS {
        problems.push(FieldProblem::new(
            "/origins",
            format!("At most {MOST_ORIGINS} origins."),
        ));
    }
    let bad = request
        .origins
        .iter()
        .enumerate()
        .take(MOST_ORIGINS)
        .filter(|(_, origin)| !is_origin(origin));
    problems.extend(bad.map(|(at, _)| {
        let detail =
            "A scheme and a host, like https://app.example.com, without a path. http only for localhost.";
        FieldProblem::new(format!("/origins/{at}"), detail)
    }));
    if request
        .redirect_uri
        .as_deref()
        .is_some_and(|uri| !is_redirect(uri))
    {
        problems.push(FieldProblem::new(
            "/redirect_uri",
            "An https:// address without a fragment.",
        ));
    }
    let embedded = !request.origins.is_empty();
    let (longest, usual) = if embedded {
        (LONGEST_EMBEDDED, LONGEST_EMBEDDED)
    } else {
        (LONGEST_HOSTED, USUAL_HOSTED)
    };
    let lifetime = request.expires_in.unwrap_or(usual);
    if lifetime < SHORTEST_LIFE || lifetime > longest {
        let kind = if embedded {
            "an embedded session"
        } else {
            "a hosted session"
        };
        let detail = format!(
            "{} to {} seconds for {kind}.",
            SHORTEST_LIFE.as_secs(),
            longest.as_secs()
        );
        problems.push(FieldProblem::new("/expires_in", detail));
    }
    if problems.is_empty() {
        Ok(lifetime)
    } else {
        Err(Problem::InvalidFields(problems))
    }
}

fn check_systems(domain: &Domain, request: &LinkRequest) -> Vec<FieldProblem> {
    let Some(systems) = &request.systems else {
        return Vec::new();
    };
    if systems.is_empty() || systems.len() > MOST_SYSTEMS {
        return vec![FieldProblem::new(
            "/systems",
            format!("1 to {MOST_SYSTEMS} systems, or leave it out for all."),
        )];
    }
    let unknown = systems
        .iter()
        .enumerate()
        .filter(|(_, system)| domain.catalog.describe(system).is_none());
    unknown
        .map(|(at, system)| {
            FieldProblem::new(
                format!("/systems/{at}"),
                format!("There is no system `{system}`."),
            )
        })
        .collect()
}

/// Which models a system has is known when the person chose the system; here they must be models at all.
fn check_models(request: &LinkRequest) -> Vec<FieldProblem> {
    let Some(models) = &request.models else {
        return Vec::new();
    };
    if models.is_empty() || models.len() > MOST_MODELS {
        let detail = format!("1 to {MOST_MODELS} models, or leave it out for all.");
        return vec![FieldProblem::new("/models", detail)];
    }
    let unknown = models
        .iter()
        .enumerate()
        .filter(|(_, model)| model::by_name(model).is_none());
    unknown
        .map(|(at, model)| {
            FieldProblem::new(format!("/models/{at}"), format!("There is no model `{model}`."))
        })
        .collect()
}

fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    // What a browser says as the origin is exactly this form.
    scheme && text.len() <= LONGEST_URL && url.origin().ascii_serialization() == text
}

fn is_redirect(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    url.scheme() == "https"
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && text.len() <= LONGEST_URL
}
