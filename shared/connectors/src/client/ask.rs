//! Requests from a manifest's templates.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::Client;
use crate::{
    fault::{Fault, FaultKind},
    manifest::{HeaderText, List, Related, Template, Templates, Verb, template::Filling},
    transport::Request,
};

/// What a query keeps as it is: what RFC 3986 allows there and no server takes for structure. A space
/// becomes `%20`, which OData and SQL services understand where some do not understand `+`.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b',')
    .remove(b':')
    .remove(b'/')
    .remove(b'(')
    .remove(b')')
    .remove(b'@')
    .remove(b'*');

/// What a value keeps inside one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// The templates of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'m> {
    pub method: Verb,
    pub path: &'m Template,
    pub query: &'m BTreeMap<String, Templates>,
    pub headers: &'m BTreeMap<String, HeaderText>,
    pub json: &'m BTreeMap<String, Template>,
    pub body: Option<&'m Template>,
}

static NO_QUERY: BTreeMap<String, Templates> = BTreeMap::new();
static NO_HEADERS: BTreeMap<String, HeaderText> = BTreeMap::new();
static NO_TEXTS: BTreeMap<String, Template> = BTreeMap::new();

impl<'m> Ask<'m> {
    /// One record at a path of its own.
    pub(super) fn one(path: &'m Template) -> Self {
        Self {
            method: Verb::Get,
            path,
            query: &NO_QUERY,
            headers: &NO_HEADERS,
            json: &NO_TEXTS,
            body: None,
        }
    }
}

impl<'m> From<&'m List> for Ask<'m> {
    fn from(list: &'m List) -> Self {
        Self {
            method: list.method,
            path: &list.path,
            query: &list.query,
            headers: &list.headers,
            json: &list.json,
            body: list.body.as_ref(),
        }
    }
}

impl<'m> From<&'m Related> for Ask<'m> {
    fn from(related: &'m Related) -> Self {
        let Related {
            method,
            path,
            query,
            headers,
            json,
            body,
            ..
        } = related;
        Self {
            method: *method,
            path,
            query,
            headers,
            json,
            body: body.as_ref(),
        }
    }
}

/// What fills the holes of one request, besides settings.
#[derive(Debug, Default)]
pub(super) struct Values<'v> {
    pub texts: Vec<(&'v str, Cow<'v, str>)>,
    pub columns: &'v [String],
}

impl Values<'_> {
    fn get<'s>(&'s self, hole: &str, client: &'s Client) -> Option<Cow<'s, str>> {
        if hole == "columns" {
            let all: String = self.columns.iter().flat_map(|column| [",", column]).collect();
            return Some(Cow::Owned(all));
        }
        let own = self.texts.iter().find(|(name, _)| *name == hole);
        own.map(|(_, text)| Cow::Borrowed(text.as_ref()))
            .or_else(|| client.setting(hole))
    }

    /// What fills a hole of a JSON text: conditions and keys are JSON already, and columns are names that need
    /// no escaping.
    fn in_json<'s>(&'s self, hole: &str, client: &'s Client) -> Option<Filling<'s>> {
        match hole {
            "columns" => {
                let all = self.columns.iter();
                Some(Filling::Json(
                    all.map(|column| format!(",\"{column}\""))
                        .collect::<String>()
                        .into(),
                ))
            }
            "where" | "keys" => self.get(hole, client).map(Filling::Json),
            _ => self.get(hole, client).map(Filling::Value),
        }
    }
}

impl Client {
    /// The request that templates make with these values.
    pub(super) fn request(&self, ask: Ask<'_>, values: &Values<'_>) -> Result<Request, Fault> {
        let segment = |hole: &str| {
            let value = values.get(hole, self)?;
            Some(Cow::Owned(utf8_percent_encode(&value, SEGMENT).to_string()))
        };
        let path = ask.path.fill(segment).ok_or_else(|| incomplete("path"))?;
        let mut url = self.api(&path)?;
        let query = self.query(ask, values);
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        self.at(url, ask, values)
    }

    /// The same request at another address: what a next link wants.
    pub(super) fn at(&self, url: Url, ask: Ask<'_>, values: &Values<'_>) -> Result<Request, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, template) in self
            .connector
            .manifest()
            .request
            .headers
            .iter()
            .chain(ask.headers)
        {
            let filled = template.fill(|hole| values.get(hole, self));
            let Some(value) = filled.filter(|value| !value.is_empty()) else {
                continue;
            };
            let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(&value),
            ) else {
                return Err(incomplete(name));
            };
            headers.insert(name, value);
        }
        let body = self.body(ask, values)?;
        if body.is_some() {
            headers
                .entry(header::CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/json"));
        }
        let method = match ask.method {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
        };
        Ok(Request {
            method,
            url,
            headers,
            body,
            timeout: self.outside.timeout,
        })
    }

    fn query(&self, ask: Ask<'_>, values: &Values<'_>) -> String {
        let mut pairs: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for (name, template) in &self.connector.manifest().request.query {
            // A list's own parameter replaces the one of every request.
            if !ask.query.contains_key(name) {
                pairs.extend(
                    template
                        .fill(|hole| values.get(hole, self))
                        .map(|value| (name.as_str(), value.into())),
                );
            }
        }
        for (name, templates) in ask.query {
            let repeated = templates.all().len() > 1;
            for template in templates.all() {
                if repeated && template.as_str() == "{columns}" {
                    pairs.extend(
                        values
                            .columns
                            .iter()
                            .map(|column| (name.as_str(), column.as_str().into())),
                    );
                } else {
                    let filled = template.fill(|hole| values.get(hole, self));
                    pairs.extend(filled.map(|value| (name.as_str(), value.into())));
                }
            }
        }
        pairs.retain(|(_, value)| !value.is_empty());
        encode_query(pairs.iter().map(|(name, value)| (*name, value.as_ref())))
    }

    fn body(&self, ask: Ask<'_>, values: &Values<'_>) -> Result<Option<Bytes>, Fault> {
        if let Some(template) = ask.body {
            let json = template.fill_json(|hole| values.in_json(hole, self));
            return Ok(Some(json.ok_or_else(|| incomplete("body"))?.into()));
        }
        if ask.json.is_empty() {
            return Ok(None);
        }
        let mut texts = BTreeMap::new();
        for (name, template) in ask.json {
            let text = template
                .fill(|hole| values.get(hole, self))
                .ok_or_else(|| incomplete(name))?;
            texts.insert(name, text);
        }
        // A map of texts always serialises.
        let json = serde_json::to_vec(&texts).expect("texts serialise");
        Ok(Some(json.into()))
    }
}

/// Pairs as a query string.
pub(super) fn encode_query<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(utf8_percent_encode(name, QUERY));
        query.push('=');
        query.extend(utf8_percent_encode(value, QUERY));
    }
    query
}

/// A value made safe for one segment of a path.
pub(super) fn encode_segment(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

fn incomplete(what: &str) -> Fault {
    let message = format!("The connection's settings do not fill the request's `{what}`: enter them anew.");
    Fault::new(FaultKind::Rejected, message).about("settings")
}
