//! One running system: its copy of the company, its tables, and who is signed in.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::clock::SandboxClock;
use crate::company::Company;
use crate::dialect::{Dialect, Model, Record};
use crate::odata::row::Row;
use crate::sessions::Sessions;

/// Identifies a row among those of one table: the record that it comes from, and its place among the rows of
/// that record.
type RowKey = (Option<Model>, String, usize);

/// A copy of the company with the vendor's tables filled from it.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) company: Company,
    tables: BTreeMap<&'static str, BTreeMap<RowKey, Arc<Row>>>,
}

impl Books {
    /// All rows of a table, by key.
    pub(crate) fn rows(&self, table: &str) -> Vec<Arc<Row>> {
        self.tables
            .get(table)
            .map(|rows| rows.values().cloned().collect())
            .unwrap_or_default()
    }

    /// Renders everything, into empty tables.
    pub(crate) fn fill(&mut self, dialect: &dyn Dialect, company: Company) {
        self.add(None, "", dialect.fixed());
        for order in company.orders.values() {
            self.add(
                Some(Model::PurchaseOrder),
                &order.id,
                dialect.render(&company, Record::Order(order)),
            );
        }
        for vendor in company.vendors.values() {
            self.add(
                Some(Model::Vendor),
                &vendor.id,
                dialect.render(&company, Record::Vendor(vendor)),
            );
        }
        for item in company.items.values() {
            self.add(
                Some(Model::Item),
                &item.id,
                dialect.render(&company, Record::Item(item)),
            );
        }
        for level in company.levels.values() {
            self.add(
                Some(Model::InventoryLevel),
                &level.id,
                dialect.render(&company, Record::Level(level)),
            );
        }
        self.company = company;
    }

    fn add(&mut self, model: Option<Model>, id: &str, rows: Vec<Arc<Row>>) {
        for (index, row) in rows.into_iter().enumerate() {
            self.tables
                .entry(row.of.set)
                .or_default()
                .insert((model, id.to_owned(), index), row);
        }
    }

    /// Renders one record again, after a change; a record that is gone leaves its tables.
    pub(crate) fn refresh(&mut self, dialect: &dyn Dialect, model: Model, id: &str) {
        for rows in self.tables.values_mut() {
            rows.retain(|(of, record, _), _| *of != Some(model) || record != id);
        }
        let company = &self.company;
        let record = match model {
            Model::PurchaseOrder => company.orders.get(id).map(Record::Order),
            Model::Vendor => company.vendors.get(id).map(Record::Vendor),
            Model::Item => company.items.get(id).map(Record::Item),
            Model::InventoryLevel => company.levels.get(id).map(Record::Level),
        };
        let rows = record
            .map(|record| dialect.render(company, record))
            .unwrap_or_default();
        self.add(Some(model), id, rows);
    }
}

/// One running system.
pub(crate) struct System {
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) clock: Arc<dyn SandboxClock>,
    pub(crate) sessions: Sessions,
    started_ms: i64,
    /// Filled at first use: a stack that talks to one system does not pay for five.
    books: OnceLock<RwLock<Books>>,
}

impl System {
    /// A system as of `started_ms`.
    pub(crate) fn new(dialect: &'static dyn Dialect, clock: Arc<dyn SandboxClock>, started_ms: i64) -> Self {
        Self {
            dialect,
            clock,
            sessions: Sessions::default(),
            started_ms,
            books: OnceLock::new(),
        }
    }

    /// Reads the books.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Books) -> T) -> T {
        read(&self.books().read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the books.
    pub(crate) fn write<T>(&self, write: impl FnOnce(&mut Books) -> T) -> T {
        write(&mut self.books().write().unwrap_or_else(PoisonError::into_inner))
    }

    fn books(&self) -> &RwLock<Books> {
        self.books.get_or_init(|| RwLock::new(self.open()))
    }

    fn open(&self) -> Books {
        let mut books = Books::default();
        books.fill(self.dialect, Company::generate(self.started_ms, self.dialect));
        books
    }
}
