//! What each kind of field takes, and what it compiles to.

use super::{Compiler, Problem};
use crate::{
    json::quoted,
    manifest::{Expr, mapping::AddressPaths},
    map::{
        compile::label,
        plan::{AddressField, AddressPart, Codes, Element, Op, Product},
    },
    model::{FieldSpec, Kind},
};

impl Compiler {
    pub(super) fn op(
        &mut self,
        expr: &Expr,
        kind: Kind,
        raw_label: Option<Box<[u8]>>,
        place: &str,
    ) -> Result<Op, Problem> {
        Ok(match (kind, expr) {
            (Kind::Text, Expr::Text(paths)) => Op::Text(self.source(paths, place)?),
            (Kind::Text, Expr::Join { parts, with }) => Op::Join {
                parts: parts
                    .iter()
                    .map(|path| self.path(path, place))
                    .collect::<Result<_, _>>()?,
                with: with.as_str().into(),
            },
            (Kind::Text, Expr::Const(text)) => {
                let mut out = Vec::new();
                quoted(text, &mut out);
                Op::Const(out.into())
            }
            (Kind::Integer, Expr::Integer(paths)) => Op::Integer(self.source(paths, place)?),
            (Kind::Boolean, Expr::Boolean(paths)) => Op::Boolean(self.source(paths, place)?),
            (Kind::Quantity, Expr::Decimal(paths)) => Op::Decimal(self.source(paths, place)?),
            (
                Kind::Quantity | Kind::Amount,
                Expr::Sum {
                    r#in,
                    value,
                    currency,
                    unless,
                },
            ) => {
                let amount = match (kind, currency) {
                    (Kind::Amount, currency) => Some(self.maybe(currency.as_ref(), place)?),
                    (_, None) => None,
                    (_, Some(_)) => return Err((place.into(), "a quantity has no currency".into())),
                };
                let (array, (value, unless)) = self.within(r#in, place, |inner| {
                    Ok((
                        inner.path(value, place)?,
                        inner.maybe_test(unless.as_ref(), place)?,
                    ))
                })?;
                Op::Sum {
                    array,
                    value,
                    unless,
                    amount,
                }
            }
            (Kind::Amount, Expr::Amount { value, currency }) => Op::Amount {
                value: self.source(value, place)?,
                currency: self.maybe(currency.as_ref(), place)?,
            },
            (
                Kind::Amount,
                Expr::LineTotal {
                    r#in,
                    quantity,
                    price,
                    per,
                    ratio,
                    currency,
                    unless,
                },
            ) => {
                let currency = self.maybe(currency.as_ref(), place)?;
                let (array, (product, unless)) = self.within(r#in, place, |inner| {
                    let product = inner.product(quantity, price, per.as_deref(), ratio.as_ref(), place)?;
                    Ok((product, inner.maybe_test(unless.as_ref(), place)?))
                })?;
                Op::LineTotal {
                    array,
                    product,
                    currency,
                    unless,
                }
            }
            (
                Kind::Amount,
                Expr::Product {
                    quantity,
                    price,
                    per,
                    ratio,
                    currency,
                },
            ) => Op::Product {
                product: self.product(quantity, price, per.as_deref(), ratio.as_ref(), place)?,
                currency: self.maybe(currency.as_ref(), place)?,
            },
            (Kind::Measure, Expr::Measure { value, unit, nonzero }) => Op::Measure {
                nonzero: *nonzero,
                value: self.source(value, place)?,
                unit: self.maybe(unit.as_ref(), place)?,
            },
            (Kind::Date, Expr::Date(when)) => Op::Date(self.time(when, place)?),
            (Kind::DateTime, Expr::Datetime(when)) => Op::Datetime(self.time(when, place)?),
            (
                Kind::Enum(set),
                Expr::Enum {
                    from,
                    values,
                    cases,
                    absent,
                },
            ) => {
                let unified = |value: &String| {
                    let known = set.iter().copied().find(|known| known == value);
                    known.ok_or_else(|| {
                        (
                            place.to_owned(),
                            format!("`{value}` is not one of: {}", set.join(", ")),
                        )
                    })
                };
                Op::Enum(Codes {
                    from: self.source(from, place)?,
                    values: values
                        .iter()
                        .map(|(code, value)| Ok((code.as_str().into(), unified(value)?)))
                        .collect::<Result<_, Problem>>()?,
                    cases: cases
                        .iter()
                        .map(|case| Ok((self.test(&case.when, place)?, unified(&case.then)?)))
                        .collect::<Result<_, Problem>>()?,
                    absent: absent.as_ref().map(unified).transpose()?,
                    raw_label,
                })
            }
            (
                Kind::Reference,
                Expr::Ref {
                    id,
                    parts,
                    number,
                    name,
                },
            ) => Op::Ref {
                id: if parts.is_empty() {
                    vec![self.source(id, place)?]
                } else {
                    parts
                        .iter()
                        .map(|path| self.path(path, place))
                        .collect::<Result<_, _>>()?
                },
                number: self.maybe(number.as_ref(), place)?,
                name: self.maybe(name.as_ref(), place)?,
            },
            (Kind::Address, Expr::Address(paths)) => Op::Address(self.address(paths, place)?),
            (
                Kind::List(element),
                Expr::Each {
                    r#in,
                    fields,
                    value,
                    custom_prefixes,
                    unless,
                },
            ) => {
                let (array, (element, unless)) = self.within(r#in, place, |inner| {
                    let compiled = match (element, value) {
                        (Kind::Object(specs), None) => Element::Fields {
                            fields: inner.fields(fields, specs, place)?,
                            own: inner.own(custom_prefixes, specs, place)?,
                        },
                        (other, Some(value)) => {
                            Element::Value(Box::new(inner.op(value, *other, None, place)?))
                        }
                        _ => return Err((place.into(), "its elements are no objects: write `value`".into())),
                    };
                    Ok((compiled, inner.maybe_test(unless.as_ref(), place)?))
                })?;
                Op::Each {
                    array,
                    element,
                    unless,
                }
            }
            (Kind::List(element), Expr::List(exprs)) => Op::List(
                exprs
                    .iter()
                    .map(|expr| self.op(expr, *element, None, place))
                    .collect::<Result<_, _>>()?,
            ),
            (Kind::Object(specs), Expr::Object(fields)) => Op::Object(self.fields(fields, specs, place)?),
            (
                kind,
                Expr::Pick {
                    r#in,
                    r#where,
                    value,
                    strict,
                },
            ) => {
                let (array, (test, value)) = self.within(r#in, place, |inner| {
                    Ok((
                        inner.test(r#where, place)?,
                        inner.op(value, kind, raw_label, place)?,
                    ))
                })?;
                Op::Pick {
                    array,
                    test,
                    value: Box::new(value),
                    strict: *strict,
                }
            }
            (kind, _) => return Err((place.into(), format!("the field is {}", wanted(kind)))),
        })
    }

    /// Wants the customer's own fields of the rows that paths start at now. Whether there are any to want.
    pub(super) fn own(
        &mut self,
        prefixes: &[String],
        specs: &[FieldSpec],
        place: &str,
    ) -> Result<bool, Problem> {
        if !prefixes.is_empty() && specs.iter().all(|spec| spec.name() != "custom_fields") {
            let problem = "the model has no custom fields here: leave `custom_prefixes` out";
            return Err((place.into(), problem.into()));
        }
        let depth = self.trail.len();
        for prefix in prefixes {
            self.scope_at(depth).want_prefix(prefix);
        }
        Ok(!prefixes.is_empty())
    }

    pub(super) fn product(
        &mut self,
        quantity: &str,
        price: &str,
        per: Option<&str>,
        ratio: Option<&[String; 2]>,
        place: &str,
    ) -> Result<Product, Problem> {
        let ratio = match ratio {
            Some([over, under]) => Some([self.path(over, place)?, self.path(under, place)?]),
            None => None,
        };
        Ok(Product {
            ratio,
            quantity: self.path(quantity, place)?,
            price: self.path(price, place)?,
            per: per.map(|path| self.path(path, place)).transpose()?,
        })
    }

    pub(super) fn address(
        &mut self,
        paths: &AddressPaths,
        place: &str,
    ) -> Result<Vec<AddressField>, Problem> {
        let mut parts = Vec::new();
        // In the order of the model's address.
        if let Some(name) = &paths.name {
            parts.push((label("name"), AddressPart::One(self.source(name, place)?)));
        }
        if !paths.lines.is_empty() {
            let mut lines = Vec::new();
            for line in &paths.lines {
                lines.push(
                    line.parts()
                        .iter()
                        .map(|path| self.path(path, place))
                        .collect::<Result<_, _>>()?,
                );
            }
            parts.push((label("lines"), AddressPart::Lines(lines)));
        }
        for (name, source) in [
            ("city", &paths.city),
            ("region", &paths.region),
            ("postal_code", &paths.postal_code),
            ("country", &paths.country),
            ("phone", &paths.phone),
            ("email", &paths.email),
        ] {
            if let Some(source) = source {
                parts.push((label(name), AddressPart::One(self.source(source, place)?)));
            }
        }
        Ok(parts)
    }
}

/// Which expressions a kind of field takes.
fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text: text, join, const or pick",
        Kind::Integer => "a whole number: integer or pick",
        Kind::Boolean => "true or false: boolean or pick",
        Kind::Quantity => "a decimal: decimal, sum or pick",
        Kind::Amount => "an amount: amount, line_total, product or pick",
        Kind::Measure => "a value with a unit: measure or pick",
        Kind::Date => "a day: date or pick",
        Kind::DateTime => "a point in time: datetime or pick",
        Kind::Enum(_) => "a closed set: enum or pick",
        Kind::Reference => "a reference: ref or pick",
        Kind::Address => "an address: address or pick",
        Kind::List(_) => "a list: each or list",
        Kind::Object(_) => "an object: object or pick",
        Kind::Given => "set by Manifold and not mapped",
    }
}
