//! Writing a unified record from what a walk found.

use std::borrow::Cow;

use bigdecimal::{BigDecimal, Zero};

use super::{
    identity, number,
    plan::{
        AddressField, AddressPart, Array, Codes, Element, Field, Op, Product, Source, Spelling, Test, Time,
    },
    scope::Found,
    time::{self, Moment},
};
use crate::json::{is_valid, quoted, text_of};

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
            Op::Measure { value, nonzero: true, .. } if self.decimal(row, value)?.is_some_and(|value| value.is_zero()) => {
                Ok(false)
            }
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
                let Some(sum) = self.sum(row, array, unless.as_ref(), |element| self.decimal(element, value))? else {
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

    fn write_text(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
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

    fn join(&self, row: u32, parts: &[Source], with: &str, out: &mut Vec<u8>) -> Written {
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

    fn integer(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
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

    fn boolean(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
        let Some(text) = self.text(row, source)? else {
            return Ok(false);
        };
        out.extend_from_slice(if self.is_true(&text) { b"true" } else { b"false" });
        Ok(true)
    }

    fn is_true(&self, text: &str) -> bool {
        text == "true" || self.values.truths.iter().any(|truth| &**truth == text)
    }

    fn write_decimal(&self, row: u32, source: &Source, out: &mut Vec<u8>) -> Written {
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
    fn pair(
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

    fn spelt(&self, row: u32, spelling: &Spelling) -> Result<Option<Moment>, Unmappable> {
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

    fn code(&self, row: u32, codes: &Codes, out: &mut Vec<u8>) -> Written {
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

    fn reference(
        &self,
        row: u32,
        id: &[Source],
        number: Option<&Source>,
        name: Option<&Source>,
        out: &mut Vec<u8>,
    ) -> Written {
        out.extend_from_slice(b"{\"id\":\"");
        for (number, source) in id.iter().enumerate() {
            let Some(part) = self.text(row, source)? else {
                return Ok(false);
            };
            identity::add(&part, number, out);
        }
        out.push(b'"');
        for (label, source) in [
            (b",\"number\":".as_slice(), number),
            (b",\"name\":".as_slice(), name),
        ] {
            if let Some(source) = source {
                let start = out.len();
                out.extend_from_slice(label);
                if !self.write_text(row, source, out)? {
                    out.truncate(start);
                }
            }
        }
        out.push(b'}');
        Ok(true)
    }

    /// A name alone is no address.
    fn address(&self, row: u32, parts: &[AddressField], out: &mut Vec<u8>) -> Written {
        out.push(b'{');
        let mut any = false;
        let mut place = false;
        for (label, part) in parts {
            let start = out.len();
            if any {
                out.push(b',');
            }
            out.extend_from_slice(label);
            let written = match part {
                AddressPart::One(source) => self.write_text(row, source, out)?,
                AddressPart::Lines(lines) => {
                    out.push(b'[');
                    let open = out.len();
                    for line in lines {
                        let before = out.len();
                        if before > open {
                            out.push(b',');
                        }
                        if !self.join(row, line, " ", out)? {
                            out.truncate(before);
                        }
                    }
                    out.push(b']');
                    out.len() > open + 1
                }
            };
            if written {
                any = true;
                place |= **label != *b"\"name\":";
            } else {
                out.truncate(start);
            }
        }
        out.push(b'}');
        Ok(place)
    }

    fn rows<'s>(&'s self, row: u32, array: &Array) -> impl Iterator<Item = u32> + use<'s, 'd> {
        self.found
            .rows_of(self.found.outward(row, array.up), array.number)
    }

    fn each(
        &self,
        row: u32,
        array: &Array,
        what: &Element,
        unless: Option<&Test>,
        out: &mut Vec<u8>,
    ) -> Written {
        out.push(b'[');
        let open = out.len();
        for element in self.rows(row, array) {
            if let Some(test) = unless
                && self.test(element, test)?
            {
                continue;
            }
            let before = out.len();
            if before > open {
                out.push(b',');
            }
            let written = match what {
                Element::Fields { fields, own } => {
                    out.push(b'{');
                    let any = self.fields(element, fields, out)?;
                    let any = *own && self.own_fields(element, &[], out)? || any;
                    out.push(b'}');
                    any
                }
                Element::Value(op) => self.op(element, op, out)?,
            };
            if !written {
                out.truncate(before);
            }
        }
        out.push(b']');
        Ok(out.len() > open + 1)
    }

    fn list(&self, row: u32, elements: &[Op], out: &mut Vec<u8>) -> Written {
        out.push(b'[');
        let open = out.len();
        for element in elements {
            let before = out.len();
            if before > open {
                out.push(b',');
            }
            if !self.op(row, element, out)? {
                out.truncate(before);
            }
        }
        out.push(b']');
        Ok(out.len() > open + 1)
    }

    fn picked(&self, row: u32, array: &Array, test: &Test, strict: bool) -> Result<Option<u32>, Unmappable> {
        for element in self.rows(row, array) {
            if self.test(element, test)? {
                return Ok(Some(element));
            }
        }
        Ok(self.rows(row, array).next().filter(|_| !strict))
    }

    fn currency(&self, row: u32, source: Option<&Source>) -> Result<Option<Cow<'d, str>>, Unmappable> {
        source.map_or(Ok(None), |source| self.text(row, source))
    }

    fn product(
        &self,
        row: u32,
        product: &Product,
        currency: Option<&str>,
    ) -> Result<Option<BigDecimal>, Unmappable> {
        let (Some(quantity), Some(price)) = (
            self.decimal(row, &product.quantity)?,
            self.decimal(row, &product.price)?,
        ) else {
            return Ok(None);
        };
        let per = product
            .per
            .as_ref()
            .map_or(Ok(None), |source| self.decimal(row, source))?;
        let priced = match &product.ratio {
            Some([over, under]) => number::scaled(quantity, self.decimal(row, over)?, self.decimal(row, under)?),
            None => quantity,
        };
        Ok(Some(number::line_total(
            &priced,
            &price,
            per.as_ref(),
            currency,
        )))
    }

    fn line_total(
        &self,
        row: u32,
        array: &Array,
        product: &Product,
        currency: Option<&Source>,
        unless: Option<&Test>,
        out: &mut Vec<u8>,
    ) -> Written {
        let code = self.currency(row, currency)?;
        let of_line = |element| self.product(element, product, code.as_deref());
        let Some(sum) = self.sum(row, array, unless, of_line)? else {
            return Ok(false);
        };
        amount(&sum, code.as_deref(), out);
        Ok(true)
    }

    /// The sum over the elements that count; `None` when none of them has a value.
    fn sum(
        &self,
        row: u32,
        array: &Array,
        unless: Option<&Test>,
        of: impl Fn(u32) -> Result<Option<BigDecimal>, Unmappable>,
    ) -> Result<Option<BigDecimal>, Unmappable> {
        let mut sum: Option<BigDecimal> = None;
        for element in self.rows(row, array) {
            if let Some(test) = unless
                && self.test(element, test)?
            {
                continue;
            }
            if let Some(more) = of(element)? {
                sum = Some(sum.map_or_else(|| more.clone(), |sum| sum + &more));
            }
        }
        Ok(sum)
    }

    /// Whether a condition holds of a row.
    pub fn test(&self, row: u32, test: &Test) -> Result<bool, Unmappable> {
        Ok(match test {
            Test::Is(source, texts) => {
                let text = self.text(row, source)?;
                let text = text.as_deref().unwrap_or("");
                texts
                    .iter()
                    .any(|wanted| **wanted == *text || (**wanted == *"true" && self.is_true(text)))
            }
            Test::Present(source) => self.raw(row, source).is_some(),
            Test::Zero(source) => self.decimal(row, source)?.is_some_and(|value| value.is_zero()),
            Test::Positive(source) => self
                .decimal(row, source)?
                .is_some_and(|value| value > BigDecimal::zero()),
            Test::AtLeast(source, other) => match (self.decimal(row, source)?, self.decimal(row, other)?) {
                (Some(value), Some(other)) => value >= other,
                _ => false,
            },
            Test::All(tests) => {
                for test in tests {
                    if !self.test(row, test)? {
                        return Ok(false);
                    }
                }
                true
            }
            Test::Any(tests) => {
                for test in tests {
                    if self.test(row, test)? {
                        return Ok(true);
                    }
                }
                false
            }
            Test::Not(test) => !self.test(row, test)?,
            Test::Every(array, test) => {
                let mut any = false;
                for element in self.rows(row, array) {
                    any = true;
                    if !self.test(element, test)? {
                        return Ok(false);
                    }
                }
                any
            }
            Test::Some(array, test) => {
                for element in self.rows(row, array) {
                    if self.test(element, test)? {
                        return Ok(true);
                    }
                }
                false
            }
        })
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

fn amount(value: &BigDecimal, currency: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"amount\":\"");
    out.extend_from_slice(value.to_plain_string().as_bytes());
    out.push(b'"');
    if let Some(currency) = currency {
        out.extend_from_slice(b",\"currency\":");
        quoted(currency, out);
    }
    out.push(b'}');
}
