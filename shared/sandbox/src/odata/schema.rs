//! Entity types: which properties an entity set has. A name that is not here does not exist.

use std::collections::HashMap;

use super::value::{Flavour, Kind, Value};

/// A property.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) initial: Value,
    /// `"Name":initial`, rendered once.
    pub(crate) initial_text: String,
    /// In SuiteQL: the table whose ids the column holds.
    pub(crate) refers_to: Option<&'static str>,
}

/// A navigation property.
#[derive(Debug)]
pub(crate) struct Nav {
    pub(crate) name: &'static str,
    /// The target entity set, whose type it has.
    pub(crate) set: &'static str,
    pub(crate) many: bool,
}

/// A navigation to many entities of `set`.
pub(crate) const fn many(name: &'static str, set: &'static str) -> Nav {
    Nav {
        name,
        set,
        many: true,
    }
}

/// A navigation to one entity of `set`.
pub(crate) const fn one(name: &'static str, set: &'static str) -> Nav {
    Nav {
        name,
        set,
        many: false,
    }
}

/// The type of the entities in one set.
#[derive(Debug)]
pub(crate) struct EntityType {
    pub(crate) set: &'static str,
    /// Qualified type name, as in `__metadata.type`.
    pub(crate) name: String,
    pub(crate) keys: &'static [&'static str],
    pub(crate) properties: Vec<Property>,
    pub(crate) navs: Vec<Nav>,
    pub(crate) flavour: Flavour,
    index: HashMap<&'static str, usize>,
}

impl EntityType {
    /// Position of a property.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Position of a navigation property.
    pub(crate) fn nav(&self, name: &str) -> Option<usize> {
        self.navs.iter().position(|nav| nav.name == name)
    }
}

/// The entity types of one system.
#[derive(Debug)]
pub(crate) struct Schema {
    flavour: Flavour,
    types: Vec<EntityType>,
}

impl Schema {
    /// No types yet.
    pub(crate) const fn new(flavour: Flavour) -> Self {
        Self {
            flavour,
            types: Vec::new(),
        }
    }

    /// Adds an entity set.
    ///
    /// `properties` lists `Name:kind` separated by white space, kind being `s` string, `e` enumeration, `g` GUID, `b` boolean,
    /// `i` whole number, `n2` decimal with two digits, `d` day, `o` instant, `t` time of day, or, in SuiteQL,
    /// `r/table` for the id of a row of that table.
    pub(crate) fn with(
        mut self,
        set: &'static str,
        name: &str,
        keys: &'static [&'static str],
        properties: &'static str,
        navs: Vec<Nav>,
    ) -> Self {
        let properties: Vec<Property> = properties
            .split_whitespace()
            .map(|text| property(self.flavour, text))
            .collect();
        let index = properties
            .iter()
            .enumerate()
            .map(|(at, property)| (property.name, at))
            .collect();
        self.types.push(EntityType {
            set,
            name: name.to_owned(),
            keys,
            properties,
            navs,
            flavour: self.flavour,
            index,
        });
        self
    }

    /// The type of an entity set.
    pub(crate) fn get(&self, set: &str) -> Option<&EntityType> {
        self.types.iter().find(|entity| entity.set == set)
    }

    /// The type of an entity set that the code itself names.
    pub(crate) fn known(&self, set: &str) -> &EntityType {
        self.get(set)
            .expect("the dialect defines every set that it renders")
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[EntityType] {
        &self.types
    }
}

fn property(flavour: Flavour, text: &'static str) -> Property {
    let (name, code) = text.split_once(':').unwrap_or((text, "s"));
    let (kind, refers_to) = match code.as_bytes().first() {
        Some(b'g') => (Kind::Guid, None),
        Some(b'e') => (Kind::Member, None),
        Some(b'b') => (Kind::Flag, None),
        Some(b'i') => (Kind::Whole, None),
        Some(b'n') => (Kind::Decimal(code[1..].parse().unwrap_or(0)), None),
        Some(b'd') => (Kind::Day, None),
        Some(b'o') => (Kind::Instant, None),
        Some(b't') => (Kind::Time, None),
        Some(b'r') => (Kind::Whole, code.split_once('/').map(|(_, table)| table)),
        _ => (Kind::Text, None),
    };
    let initial = flavour.initial(kind);
    let mut initial_text = format!("\"{name}\":");
    flavour.write(&mut initial_text, &initial, kind);
    Property {
        name,
        kind,
        initial,
        initial_text,
        refers_to,
    }
}
