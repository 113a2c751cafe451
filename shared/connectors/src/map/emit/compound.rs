//! Values of several parts: references, addresses, lists.

use super::{Emit, Unmappable, Written};
use crate::map::{
    identity,
    plan::{AddressField, AddressPart, Array, Element, Op, Source, Test},
};

impl<'d> Emit<'_, 'd> {
    pub(super) fn reference(
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
    pub(super) fn address(&self, row: u32, parts: &[AddressField], out: &mut Vec<u8>) -> Written {
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

    pub(super) fn rows<'s>(&'s self, row: u32, array: &Array) -> impl Iterator<Item = u32> + use<'s, 'd> {
        self.found
            .rows_of(self.found.outward(row, array.up), array.number)
    }

    pub(super) fn each(
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

    pub(super) fn list(&self, row: u32, elements: &[Op], out: &mut Vec<u8>) -> Written {
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

    pub(super) fn picked(
        &self,
        row: u32,
        array: &Array,
        test: &Test,
        strict: bool,
    ) -> Result<Option<u32>, Unmappable> {
        for element in self.rows(row, array) {
            if self.test(element, test)? {
                return Ok(Some(element));
            }
        }
        Ok(self.rows(row, array).next().filter(|_| !strict))
    }
}
