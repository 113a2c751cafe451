//! How records of a model are listed: the request, its filter, and how pages follow.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{HeaderText, Template, Templates};

/// The list request of a model.
///
/// Holes in its templates, besides settings: `{limit}` (page size), `{offset}`, `{page}` (by the
/// paging), `{where}` (the joined filter, empty without conditions), `{since}` (in a query parameter or a
/// header, for systems that take the time there and not in a condition: Xero's `If-Modified-Since`;
/// absent when everything is read), `{columns}` (columns of custom
/// fields, each with a comma before it, for systems that want each column named; as an element of a
/// repeated parameter it is one value a column), `{parent}` (in a list that is read `for_each`). A query parameter or header whose template has an
/// absent hole, or comes out empty, is left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// HTTP method.
    #[serde(default)]
    pub method: Verb,
    /// Path on host `api`.
    pub path: Template,
    /// Query parameters; a list repeats the parameter.
    #[serde(default)]
    pub query: BTreeMap<String, Templates>,
    /// Headers of this request.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Body, as a JSON object of texts: `{ q = "SELECT …" }`.
    #[serde(default)]
    pub json: BTreeMap<String, Template>,
    /// Body, as a JSON text of any shape (JSON-RPC); instead of `json`. `{where}` and `{columns}` (each in quotes
    /// here) stand as the JSON that they are; any other value is escaped between quotes, and a plain number or
    /// word without.
    pub body: Option<Template>,
    /// Where the records are in the answer, as a path: `d/results`; empty for a bare array.
    pub records: String,
    /// Where the number of all records is, if the system says it.
    pub total: Option<String>,
    /// What tells a new connection how much there is.
    pub look: Option<Look>,
    /// Records a page unless the reader asks for fewer.
    pub page_size: u32,
    /// The most that the system gives a page.
    pub max_page_size: u32,
    /// How pages follow.
    pub paging: Paging,
    /// How conditions are said.
    #[serde(default)]
    pub filter: Filter,
    /// Path of one record over the parts of its key, for systems that cannot filter their list by it
    /// (Xero's orders): answers as the list does, and with 404 when there is no such record.
    pub one: Option<Template>,
    /// Rows that the list does not bring and that a second query brings for all records of a page.
    #[serde(default)]
    pub related: Vec<Related>,
    /// The list tells of one parent a request: it is read once for each of them.
    pub for_each: Option<Box<ForEach>>,
}

impl List {
    /// The unified names of the filters that a reader may use.
    pub fn filters(&self) -> impl Iterator<Item = &str> {
        let parents = self.for_each.as_ref().map(|each| &each.list.filter.fields);
        let all = self
            .filter
            .fields
            .keys()
            .chain(parents.into_iter().flat_map(BTreeMap::keys));
        all.map(String::as_str)
    }
}

/// The parents of a list that tells of one of them a request: Tryton tells the stock of one location, which
/// stands in a header.
///
/// Each record begins with its parent's text, under a name of its own, so that its mapping and its key find
/// what the system leaves out there. A filter that both lists have is the parents' one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The parent stands in its records under this name: `@location`.
    pub name: String,
    /// Path of the parent's key, which fills `{parent}`; with the name before it, it is a part of the model's key.
    pub key: String,
    /// How the parents are listed.
    pub list: List,
}

impl List {
    /// Whether the system can be asked for what changed at or after a time.
    #[must_use]
    pub fn is_incremental(&self) -> bool {
        self.filter.since.is_some() || self.sends_since()
    }

    /// Whether a query parameter or a header holds that time.
    #[must_use]
    pub fn sends_since(&self) -> bool {
        let query = self.query.values().flat_map(Templates::all);
        query
            .chain(self.headers.values().map(HeaderText::template))
            .any(|template| template.holes().any(|hole| hole == "since"))
    }

    /// Whether one record can be read by its id.
    #[must_use]
    pub fn reads_one(&self) -> bool {
        self.filter.by_id.is_some() || self.one.is_some()
    }
}

/// A first look at a list: one request for one record, made when a connection has been checked, so that the
/// person who connects sees what was found. Nothing depends on its answer. Leave it out where the system counts
/// slowly.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Query parameters beside the list's, or in their place: `"$count" = "true"`.
    #[serde(default)]
    pub query: BTreeMap<String, Templates>,
    /// Where the number of all records is in its answer: `@odata.count`.
    pub total: String,
    /// The record that comes is the one that changed last.
    #[serde(default)]
    pub newest_first: bool,
}

/// HTTP method of a read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// GET.
    #[default]
    Get,
    /// POST, for systems that take a query in the body.
    Post,
}

/// How pages follow.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// The answer holds the address of the next page, absolute or relative (OData).
    NextLink {
        /// Where it is: `@odata.nextLink`.
        path: String,
    },
    /// `{offset}` grows by the records read, `{limit}` is the page size (SuiteQL, Oracle).
    Offset {
        /// Where the answer says whether there is more; a short page ends the list when absent.
        more: Option<String>,
        /// A next link that the server sends when it cuts a page earlier than asked (SAP Gateway): it says
        /// that there is more, and the next page is asked for by offset all the same.
        next_link: Option<String>,
    },
    /// `{page}` counts, `{limit}` is the page size (Tryton).
    Pages {
        /// Number of the first page.
        #[serde(default)]
        first: u32,
    },
    /// The filter's `after` condition over the last record's key: stable while records change, since the
    /// order is by key and not by time (SAP V2, SuiteQL beyond 100,000 rows).
    Keyset {
        /// Path of the key in a record; the list must be ordered by it.
        key: String,
        /// A next link that the server may send when it cuts a page earlier than asked: it says that there is
        /// more, and the next page is asked for by key all the same.
        next_link: Option<String>,
    },
    /// The list comes whole, in one answer of whatever length (Xero's items).
    Whole,
}

/// How conditions are said in this system's dialect.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Put before the joined conditions when there is at least one: ` AND `.
    #[serde(default)]
    pub prefix: String,
    /// Put after them.
    #[serde(default)]
    pub suffix: String,
    /// Put between two conditions: ` and `.
    #[serde(default)]
    pub join: String,
    /// How the whole is encoded before it goes into its hole.
    #[serde(default)]
    pub encode: Encode,
    /// How a text is made safe inside a condition.
    #[serde(default)]
    pub escape: Escape,
    /// Conditions that always hold.
    #[serde(default)]
    pub always: Vec<Template>,
    /// "Changed at or after `{since}`". It makes the model incremental, as does `{since}` in a query parameter
    /// or a header of the list.
    pub since: Option<Template>,
    /// How `{since}` is spelt.
    #[serde(default)]
    pub since_format: TimeFormat,
    /// Seconds subtracted from the cursor, for late commits and slow clocks.
    #[serde(default = "default_overlap")]
    pub overlap_seconds: u32,
    /// Seconds that the cursor stays behind the start of a run.
    #[serde(default = "default_hold_back")]
    pub hold_back_seconds: u32,
    /// "Key greater than `{after}`", for keyset paging.
    pub after: Option<Template>,
    /// "Is the record with this key"; holes are the key's parts by their source path.
    pub by_id: Option<Template>,
    /// Unified filter name to condition over `{value}`.
    #[serde(default)]
    pub fields: BTreeMap<String, Template>,
}

fn default_overlap() -> u32 {
    300
}

fn default_hold_back() -> u32 {
    60
}

/// How a filter is encoded before it goes into its hole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encode {
    /// As it is; the query string's own encoding comes on top.
    #[default]
    Plain,
    /// Base 64 with the URL alphabet, with padding (Tryton's `d`, which is refused without).
    Base64url,
}

/// How a text is made safe inside a condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escape {
    /// `'` is doubled, inside quotes that the template writes (OData, SQL).
    #[default]
    QuoteDoubled,
    /// As inside a JSON string, whose quotes the template writes (Tryton).
    Json,
}

/// How a point in time is spelt in a request. Always rounded down, so that nothing is passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2024-02-10T00:00:00Z`.
    #[default]
    IsoSeconds,
    /// `2024-02-10T00:00:00.123Z`.
    IsoMillis,
    /// `2024-02-10T00:00:00` (OData V2's `datetime''`).
    NaiveSeconds,
    /// `2024-02-10 00:00:00` (SQL).
    SqlSeconds,
    /// `2024-02-10`.
    Date,
    /// Tryton's typed JSON: `{"__class__":"datetime","year":…}`, without quotes around the hole.
    TrytonDatetime,
}

/// Rows that a second query brings for all records of a page (order lines in SuiteQL).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// The rows appear in the record under this name: `@lines`.
    pub name: String,
    /// HTTP method.
    #[serde(default)]
    pub method: Verb,
    /// Path on host `api`.
    pub path: Template,
    /// Query parameters; a list repeats the parameter.
    #[serde(default)]
    pub query: BTreeMap<String, Templates>,
    /// Headers of this request.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Body; `{keys}` is the list of the page's keys, quoted by the escape and joined by commas.
    #[serde(default)]
    pub json: BTreeMap<String, Template>,
    /// Body, as a JSON text of any shape; instead of `json`.
    pub body: Option<Template>,
    /// The keys are numbers and stand without quotes (Tryton's ids).
    #[serde(default)]
    pub numeric_keys: bool,
    /// Where the rows are in the answer.
    pub records: String,
    /// Path of the parent's key in a row.
    pub key: String,
    /// Path of that key in the parent record.
    pub parent_key: String,
    /// Keys a query at the most.
    pub batch: u32,
    /// Rows a page.
    pub page_size: u32,
    /// How the rows' pages follow.
    pub paging: Paging,
    /// Rows of these rows (the receipts of an order's lines, Tryton 7).
    #[serde(default)]
    pub related: Vec<Related>,
}
