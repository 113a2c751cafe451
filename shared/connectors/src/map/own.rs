//! The customer's own fields: those that begin as the manifest says, and those that a connection names.

use super::{
    emit::{Emit, Unmappable},
    plan::Source,
};
use crate::json::{is_valid, quoted};

impl Emit<'_, '_> {
    /// Writes `"custom_fields":{…}` behind what is already in an object that is open; nothing without any.
    ///
    /// A row has its own ones only: a line's belong to the line.
    pub fn own_fields(
        &self,
        row: u32,
        named: &[(String, Source)],
        out: &mut Vec<u8>,
    ) -> Result<bool, Unmappable> {
        let start = out.len();
        if !matches!(out.last(), Some(b'{')) {
            out.push(b',');
        }
        out.extend_from_slice(b"\"custom_fields\":{");
        let open = out.len();
        for (of, name, raw) in &self.found.prefixed {
            if *of == row && self.holds(raw) {
                put(&String::from_utf8_lossy(name), raw, open, out)?;
            }
        }
        for (name, source) in named {
            if let Some(raw) = self.raw(row, source) {
                put(name, raw, open, out)?;
            }
        }
        if out.len() == open {
            out.truncate(start);
            return Ok(false);
        }
        out.push(b'}');
        Ok(true)
    }
}

fn put(name: &str, raw: &[u8], open: usize, out: &mut Vec<u8>) -> Result<(), Unmappable> {
    if !is_valid(raw) {
        return Err(Unmappable {
            path: name.into(),
            reason: "is not valid JSON".into(),
        });
    }
    if out.len() > open {
        out.push(b',');
    }
    quoted(name, out);
    out.push(b':');
    out.extend_from_slice(raw);
    Ok(())
}
