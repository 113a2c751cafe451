//! Query parameters: a name that a route does not know is an error, since it would be ignored silently.

use axum::{extract::FromRequestParts, http::request::Parts};
use manifold_domain::{
    error::Problem,
    listing::{MOST, Paging},
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::failure::Failure;

/// Query parameters of a route.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(text)
            .map(Query)
            .map_err(|error| Problem::Unreadable(format!("The query cannot be read: {error}.")).into())
    }
}

/// All query parameters in their order, for routes whose names depend on the model.
pub struct AllParameters(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for AllParameters {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = parts.uri.query().unwrap_or_default();
        let given: Vec<(String, String)> = serde_urlencoded::from_str(text)
            .map_err(|error| Problem::Unreadable(format!("The query cannot be read: {error}.")))?;
        let again = |(place, (name, _)): &(usize, &(String, String))| {
            given[..*place].iter().any(|(earlier, _)| earlier == name)
        };
        // Which of the two is meant would be a guess.
        match given.iter().enumerate().find(again) {
            Some((_, (name, _))) => Err(Problem::Unreadable(format!("`{name}` is given twice.")).into()),
            None => Ok(AllParameters(given)),
        }
    }
}

/// A page of a list that takes no other parameters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageOf {
    /// Entries a page, 1 to 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageOf {
    /// The page as the domain wants it.
    ///
    /// # Errors
    /// As [`paging`].
    pub fn paging(&self) -> Result<Paging<'_>, Problem> {
        paging(self.limit.as_deref(), self.cursor.as_deref())
    }
}

/// Which page of a list.
///
/// # Errors
/// The limit is not a number from 1 to 500.
pub fn paging<'a>(given: Option<&str>, cursor: Option<&'a str>) -> Result<Paging<'a>, Problem> {
    Ok(Paging {
        limit: limit(given)?,
        cursor,
    })
}

/// A page's size.
///
/// # Errors
/// It is not a number from 1 to 500.
pub fn limit(given: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = given else { return Ok(100) };
    match text.parse() {
        Ok(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        _ => Err(Problem::Unreadable(format!(
            "`limit` is a number from 1 to {MOST}, not `{text}`."
        ))),
    }
}

/// A yes or no.
///
/// # Errors
/// It is neither `true` nor `false`.
pub fn flag(name: &str, given: Option<&str>) -> Result<bool, Problem> {
    match given {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Problem::Unreadable(format!(
            "`{name}` is true or false, not `{other}`."
        ))),
    }
}
