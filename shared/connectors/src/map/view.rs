//! A model's mapping as data: what each unified field comes from, and how it is converted.

use serde::Serialize;

use super::CustomField;
use crate::{
    manifest::{
        Condition, Expr, Fields, Manifest,
        mapping::{Paths, Spelt, When},
    },
    model,
};

/// One row of the mapping view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappedField {
    /// Unified field: `lines[].quantity`.
    pub field: String,
    /// Source fields that it comes from.
    pub sources: Vec<String>,
    /// How it is converted: `text`, `decimal`, `enum`, …
    pub conversion: String,
    /// For a closed set: the system's code to the unified value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, String)>,
    /// What the unified field means.
    pub doc: String,
    /// Added for this connection.
    pub custom: bool,
}

/// The complete mapping of one model, in the order of the unified fields; `None` when the system does not have it.
#[must_use]
pub fn view(manifest: &Manifest, model: &str, custom: &[CustomField]) -> Option<Vec<MappedField>> {
    let source = manifest.models.get(model)?;
    let unified = model::by_name(model)?;
    let mut rows = vec![MappedField {
        field: "id".into(),
        sources: source.key.clone(),
        conversion: "key".into(),
        values: Vec::new(),
        doc: unified
            .field("id")
            .map_or_else(String::new, |field| field.doc().into()),
        custom: false,
    }];
    fields("", "", &source.fields, unified.fields, &mut rows);
    if let Some(when) = &source.modified
        && !source.fields.contains_key("updated_at")
    {
        rows.push(row(
            "updated_at",
            when_paths(when),
            "datetime",
            "When the system last changed it.",
        ));
    }
    for prefix in &source.custom_prefixes {
        rows.push(row(
            "custom_fields",
            vec![format!("{prefix}*")],
            "as it is",
            "The customer's own fields.",
        ));
    }
    for field in custom.iter().filter(|field| field.model == model) {
        let mut own = row(
            &format!("custom_fields.{}", field.name),
            vec![field.path.clone()],
            "as it is",
            "Added for this connection.",
        );
        own.custom = true;
        rows.push(own);
    }
    Some(rows)
}

fn row(field: &str, sources: Vec<String>, conversion: &str, doc: &str) -> MappedField {
    MappedField {
        field: field.into(),
        sources,
        conversion: conversion.into(),
        values: Vec::new(),
        doc: doc.into(),
        custom: false,
    }
}

fn fields(prefix: &str, within: &str, map: &Fields, specs: &[model::FieldSpec], rows: &mut Vec<MappedField>) {
    for spec in specs {
        if let Some(expr) = map.get(spec.name()) {
            let element: &[model::FieldSpec] = match spec.kind {
                model::Kind::List(model::Kind::Object(inner)) => inner,
                model::Kind::Object(inner) => inner,
                _ => &[],
            };
            describe(
                &format!("{prefix}{}", spec.name()),
                within,
                expr,
                element,
                spec.doc(),
                rows,
            );
        }
    }
}

/// A path as seen from the record: elements of an array are written `array[]/field`.
fn full(within: &str, path: &str) -> String {
    match path.strip_prefix("../") {
        Some(outer) => match within.trim_end_matches("[]/").rsplit_once("[]/") {
            Some((around, _)) => full(&format!("{around}[]/"), outer),
            None => full("", outer),
        },
        None => format!("{within}{path}"),
    }
}

fn describe(
    field: &str,
    within: &str,
    expr: &Expr,
    element: &[model::FieldSpec],
    doc: &str,
    rows: &mut Vec<MappedField>,
) {
    let here = |paths: &Paths| {
        paths
            .all()
            .iter()
            .map(|path| full(within, path))
            .collect::<Vec<_>>()
    };
    let some = |paths: &[Option<&Paths>]| {
        paths
            .iter()
            .flatten()
            .flat_map(|paths| here(paths))
            .collect::<Vec<_>>()
    };
    let one = |paths: &[&str]| paths.iter().map(|path| full(within, path)).collect::<Vec<_>>();
    let mut add = |sources: Vec<String>, conversion: &str| rows.push(row(field, sources, conversion, doc));
    match expr {
        Expr::Text(paths) => add(here(paths), "text"),
        Expr::Join { parts, with } => {
            add(
                one(&parts.iter().map(String::as_str).collect::<Vec<_>>()),
                &format!("joined by `{with}`"),
            );
        }
        Expr::Const(text) => add(Vec::new(), &format!("always `{text}`")),
        Expr::Integer(paths) => add(here(paths), "integer"),
        Expr::Boolean(paths) => add(here(paths), "boolean"),
        Expr::Decimal(paths) => add(here(paths), "decimal"),
        Expr::Amount { value, currency } => add(some(&[Some(value), currency.as_ref()]), "amount"),
        Expr::Measure { value, unit, .. } => add(some(&[Some(value), unit.as_ref()]), "measure"),
        Expr::Date(when) => add(
            when_paths(when).iter().map(|path| full(within, path)).collect(),
            "date",
        ),
        Expr::Datetime(when) => add(
            when_paths(when).iter().map(|path| full(within, path)).collect(),
            "datetime",
        ),
        Expr::Enum {
            from,
            values,
            cases,
            absent,
        } => {
            let mut sources = here(from);
            for case in cases {
                condition_paths(&case.when, within, &mut sources);
            }
            let mut row = row(field, sources, "enum", doc);
            row.values = values
                .iter()
                .map(|(code, value)| (code.clone(), value.clone()))
                .collect();
            row.values
                .extend(absent.iter().map(|value| (String::new(), value.clone())));
            rows.push(row);
        }
        Expr::Ref {
            id,
            parts,
            number,
            name,
        } => {
            let mut sources = if parts.is_empty() {
                here(id)
            } else {
                parts.iter().map(|path| full(within, path)).collect()
            };
            sources.extend(some(&[number.as_ref(), name.as_ref()]));
            add(sources, "reference");
        }
        Expr::Address(paths) => {
            let mut sources = some(&[paths.name.as_ref()]);
            sources.extend(
                paths
                    .lines
                    .iter()
                    .flat_map(|line| line.parts().iter().map(|path| full(within, path))),
            );
            sources.extend(some(&[
                paths.city.as_ref(),
                paths.region.as_ref(),
                paths.postal_code.as_ref(),
                paths.country.as_ref(),
                paths.phone.as_ref(),
                paths.email.as_ref(),
            ]));
            add(sources, "address");
        }
        Expr::Each {
            r#in,
            fields: inner,
            value,
            custom_prefixes,
            ..
        } => {
            let list = full(within, r#in);
            add(vec![list.clone()], "one for each");
            for prefix in custom_prefixes {
                let own = format!("{field}[].custom_fields");
                rows.push(row(
                    &own,
                    vec![format!("{list}[]/{prefix}*")],
                    "as it is",
                    "The customer's own fields.",
                ));
            }
            match value {
                Some(value) => describe(
                    &format!("{field}[]"),
                    &format!("{list}[]/"),
                    value,
                    element,
                    doc,
                    rows,
                ),
                None => fields(
                    &format!("{field}[]."),
                    &format!("{list}[]/"),
                    inner,
                    element,
                    rows,
                ),
            }
        }
        Expr::List(exprs) => {
            for expr in exprs {
                match expr {
                    Expr::Object(inner) => fields(&format!("{field}[]."), within, inner, element, rows),
                    other => describe(&format!("{field}[]"), within, other, element, doc, rows),
                }
            }
        }
        Expr::Object(inner) => fields(&format!("{field}."), within, inner, element, rows),
        Expr::Pick { r#in, value, .. } => {
            let list = full(within, r#in);
            describe(field, &format!("{list}[]/"), value, element, doc, rows);
        }
        Expr::LineTotal {
            r#in,
            quantity,
            price,
            per,
            ratio,
            currency,
            ..
        } => {
            let list = full(within, r#in);
            let mut sources: Vec<String> = [Some(quantity), Some(price), per.as_ref()]
                .into_iter()
                .flatten()
                .chain(ratio.iter().flatten())
                .map(|path| format!("{list}[]/{path}"))
                .collect();
            sources.extend(some(&[currency.as_ref()]));
            add(sources, "sum of quantity × price ÷ price quantity");
        }
        Expr::Product {
            quantity,
            price,
            per,
            ratio,
            currency,
        } => {
            let mut sources = one(&[quantity, price]);
            let more = per.iter().chain(ratio.iter().flatten());
            sources.extend(more.map(|path| full(within, path)));
            sources.extend(some(&[currency.as_ref()]));
            add(sources, "quantity × price ÷ price quantity");
        }
        Expr::Sum {
            r#in,
            value,
            currency,
            ..
        } => {
            let mut sources = vec![format!("{}[]/{value}", full(within, r#in))];
            sources.extend(some(&[currency.as_ref()]));
            add(sources, "sum");
        }
    }
}

fn when_paths(when: &When) -> Vec<String> {
    match when {
        When::Plain(path) => vec![path.clone()],
        When::Spelt(spelt) => spelt_paths(spelt).collect(),
        When::First(all) => all.iter().flat_map(spelt_paths).collect(),
    }
}

fn spelt_paths(spelt: &Spelt) -> impl Iterator<Item = String> + use<> {
    std::iter::once(spelt.from.clone()).chain(spelt.time.clone())
}

fn condition_paths(condition: &Condition, within: &str, out: &mut Vec<String>) {
    match condition {
        Condition::Is { field, .. } => out.push(full(within, field)),
        Condition::Present(path) | Condition::Zero(path) | Condition::Positive(path) => {
            out.push(full(within, path))
        }
        Condition::AtLeast { field, other } => out.extend([full(within, field), full(within, other)]),
        Condition::All(all) | Condition::Any(all) => {
            for condition in all {
                condition_paths(condition, within, out);
            }
        }
        Condition::Not(condition) => condition_paths(condition, within, out),
        Condition::Every { r#in, holds } | Condition::Some { r#in, holds } => {
            let list = full(within, r#in);
            condition_paths(holds, &format!("{list}[]/"), out);
        }
    }
    out.dedup();
}
