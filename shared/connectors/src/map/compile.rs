//! From a manifest's mapping to a plan, with every name and kind checked.

use super::{
    plan::{
        AddressField, AddressPart, Array, Codes, Element, Field, Op, Product, Source, Spelling, Test, Time,
    },
    scope::Scope,
};
use crate::{
    json::quoted,
    manifest::{
        Condition, Expr, Fields,
        mapping::{AddressPaths, DateFormat, Paths, Spelt, When},
    },
    model::{FieldSpec, Kind},
};

/// What is wrong, and where below the model: `fields.lines.quantity`.
pub type Problem = (String, String);

/// Compiles against one tree of wanted values.
pub struct Compiler {
    /// What the record as a whole is wanted for.
    pub root: Scope,
    /// The arrays that lead to where paths start now.
    trail: Vec<u16>,
    dates: DateFormat,
}

impl Compiler {
    /// Over nothing yet; `dates` is how the system spells dates unless a field says otherwise.
    pub fn new(dates: DateFormat) -> Self {
        Self {
            root: Scope::default(),
            trail: Vec::new(),
            dates,
        }
    }

    fn scope_at(&mut self, depth: usize) -> &mut Scope {
        let trail = &self.trail[..depth];
        trail
            .iter()
            .fold(&mut self.root, |scope, array| scope.array(*array))
    }

    /// Splits `../../a/b` into two levels out and its steps; `.` is the element itself.
    fn resolve<'p>(&self, path: &'p str, place: &str) -> Result<(usize, Vec<&'p str>), Problem> {
        let mut up = 0;
        let mut rest = path;
        while let Some(outer) = rest.strip_prefix("../") {
            rest = outer;
            up += 1;
        }
        if up > self.trail.len() {
            return Err((place.into(), format!("`{path}` leads out of the record")));
        }
        let steps: Vec<&str> = if rest == "." {
            Vec::new()
        } else {
            rest.split('/').collect()
        };
        if steps.iter().any(|step| step.is_empty() || *step == "..") {
            return Err((
                place.into(),
                format!("`{path}` is not a path: names separated by `/`"),
            ));
        }
        Ok((up, steps))
    }

    /// Wants the first of some paths that holds something. They must lie in the same row.
    pub fn source(&mut self, paths: &Paths, place: &str) -> Result<Source, Problem> {
        let mut slots = Vec::new();
        let mut level = None;
        for path in paths.all() {
            let (up, steps) = self.resolve(path, place)?;
            if *level.get_or_insert(up) != up {
                return Err((
                    place.into(),
                    format!("`{path}` is not beside the other paths of its list"),
                ));
            }
            let depth = self.trail.len() - up;
            slots.push(self.scope_at(depth).want(&steps));
        }
        match level {
            // A record nests at most 64 deep.
            Some(up) => Ok(Source {
                up: up as u8,
                slots: slots.into(),
                path: paths.all()[0].as_str().into(),
            }),
            None => Err((place.into(), "the list of paths is empty".into())),
        }
    }

    /// Wants one path.
    pub fn path(&mut self, path: &str, place: &str) -> Result<Source, Problem> {
        self.source(&Paths::One(path.to_owned()), place)
    }

    fn maybe(&mut self, paths: Option<&Paths>, place: &str) -> Result<Option<Source>, Problem> {
        paths.map(|paths| self.source(paths, place)).transpose()
    }

    /// Wants an array and compiles what is done with its elements.
    fn within<T>(
        &mut self,
        path: &str,
        place: &str,
        inner: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<(Array, T), Problem> {
        let (up, steps) = self.resolve(path, place)?;
        let depth = self.trail.len() - up;
        let number = self.scope_at(depth).want_array(&steps);
        let left = self.trail.split_off(depth);
        self.trail.push(number);
        let result = inner(self);
        self.trail.truncate(depth);
        self.trail.extend(left);
        // Rows know the row around them in the source, so `../` inside counts from there.
        Ok((Array { up: up as u8, number }, result?))
    }

    /// When something happened.
    pub fn time(&mut self, when: &When, place: &str) -> Result<Time, Problem> {
        let tries = match when {
            When::Plain(path) => vec![self.spelling(
                &Spelt {
                    from: path.clone(),
                    r#as: None,
                    time: None,
                },
                place,
            )?],
            When::Spelt(spelt) => vec![self.spelling(spelt, place)?],
            When::First(spelt) => spelt
                .iter()
                .map(|spelt| self.spelling(spelt, place))
                .collect::<Result<_, _>>()?,
        };
        Ok(Time(tries))
    }

    fn spelling(&mut self, spelt: &Spelt, place: &str) -> Result<Spelling, Problem> {
        Ok(Spelling {
            from: self.path(&spelt.from, place)?,
            format: spelt.r#as.unwrap_or(self.dates),
            time: spelt
                .time
                .as_ref()
                .map(|path| self.path(path, place))
                .transpose()?,
        })
    }

    /// Fields in the order of the model, so that every system's records read the same.
    pub fn fields(
        &mut self,
        fields: &Fields,
        specs: &'static [FieldSpec],
        place: &str,
    ) -> Result<Vec<Field>, Problem> {
        for name in fields.keys() {
            let known = specs
                .iter()
                .any(|spec| spec.name() == name && spec.kind != Kind::Given);
            if !known {
                let names: Vec<_> = specs
                    .iter()
                    .filter(|s| s.kind != Kind::Given)
                    .map(FieldSpec::name)
                    .collect();
                return Err((
                    format!("{place}.{name}"),
                    format!("is not a field of the model: {}", names.join(", ")),
                ));
            }
        }
        let mut compiled = Vec::with_capacity(fields.len());
        for spec in specs {
            let Some(expr) = fields.get(spec.name()) else {
                continue;
            };
            let place = format!("{place}.{}", spec.name());
            let raw_name = format!("{}_raw", spec.name());
            let raw_label = specs
                .iter()
                .any(|other| other.name() == raw_name)
                .then(|| label(&raw_name));
            let op = self.op(expr, spec.kind, raw_label, &place)?;
            compiled.push(Field {
                name: spec.name(),
                label: label(spec.name()),
                op,
            });
        }
        Ok(compiled)
    }

    fn op(
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
                    Ok((inner.path(value, place)?, inner.maybe_test(unless.as_ref(), place)?))
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
    fn own(&mut self, prefixes: &[String], specs: &[FieldSpec], place: &str) -> Result<bool, Problem> {
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

    fn product(
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

    fn address(&mut self, paths: &AddressPaths, place: &str) -> Result<Vec<AddressField>, Problem> {
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

    fn maybe_test(&mut self, condition: Option<&Condition>, place: &str) -> Result<Option<Test>, Problem> {
        condition.map(|condition| self.test(condition, place)).transpose()
    }

    /// A condition.
    pub fn test(&mut self, condition: &Condition, place: &str) -> Result<Test, Problem> {
        Ok(match condition {
            Condition::Is { field, of } => Test::Is(
                self.path(field, place)?,
                of.iter().map(|text| text.as_str().into()).collect(),
            ),
            Condition::Present(path) => Test::Present(self.path(path, place)?),
            Condition::Zero(path) => Test::Zero(self.path(path, place)?),
            Condition::Positive(path) => Test::Positive(self.path(path, place)?),
            Condition::AtLeast { field, other } => {
                Test::AtLeast(self.path(field, place)?, self.path(other, place)?)
            }
            Condition::All(all) => Test::All(self.tests(all, place)?),
            Condition::Any(any) => Test::Any(self.tests(any, place)?),
            Condition::Not(condition) => Test::Not(Box::new(self.test(condition, place)?)),
            Condition::Every { r#in, holds } => {
                let (array, test) = self.within(r#in, place, |inner| inner.test(holds, place))?;
                Test::Every(array, Box::new(test))
            }
            Condition::Some { r#in, holds } => {
                let (array, test) = self.within(r#in, place, |inner| inner.test(holds, place))?;
                Test::Some(array, Box::new(test))
            }
        })
    }

    fn tests(&mut self, conditions: &[Condition], place: &str) -> Result<Vec<Test>, Problem> {
        conditions
            .iter()
            .map(|condition| self.test(condition, place))
            .collect()
    }
}

/// `"name":`, ready to be written.
pub fn label(name: &str) -> Box<[u8]> {
    format!("\"{name}\":").into_bytes().into()
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
