//! From a system's record to a unified one.
//!
//! A manifest's mapping is compiled once into a plan. Mapping a record walks its text once, notes
//! slices of what is wanted, and writes the unified record from them: no tree is built, no number
//! becomes a float, and what the system lacks is left out.

mod compile;
mod emit;
mod identity;
mod keys;
mod number;
mod own;
mod plan;
mod scope;
mod time;
mod view;

use std::cell::RefCell;

use bytes::Bytes;
use jiff::Timestamp;

use self::{
    compile::{Compiler, label},
    emit::{Emit, Unmappable, Values},
    plan::{Field, Op, Source, Test, Time},
    scope::{Found, Scope},
};
use crate::{
    json::quoted,
    manifest::{Manifest, ManifestError, mapping::Paths},
    model::{self, Kind},
    source::{Record, Rejected},
};

pub use identity::{MOST_ID, decode as decode_id, encode as encode_id};
pub use number::decimal_text;
pub use view::{MappedField, view};

/// The most bytes of a mapped record; DynamoDB's items end at 400 kB.
const MOST_RECORD: usize = 350_000;

/// A source field that one connection adds to its records.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CustomField {
    /// Name under `custom_fields`.
    pub name: String,
    /// Unified model whose records get it.
    pub model: String,
    /// Path in the source record.
    pub path: String,
}

/// The compiled mapping of one model of one system.
#[derive(Debug)]
pub struct Plan {
    model: &'static str,
    scope: Scope,
    values: Values,
    key: Vec<KeyPart>,
    modified: Option<Time>,
    deleted: Option<Test>,
    fields: Vec<Field>,
    custom: Vec<(String, Source)>,
}

/// A part of a record's key.
#[derive(Debug)]
struct KeyPart {
    name: String,
    /// `"name":`, ready to be written.
    label: Box<[u8]>,
    source: Source,
}

/// What one record needs and the next one can use again.
#[derive(Default)]
struct Buffers {
    found: Found<'static>,
    body: Vec<u8>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

impl Plan {
    /// Compiles a model's mapping, with a connection's own fields.
    ///
    /// # Errors
    /// The model does not exist or the system does not have it, a field is not one of the model's, an
    /// expression does not fit its field, or a path leads nowhere.
    pub fn compile(manifest: &Manifest, model: &str, custom: &[CustomField]) -> Result<Self, ManifestError> {
        let error =
            |(place, problem)| ManifestError::new(&manifest.id, format!("models.{model}.{place}"), problem);
        let unified = model::by_name(model).ok_or_else(|| {
            ManifestError::new(&manifest.id, format!("models.{model}"), "is not a unified model")
        })?;
        let source = manifest.models.get(model).ok_or_else(|| {
            ManifestError::new(
                &manifest.id,
                format!("models.{model}"),
                "this system does not have it",
            )
        })?;

        let mut compiler = Compiler::new(manifest.values.dates);
        let mut key = Vec::new();
        for path in &source.key {
            let name = key_name(path, &source.key);
            key.push(KeyPart {
                label: label(&name),
                name,
                source: compiler.path(path, "key").map_err(error)?,
            });
        }
        if key.is_empty() {
            return Err(error(("key".into(), "names no field".into())));
        }
        let modified = source
            .modified
            .as_ref()
            .map(|when| compiler.time(when, "modified"))
            .transpose()
            .map_err(error)?;
        let deleted = source
            .deleted
            .as_ref()
            .map(|test| compiler.test(test, "deleted"))
            .transpose()
            .map_err(error)?;
        let mut fields = compiler
            .fields(&source.fields, unified.fields, "fields")
            .map_err(error)?;
        if let Some(when) = &source.modified
            && !source.fields.contains_key("updated_at")
        {
            let op = Op::Datetime(compiler.time(when, "modified").map_err(error)?);
            let spec = unified
                .fields
                .iter()
                .position(|field| field.name() == "updated_at");
            let behind =
                |field: &Field| unified.fields.iter().position(|spec| spec.name() == field.name) < spec;
            let at = fields.iter().take_while(|field| behind(field)).count();
            fields.insert(
                at,
                Field {
                    name: "updated_at",
                    label: label("updated_at"),
                    op,
                },
            );
        }
        for prefix in &source.custom_prefixes {
            compiler.root.want_prefix(prefix);
        }
        let mut own = Vec::new();
        for field in custom.iter().filter(|field| field.model == model) {
            let place = format!("custom_fields.{}", field.name);
            let source = compiler
                .source(&Paths::One(field.path.clone()), &place)
                .map_err(error)?;
            own.push((field.name.clone(), source));
        }
        let boxed = |texts: &[String]| texts.iter().map(|text| text.as_str().into()).collect();
        Ok(Self {
            model: unified.name,
            scope: compiler.root,
            values: Values {
                absent: boxed(&manifest.values.absent),
                truths: boxed(&manifest.values.truths),
            },
            key,
            modified,
            deleted,
            fields,
            custom: own,
        })
    }

    /// Maps one record. `page` is what `record` is a slice of, when its source text is to be kept.
    ///
    /// # Errors
    /// The record cannot be mapped: what is wrong, where, and the record itself.
    pub fn map(&self, record: &[u8], page: Option<&Bytes>) -> Result<Record, Rejected> {
        BUFFERS.with_borrow_mut(|Buffers { found: kept, body }| {
            // The buffers are empty between records, so only their lifetime changes: an empty vector
            // of slices holds no slice.
            let mut found = std::mem::take(kept).emptied();
            body.clear();
            let result = self.map_with(&mut found, body, record, page);
            *kept = found.emptied();
            if body.capacity() > MOST_RECORD {
                *body = Vec::new();
            }
            result
        })
    }

    fn map_with<'d>(
        &self,
        found: &mut Found<'d>,
        body: &mut Vec<u8>,
        record: &'d [u8],
        page: Option<&Bytes>,
    ) -> Result<Record, Rejected> {
        // Nearly every record is ASCII, which is told several times faster.
        if !record.is_ascii() && std::str::from_utf8(record).is_err() {
            return Err(rejected(None, "", "the record is not valid UTF-8".into(), record));
        }
        if let Err(error) = found.walk(&self.scope, record) {
            return Err(rejected(None, "", error.to_string(), record));
        }
        let emit = Emit {
            found,
            values: &self.values,
        };
        let id = self.id(&emit).map_err(|wrong| self.reject(None, wrong, record))?;
        match self.write(&emit, &id, body) {
            Ok((modified_at, deleted)) => Ok(Record {
                id,
                body: body.as_slice().into(),
                modified_at,
                deleted,
                raw: page.map(|page| page.slice_ref(record)),
            }),
            Err(wrong) => Err(self.reject(Some(id), wrong, record)),
        }
    }

    fn reject(&self, id: Option<String>, wrong: Unmappable, record: &[u8]) -> Rejected {
        rejected(id, &wrong.path, wrong.reason, record)
    }

    fn id(&self, emit: &Emit<'_, '_>) -> Result<String, Unmappable> {
        let wrong = |reason: String| Unmappable {
            path: self.key[0].name.clone(),
            reason,
        };
        let mut id = Vec::new();
        let mut any = false;
        for (number, part) in self.key.iter().enumerate() {
            // A part of a composite key may be empty (SAP's batch); the whole key may not.
            let text = emit.text(0, &part.source)?.unwrap_or_default();
            any |= !text.is_empty();
            identity::add(&text, number, &mut id);
        }
        if !any {
            return Err(wrong("the record has no key".into()));
        }
        if id.len() > MOST_ID {
            return Err(wrong(format!("the key is over {MOST_ID} bytes")));
        }
        Ok(String::from_utf8(id).expect("an id is ASCII"))
    }

    /// Writes the unified record; gives when it was modified and whether it is deleted.
    fn write(
        &self,
        emit: &Emit<'_, '_>,
        id: &str,
        body: &mut Vec<u8>,
    ) -> Result<(Option<Timestamp>, bool), Unmappable> {
        body.extend_from_slice(b"{\"id\":\"");
        body.extend_from_slice(id.as_bytes());
        body.extend_from_slice(b"\",\"source_key\":{");
        for (number, part) in self.key.iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&part.label);
            quoted(&emit.text(0, &part.source)?.unwrap_or_default(), body);
        }
        body.extend_from_slice(b"},\"model\":\"");
        body.extend_from_slice(self.model.as_bytes());
        body.push(b'"');
        emit.fields(0, &self.fields, body)?;
        emit.own_fields(0, &self.custom, body)?;
        body.push(b'}');
        if body.len() > MOST_RECORD {
            return Err(Unmappable {
                path: String::new(),
                reason: format!("the record is over {MOST_RECORD} bytes"),
            });
        }
        let modified_at = match &self.modified {
            Some(time) => emit.moment(0, time)?.and_then(time::Moment::timestamp),
            None => None,
        };
        let deleted = self
            .deleted
            .as_ref()
            .is_some_and(|test| emit.test(0, test).unwrap_or(false));
        Ok((modified_at, deleted))
    }
}

#[cold]
fn rejected(id: Option<String>, path: &str, reason: String, record: &[u8]) -> Rejected {
    let pointer = if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    };
    Rejected {
        id,
        pointer,
        reason,
        raw: Bytes::copy_from_slice(&record[..record.len().min(MOST_RECORD)]),
    }
}

/// Whether a manifest may leave a field to others.
#[must_use]
pub fn is_mapped(kind: Kind) -> bool {
    kind != Kind::Given
}

/// What a part of the key is called: the last step of its path, or the whole path where two parts end alike
/// (`id` and `@location/id`, Tryton), without the mark of what we put into the record.
fn key_name(path: &str, parts: &[String]) -> String {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let alike = parts.iter().filter(|part| last(part) == last(path)).count() > 1;
    if alike {
        path.trim_start_matches('@').to_owned()
    } else {
        last(path)
    }
}

#[cfg(test)]
mod tests;
