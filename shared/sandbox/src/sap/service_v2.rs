//! Reading the V2 services.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::json;

use super::refusal;
use super::schema::{SERVICES, V2};
use super::write::Service;
use crate::http::{Answer, Call, encoded};
use crate::odata::Refused;
use crate::odata::key::{Key, split};
use crate::odata::options::{Options, Version};
use crate::odata::page::Page;
use crate::odata::row::Row;
use crate::odata::schema::EntityType;
use crate::odata::v2::{V2Writer, etag};
use crate::system::System;

/// The server sends no more rows than this at once, and a link to the next page.
const PAGE_CAP: usize = 200;

/// What is asked for below the service.
struct Asked<'a> {
    call: &'a Call,
    service_url: String,
    entity: &'static EntityType,
    rows: Vec<Arc<Row>>,
}

/// Answers a call to one service.
pub(super) fn answer(
    system: &System,
    call: &Call,
    service: &str,
    steps: &[&str],
    with_orders: bool,
) -> Answer {
    let known = SERVICES
        .iter()
        .skip(usize::from(!with_orders))
        .find(|(name, _)| *name == service);
    let Some((name, sets)) = known else {
        let text = format!("No service found for namespace '', name '{service}', version '0001'");
        return refusal::v2(StatusCode::FORBIDDEN, "/IWFND/MED/170", &text);
    };
    if call.method != Method::GET {
        let url = format!("{}/sap/opu/odata/sap/{name}", call.root);
        return Service { in_v4: false, url }.write(system, call, steps);
    }
    if !wants_json(call) {
        let text = "This sandbox writes JSON only: ask with $format=json or Accept: application/json.";
        return refusal::v2(StatusCode::NOT_ACCEPTABLE, "/IWFND/CM_MGW/415", text);
    }
    let [first, rest @ ..] = steps else {
        return Answer::json(json!({"d": {"EntitySets": sets}}).to_string());
    };
    let (set, key) = split(first);
    let Some(entity) = V2.get(set).filter(|_| sets.contains(&set)) else {
        let text = format!("Resource not found for segment '{set}'");
        return refusal::v2(StatusCode::NOT_FOUND, "/IWBEP/CM_MGW_RT/004", &text);
    };
    let asked = Asked {
        call,
        service_url: format!("{}/sap/opu/odata/sap/{name}", call.root),
        entity,
        rows: system.read(|books| books.rows(set)),
    };
    let done = match (key, rest) {
        (None, []) => asked.list(),
        (None, ["$count"]) => asked.count(),
        (Some(key), []) => asked.single(key),
        (Some(key), [nav]) => asked.below(key, nav),
        _ => Err(Refused::because("Invalid path.")),
    };
    done.unwrap_or_else(|Refused(text)| refusal::v2(StatusCode::BAD_REQUEST, "/IWFND/CM_MGW_RT/022", &text))
}

/// Without being asked for JSON, SAP Gateway writes Atom.
fn wants_json(call: &Call) -> bool {
    match call.pairs().iter().find(|(name, _)| name == "$format") {
        Some((_, format)) => format == "json",
        None => call
            .header("accept")
            .is_some_and(|accept| accept.contains("application/json")),
    }
}

impl Asked<'_> {
    fn options(&self) -> Result<Options, Refused> {
        Options::parse(&self.call.pairs(), self.entity, &V2, Version::V2)
    }

    fn writer(&self) -> V2Writer<'_> {
        V2Writer {
            service: &self.service_url,
            poison: self.call.poison,
        }
    }

    fn list(self) -> Result<Answer, Refused> {
        let options = self.options()?;
        let page = Page::cut(self.rows.clone(), &options, PAGE_CAP);
        let next = page.next.map(|(offset, top)| self.next_link(offset, top));
        let body = self
            .writer()
            .list(&page, &options.shape, options.count, next.as_deref());
        Ok(Answer::json(body).with("dataserviceversion", "2.0"))
    }

    /// The same request, continued: the link carries everything that the client asked for.
    fn next_link(&self, offset: usize, top: Option<usize>) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (name, value) in self.call.pairs() {
            if !matches!(name.as_str(), "$skip" | "$skiptoken" | "$top") {
                parts.push(format!("{name}={}", encoded(&value)));
            }
        }
        parts.extend(top.map(|top| format!("$top={top}")));
        parts.push(format!("$skiptoken={offset}"));
        format!("{}?{}", self.call.url(), parts.join("&"))
    }

    fn count(self) -> Result<Answer, Refused> {
        let options = self.options()?;
        let page = Page::cut(self.rows, &options, usize::MAX);
        Ok(Answer::new(
            StatusCode::OK,
            "text/plain;charset=utf-8",
            page.total.to_string(),
        ))
    }

    fn single(self, key: &str) -> Result<Answer, Refused> {
        let Some(row) = self.find(key)? else {
            return Ok(not_found());
        };
        let options = self.options()?;
        let body = self.writer().single(&row, &options.shape);
        let answer = Answer::json(body).with("dataserviceversion", "2.0");
        Ok(match etag(&row) {
            Some(etag) => answer.with("etag", &etag),
            None => answer,
        })
    }

    /// What lies behind a navigation property of one entity.
    fn below(mut self, key: &str, nav: &str) -> Result<Answer, Refused> {
        let Some(row) = self.find(key)? else {
            return Ok(not_found());
        };
        let Some(position) = self.entity.nav(nav) else {
            let text = format!("Resource not found for segment '{nav}'");
            return Ok(refusal::v2(StatusCode::NOT_FOUND, "/IWBEP/CM_MGW_RT/004", &text));
        };
        let is_many = self.entity.navs[position].many;
        self.entity = V2.known(self.entity.navs[position].set);
        self.rows = row.linked(position).to_vec();
        match self.rows.first() {
            _ if is_many => self.list(),
            None => Ok(not_found()),
            Some(only) => {
                let options = self.options()?;
                Ok(Answer::json(self.writer().single(only, &options.shape)))
            }
        }
    }

    fn find(&self, key: &str) -> Result<Option<Arc<Row>>, Refused> {
        let key = Key::parse(key);
        if self.rows.first().is_some_and(|row| !key.fits(row)) {
            return Err(Refused::because(format!(
                "Invalid key predicate type for '{}'.",
                self.entity.set
            )));
        }
        Ok(self.rows.iter().find(|row| key.matches(row)).cloned())
    }
}

fn not_found() -> Answer {
    refusal::v2(
        StatusCode::NOT_FOUND,
        "/IWBEP/CM_MGW_RT/020",
        "Resource not found for the given key.",
    )
}
