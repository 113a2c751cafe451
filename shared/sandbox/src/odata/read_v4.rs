//! What a V4 path and its options ask for, whatever the vendor.

use std::sync::Arc;

use super::Refused;
use super::filter::short;
use super::key::Key;
use super::options::{Options, Shape, Version};
use super::page::Page;
use super::row::Row;
use super::schema::{EntityType, Schema};

/// A request for the entities of one set.
pub(crate) struct Read<'a> {
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) schema: &'static Schema,
    pub(crate) entity: &'static EntityType,
    pub(crate) rows: Vec<Arc<Row>>,
    /// Most rows of one page.
    pub(crate) cap: usize,
}

/// What was found.
pub(crate) enum Found {
    List {
        page: Page,
        options: Box<Options>,
        entity: &'static EntityType,
    },
    One {
        row: Arc<Row>,
        shape: Shape,
    },
    Count(usize),
    /// There is no such entity.
    Missing,
    /// There is no such navigation property.
    NoSegment(String),
}

impl Read<'_> {
    /// Reads a set, `(key)`, `/$count`, or what lies behind a navigation property of one entity.
    pub(crate) fn resolve(self, key: Option<&str>, rest: &[&str]) -> Result<Found, Refused> {
        match (key, rest) {
            (None, []) => self.list(),
            (None, ["$count"]) => {
                let options = self.options()?;
                Ok(Found::Count(Page::cut(self.rows, &options, usize::MAX).total))
            }
            (Some(key), []) => self.one(key),
            (Some(key), [nav]) => self.below(key, nav),
            _ => Err(Refused::because("Invalid path.")),
        }
    }

    fn options(&self) -> Result<Options, Refused> {
        Options::parse(self.pairs, self.entity, self.schema, Version::V4)
    }

    fn list(self) -> Result<Found, Refused> {
        let options = Box::new(self.options()?);
        Ok(Found::List {
            page: Page::cut(self.rows, &options, self.cap),
            options,
            entity: self.entity,
        })
    }

    fn one(self, key: &str) -> Result<Found, Refused> {
        let shape = self.options()?.shape;
        Ok(self
            .find(key)?
            .map_or(Found::Missing, |row| Found::One { row, shape }))
    }

    fn below(self, key: &str, nav: &str) -> Result<Found, Refused> {
        let Some(row) = self.find(key)? else {
            return Ok(Found::Missing);
        };
        let Some(position) = self.entity.nav(nav) else {
            return Ok(Found::NoSegment(nav.to_owned()));
        };
        let many = self.entity.navs[position].many;
        let entity = self.schema.known(self.entity.navs[position].set);
        let below = Read {
            entity,
            rows: row.linked(position).to_vec(),
            ..self
        };
        match below.rows.first().cloned() {
            _ if many => below.list(),
            None => Ok(Found::Missing),
            Some(row) => Ok(Found::One {
                row,
                shape: below.options()?.shape,
            }),
        }
    }

    fn find(&self, key: &str) -> Result<Option<Arc<Row>>, Refused> {
        let key = Key::parse(key);
        if self.rows.first().is_some_and(|row| !key.fits(row)) {
            let text = format!(
                "The key does not match the key properties of {}.",
                short(&self.entity.name)
            );
            return Err(Refused::because(text));
        }
        Ok(self.rows.iter().find(|row| key.matches(row)).cloned())
    }
}
