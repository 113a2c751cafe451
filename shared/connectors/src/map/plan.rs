//! A compiled mapping: what to find in a record, and what to write from it.

use crate::manifest::mapping::DateFormat;

/// A wanted value: the first of its slots that holds something, `up` rows out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub up: u8,
    pub slots: Box<[u16]>,
    /// The path as written, for messages and the mapping view.
    pub path: Box<str>,
}

/// The rows of a wanted array, `up` rows out.
#[derive(Debug, Clone)]
pub struct Array {
    pub up: u8,
    pub number: u16,
}

/// One field to write.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// `"name":`, ready to be written.
    pub label: Box<[u8]>,
    pub op: Op,
}

/// A date or time to read: the first spelling that holds something.
#[derive(Debug)]
pub struct Time(pub Vec<Spelling>);

/// One place of a date or time, and how it is spelt there.
#[derive(Debug)]
pub struct Spelling {
    pub from: Source,
    pub format: DateFormat,
    pub time: Option<Source>,
}

/// Quantity × price ÷ per.
#[derive(Debug)]
pub struct Product {
    pub quantity: Source,
    pub price: Source,
    pub per: Option<Source>,
    pub ratio: Option<[Source; 2]>,
}

/// An enumeration's codes and cases.
#[derive(Debug)]
pub struct Codes {
    pub from: Source,
    pub values: rustc_hash::FxHashMap<Box<str>, &'static str>,
    pub cases: Vec<(Test, &'static str)>,
    pub absent: Option<&'static str>,
    /// `"status_raw":`, where the model has that field.
    pub raw_label: Option<Box<[u8]>>,
}

/// How one value is written. Each writes nothing when its source holds nothing.
#[derive(Debug)]
pub enum Op {
    Text(Source),
    Join {
        parts: Vec<Source>,
        with: Box<str>,
    },
    Const(Box<[u8]>),
    Integer(Source),
    Boolean(Source),
    Decimal(Source),
    Amount {
        value: Source,
        currency: Option<Source>,
    },
    Measure {
        value: Source,
        unit: Option<Source>,
        nonzero: bool,
    },
    Date(Time),
    Datetime(Time),
    Enum(Codes),
    Ref {
        id: Vec<Source>,
        number: Option<Source>,
        name: Option<Source>,
    },
    Address(Vec<AddressField>),
    Each {
        array: Array,
        element: Element,
        unless: Option<Test>,
    },
    List(Vec<Op>),
    Object(Vec<Field>),
    Pick {
        array: Array,
        test: Test,
        value: Box<Op>,
        strict: bool,
    },
    LineTotal {
        array: Array,
        product: Product,
        currency: Option<Source>,
        unless: Option<Test>,
    },
    Product {
        product: Product,
        currency: Option<Source>,
    },
    Sum {
        array: Array,
        value: Source,
        unless: Option<Test>,
        /// The currency's source; the outer `None` where the field is no amount.
        amount: Option<Option<Source>>,
    },
}

/// What an element of a list is written as.
#[derive(Debug)]
pub enum Element {
    /// An object of fields, with the customer's own ones where some are wanted.
    Fields { fields: Vec<Field>, own: bool },
    /// One value.
    Value(Box<Op>),
}

/// A part of an address with its `"name":`.
pub type AddressField = (Box<[u8]>, AddressPart);

/// A part of an address.
#[derive(Debug)]
pub enum AddressPart {
    One(Source),
    Lines(Vec<Vec<Source>>),
}

/// A compiled condition.
#[derive(Debug)]
pub enum Test {
    Is(Source, Vec<Box<str>>),
    Present(Source),
    Zero(Source),
    Positive(Source),
    AtLeast(Source, Source),
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Every(Array, Box<Test>),
    Some(Array, Box<Test>),
}
