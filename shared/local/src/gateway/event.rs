//! From a request to the event of API Gateway, payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>;
//! that the path comes decoded is what HTTP APIs do, though the field is called `rawPath`.

use std::{borrow::Cow, net::IpAddr};

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, header, request::Parts, uri::Authority};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A request as it came in.
pub(super) struct Incoming<'a> {
    /// Method, target and headers.
    pub(super) head: &'a Parts,
    /// The whole body.
    pub(super) body: &'a Bytes,
    /// Who called.
    pub(super) from: IpAddr,
    /// API Gateway's own id of the request.
    pub(super) id: &'a str,
    /// When, by the wall's clock.
    pub(super) at: Timestamp,
}

impl Incoming<'_> {
    /// The event; `None` for what API Gateway would not have let through: a host that is none, header
    /// values that are no text.
    pub(super) fn event(&self) -> Option<ApiGatewayV2httpRequest> {
        let headers = &self.head.headers;
        let host = headers.get(header::HOST)?.to_str().ok()?;
        host.parse::<Authority>().ok()?;
        let path = decoded(self.head.uri.path());
        let agent = headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok());
        let (body, encoded) = self.body();
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": self.head.uri.query().unwrap_or_default(),
            "headers": self.headers()?,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": host,
                "domainPrefix": host.split('.').next(),
                "http": {
                    "method": self.head.method.as_str(),
                    "path": path,
                    "protocol": format!("{:?}", self.head.version),
                    "sourceIp": self.from.to_string(),
                    "userAgent": agent.unwrap_or_default(),
                },
                "requestId": self.id,
                "routeKey": "$default",
                "stage": "$default",
                "time": self.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.at.as_millisecond(),
            },
            "isBase64Encoded": encoded,
        });
        if let Some(body) = body {
            event["body"] = body.into();
        }
        let cookies = cookies(headers)?;
        if !cookies.is_empty() {
            event["cookies"] = cookies.into();
        }
        let query = self.query();
        if !query.is_empty() {
            event["queryStringParameters"] = query.into();
        }
        serde_json::from_value(event).ok()
    }

    /// Header names come in lower case, several values of one joined by commas, cookies apart.
    fn headers(&self) -> Option<Map<String, Value>> {
        let mut joined = Map::new();
        for name in self.head.headers.keys().filter(|name| **name != header::COOKIE) {
            joined.insert(
                name.as_str().to_owned(),
                values(&self.head.headers, name)?.join(",").into(),
            );
        }
        let mut forwarded = values(&self.head.headers, &FORWARDED_FOR)?;
        let from = self.from.to_string();
        forwarded.push(&from);
        joined.insert(FORWARDED_FOR.as_str().to_owned(), forwarded.join(", ").into());
        joined.insert("x-forwarded-proto".to_owned(), "http".into());
        Some(joined)
    }

    /// Only what is surely text is passed on as it is.
    fn body(&self) -> (Option<String>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        let kind = self
            .head
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        match std::str::from_utf8(self.body)
            .ok()
            .filter(|_| kind.is_some_and(is_textual))
        {
            Some(text) => (Some(text.to_owned()), false),
            None => (Some(STANDARD.encode(self.body)), true),
        }
    }

    /// Several values of one parameter are joined by commas; `rawQueryString` is what functions read.
    fn query(&self) -> Map<String, Value> {
        let mut joined: Map<String, Value> = Map::new();
        for (name, value) in url::form_urlencoded::parse(self.head.uri.query().unwrap_or_default().as_bytes())
        {
            let value = match joined.get(name.as_ref()).and_then(Value::as_str) {
                Some(before) => format!("{before},{value}"),
                None => value.into_owned(),
            };
            joined.insert(name.into_owned(), value.into());
        }
        joined
    }
}

/// The path with its escapes resolved, unless that gives no text.
pub(super) fn decoded(path: &str) -> Cow<'_, str> {
    percent_decode_str(path)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(path))
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Vec<&'a str>> {
    headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().ok())
        .collect()
}

fn cookies(headers: &HeaderMap) -> Option<Vec<&str>> {
    let lines = values(headers, &header::COOKIE)?;
    Some(
        lines
            .into_iter()
            .flat_map(|line| line.split(';'))
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .collect(),
    )
}

/// The types whose bodies API Gateway does not encode.
fn is_textual(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str())
}
