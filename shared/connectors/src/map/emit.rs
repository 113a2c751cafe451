//! Writing a unified record from what a walk found.

mod compound;
mod condition;
mod scalar;
mod total;

use std::borrow::Cow;

use bigdecimal::{BigDecimal, Zero};

use self::total::amount;
use super::{
    number,
    plan::{Field, Op, Source},
    scope::Found,
    time,
};
use crate::json::text_of;

/// Why a value could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmappable {
    /// Path of the value in the source record.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Unmappable {
    #[cold]
    fn new(source: &Source, raw: &[u8], problem: &str) -> Self {
        // Enough to recognise the value by, never a whole document.
        let shown: String = String::from_utf8_lossy(raw).chars().take(80).collect();
        Self {
            path: source.path.to_string(),
            reason: format!("{shown} {problem}"),
        }
    }
}

/// How the system spells values.
#[derive(Debug, Default)]
pub struct Values {
    /// Texts that stand for nothing.
    pub absent: Vec<Box<str>>,
    /// Texts that stand for true.
    pub truths: Vec<Box<str>>,
}

/// Writes from one walk.
pub struct Emit<'f, 'd> {
    pub found: &'f Found<'d>,
    pub values: &'f Values,
}

type Written = Result<bool, Unmappable>;

impl<'d> Emit<'_, 'd> {
    /// The raw value of a source, `None` when there is nothing.
    #[inline]
    pub fn raw(&self, row: u32, source: &Source) -> Option<&'d [u8]> {
        let row = self.found.outward(row, source.up);
        source
            .slots
            .iter()
            .map(|slot| self.found.slot(row, *slot))
            .find(|raw| self.holds(raw))
    }

    /// Whether a raw value is there and does not stand for nothing.
    #[inline]
    pub fn holds(&self, raw: &[u8]) -> bool {
        match raw {
            [] | b"null" => false,
            [b'"', inner @ .., b'"'] => !self.values.absent.iter().any(|absent| absent.as_bytes() == inner),
            _ => !self.values.absent.iter().any(|absent| absent.as_bytes() == raw),
        }
    }

    /// The decoded text of a source.
    pub fn text(&self, row: u32, source: &Source) -> Result<Option<Cow<'d, str>>, Unmappable> {
        let Some(raw) = self.raw(row, source) else {
            return Ok(None);
        };
        text_of(raw)
            .map(Some)
            .ok_or_else(|| Unmappable::new(source, raw, "is not a text"))
    }

    fn decimal(&self, row: u32, source: &Source) -> Result<Option<BigDecimal>, Unmappable> {
        let Some(raw) = self.raw(row, source) else {
            return Ok(None);
        };
        let decimal = decimal_source(raw).and_then(|text| number::parse(&text));
        decimal
            .map(Some)
            .ok_or_else(|| Unmappable::new(source, raw, "is not a decimal number"))
    }

    /// Writes fields behind what is already in an object that is open. Whether it wrote any.
    pub fn fields(&self, row: u32, fields: &[Field], out: &mut Vec<u8>) -> Written {
        let mut any = false;
        for field in fields {
            let start = out.len();
            if !matches!(out.last(), Some(b'{')) {
                out.push(b',');
            }
            out.extend_from_slice(&field.label);
            if self.op(row, &field.op, out)? {
                any = true;
            } else {
                out.truncate(start);
            }
        }
        Ok(any)
    }

    fn object(&self, row: u32, fields: &[Field], out: &mut Vec<u8>) -> Written {
        out.push(b'{');
        let any = self.fields(row, fields, out)?;
        out.push(b'}');
        Ok(any)
    }

    fn op(&self, row: u32, op: &Op, out: &mut Vec<u8>) -> Written {
        match op {
            Op::Text(source) => self.write_text(row, source, out),
            Op::Join { parts, with } => self.join(row, parts, with, out),
            Op::Const(text) => {
                out.extend_from_slice(text);
                Ok(true)
            }
            Op::Integer(source) => self.integer(row, source, out),
            Op::Boolean(source) => self.boolean(row, source, out),
            Op::Decimal(source) => self.write_decimal(row, source, out),
            Op::Amount { value, currency } => {
                self.pair(row, [b"amount", b"currency"], value, currency.as_ref(), out)
            }
            Op::Measure {
                value, nonzero: true, ..
            } if self.decimal(row, value)?.is_some_and(|value| value.is_zero()) => Ok(false),
            Op::Measure { value, unit, .. } => self.pair(row, [b"value", b"unit"], value, unit.as_ref(), out),
            Op::Date(time) => {
                let Some(moment) = self.moment(row, time)? else {
                    return Ok(false);
                };
                out.push(b'"');
                time::write_date(moment.date(), out);
                out.push(b'"');
                Ok(true)
            }
            Op::Datetime(time) => {
                let Some(moment) = self.moment(row, time)? else {
                    return Ok(false);
                };
                out.push(b'"');
                if !time::write_datetime(moment, out) {
                    return Err(Unmappable::new(
                        &time.0[0].from,
                        b"the time",
                        "is outside the years 0 to 9999",
                    ));
                }
                out.push(b'"');
                Ok(true)
            }
            Op::Enum(codes) => self.code(row, codes, out),
            Op::Ref { id, number, name } => self.reference(row, id, number.as_ref(), name.as_ref(), out),
            Op::Address(parts) => self.address(row, parts, out),
            Op::Each {
                array,
                element,
                unless,
            } => self.each(row, array, element, unless.as_ref(), out),
            Op::List(elements) => self.list(row, elements, out),
            Op::Object(fields) => self.object(row, fields, out),
            Op::Pick {
                array,
                test,
                value,
                strict,
            } => match self.picked(row, array, test, *strict)? {
                Some(element) => self.op(element, value, out),
                None => Ok(false),
            },
            Op::LineTotal {
                array,
                product,
                currency,
                unless,
            } => self.line_total(row, array, product, currency.as_ref(), unless.as_ref(), out),
            Op::Product { product, currency } => {
                let code = self.currency(row, currency.as_ref())?;
                let Some(total) = self.product(row, product, code.as_deref())? else {
                    return Ok(false);
                };
                amount(&total, code.as_deref(), out);
                Ok(true)
            }
            Op::Sum {
                array,
                value,
                unless,
                amount: currency,
            } => {
                let Some(sum) = self.sum(row, array, unless.as_ref(), |element| {
                    self.decimal(element, value)
                })?
                else {
                    return Ok(false);
                };
                match currency {
                    Some(currency) => amount(&sum, self.currency(row, currency.as_ref())?.as_deref(), out),
                    None => {
                        out.push(b'"');
                        out.extend_from_slice(sum.to_plain_string().as_bytes());
                        out.push(b'"');
                    }
                }
                Ok(true)
            }
        }
    }
}

/// A decimal's text; Tryton's typed `{"__class__":"Decimal","decimal":"47.25"}` is one too.
fn decimal_source(raw: &[u8]) -> Option<Cow<'_, str>> {
    if raw[0] == b'{' {
        let path = crate::json::Path::parse("decimal")?;
        return text_of(crate::json::find(raw, &path)?);
    }
    text_of(raw)
}
