//! One value: texts, numbers, dates, closed sets.

use super::{Emit, Unmappable, Written, decimal_source};
use crate::{
    json::{is_valid, quoted},
    map::{
        number,
        plan::{Codes, Source, Spelling, Time},
        time::{self, Moment},
    },
};

impl Emit<'_, '_> {
    pub(super) fn write_text(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
        let Some(raw) = self.raw(row, source) else {
            return Ok(false);
        };
        match raw[0] {
            b'"' if is_valid(raw) => out.extend_from_slice(raw),
            b'"' => return Err(Unmappable::new(source, raw, "is not a valid text")),
            b'{' | b'[' => return Err(Unmappable::new(source, raw, "is not a text")),
            _ => {
                out.push(b'"');
                out.extend_from_slice(raw);
                out.push(b'"');
            }
        }
        Ok(true)
    }

    pub(super) fn join(&self, row: u32, parts: &[Source], with: &str, out: &mut Vec<u8>) -> Written {
        let mut whole = String::new();
        for source in parts {
            if let Some(text) = self.text(row, source)? {
                if !whole.is_empty() {
                    whole.push_str(with);
                }
                whole.push_str(&text);
            }
        }
        if whole.is_empty() {
            return Ok(false);
        }
        quoted(&whole, out);
        Ok(true)
    }

    pub(super) fn integer(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
        let Some(text) = self.text(row, source)? else {
            return Ok(false);
        };
        let wrong = || Unmappable::new(source, text.as_bytes(), "is not a whole number");
        let plain = number::decimal_text(&text).ok_or_else(wrong)?;
        // F&O numbers its lines with decimals: 1.0000.
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        if whole.len() > 18 || fraction.bytes().any(|digit| digit != b'0') {
            return Err(wrong());
        }
        out.extend_from_slice(whole.as_bytes());
        Ok(true)
    }

    pub(super) fn boolean(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
        let Some(text) = self.text(row, source)? else {
            return Ok(false);
        };
        out.extend_from_slice(if self.is_true(&text) { b"true" } else { b"false" });
        Ok(true)
    }

    pub(super) fn is_true(&self, text: &str) -> bool {
        text == "true" || self.values.truths.iter().any(|truth| &**truth == text)
    }

    pub(super) fn write_decimal(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
        let Some(raw) = self.raw(row, source) else {
            return Ok(false);
        };
        let text =
            decimal_source(raw).ok_or_else(|| Unmappable::new(source, raw, "is not a decimal number"))?;
        let plain = number::decimal_text(&text)
            .ok_or_else(|| Unmappable::new(source, raw, "is not a decimal number"))?;
        out.push(b'"');
        out.extend_from_slice(plain.as_bytes());
        out.push(b'"');
        Ok(true)
    }

    /// A decimal with a code beside it: amount and currency, value and unit.
    pub(super) fn pair(
        &self,
        row: u32,
        names: [&[u8]; 2],
        value: &Source,
        code: Option<&Source>,
        out: &mut Vec<u8>,
    ) -> Written {
        let start = out.len();
        out.extend_from_slice(b"{\"");
        out.extend_from_slice(names[0]);
        out.extend_from_slice(b"\":");
        if !self.write_decimal(row, value, out)? {
            out.truncate(start);
            return Ok(false);
        }
        if let Some(code) = code {
            let behind = out.len();
            out.extend_from_slice(b",\"");
            out.extend_from_slice(names[1]);
            out.extend_from_slice(b"\":");
            if !self.write_text(row, code, out)? {
                out.truncate(behind);
            }
        }
        out.push(b'}');
        Ok(true)
    }

    /// The moment that the first spelling with something in it spells, `None` when there is nothing.
    pub fn moment(&self, row: u32, time: &Time) -> Result<Option<Moment>, Unmappable> {
        for spelling in &time.0 {
            if let Some(moment) = self.spelt(row, spelling)? {
                return Ok(Some(moment));
            }
        }
        Ok(None)
    }

    pub(super) fn spelt(&self, row: u32, spelling: &Spelling) -> Result<Option<Moment>, Unmappable> {
        let Some(raw) = self.raw(row, &spelling.from) else {
            return Ok(None);
        };
        let decoded = time::decode(raw, spelling.format)
            .map_err(|()| Unmappable::new(&spelling.from, raw, "is not a date"))?;
        let (Some(mut moment), Some(source)) = (decoded, &spelling.time) else {
            return Ok(decoded);
        };
        if let Some(text) = self.text(row, source)? {
            let clock = time::time_of_day(&text)
                .ok_or_else(|| Unmappable::new(source, text.as_bytes(), "is not a time of day"))?;
            moment.civil = moment.civil.date().to_datetime(clock);
            moment.has_time = true;
        }
        Ok(Some(moment))
    }

    pub(super) fn code(&self, row: u32, codes: &Codes, out: &mut Vec<u8>) -> Written {
        let text = self.text(row, &codes.from)?;
        let mut known = None;
        for (test, value) in &codes.cases {
            if self.test(row, test)? {
                known = Some(*value);
                break;
            }
        }
        let value = match (known, &text) {
            (Some(value), _) => value,
            (None, Some(code)) => codes.values.get(code.as_ref()).copied().unwrap_or("unknown"),
            (None, None) => match codes.absent {
                Some(value) => value,
                None => return Ok(false),
            },
        };
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
        if let (Some(label), Some(code)) = (&codes.raw_label, &text) {
            out.push(b',');
            out.extend_from_slice(label);
            quoted(code, out);
        }
        Ok(true)
    }
}
