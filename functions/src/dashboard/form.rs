//! What a person sent: the fields of a form, and the parameters of an address.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use manifold_domain::error::Problem;
use maud::{Markup, html};
use serde::de::DeserializeOwned;

use super::{
    session::{FORM_FIELD, Seat},
    trouble::Trouble,
};
use crate::gate::body;

/// Fields of a form that was sent.
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Trouble;

    async fn from_request(request: Request, _: &S) -> Result<Self, Trouble> {
        let unreadable = || Problem::Unreadable("The form cannot be read. Load the page again.".to_owned());
        let bytes = body::read(request.into_body()).await.map_err(|_| unreadable())?;
        serde_urlencoded::from_bytes(&bytes)
            .map(Form)
            .map_err(|_| unreadable().into())
    }
}

/// Parameters of an address; those that a page does not know are passed over.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
            .map(Asked)
            .map_err(|_| Problem::Unreadable("The address cannot be read.".to_owned()).into())
    }
}

/// A text that holds something.
pub fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

impl Seat {
    /// The hidden field that every form carries.
    #[must_use]
    pub fn form_field(&self) -> Markup {
        html! { input type="hidden" name=(FORM_FIELD) value=(self.form); }
    }

    /// A form that is one button.
    #[must_use]
    pub fn button(&self, action: &str, class: &str, inside: &Markup) -> Markup {
        html! {
            form method="post" action=(action) {
                (self.form_field())
                button class={ "button " (class) } type="submit" { (inside) }
            }
        }
    }
}

/// An address with parameters, those that hold nothing left out.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let given: Vec<&(&str, &str)> = parameters.iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(&given) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}
