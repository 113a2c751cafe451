//! Where each unified field comes from.
//!
//! Paths name keys from the record inwards, separated by `/`: `to_PurchaseOrderItem/results`. A
//! number picks an element of an array. Inside `each` and `pick` a path starts at the element, and
//! `../` leads out to the record around it. Slashes rather than dots, since Tryton has keys with dots.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Unified field name to its expression.
pub type Fields = BTreeMap<String, Expr>;

/// One path, or several of which the first that holds something counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "a path, or a list of paths of which the first with a value counts"
)]
pub enum Paths {
    /// One path.
    One(String),
    /// The first that holds something.
    First(Vec<String>),
}

impl Paths {
    /// The paths in order.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Paths::One(path) => std::slice::from_ref(path),
            Paths::First(paths) => paths,
        }
    }
}

/// Where a unified field comes from, and how it is converted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expr {
    /// The value as text; a number keeps its digits.
    Text(Paths),
    /// Several values as one text.
    Join {
        /// Their paths; absent ones are left out.
        parts: Vec<String>,
        /// Put between two.
        with: String,
    },
    /// The same text for every record.
    Const(String),
    /// A whole number; leading zeros are dropped (`"00010"` is line 10).
    Integer(Paths),
    /// True or false, by the manifest's `values.truths` besides JSON's own.
    Boolean(Paths),
    /// A quantity: its decimal text, never a float.
    Decimal(Paths),
    /// An amount with its currency.
    Amount {
        /// Path of the decimal.
        value: Paths,
        /// Path of the currency's code; the amount stands without one when it is absent.
        currency: Option<Paths>,
    },
    /// A value with its unit.
    Measure {
        /// Path of the decimal.
        value: Paths,
        /// Path of the unit's code.
        unit: Option<Paths>,
        /// Zero stands for nothing: a weight that nobody entered (ABAP and F&O have no empty decimals).
        #[serde(default)]
        nonzero: bool,
    },
    /// A calendar day.
    Date(When),
    /// A point in time.
    Datetime(When),
    /// A closed set: the system's code becomes a unified one, and an unknown code becomes `unknown`
    /// with the system's own beside it in `<field>_raw`.
    Enum {
        /// Path of the code.
        from: Paths,
        /// The system's code to the unified one.
        #[serde(default)]
        values: BTreeMap<String, String>,
        /// Tried first, in order: what several source fields say together.
        #[serde(default)]
        cases: Vec<Case>,
        /// What an absent code means, where the system leaves out its commonest value.
        absent: Option<String>,
    },
    /// A reference to another record.
    Ref {
        /// Paths of the parts of the referred record's id; no reference without all of them.
        id: Paths,
        /// The parts of a composite id, when it has several; then `id` is not used.
        #[serde(default)]
        parts: Vec<String>,
        /// Path of its number.
        number: Option<Paths>,
        /// Path of its name.
        name: Option<Paths>,
    },
    /// A postal address.
    Address(Box<AddressPaths>),
    /// One element for each element of an array.
    Each {
        /// Path of the array.
        r#in: String,
        /// Fields of an element that is an object, whose paths start at the source's element.
        #[serde(default)]
        fields: Fields,
        /// Instead of fields, for elements that are texts, addresses or references.
        value: Option<Box<Expr>>,
        /// Fields of an element that begin so are the customer's own: `custcol_` (NetSuite), `YY1_` (SAP).
        #[serde(default)]
        custom_prefixes: Vec<String>,
        /// Elements for which this holds are left out.
        unless: Option<Condition>,
    },
    /// A fixed list of elements; those without any content are left out.
    List(Vec<Expr>),
    /// An object of fields; left out without any content.
    Object(Fields),
    /// A value from the first element of an array for which the condition holds, else from the first (an
    /// item's name in English, else in the first language that it has).
    Pick {
        /// Path of the array.
        r#in: String,
        /// Which element.
        r#where: Condition,
        /// What of it; its paths start at the element.
        value: Box<Expr>,
        /// Nothing, instead of the first, when the condition holds for none (the e-mail address among a
        /// party's contact mechanisms, Tryton).
        #[serde(default)]
        strict: bool,
    },
    /// The sum over an array of quantity × price ÷ "price is per", each line rounded to the currency's
    /// minor unit (SAP V2 has no total on the header).
    LineTotal {
        /// Path of the array.
        r#in: String,
        /// Path of the quantity in an element.
        quantity: String,
        /// Path of the price in an element.
        price: String,
        /// Path of the quantity that the price is for; 1 when absent or zero.
        per: Option<String>,
        /// Paths of numerator and denominator that turn the order's unit into the price's: SAP prices by
        /// the kilogram what is ordered by the piece. 1 when absent or zero.
        ratio: Option<[String; 2]>,
        /// Path of the currency, in the record.
        currency: Option<Paths>,
        /// Elements for which this holds do not count.
        unless: Option<Condition>,
    },
    /// The same for one element: a line's total.
    Product {
        /// Path of the quantity.
        quantity: String,
        /// Path of the price.
        price: String,
        /// Path of the quantity that the price is for.
        per: Option<String>,
        /// Paths of numerator and denominator that turn the order's unit into the price's.
        ratio: Option<[String; 2]>,
        /// Path of the currency.
        currency: Option<Paths>,
    },
    /// The sum of a decimal over an array: received quantity over an order's moves (Tryton), an order's total
    /// over its lines' amounts (SAP V4, F&O, which have none on the header).
    Sum {
        /// Path of the array.
        r#in: String,
        /// Path of the decimal in an element.
        value: String,
        /// Path of the currency, in the record; only where the field is an amount.
        currency: Option<Paths>,
        /// Elements for which this holds do not count.
        unless: Option<Condition>,
    },
}

/// A date or time and how it is spelt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "a path, { from = path, as = format, time = path }, or a list of those of which the first with a value counts"
)]
pub enum When {
    /// In the manifest's `values.dates`.
    Plain(String),
    /// With a format of its own, or composed of two fields.
    Spelt(Spelt),
    /// The first that holds something: a record that was never changed has no time of change, and the
    /// time of its creation counts (SAP's `LastChangeDate`, Tryton's `write_date`).
    First(Vec<Spelt>),
}

/// A date or time with a format of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spelt {
    /// Path of the value.
    pub from: String,
    /// How it is spelt; the manifest's `values.dates` when absent.
    pub r#as: Option<DateFormat>,
    /// Path of a time of day that belongs to a date (`LastChangeDate` + `LastChangeTime`).
    pub time: Option<String>,
}

/// How dates and times are spelt in answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `2024-02-10`, `2024-02-10T08:00:00Z`, with an offset or without (then UTC).
    #[default]
    Iso,
    /// `/Date(1706781600000)/`, `/Date(1706781600123+0000)/`. `/Date(0)/` stands for nothing: SAP and Xero
    /// write it for a date that was never entered.
    OdataV2,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
    /// Tryton's typed JSON: `{"__class__":"datetime","year":…}` and `{"__class__":"date",…}`.
    Tryton,
}

/// One case of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// When it holds.
    pub when: Condition,
    /// The unified value.
    pub then: String,
}

/// Something that holds of a record or not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// The field is one of these texts (`true`, `10` for JSON's own).
    Is {
        /// Path of the field.
        field: String,
        /// The texts.
        of: Vec<String>,
    },
    /// The field holds something.
    Present(String),
    /// The decimal is zero.
    Zero(String),
    /// The decimal is greater than zero.
    Positive(String),
    /// The decimal is at least another one of the same record or element: all has come when the received
    /// quantity reaches the ordered one (Business Central, NetSuite). Does not hold when one is absent.
    AtLeast {
        /// Path of the decimal.
        field: String,
        /// Path of what it is compared with.
        other: String,
    },
    /// All of these hold.
    All(Vec<Condition>),
    /// One of these holds.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// It holds of every element of an array that has at least one.
    Every {
        /// Path of the array.
        r#in: String,
        /// What holds of each.
        holds: Box<Condition>,
    },
    /// It holds of at least one element.
    Some {
        /// Path of the array.
        r#in: String,
        /// What holds of it.
        holds: Box<Condition>,
    },
}

/// Where the parts of an address come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressPaths {
    /// Path of the addressee.
    pub name: Option<Paths>,
    /// Street lines; parts of one line are joined by a blank.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// Path of the city.
    pub city: Option<Paths>,
    /// Path of the state, province or county.
    pub region: Option<Paths>,
    /// Path of the postal code.
    pub postal_code: Option<Paths>,
    /// Path of the ISO 3166 code.
    pub country: Option<Paths>,
    /// Path of the telephone number.
    pub phone: Option<Paths>,
    /// Path of the e-mail address.
    pub email: Option<Paths>,
}

/// One street line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a path, or a list of paths that are joined by a blank")]
pub enum Line {
    /// One field.
    One(String),
    /// Street and house number, say.
    Parts(Vec<String>),
}

impl Line {
    /// The paths of the line's parts.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        match self {
            Line::One(path) => std::slice::from_ref(path),
            Line::Parts(paths) => paths,
        }
    }
}
