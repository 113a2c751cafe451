//! Rows of lists that never change.

use std::sync::Arc;

use super::lists::{
    ACCOUNTS, CLASSES, CURRENCIES, DEPARTMENTS, EMPLOYEES, INCOTERMS, List, TERMS, UNITS, id_of,
};
use super::order::flag;
use super::tables::TABLES;
use crate::company::places::{COMPANIES, PLACES};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::{Value, instant};

/// All rows of all lists.
pub(super) fn rows() -> Vec<Arc<Row>> {
    let mut rows: Vec<Row> = CURRENCIES.iter().map(|(id, code)| currency(*id, code)).collect();
    let (categories, unit_types): (List, List) = (&[(1, "Supplier")], &[(1, "Each and others")]);
    for (table, list) in [
        ("incoterm", INCOTERMS),
        ("vendorcategory", categories),
        ("unitstype", unit_types),
    ] {
        rows.extend(
            list.iter()
                .map(|(id, name)| Row::new(TABLES.known(table)).set("id", *id).set("name", *name)),
        );
    }
    for (table, list) in [("classification", CLASSES), ("department", DEPARTMENTS)] {
        rows.extend(list.iter().map(|(id, name)| {
            let row = Row::new(TABLES.known(table)).set("id", *id).set("name", *name);
            row.set("fullname", *name)
                .set("isinactive", "F")
                .set("subsidiary", 1_i64)
        }));
    }
    rows.extend(TERMS.iter().map(|(id, name)| {
        let days = if *name == "NT60" { 60_i64 } else { 30 };
        let row = Row::new(TABLES.known("term")).set("id", *id).set("name", *name);
        row.set("daysuntilnetdue", days).set("isinactive", "F")
    }));
    rows.extend(EMPLOYEES.iter().map(|(id, name)| {
        Row::new(TABLES.known("employee"))
            .set("id", *id)
            .set("entityid", *name)
            .set("lastname", *name)
            .set("email", format!("{}@contoso.example", name.to_lowercase()))
            .set("isinactive", "F")
            .set("subsidiary", 1_i64)
    }));
    rows.extend(UNITS.iter().map(|(id, name)| {
        Row::new(TABLES.known("unitstypeuom"))
            .set("internalid", *id)
            .set("unitstype", 1_i64)
            .set("unitname", *name)
            .set("abbreviation", *name)
            .set("pluralname", *name)
            .set("conversionrate", Decimal::from(1))
            .set("baseunit", flag(*id == 1))
    }));
    rows.extend(ACCOUNTS.iter().map(|(id, code)| {
        Row::new(TABLES.known("account"))
            .set("id", *id)
            .set("acctnumber", *code)
            .set("acctname", "Materials")
            .set("fullname", "Materials")
            .set("accountsearchdisplayname", format!("{code} Materials"))
            .set("accttype", "Expense")
            .set("isinactive", "F")
    }));
    rows.extend(places());
    rows.extend(statuses());
    rows.into_iter().map(Arc::new).collect()
}

/// A currency's name is what people see, and `BUILTIN.DF` shows; its ISO code is the symbol.
fn currency(id: i64, code: &str) -> Row {
    let (name, sign, rate) = match code {
        "USD" => ("US Dollar", "$", 100_000),
        "GBP" => ("British Pound", "£", 126_200),
        "CAD" => ("Canadian Dollar", "$", 73_000),
        "EUR" => ("Euro", "€", 108_500),
        "JPY" => ("Japanese Yen", "¥", 666),
        _ => ("Swiss Franc", "Fr.", 113_100),
    };
    Row::new(TABLES.known("currency"))
        .set("id", id)
        .set("name", name)
        .set("symbol", code)
        .set("displaysymbol", sign)
        .set("exchangerate", Decimal::new(rate, 5))
        .set("isbasecurrency", flag(code == "USD"))
        .set("isinactive", "F")
        .set("currencyprecision", if code == "JPY" { 0_i64 } else { 2 })
}

fn places() -> Vec<Row> {
    let locations = PLACES.iter().map(|place| {
        let subsidiary = crate::company::places::company(place.company).subsidiary;
        Row::new(TABLES.known("location"))
            .set("id", place.id)
            .set("name", place.name)
            .set("fullname", format!("{} : {}", place.site_name, place.name))
            .set("subsidiary", subsidiary)
            .set("isinactive", "F")
            .set("makeinventoryavailable", "T")
            .set("locationtype", 1_i64)
            .set("externalid", place.location)
            .set("lastmodifieddate", instant(Some(1_600_000_000_000)))
    });
    let subsidiaries = COMPANIES.iter().map(|company| {
        let parent = if company.subsidiary == 1 {
            Value::Null
        } else {
            Value::Whole(1)
        };
        Row::new(TABLES.known("subsidiary"))
            .set("id", company.subsidiary)
            .set("name", company.name)
            .set("fullname", company.name)
            .set("legalname", company.name)
            .set("country", company.country)
            .set(
                "currency",
                id_of(CURRENCIES, company.currency).map_or(Value::Null, Value::Whole),
            )
            .set("parent", parent)
            .set("isinactive", "F")
            .set("iselimination", "F")
    });
    locations.chain(subsidiaries).collect()
}

/// Letters of a purchase order's status and their names.
pub(super) const STATUSES: [(&str, &str); 8] = [
    ("A", "Pending Supervisor Approval"),
    ("B", "Pending Receipt"),
    ("C", "Rejected by Supervisor"),
    ("D", "Partially Received"),
    ("E", "Pending Billing/Partially Received"),
    ("F", "Pending Bill"),
    ("G", "Fully Billed"),
    ("H", "Closed"),
];

fn statuses() -> Vec<Row> {
    let row = |(letter, name): &(&str, &str)| {
        Row::new(TABLES.known("transactionstatus"))
            .set("id", *letter)
            .set("name", *name)
            .set("fullname", format!("Purchase Order : {name}"))
            .set("trantype", "PurchOrd")
    };
    STATUSES.iter().map(row).collect()
}
