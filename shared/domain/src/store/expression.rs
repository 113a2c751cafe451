//! Conditions and updates as values, so that no other file writes DynamoDB's expression language.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jiff::Timestamp;

use super::StoreError;

/// What can be compared with, or written to, an attribute.
pub trait Value {
    /// The attribute as DynamoDB holds it.
    fn attribute(self) -> AttributeValue;
}

impl Value for AttributeValue {
    fn attribute(self) -> AttributeValue {
        self
    }
}
impl Value for &str {
    fn attribute(self) -> AttributeValue {
        AttributeValue::S(self.to_owned())
    }
}
impl Value for String {
    fn attribute(self) -> AttributeValue {
        AttributeValue::S(self)
    }
}
impl Value for &String {
    fn attribute(self) -> AttributeValue {
        AttributeValue::S(self.clone())
    }
}
impl Value for bool {
    fn attribute(self) -> AttributeValue {
        AttributeValue::Bool(self)
    }
}
impl Value for Vec<u8> {
    fn attribute(self) -> AttributeValue {
        AttributeValue::B(Blob::new(self))
    }
}
/// Times are milliseconds, so that conditions can compare them.
impl Value for Timestamp {
    fn attribute(self) -> AttributeValue {
        AttributeValue::N(self.as_millisecond().to_string())
    }
}
macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn attribute(self) -> AttributeValue {
                AttributeValue::N(self.to_string())
            }
        }
    )*};
}
number!(u16, u32, u64, i64, usize);

fn form<T: serde::Serialize>(name: &str, value: &T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| StoreError::Corrupt {
        pk: String::new(),
        sk: name.to_owned(),
        reason: error.to_string(),
    })
}

type Names = HashMap<String, String>;
type Values = HashMap<String, AttributeValue>;

/// The placeholders of one request: attribute names may be reserved words, so none stands bare.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placeholders {
    names: Names,
    values: Values,
}

impl Placeholders {
    pub(crate) fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Names and values as the SDK takes them: DynamoDB refuses empty maps.
    pub(crate) fn split(self) -> (Option<Names>, Option<Values>) {
        (
            (!self.names.is_empty()).then_some(self.names),
            (!self.values.is_empty()).then_some(self.values),
        )
    }
}

#[derive(Debug, Clone)]
enum Clause {
    Exists(String),
    Absent(String),
    Compare(String, &'static str, AttributeValue),
    AnyOf(Vec<When>),
}

/// A condition: every clause must hold.
///
/// An empty condition always holds.
#[derive(Debug, Clone, Default)]
pub struct When {
    clauses: Vec<Clause>,
}

impl When {
    /// Always.
    #[must_use]
    pub fn always() -> Self {
        Self::default()
    }

    /// Only if there is no such row yet.
    #[must_use]
    pub fn new_row() -> Self {
        Self::default().absent("pk")
    }

    /// Only if the row is there.
    #[must_use]
    pub fn row_exists() -> Self {
        Self::default().exists("pk")
    }

    /// And the attribute is there.
    #[must_use]
    pub fn exists(mut self, name: &str) -> Self {
        self.clauses.push(Clause::Exists(name.to_owned()));
        self
    }

    /// And the attribute is not there.
    #[must_use]
    pub fn absent(mut self, name: &str) -> Self {
        self.clauses.push(Clause::Absent(name.to_owned()));
        self
    }

    /// And the attribute equals the value.
    #[must_use]
    pub fn eq(self, name: &str, value: impl Value) -> Self {
        self.compare(name, "=", value)
    }

    /// And the attribute has the form that a value has in a whole row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the value has none.
    pub fn is_form<T: serde::Serialize>(self, name: &str, value: &T) -> Result<Self, StoreError> {
        Ok(self.eq(name, form(name, value)?))
    }

    /// And the attribute is there and differs from the value, or is not there at all.
    #[must_use]
    pub fn ne(self, name: &str, value: impl Value) -> Self {
        self.compare(name, "<>", value)
    }

    /// And the attribute is at most the value.
    #[must_use]
    pub fn le(self, name: &str, value: impl Value) -> Self {
        self.compare(name, "<=", value)
    }

    /// And the attribute is below the value.
    #[must_use]
    pub fn lt(self, name: &str, value: impl Value) -> Self {
        self.compare(name, "<", value)
    }

    /// And the attribute is at least the value.
    #[must_use]
    pub fn ge(self, name: &str, value: impl Value) -> Self {
        self.compare(name, ">=", value)
    }

    /// And at least one of these holds.
    #[must_use]
    pub fn any_of(mut self, options: impl IntoIterator<Item = When>) -> Self {
        self.clauses.push(Clause::AnyOf(options.into_iter().collect()));
        self
    }

    fn compare(mut self, name: &str, operator: &'static str, value: impl Value) -> Self {
        self.clauses
            .push(Clause::Compare(name.to_owned(), operator, value.attribute()));
        self
    }

    /// The expression's text; `None` when it always holds.
    pub(crate) fn render(&self, placeholders: &mut Placeholders) -> Option<String> {
        let clauses: Vec<String> = self
            .clauses
            .iter()
            .map(|clause| clause.render(placeholders))
            .collect();
        (!clauses.is_empty()).then(|| clauses.join(" AND "))
    }
}

impl Clause {
    fn render(&self, placeholders: &mut Placeholders) -> String {
        match self {
            Clause::Exists(name) => format!("attribute_exists({})", placeholders.name(name)),
            Clause::Absent(name) => format!("attribute_not_exists({})", placeholders.name(name)),
            Clause::Compare(name, operator, value) => {
                let name = placeholders.name(name);
                format!("{name} {operator} {}", placeholders.value(value.clone()))
            }
            Clause::AnyOf(options) => {
                let options: Vec<String> = options
                    .iter()
                    .filter_map(|when| when.render(placeholders))
                    .collect();
                format!("(({}))", options.join(") OR ("))
            }
        }
    }
}

/// What an update does to a row's attributes.
#[derive(Debug, Clone, Default)]
pub struct Change {
    set: Vec<(String, AttributeValue)>,
    add: Vec<(String, AttributeValue)>,
    remove: Vec<String>,
}

impl Change {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Value) -> Self {
        self.set.push((name.to_owned(), value.attribute()));
        self
    }

    /// Writes the attribute with the form that a value has in a whole row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it has none.
    pub fn set_form<T: serde::Serialize>(self, name: &str, value: &T) -> Result<Self, StoreError> {
        Ok(self.set(name, form(name, value)?))
    }

    /// Writes the attribute, or removes it when there is no value.
    #[must_use]
    pub fn set_or_remove(self, name: &str, value: Option<impl Value>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(name),
        }
    }

    /// Adds to a number, which counts as zero while it is absent.
    #[must_use]
    pub fn add(mut self, name: &str, amount: i64) -> Self {
        self.add.push((name.to_owned(), amount.attribute()));
        self
    }

    /// Removes the attribute.
    #[must_use]
    pub fn remove(mut self, name: &str) -> Self {
        self.remove.push(name.to_owned());
        self
    }

    pub(crate) fn render(&self, placeholders: &mut Placeholders) -> String {
        let mut parts = Vec::with_capacity(3);
        if !self.set.is_empty() {
            let pairs: Vec<String> = self
                .set
                .iter()
                .map(|(name, value)| {
                    format!(
                        "{} = {}",
                        placeholders.name(name),
                        placeholders.value(value.clone())
                    )
                })
                .collect();
            parts.push(format!("SET {}", pairs.join(", ")));
        }
        if !self.add.is_empty() {
            let pairs: Vec<String> = self
                .add
                .iter()
                .map(|(name, value)| {
                    format!(
                        "{} {}",
                        placeholders.name(name),
                        placeholders.value(value.clone())
                    )
                })
                .collect();
            parts.push(format!("ADD {}", pairs.join(", ")));
        }
        if !self.remove.is_empty() {
            let names: Vec<String> = self.remove.iter().map(|name| placeholders.name(name)).collect();
            parts.push(format!("REMOVE {}", names.join(", ")));
        }
        parts.join(" ")
    }
}
