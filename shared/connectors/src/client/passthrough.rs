//! The system's own API with the connection's credentials, for what the unified models lack.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{Client, ask::encode_query};
use crate::{
    fault::{Fault, FaultKind},
    transport::Request,
};

/// The most bytes of an answer.
const MOST_BYTES: usize = 5 * 1024 * 1024;

/// Methods that may be sent. MERGE is how OData V2 changes a record.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "MERGE",
];

/// Headers that a caller may set, besides those that the manifest itself sends: how content is negotiated
/// and what a change is conditional on. None of them carries credentials or is about the connection.
const REQUEST_HEADERS: [&str; 20] = [
    "accept",
    "accept-language",
    "content-language",
    "content-type",
    "dataserviceversion",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "maxdataserviceversion",
    "odata-isolation",
    "odata-maxversion",
    "odata-version",
    "patchtype",
    "prefer",
    "range",
    "x-csrf-token",
    "x-http-method",
    "x-method-override",
    "x-requested-with",
];

/// Headers of an answer that reach the caller. Cookies are sessions, so they do not.
const ANSWER_HEADERS: [&str; 14] = [
    "content-language",
    "content-range",
    "content-type",
    "dataserviceversion",
    "date",
    "etag",
    "last-modified",
    "link",
    "location",
    "odata-version",
    "preference-applied",
    "retry-after",
    "sap-messages",
    "x-csrf-token",
];

/// One call of the system's own API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path below the system's address, beginning with a slash; without query.
    pub path: String,
    /// Query parameters in order, not encoded.
    pub query: Vec<(String, String)>,
    /// Headers; see the error of one that may not be set.
    pub headers: Vec<(String, String)>,
    /// Body, if any.
    pub body: Option<Bytes>,
}

/// What the system answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, by an allow-list.
    pub headers: Vec<(String, String)>,
    /// Body, at most 5 MB.
    pub body: Bytes,
}

impl Client {
    /// Calls the system's own API on host `api`.
    ///
    /// # Errors
    /// `Rejected` about `method`, `path` or a header that may not be used; any fault without an answer;
    /// `Malformed` for an answer of more than 5 MB. A refusal by the system is an answer.
    pub async fn passthrough(&self, call: Call) -> Result<Answer, Fault> {
        let method = METHODS
            .iter()
            .find(|method| call.method.eq_ignore_ascii_case(method));
        let method = method
            .and_then(|method| Method::from_bytes(method.as_bytes()).ok())
            .ok_or_else(|| {
                refused(
                    "method",
                    format!("`{}` is not one of {}.", call.method, METHODS.join(", ")),
                )
            })?;
        let request = Request {
            method,
            url: self.passthrough_url(&call)?,
            headers: self.passthrough_headers(&call)?,
            body: call.body,
            timeout: self.outside.timeout,
        };
        let response = self.answer(request).await?;
        // The system's own refusal is the caller's to read; one that asks to wait still holds the others back.
        let _ = self.judge(&response);
        if response.body.len() > MOST_BYTES {
            let message = "The system's answer is larger than 5 MB: ask for fewer records or fields.";
            return Err(Fault::new(FaultKind::Malformed, message));
        }
        let headers = ANSWER_HEADERS.iter().filter_map(|name| {
            let value = response.header(name)?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        Ok(Answer {
            status: response.status,
            headers: headers.collect(),
            body: response.body.clone(),
        })
    }

    fn passthrough_url(&self, call: &Call) -> Result<Url, Fault> {
        let path = &call.path;
        if !path.starts_with('/') || path.starts_with("//") {
            return Err(refused(
                "path",
                "A path begins with one slash: it stays on the connected system.".into(),
            ));
        }
        if path.contains(['?', '#', '\\']) || path.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let message =
                "A path has no `?`, `#`, backslash or blank: parameters stand in `query`, a blank is `%20`.";
            return Err(refused("path", message.into()));
        }
        // `%2e` is a dot to whoever resolves a path, and `%2f` a slash to some servers.
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        if decoded
            .split(['/', '\\'])
            .any(|segment| matches!(segment, "." | ".."))
        {
            return Err(refused(
                "path",
                "A path does not lead upwards: leave out `.` and `..`.".into(),
            ));
        }
        let mut url = self.api(path)?;
        let own = self
            .connector
            .manifest()
            .request
            .query
            .iter()
            .filter_map(|(name, template)| {
                let named = call.query.iter().any(|(given, _)| given == name);
                let value = template
                    .fill(|hole| self.setting(hole))
                    .filter(|value| !named && !value.is_empty())?;
                Some((name.as_str(), value))
            });
        let own: Vec<(&str, String)> = own.collect();
        let given = call
            .query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let query = encode_query(
            own.iter()
                .map(|(name, value)| (*name, value.as_str()))
                .chain(given),
        );
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        Ok(url)
    }

    fn passthrough_headers(&self, call: &Call) -> Result<HeaderMap, Fault> {
        let manifest = self.connector.manifest();
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, template) in &manifest.request.headers {
            let value = template
                .fill(|hole| self.setting(hole))
                .and_then(|value| HeaderValue::from_str(&value).ok());
            if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
                headers.insert(name, value);
            }
        }
        for (name, value) in &call.headers {
            let allowed = REQUEST_HEADERS
                .iter()
                .any(|allowed| name.eq_ignore_ascii_case(allowed))
                || self.sends_header(name);
            let parsed = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| allowed);
            let parsed = parsed.ok_or_else(|| {
                let message = format!(
                    "The header `{name}` cannot be set: sign-in and connection headers are the client's own."
                );
                refused(name, message)
            })?;
            let value = HeaderValue::from_str(value).map_err(|_| {
                refused(
                    name,
                    format!("The value of header `{name}` is not one that HTTP allows."),
                )
            })?;
            headers.insert(parsed, value);
        }
        Ok(headers)
    }

    /// Whether the manifest sends this header with some request: then it is the vendor's own way to be asked.
    fn sends_header(&self, name: &str) -> bool {
        let manifest = self.connector.manifest();
        let lists = manifest.models.values().map(|model| &model.list.headers);
        lists
            .chain([&manifest.request.headers])
            .flat_map(|headers| headers.keys())
            .any(|own| own.eq_ignore_ascii_case(name))
    }
}

fn refused(about: &str, message: String) -> Fault {
    Fault::new(FaultKind::Rejected, message).about(about)
}
