//! `BUILTIN.DF`: what a person sees in place of a value.

use std::cell::RefCell;
use std::collections::HashMap;

use super::fixed::STATUSES;
use super::tables::TABLES;
use crate::odata::schema::Property;
use crate::odata::value::Value;
use crate::system::Books;

/// Units of weight, which are no table.
const WEIGHT_UNITS: [(i64, &str); 4] = [(1, "lb"), (2, "oz"), (3, "kg"), (4, "g")];

type Names = HashMap<String, Value>;

/// Display names, looked up table by table as they are needed.
pub(super) struct Display<'a> {
    books: &'a Books,
    names: RefCell<HashMap<&'static str, Names>>,
}

impl<'a> Display<'a> {
    /// Over the account's data.
    pub(super) fn new(books: &'a Books) -> Self {
        Self {
            books,
            names: RefCell::default(),
        }
    }

    /// The display value of a column's value.
    pub(super) fn of(&self, property: &Property, value: &Value) -> Value {
        match (property.refers_to, value) {
            (Some(table), Value::Whole(id)) => {
                let mut names = self.names.borrow_mut();
                let known = names.entry(table).or_insert_with(|| self.read(table));
                known
                    .get(&id.to_string())
                    .cloned()
                    .unwrap_or_else(|| Value::from(id.to_string()))
            }
            (None, Value::Whole(unit)) if property.name == "weightunit" => WEIGHT_UNITS
                .iter()
                .find(|(known, _)| known == unit)
                .map_or(value.clone(), |(_, name)| Value::from(*name)),
            (_, Value::Text(text)) => Value::from(match (property.name, text.as_str()) {
                (_, "T") => "Yes".to_owned(),
                (_, "F") => "No".to_owned(),
                ("type", "PurchOrd") => "Purchase Order".to_owned(),
                ("status", letter) => match STATUSES.iter().find(|(known, _)| *known == letter) {
                    Some((_, name)) => format!("Purchase Order : {name}"),
                    None => format!("Purchase Order : {letter}"),
                },
                ("itemtype", "InvtPart") => "Inventory Item".to_owned(),
                _ => text.clone(),
            }),
            _ => value.clone(),
        }
    }

    fn read(&self, table: &str) -> Names {
        let Some(of) = TABLES.get(table) else {
            return Names::new();
        };
        let key = of.keys.first().copied().unwrap_or("id");
        let shown = [
            "entitytitle",
            "accountsearchdisplayname",
            "trandisplayname",
            "itemid",
            "unitname",
            "entityid",
            "name",
            "addrtext",
        ];
        let column = shown
            .into_iter()
            .find(|name| of.position(name).is_some())
            .unwrap_or(key);
        let rows = self.books.rows(table);
        rows.iter()
            .filter_map(|row| match row.get(key) {
                Value::Whole(id) => Some((id.to_string(), row.get(column).clone())),
                _ => None,
            })
            .collect()
    }
}
