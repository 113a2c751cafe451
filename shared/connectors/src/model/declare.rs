//! How a model is written down once: as a Rust type whose fields can also be listed.

/// What a field holds. Mappings are checked against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A decimal as text.
    Quantity,
    /// An amount with its currency.
    Amount,
    /// A decimal with its unit.
    Measure,
    /// A calendar day.
    Date,
    /// A point in time.
    DateTime,
    /// One of a closed set; the system's own value stands in `<field>_raw`.
    Enum(&'static [&'static str]),
    /// A reference to another record.
    Reference,
    /// A postal address.
    Address,
    /// Several of one kind.
    List(&'static Kind),
    /// An object with fields.
    Object(&'static [FieldSpec]),
    /// Set by Manifold, or by the mapping as a whole: no manifest maps it.
    Given,
}

/// One field of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    pub(crate) raw_name: &'static str,
    pub(crate) raw_doc: &'static str,
    /// What it holds.
    pub kind: Kind,
}

impl FieldSpec {
    /// Its name in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        // `type` is a keyword, so it is declared as `r#type`.
        self.raw_name.strip_prefix("r#").unwrap_or(self.raw_name)
    }

    /// What it means.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.raw_doc.trim()
    }
}

/// A type that can say what it holds.
pub trait Described {
    /// What it holds.
    const KIND: Kind;
}

impl Described for String {
    const KIND: Kind = Kind::Text;
}

impl Described for bool {
    const KIND: Kind = Kind::Boolean;
}

impl Described for i64 {
    const KIND: Kind = Kind::Integer;
}

impl<T: Described> Described for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
}

/// Declares an object of optional fields.
macro_rules! object {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty),* $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $field_doc])+ #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        }

        impl $name {
            /// Its fields in order.
            pub const FIELDS: &'static [$crate::model::FieldSpec] = &[$($crate::model::FieldSpec {
                raw_name: stringify!($field),
                raw_doc: concat!($($field_doc),+),
                kind: <$type as $crate::model::Described>::KIND,
            }),*];
        }

        impl $crate::model::Described for $name {
            const KIND: $crate::model::Kind = $crate::model::Kind::Object(Self::FIELDS);
        }
    };
}

/// Declares a model: an object with what every record has around its own fields.
macro_rules! record {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty),* $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The system's own key: a text with its zeros kept, parts joined by `:`, at most 512 bytes.
            pub id: String,
            /// The parts of the key, by their names in the system.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub source_key: Option<std::collections::BTreeMap<String, String>>,
            /// The unified model's name.
            pub model: String,
            /// The connection that it comes from.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub connection_id: Option<String>,
            $($(#[doc = $field_doc])+ #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
            /// When the system created it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub created_at: Option<$crate::model::DateTime>,
            /// When the system last changed it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub updated_at: Option<$crate::model::DateTime>,
            /// When it was deleted: the system's time, or when Manifold saw that it was gone.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub deleted_at: Option<$crate::model::DateTime>,
            /// When a sync last brought a change of it. Absent in live answers.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub synced_at: Option<$crate::model::DateTime>,
            /// Number of its last change, rising per connection and model. Absent in live answers.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub seq: Option<u64>,
            /// The customer's own fields, by their names in the system or in the connection's mapping; values as the system has them.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub custom_fields: Option<serde_json::Map<String, serde_json::Value>>,
            /// The record as the system sent it, when asked for with `include=raw`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub raw: Option<serde_json::Value>,
        }

        impl $name {
            /// What it is.
            pub const DOC: &'static str = concat!($($doc),+);

            /// Its fields in order.
            pub const FIELDS: &'static [$crate::model::FieldSpec] = &[
                given!(id "The system's own key: a text with its zeros kept, parts joined by `:`, at most 512 bytes."),
                given!(source_key "The parts of the key, by their names in the system."),
                given!(model "The unified model's name."),
                given!(connection_id "The connection that it comes from."),
                $($crate::model::FieldSpec {
                    raw_name: stringify!($field),
                    raw_doc: concat!($($field_doc),+),
                    kind: <$type as $crate::model::Described>::KIND,
                },)*
                $crate::model::FieldSpec {
                    raw_name: "created_at", raw_doc: "When the system created it.", kind: $crate::model::Kind::DateTime },
                $crate::model::FieldSpec {
                    raw_name: "updated_at", raw_doc: "When the system last changed it.", kind: $crate::model::Kind::DateTime },
                $crate::model::FieldSpec {
                    raw_name: "deleted_at", raw_doc: "When it was deleted.", kind: $crate::model::Kind::DateTime },
                given!(synced_at "When a sync last brought a change of it. Absent in live answers."),
                given!(seq "Number of its last change, rising per connection and model. Absent in live answers."),
                given!(custom_fields "The customer's own fields, by their names in the system or in the connection's mapping."),
                given!(raw "The record as the system sent it, when asked for with `include=raw`."),
            ];
        }
    };
}

/// A field that no manifest maps.
macro_rules! given {
    ($name:ident $doc:literal) => {
        $crate::model::FieldSpec {
            raw_name: stringify!($name),
            raw_doc: $doc,
            kind: $crate::model::Kind::Given,
        }
    };
}

/// Declares a closed set.
macro_rules! closed_set {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $value_doc:literal])+ $value:ident = $text:literal),* $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $value_doc])+ #[serde(rename = $text)] $value,)*
        }

        impl $name {
            /// Every value as it stands in JSON.
            pub const VALUES: &'static [&'static str] = &[$($text),*];
        }

        impl $crate::model::Described for $name {
            const KIND: $crate::model::Kind = $crate::model::Kind::Enum(Self::VALUES);
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let values = [$(($text, concat!($($value_doc),+))),*];
                $crate::model::declare::closed_set_schema(concat!($($doc),+), &values)
            }
        }
    };
}

/// A closed set as `enum`, with what each value means in the description: generators of clients make a type of
/// that, where a `oneOf` of constants, which could carry the words itself, comes out as one type a value.
pub(super) fn closed_set_schema(doc: &str, values: &[(&str, &str)]) -> schemars::Schema {
    let texts: Vec<&str> = values.iter().map(|(text, _)| *text).collect();
    let meanings: String = values
        .iter()
        .map(|(text, meaning)| format!("\n- `{text}`: {}", meaning.trim()))
        .collect();
    let description = format!("{}\n{meanings}", doc.trim());
    schemars::json_schema!({"type": "string", "description": description, "enum": texts})
}
