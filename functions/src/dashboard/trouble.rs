//! What a page says when something cannot be done.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use manifold_domain::error::Problem;

use crate::gate::failure;

/// Why a page cannot be shown, or an action not be done.
#[derive(Debug)]
pub struct Trouble(Told);

/// The same in words.
#[derive(Debug, Clone)]
pub struct Told {
    /// Status of the answer.
    pub status: StatusCode,
    /// A headline.
    pub title: String,
    /// What happened, and what to do.
    pub detail: String,
}

impl Told {
    /// In one's own words.
    pub fn new(status: StatusCode, title: &str, detail: &str) -> Self {
        Self {
            status,
            title: title.to_owned(),
            detail: detail.to_owned(),
        }
    }

    /// A problem of the domain, in the words of the API's errors.
    pub fn of(problem: &Problem) -> Self {
        let (status, title, detail) = failure::in_words(problem);
        let detail = match problem {
            // Pointers are for programs.
            Problem::InvalidFields(fields) => {
                let details: Vec<&str> = fields.iter().map(|field| field.detail.as_str()).collect();
                details.join(" ")
            }
            _ => detail,
        };
        Self::new(status, title, &detail)
    }

    /// Over the rate.
    pub fn too_fast(seconds: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
            &format!("Come again in {seconds} seconds."),
        )
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self(Told::of(&problem))
    }
}

impl From<Told> for Trouble {
    fn from(told: Told) -> Self {
        Self(told)
    }
}

impl IntoResponse for Trouble {
    /// The session's layer writes the page, which needs to know who looks.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// A page that is not there.
pub async fn no_such_page() -> Trouble {
    Trouble(Told::new(
        StatusCode::NOT_FOUND,
        "There is no such page",
        "The address may be mistyped, or the page may have moved.",
    ))
}
