//! Vendors.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{Change, RecordError, decode, joined};
use crate::company::places;
use crate::company::{Address, Company, Standing, Vendor};
use crate::dialect::{Dialect, Model};

/// Creates or changes a vendor; answers its id and the fields that the dialect has nowhere.
pub(super) fn put(
    change: &Change,
    dialect: &dyn Dialect,
    company: &mut Company,
) -> Result<(String, Vec<String>), RecordError> {
    let id = joined(&decode(&change.id));
    let mut vendor = match company.vendors.get(&id) {
        Some(vendor) => vendor.clone(),
        None => created(change, dialect)?,
    };
    let mut fields = Fields::new(&change.body, "", dialect, Model::Vendor);
    let had_legal_name = !vendor.legal_name.is_empty();
    fields.text("number", &mut vendor.number)?;
    fields.text("name", &mut vendor.name)?;
    fields.text("legal_name", &mut vendor.legal_name)?;
    fields.text("tax_id", &mut vendor.tax_id)?;
    fields.text("currency", &mut vendor.currency)?;
    fields.text("payment_terms", &mut vendor.payment_terms)?;
    fields.text("group", &mut vendor.group)?;
    fields.text("website", &mut vendor.website)?;
    if !had_legal_name && vendor.legal_name.is_empty() {
        vendor.legal_name.clone_from(&vendor.name);
    }
    if let Some(value) = fields.take("status") {
        vendor.standing = value
            .as_str()
            .and_then(Standing::named)
            .ok_or_else(|| fields.bad("status"))?;
    }
    if let Some(Value::Array(addresses)) = fields.take("addresses") {
        vendor.address = addresses
            .first()
            .and_then(Value::as_object)
            .map(address)
            .unwrap_or_default();
    }
    if let Some(Value::Array(contacts)) = fields.take("contacts") {
        let name = contacts
            .first()
            .and_then(|contact| contact.get("name"))
            .and_then(Value::as_str);
        vendor.contact = name.unwrap_or_default().to_owned();
    }
    let mut ignored = fields.custom(dialect, Model::Vendor, &mut vendor.custom);
    ignored.extend(fields.ignored());
    vendor.modified = change.at_ms;
    let id = vendor.id.clone();
    company.vendors.insert(id.clone(), vendor);
    Ok((id, ignored))
}

fn created(change: &Change, dialect: &dyn Dialect) -> Result<Vendor, RecordError> {
    let identity = dialect
        .identify(Model::Vendor, &change.id)
        .ok_or(RecordError::BadId)?;
    let entity = places::company(identity.company);
    Ok(Vendor {
        id: identity.id,
        name: format!("Vendor {}", identity.number),
        number: identity.number,
        legal_name: String::new(),
        company: identity.company,
        standing: Standing::Active,
        tax_id: String::new(),
        currency: entity.currency.to_owned(),
        payment_terms: "NT30".to_owned(),
        group: "SUPL".to_owned(),
        website: String::new(),
        contact: String::new(),
        address: Address {
            country: entity.country.to_owned(),
            ..Address::default()
        },
        created: change.at_ms,
        modified: change.at_ms,
        custom: BTreeMap::new(),
    })
}

fn address(body: &Map<String, Value>) -> Address {
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let line = |index: usize| {
        body.get("lines")
            .and_then(|lines| lines.get(index))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Address {
        street: line(0),
        extra: line(1),
        city: text("city"),
        region: text("region"),
        postal_code: text("postal_code"),
        country: text("country"),
        phone: text("phone"),
        email: text("email"),
    }
}
