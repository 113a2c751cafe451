//! Purchase orders.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields::{Fields, Reference};
use super::{Change, RecordError, decode, joined};
use crate::clock::{DAY, midnight};
use crate::company::places::{self, PLACES};
use crate::company::{Company, Delivery, Line, Order, Status};
use crate::decimal::Decimal;
use crate::dialect::{Dialect, Model};

/// Creates or changes an order; answers its id and the fields that the dialect has nowhere.
pub(super) fn put(
    change: &Change,
    dialect: &dyn Dialect,
    company: &mut Company,
) -> Result<(String, Vec<String>), RecordError> {
    let id = joined(&decode(&change.id));
    let known = company.orders.get(&id).cloned();
    let is_new = known.is_none();
    let mut order = match known {
        Some(order) => order,
        None => created(change, dialect, company)?,
    };
    let mut editor = Editor {
        dialect,
        company,
        order: &mut order,
        ignored: Vec::new(),
        at_ms: change.at_ms,
    };
    editor.apply(&change.body, is_new)?;
    let ignored = editor.ignored;
    order.modified = Some(change.at_ms);
    let id = order.id.clone();
    company.orders.insert(id.clone(), order);
    Ok((id, ignored))
}

/// An order with nothing but its id: a draft of today for the company's first vendor.
fn created(change: &Change, dialect: &dyn Dialect, company: &Company) -> Result<Order, RecordError> {
    let identity = dialect
        .identify(Model::PurchaseOrder, &change.id)
        .ok_or(RecordError::BadId)?;
    let vendor = company
        .vendors
        .values()
        .find(|vendor| vendor.company == identity.company);
    let today = midnight(change.at_ms);
    Ok(Order {
        id: identity.id,
        number: identity.number,
        status: Status::Draft,
        description: String::new(),
        company: identity.company,
        vendor: vendor.map(|vendor| vendor.id.clone()).unwrap_or_default(),
        currency: Some(places::company(identity.company).currency.to_owned()),
        exchange_rate: Decimal::from(1),
        payment_terms: "NT30".to_owned(),
        incoterms: String::new(),
        incoterms_place: String::new(),
        buyer: "JDOE".to_owned(),
        requester: String::new(),
        order_date: Some(today),
        required_date: Some(today + 14 * DAY),
        created: change.at_ms,
        modified: Some(change.at_ms),
        notes: String::new(),
        lines: Vec::new(),
        custom: BTreeMap::new(),
        deleted: false,
    })
}

struct Editor<'a> {
    dialect: &'a dyn Dialect,
    company: &'a Company,
    order: &'a mut Order,
    ignored: Vec<String>,
    at_ms: i64,
}

impl Editor<'_> {
    fn apply(&mut self, body: &Map<String, Value>, is_new: bool) -> Result<(), RecordError> {
        let mut fields = Fields::new(body, "", self.dialect, Model::PurchaseOrder);
        let order = &mut *self.order;
        fields.text("number", &mut order.number)?;
        fields.text("description", &mut order.description)?;
        fields.text("notes", &mut order.notes)?;
        fields.text("payment_terms", &mut order.payment_terms)?;
        fields.text("incoterms", &mut order.incoterms)?;
        fields.word("buyer", &mut order.buyer)?;
        fields.word("requester", &mut order.requester)?;
        fields.day("order_date", &mut order.order_date)?;
        fields.day("required_date", &mut order.required_date)?;
        fields.decimal("exchange_rate", &mut order.exchange_rate)?;
        if let Some(reference) = fields.reference("vendor")? {
            order.vendor = vendor(self.company, reference);
        }
        self.ignored
            .extend(fields.custom(self.dialect, Model::PurchaseOrder, &mut order.custom));
        self.currency(&mut fields, body)?;
        self.status(&mut fields)?;
        self.lines(&mut fields)?;
        if is_new && !body.contains_key("lines") {
            self.only_line(body);
        }
        self.deliver();
        self.ignored.extend(fields.ignored());
        Ok(())
    }

    /// Where no currency is given, that of the total counts.
    fn currency(&mut self, fields: &mut Fields<'_>, body: &Map<String, Value>) -> Result<(), RecordError> {
        let of_total = body
            .get("total")
            .and_then(|total| total.get("currency"))
            .and_then(Value::as_str);
        if let Some(currency) = of_total.filter(|_| !body.contains_key("currency")) {
            self.order.currency = Some(currency.to_owned());
        }
        match fields.take("currency") {
            None => {}
            Some(Value::Null) => self.order.currency = None,
            Some(Value::String(code)) => self.order.currency = Some(code.clone()),
            Some(_) => return Err(fields.bad("currency")),
        }
        Ok(())
    }

    fn status(&mut self, fields: &mut Fields<'_>) -> Result<(), RecordError> {
        let Some(value) = fields.take("status") else {
            return Ok(());
        };
        let status = value
            .as_str()
            .and_then(Status::named)
            .ok_or_else(|| fields.bad("status"))?;
        if !self.dialect.expresses(status) {
            self.ignored.push("status".to_owned());
            return Ok(());
        }
        self.order.status = status;
        self.order.deleted = false;
        Ok(())
    }

    /// Given lines are all lines. One that is there already keeps what is not given.
    fn lines(&mut self, fields: &mut Fields<'_>) -> Result<(), RecordError> {
        let Some(value) = fields.take("lines") else {
            return Ok(());
        };
        let given = value.as_array().ok_or_else(|| fields.bad("lines"))?;
        let mut lines = Vec::with_capacity(given.len());
        for (index, value) in given.iter().enumerate() {
            let body = value.as_object().ok_or_else(|| fields.bad("lines"))?;
            let spelled = spelled_number(body);
            let same = |line: &&Line| spelled == Some(line.number);
            let known = self
                .order
                .lines
                .iter()
                .find(same)
                .or_else(|| self.order.lines.get(index))
                .cloned();
            let last = lines.iter().map(|line: &Line| line.number).max().unwrap_or(0);
            let mut line = known.unwrap_or_else(|| {
                self.new_line(spelled.filter(|number| *number > last).unwrap_or(last + 10))
            });
            if line.number <= last {
                line.number = last + 10;
            }
            self.line(&mut line, body)?;
            lines.push(line);
        }
        self.order.lines = lines;
        Ok(())
    }

    fn line(&mut self, line: &mut Line, body: &Map<String, Value>) -> Result<(), RecordError> {
        let mut fields = Fields::new(body, "lines.", self.dialect, Model::PurchaseOrder);
        // The number was read before; a system numbers lines its own way.
        let _ = fields.take("line_number");
        fields.text("description", &mut line.description)?;
        let before = line.quantity;
        fields.decimal("quantity", &mut line.quantity)?;
        fields.decimal("received_quantity", &mut line.received)?;
        fields.decimal("billed_quantity", &mut line.billed)?;
        fields.decimal("price_quantity", &mut line.price_quantity)?;
        fields.decimal("unit_price", &mut line.unit_price)?;
        fields.decimal("tax_amount", &mut line.tax)?;
        fields.text("unit", &mut line.unit)?;
        fields.text("tax_code", &mut line.tax_code)?;
        fields.word("account", &mut line.account)?;
        fields.word("cost_center", &mut line.cost_center)?;
        fields.word("project", &mut line.project)?;
        if let Some(reference) = fields.reference("item")? {
            line.item = item(self.company, reference);
            if let Some(item) = line.item.as_ref().and_then(|id| self.company.items.get(id))
                && !body.contains_key("description")
            {
                line.description.clone_from(&item.name);
            }
        }
        fields.word("site", &mut line.site)?;
        let mut location = line.location.clone();
        fields.word("location", &mut location)?;
        let spelled =
            |place: &&places::Place| self.dialect.place_key(place) == location || place.location == location;
        if let Some(place) = PLACES.iter().find(spelled) {
            place.location.clone_into(&mut line.location);
            place.site.clone_into(&mut line.site);
        }
        let mut due = line.due();
        fields.day("required_date", &mut due)?;
        if line.quantity != before || due != line.due() || line.schedule.is_empty() {
            line.schedule = vec![Delivery {
                day: due,
                quantity: line.quantity,
            }];
        }
        self.ignored
            .extend(fields.custom(self.dialect, Model::PurchaseOrder, &mut line.custom));
        for name in fields.ignored() {
            if !self.ignored.contains(&name) {
                self.ignored.push(name);
            }
        }
        Ok(())
    }

    fn new_line(&self, number: u32) -> Line {
        let place = places::of_company(self.order.company).next();
        Line {
            number,
            item: None,
            description: String::new(),
            quantity: Decimal::from(1),
            received: Decimal::ZERO,
            billed: Decimal::ZERO,
            unit: "EA".to_owned(),
            unit_price: Decimal::ZERO,
            price_quantity: Decimal::from(1),
            tax: Decimal::ZERO,
            tax_code: places::company(self.order.company).tax_code.to_owned(),
            site: place.map(|place| place.site.to_owned()).unwrap_or_default(),
            location: place.map(|place| place.location.to_owned()).unwrap_or_default(),
            account: "400000".to_owned(),
            cost_center: String::new(),
            project: String::new(),
            schedule: vec![Delivery {
                day: Some(midnight(self.at_ms) + 14 * DAY),
                quantity: Decimal::from(1),
            }],
            custom: BTreeMap::new(),
        }
    }

    /// A new order without lines gets one that is worth the total, if one is given.
    fn only_line(&mut self, body: &Map<String, Value>) {
        let mut line = self.new_line(10);
        "As ordered".clone_into(&mut line.description);
        let total = body
            .get("total")
            .and_then(|total| total.get("amount"))
            .and_then(Value::as_str);
        line.unit_price = total.and_then(Decimal::parse).unwrap_or(Decimal::from(1));
        self.order.lines = vec![line];
    }

    /// Makes what has arrived agree with the status.
    fn deliver(&mut self) {
        let status = self.order.status;
        let nothing_yet = self.order.lines.iter().all(|line| line.received.is_zero());
        let is_only_line = self.order.lines.len() == 1;
        for (index, line) in self.order.lines.iter_mut().enumerate() {
            match status {
                Status::Received | Status::Closed => line.received = line.quantity,
                // Some dialects only show lines that are complete, so one of several is.
                Status::PartiallyReceived if index == 0 && nothing_yet => {
                    let half = line.quantity.over(Decimal::from(2), 3).trimmed();
                    line.received = if is_only_line { half } else { line.quantity };
                }
                Status::PartiallyReceived => line.received = line.received.least(line.quantity),
                _ => line.received = Decimal::ZERO,
            }
            line.billed = if status == Status::Closed {
                line.quantity
            } else {
                line.billed.least(line.received)
            };
        }
    }
}

/// The line's number, from `line_number` or the last part of `id`; zeros before it do not matter.
fn spelled_number(body: &Map<String, Value>) -> Option<u32> {
    let digits = |value: &Value| match value {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => text.rsplit(':').next().and_then(|last| last.parse().ok()),
        _ => None,
    };
    body.get("line_number")
        .and_then(digits)
        .or_else(|| body.get("id").and_then(digits))
}

/// The vendor that is meant; an unknown id stays as it is, as dangling references do in real systems.
fn vendor(company: &Company, reference: Reference) -> String {
    let id = reference.id.map(|id| joined(&decode(&id)));
    if let Some(id) = id.as_ref().filter(|id| company.vendors.contains_key(*id)) {
        return id.clone();
    }
    let same = |vendor: &&crate::company::Vendor| {
        let number = Some(&vendor.number);
        number == reference.number.as_ref()
            || number == id.as_ref()
            || Some(&vendor.name) == reference.name.as_ref()
    };
    company
        .vendors
        .values()
        .find(same)
        .map(|vendor| vendor.id.clone())
        .or(id)
        .unwrap_or_default()
}

fn item(company: &Company, reference: Reference) -> Option<String> {
    let parts = reference.id.as_deref().map(decode).unwrap_or_default();
    let mut words = parts.clone();
    words.extend(reference.number);
    super::ids::item_of(company, &words).or_else(|| (!parts.is_empty()).then(|| joined(&parts)))
}
