//! What can be wrong with how a model is listed.

use std::collections::BTreeMap;

use super::{Check, Filled, Holes, ManifestError};
use crate::{
    json::Path,
    manifest::{Filter, ForEach, HeaderText, List, Model, Paging, Related, Template, Templates},
};

/// The most records that a page may have anywhere.
const MOST_RECORDS: u32 = 5_000;

impl<'m> Check<'m> {
    pub(super) fn each_model(&self) -> Result<(), ManifestError> {
        for (name, model) in &self.manifest.models {
            let place = format!("models.{name}");
            self.name(&place, name)?;
            self.model(&place, model)?;
        }
        Ok(())
    }

    fn model(&self, place: &str, model: &'m Model) -> Result<(), ManifestError> {
        let at = |inner: &str| format!("{place}.{inner}");
        if model.key.is_empty() {
            return self.error(
                at("key"),
                "a record needs an id: name the source field that is its key",
            );
        }
        for path in &model.key {
            self.path(&at("key"), path)?;
        }
        let mut own: Vec<&str> = model.key.iter().map(String::as_str).collect();
        if let Some(each) = &model.list.for_each {
            let part = self.for_each(&at("list.for_each"), each)?;
            if !own.contains(&part.as_str()) {
                let problem =
                    format!("`{part}` must be a part: the records of two parents would share an id");
                return self.error(at("key"), problem);
            }
            own.retain(|path| *path != part);
        }
        self.whole_list(&at("list"), &model.list, &own)
    }

    /// Checks the list of parents; its key, as it stands in their records, is the answer.
    fn for_each(&self, place: &str, each: &'m ForEach) -> Result<String, ManifestError> {
        if !each.name.starts_with('@') {
            let problem = format!(
                "write `@{}`: the parent must not take the name of a field of the system",
                each.name
            );
            return self.error(format!("{place}.name"), problem);
        }
        self.path(&format!("{place}.key"), &each.key)?;
        let list = format!("{place}.list");
        if each.list.for_each.is_some() {
            return self.error(
                format!("{list}.for_each"),
                "parents have no parents: list them by one request",
            );
        }
        if each.list.is_incremental() {
            return self.error(
                format!("{list}.filter.since"),
                "a parent that did not change may have records that did: leave it out",
            );
        }
        self.whole_list(&list, &each.list, &[&each.key])?;
        Ok(format!("{}/{}", each.name, each.key))
    }

    fn whole_list(&self, place: &str, list: &'m List, key: &[&'m str]) -> Result<(), ManifestError> {
        let at = |inner: &str| format!("{place}.{inner}");
        self.list(place, list)?;
        self.filter(&at("filter"), &list.filter, key)?;
        if let Some(path) = &list.one {
            let mut holes = self.settings.clone();
            holes.extend(key.iter().map(|part| (*part, Filled::Always)));
            let place = at("one");
            self.needs(&place, path, key, &holes)?;
            if !path.as_str().starts_with('/') {
                return self.error(place, "a path begins with a slash");
            }
        }
        if list.filter.since.is_some() && list.sends_since() {
            return self.error(
                at("filter.since"),
                "`{since}` stands in a query parameter or a header already: say it once",
            );
        }
        if let Some(each) = &list.for_each
            && list.filter.by_id.is_some() != each.list.filter.by_id.is_some()
        {
            let problem = "one record is asked for by its own key and its parent's: write both or none";
            return self.error(at("filter.by_id"), problem);
        }
        for related in &list.related {
            self.related(&at("related"), related)?;
        }
        Ok(())
    }

    fn list(&self, place: &str, list: &'m List) -> Result<(), ManifestError> {
        let at = |inner: &str| format!("{place}.{inner}");
        self.sizes(place, list.page_size, list.max_page_size)?;
        self.path(&at("records"), &list.records)?;
        if let Some(total) = &list.total {
            self.path(&at("total"), total)?;
        }
        let mut holes = self.holes_of_paging(&list.paging);
        holes.extend([
            ("where", Filled::Always),
            ("columns", Filled::Always),
            ("since", Filled::Sometimes),
        ]);
        if list.for_each.is_some() {
            holes.insert("parent", Filled::Always);
        }
        let request = Templated {
            path: &list.path,
            query: &list.query,
            headers: &list.headers,
            json: &list.json,
            body: list.body.as_ref(),
        };
        self.templates(place, request, &holes)?;
        if let Some(look) = &list.look {
            self.path(&at("look.total"), &look.total)?;
            let looking = Templated {
                query: &look.query,
                ..request
            };
            self.templates(&at("look"), looking, &holes)?;
        }
        self.paging(&at("paging"), &list.paging, request)?;

        if list.for_each.is_some() && !request.uses("parent") {
            return self.error(
                place,
                "no template holds `{parent}`: every parent would bring the same records",
            );
        }
        let filter = &list.filter;
        let conditions = !filter.always.is_empty()
            || filter.since.is_some()
            || filter.after.is_some()
            || filter.by_id.is_some()
            || !filter.fields.is_empty();
        if conditions && !request.uses("where") {
            return self.error(
                place,
                "no template holds `{where}`: the conditions of `filter` would never be sent",
            );
        }
        match (&list.paging, &filter.after) {
            (Paging::Keyset { .. }, None) => self.error(
                at("filter.after"),
                "paging by key needs the condition \"key greater than {after}\"",
            ),
            (Paging::Keyset { .. }, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => self.error(
                at("filter.after"),
                "only paging by `keyset` uses it: leave it out",
            ),
        }
    }

    fn filter(&self, place: &str, filter: &'m Filter, key: &[&'m str]) -> Result<(), ManifestError> {
        let at = |inner: &str| format!("{place}.{inner}");
        let with = |names: &[&'m str]| {
            let mut holes = self.settings.clone();
            holes.extend(names.iter().map(|name| (*name, Filled::Always)));
            holes
        };
        for condition in &filter.always {
            self.filled(&at("always"), condition, &self.settings)?;
        }
        if let Some(condition) = &filter.since {
            self.needs(&at("since"), condition, &["since"], &with(&["since"]))?;
        }
        if let Some(condition) = &filter.after {
            self.needs(&at("after"), condition, &["after"], &with(&["after"]))?;
        }
        if let Some(condition) = &filter.by_id {
            self.needs(&at("by_id"), condition, key, &with(key))?;
        }
        for (name, condition) in &filter.fields {
            self.name(&at("fields"), name)?;
            self.needs(
                &at(&format!("fields.{name}")),
                condition,
                &["value"],
                &with(&["value"]),
            )?;
        }
        Ok(())
    }

    fn related(&self, place: &str, related: &'m Related) -> Result<(), ManifestError> {
        let place = format!("{place}.{}", related.name);
        let at = |inner: &str| format!("{place}.{inner}");
        if !related.name.starts_with('@') {
            let problem = format!(
                "write `@{}`: the rows must not take the name of a field of the system",
                related.name
            );
            return self.error(place, problem);
        }
        self.sizes(&place, related.page_size, MOST_RECORDS)?;
        if related.batch == 0 {
            return self.error(at("batch"), "a query asks for at least 1 key");
        }
        for (name, path) in [
            ("records", &related.records),
            ("key", &related.key),
            ("parent_key", &related.parent_key),
        ] {
            self.path(&at(name), path)?;
        }
        let mut holes = self.holes_of_paging(&related.paging);
        holes.insert("keys", Filled::Always);
        let request = Templated {
            path: &related.path,
            query: &related.query,
            headers: &related.headers,
            json: &related.json,
            body: related.body.as_ref(),
        };
        self.templates(&place, request, &holes)?;
        if !request.uses("keys") {
            return self.error(
                place,
                "no template holds `{keys}`: the query would bring the rows of all records",
            );
        }
        if matches!(related.paging, Paging::Keyset { .. }) {
            return self.error(at("paging"), "rows are paged by `offset`, `pages` or `next_link`");
        }
        self.paging(&at("paging"), &related.paging, request)?;
        for inner in &related.related {
            self.related(&at("related"), inner)?;
        }
        Ok(())
    }

    fn sizes(&self, place: &str, page_size: u32, most: u32) -> Result<(), ManifestError> {
        if page_size == 0 || page_size > most {
            return self.error(
                format!("{place}.page_size"),
                format!("{page_size} is not between 1 and {most}"),
            );
        }
        if most > 20_000 {
            return self.error(
                format!("{place}.max_page_size"),
                "a page of more than 20000 records is too much",
            );
        }
        Ok(())
    }

    fn holes_of_paging(&self, paging: &Paging) -> Holes<'m> {
        let mut holes = self.settings.clone();
        holes.insert("limit", Filled::Always);
        match paging {
            Paging::Offset { .. } => drop(holes.insert("offset", Filled::Always)),
            Paging::Pages { .. } => drop(holes.insert("page", Filled::Always)),
            Paging::NextLink { .. } | Paging::Keyset { .. } | Paging::Whole => {}
        }
        holes
    }

    /// Query parameters and headers are left out when a hole is absent; a path and a body cannot be.
    fn templates(&self, place: &str, request: Templated<'_>, holes: &Holes<'_>) -> Result<(), ManifestError> {
        self.filled(&format!("{place}.path"), request.path, holes)?;
        if !request.path.as_str().starts_with('/') {
            return self.error(format!("{place}.path"), "a path begins with a slash");
        }
        for (name, templates) in request.query {
            for template in templates.all() {
                self.known(&format!("{place}.query.{name}"), template, holes)?;
            }
        }
        for (name, template) in request.headers {
            let place = format!("{place}.headers.{name}");
            self.header(&place, name)?;
            self.known(&place, template.template(), holes)?;
        }
        for (name, template) in request.json {
            self.filled(&format!("{place}.json.{name}"), template, holes)?;
        }
        if let Some(template) = request.body {
            let place = format!("{place}.body");
            self.filled(&place, template, holes)?;
            if !request.json.is_empty() {
                return self.error(place, "`json` is the body already: write one of them");
            }
        }
        Ok(())
    }

    fn paging(&self, place: &str, paging: &Paging, request: Templated<'_>) -> Result<(), ManifestError> {
        let (moves, paths): (_, Vec<&String>) = match paging {
            Paging::NextLink { path } => (None, vec![path]),
            Paging::Offset { more, next_link } => {
                if more.is_some() && next_link.is_some() {
                    return self.error(
                        place.to_owned(),
                        "`more` and `next_link` both say whether there is more: write one",
                    );
                }
                (Some("offset"), more.iter().chain(next_link).collect())
            }
            Paging::Pages { first: _ } => (Some("page"), Vec::new()),
            Paging::Keyset { key, next_link } => {
                let mut paths = vec![key];
                paths.extend(next_link);
                (None, paths)
            }
            Paging::Whole => (None, Vec::new()),
        };
        if let Some(hole) = moves.filter(|hole| !request.uses(hole)) {
            return self.error(
                place,
                format!("no template holds `{{{hole}}}`: every page would be the first"),
            );
        }
        // A short page ends these lists, so the size must be ours and not whatever the system likes.
        if !matches!(paging, Paging::NextLink { .. } | Paging::Whole) && !request.uses("limit") {
            return self.error(
                place,
                "no template holds `{limit}`: a short page could not be told from a full one",
            );
        }
        for path in paths {
            if path.is_empty() {
                return self.error(place, "an empty path names the whole answer");
            }
            self.path(place, path)?;
        }
        Ok(())
    }

    fn path(&self, place: &str, path: &str) -> Result<(), ManifestError> {
        match Path::parse(path) {
            Some(_) => Ok(()),
            None => self.error(
                place,
                format!("`{path}` has an empty step: one slash between two names, none at the ends"),
            ),
        }
    }

    fn needs(
        &self,
        place: &str,
        condition: &Template,
        names: &[&str],
        holes: &Holes<'_>,
    ) -> Result<(), ManifestError> {
        self.filled(place, condition, holes)?;
        match names
            .iter()
            .find(|name| !condition.holes().any(|hole| hole == **name))
        {
            None => Ok(()),
            Some(name) => self.error(
                place,
                format!("the condition does not use `{{{name}}}`: it would hold of anything"),
            ),
        }
    }
}

/// The templates of one request.
#[derive(Clone, Copy)]
struct Templated<'m> {
    path: &'m Template,
    query: &'m BTreeMap<String, Templates>,
    headers: &'m BTreeMap<String, HeaderText>,
    json: &'m BTreeMap<String, Template>,
    body: Option<&'m Template>,
}

impl Templated<'_> {
    fn uses(&self, hole: &str) -> bool {
        let query = self.query.values().flat_map(Templates::all);
        let mut all = query
            .chain(self.headers.values().map(HeaderText::template))
            .chain(self.json.values())
            .chain(self.body)
            .chain([self.path]);
        all.any(|template| template.holes().any(|name| name == hole))
    }
}
