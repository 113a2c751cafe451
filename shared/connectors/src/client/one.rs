//! One record by its id.

use super::{Client, fetch::Query, position::At};
use crate::{
    fault::{Fault, FaultKind},
    map::decode_id,
    source::{Record, Rejected},
};

impl Client {
    /// The record with an id; `Ok(None)` when the list, asked for exactly that key, brings none, or when
    /// nothing is at its own path.
    pub(super) async fn one(
        &self,
        model: &str,
        id: &str,
        raw: bool,
    ) -> Result<Option<Result<Record, Rejected>>, Fault> {
        let (list, compiled, _) = self.model(model)?;
        let name = &self.connector.manifest().name;
        if !list.reads_one() {
            let message = format!("{name} cannot be asked for one `{model}` by its id.");
            return Err(Fault::new(FaultKind::Unsupported, message).about("id"));
        }
        // An id that no record of this model can have needs no question.
        let parts = self
            .connector
            .manifest()
            .models
            .get(model)
            .map_or(0, |model| model.key.len());
        let Some(key) = decode_id(id).filter(|key| key.len() == parts) else {
            return Ok(None);
        };
        let query = Query {
            model: model.to_owned(),
            key: Some(key),
            limit: 1,
            ..Query::default()
        };
        let fetched = match self.fetch(&query, &At::Start).await {
            // A value that cannot stand in the condition is not the key of any record.
            Err(fault) if fault.about.as_deref() == Some("id") && fault.kind == FaultKind::Rejected => {
                return Ok(None);
            }
            // At a record's own path nothing means that there is no such record; a list is always there.
            Err(fault) if fault.kind == FaultKind::NotFound && list.one.is_some() => return Ok(None),
            other => other?,
        };
        let Some(row) = fetched.rows.first() else {
            return Ok(None);
        };
        let mapped = compiled.map.map(row, raw.then_some(row));
        let found = match &mapped {
            Ok(record) => Some(record.id.as_str()),
            Err(rejected) => rejected.id.as_deref(),
        };
        // A system that ignores the condition brings any record: taking that for "gone" would delete one.
        if found.is_some_and(|found| !found.eq_ignore_ascii_case(id)) {
            let message = format!("{name} was asked for one `{model}` by its id and brought another one.");
            return Err(Fault::new(FaultKind::Malformed, message));
        }
        Ok(Some(mapped))
    }
}
