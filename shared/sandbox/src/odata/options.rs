//! System query options, shared by V2 and V4.

use std::collections::BTreeMap;

use super::Refused;
use super::filter::{Filter, short};
use super::schema::{EntityType, Schema};

/// What to show of an entity and of those below it.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Positions of the selected properties; `None`: all.
    pub(crate) select: Option<Vec<usize>>,
    /// Expanded navigation properties by position.
    pub(crate) expand: BTreeMap<usize, Shape>,
    /// V2 with `$select`: which navigation properties are shown at all.
    pub(crate) shown_navs: Option<Vec<usize>>,
}

/// A list request.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) filter: Option<Filter>,
    /// Position of each property to order by, and whether downwards.
    pub(crate) order: Vec<(usize, bool)>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    /// Where the server's last page ended.
    pub(crate) resume: Option<usize>,
    pub(crate) count: bool,
    pub(crate) shape: Shape,
}

/// Which version of the protocol the options are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V2,
    V4,
}

impl Options {
    /// Reads decoded query pairs.
    pub(crate) fn parse(
        pairs: &[(String, String)],
        of: &'static EntityType,
        schema: &'static Schema,
        version: Version,
    ) -> Result<Self, Refused> {
        let mut options = Self {
            filter: None,
            order: Vec::new(),
            top: None,
            skip: 0,
            resume: None,
            count: false,
            shape: Shape::default(),
        };
        let find = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        for (name, value) in pairs {
            match (name.as_str(), version) {
                ("$filter", _) if !value.is_empty() => options.filter = Some(Filter::parse(value, of)?),
                ("$orderby", _) => options.order = order(value, of)?,
                ("$top", _) => options.top = Some(count(name, value)?),
                ("$skip", _) => options.skip = count(name, value)?,
                ("$skiptoken", _) => options.resume = Some(count(name, value)?),
                ("$inlinecount", Version::V2) => options.count = value == "allpages",
                ("$count", Version::V4) => options.count = value == "true",
                ("$select" | "$expand" | "$format" | "$filter", _) => {}
                (other, _) if other.starts_with('$') => {
                    return Err(Refused::because(format!(
                        "System query option '{other}' is not supported."
                    )));
                }
                _ => {}
            }
        }
        options.shape = match version {
            Version::V2 => shape_v2(find("$select"), find("$expand"), of, schema)?,
            Version::V4 => shape_v4(find("$select"), find("$expand"), of, schema)?,
        };
        Ok(options)
    }
}

fn count(name: &str, value: &str) -> Result<usize, Refused> {
    value
        .parse()
        .map_err(|_| Refused::because(format!("Invalid value '{value}' for query option {name}.")))
}

fn order(text: &str, of: &EntityType) -> Result<Vec<(usize, bool)>, Refused> {
    text.split(',')
        .map(|part| {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let down = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    return Err(Refused::because(format!(
                        "Syntax error in $orderby near '{other}'."
                    )));
                }
            };
            Ok((property(name, of)?, down))
        })
        .collect()
}

fn property(name: &str, of: &EntityType) -> Result<usize, Refused> {
    of.position(name)
        .ok_or_else(|| Refused::because(format!("Property {name} not found in type {}.", short(&of.name))))
}

fn nav(name: &str, of: &EntityType) -> Result<usize, Refused> {
    of.nav(name).ok_or_else(|| {
        Refused::because(format!(
            "Navigation property {name} not found in type {}.",
            short(&of.name)
        ))
    })
}

fn target(of: &'static EntityType, position: usize, schema: &'static Schema) -> &'static EntityType {
    schema.known(of.navs[position].set)
}

/// V2 writes paths: `$expand=to_Item/to_ScheduleLine`, `$select=PurchaseOrder,to_Item/Material`.
fn shape_v2(
    select: Option<&str>,
    expand: Option<&str>,
    of: &'static EntityType,
    schema: &'static Schema,
) -> Result<Shape, Refused> {
    let mut shape = Shape::default();
    for path in listed(expand) {
        let mut here = &mut shape;
        let mut at = of;
        for step in path.split('/') {
            let position = nav(step, at)?;
            at = target(at, position, schema);
            here = here.expand.entry(position).or_default();
        }
    }
    for path in listed(select) {
        let steps: Vec<&str> = path.split('/').collect();
        select_path(&mut shape, of, &steps, schema)?;
    }
    Ok(shape)
}

/// Selects a property, or a navigation property with what is selected below it.
fn select_path(
    shape: &mut Shape,
    of: &'static EntityType,
    steps: &[&str],
    schema: &'static Schema,
) -> Result<(), Refused> {
    let [step, rest @ ..] = steps else { return Ok(()) };
    let selected = shape.select.get_or_insert_default();
    let shown = shape.shown_navs.get_or_insert_default();
    if *step == "*" {
        *selected = (0..of.properties.len()).collect();
        return Ok(());
    }
    let Some(position) = of.nav(step) else {
        let position = property(step, of)?;
        if !selected.contains(&position) {
            selected.push(position);
        }
        return Ok(());
    };
    if !shown.contains(&position) {
        shown.push(position);
    }
    match shape.expand.get_mut(&position) {
        Some(below) => select_path(below, target(of, position, schema), rest, schema),
        None => Ok(()),
    }
}

fn listed(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// V4 nests: `$expand=_Item($expand=_Schedule;$select=Material)`.
fn shape_v4(
    select: Option<&str>,
    expand: Option<&str>,
    of: &'static EntityType,
    schema: &'static Schema,
) -> Result<Shape, Refused> {
    let mut shape = Shape::default();
    if let Some(select) = select.filter(|text| !text.is_empty() && *text != "*") {
        let mut positions = Vec::new();
        for name in listed(Some(select)) {
            if of.nav(name).is_none() {
                positions.push(property(name, of)?);
            }
        }
        shape.select = Some(positions);
    }
    for part in split_outside(expand.unwrap_or_default(), ',') {
        let (name, inner) = super::key::split(part.trim());
        if name.is_empty() {
            continue;
        }
        let position = nav(name, of)?;
        let mut options = BTreeMap::new();
        for option in split_outside(inner.unwrap_or_default(), ';') {
            match option.trim().split_once('=') {
                Some((key @ ("$expand" | "$select"), value)) => options.insert(key, value),
                Some((key, _)) => {
                    return Err(Refused::because(format!(
                        "Option {key} inside $expand is not supported."
                    )));
                }
                None => continue,
            };
        }
        let (inner_select, inner_expand) = (options.get("$select").copied(), options.get("$expand").copied());
        let below = shape_v4(inner_select, inner_expand, target(of, position, schema), schema)?;
        shape.expand.insert(position, below);
    }
    Ok(shape)
}

/// Splits at a separator that is not inside parentheses.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if character == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
