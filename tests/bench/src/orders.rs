//! The floor: what a programmer writes who knows this one system, with serde and borrowed texts.
//!
//! Numbers pass through floats and dates are copied unread: it does less than the product must, which
//! is what makes it a floor.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One page as the system sends it.
#[derive(Debug, Deserialize)]
pub struct Page<'a> {
    /// The orders.
    #[serde(borrow)]
    pub value: Vec<Order<'a>>,
    /// Address of the next page.
    #[serde(borrow, rename = "@odata.nextLink")]
    pub next: Option<Cow<'a, str>>,
}

/// One order as the system sends it: the part of its fields that is used.
#[expect(missing_docs, reason = "the system's own names")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Order<'a> {
    #[serde(borrow)]
    pub purchase_order: Cow<'a, str>,
    #[serde(borrow)]
    pub company_code: Cow<'a, str>,
    #[serde(borrow)]
    pub purchasing_processing_status: Cow<'a, str>,
    #[serde(borrow)]
    pub creation_date: Cow<'a, str>,
    #[serde(borrow)]
    pub last_change_date_time: Cow<'a, str>,
    #[serde(borrow)]
    pub supplier: Cow<'a, str>,
    #[serde(borrow)]
    pub supplier_name: Cow<'a, str>,
    #[serde(borrow)]
    pub purchase_order_date: Cow<'a, str>,
    #[serde(borrow)]
    pub document_currency: Cow<'a, str>,
    #[serde(borrow)]
    pub payment_terms: Cow<'a, str>,
    pub net_amount: f64,
    #[serde(borrow, rename = "YY1_Project_PDH")]
    pub project: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "YY1_Notes_PDH")]
    pub notes: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub ship_to: Address<'a>,
    #[serde(borrow, rename = "_PurchaseOrderItem")]
    pub items: Vec<Item<'a>>,
}

/// Where an order goes.
#[expect(missing_docs, reason = "the system's own names")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Address<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub street_name: Cow<'a, str>,
    #[serde(borrow)]
    pub house_number: Cow<'a, str>,
    #[serde(borrow)]
    pub city_name: Cow<'a, str>,
    #[serde(borrow)]
    pub postal_code: Cow<'a, str>,
    #[serde(borrow)]
    pub country: Cow<'a, str>,
}

/// One line of an order.
#[expect(missing_docs, reason = "the system's own names")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Item<'a> {
    #[serde(borrow)]
    pub purchase_order_item: Cow<'a, str>,
    #[serde(borrow)]
    pub purchase_order_item_text: Cow<'a, str>,
    #[serde(borrow)]
    pub plant: Cow<'a, str>,
    #[serde(borrow)]
    pub material: Cow<'a, str>,
    pub order_quantity: f64,
    #[serde(borrow)]
    pub purchase_order_quantity_unit: Cow<'a, str>,
    pub net_price_amount: f64,
    pub net_amount: f64,
    #[serde(borrow)]
    pub tax_code: Cow<'a, str>,
    #[serde(borrow)]
    pub delivery_date: Cow<'a, str>,
    #[serde(borrow)]
    pub cost_center: Cow<'a, str>,
    pub is_completely_delivered: bool,
}

/// One order mapped.
#[derive(Debug, Serialize)]
pub struct Mapped<'a> {
    remote_id: &'a str,
    number: &'a str,
    status: &'static str,
    company_id: &'a str,
    vendor: MappedVendor<'a>,
    currency: &'a str,
    payment_terms: &'a str,
    issue_date: &'a str,
    created_at: &'a str,
    modified_at: &'a str,
    total_amount: f64,
    project: Option<&'a str>,
    memo: Option<&'a str>,
    ship_to: MappedAddress<'a>,
    lines: Vec<MappedLine<'a>>,
}

#[derive(Debug, Serialize)]
struct MappedVendor<'a> {
    remote_id: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct MappedAddress<'a> {
    name: &'a str,
    street: String,
    city: &'a str,
    postal_code: &'a str,
    country: &'a str,
}

#[derive(Debug, Serialize)]
struct MappedLine<'a> {
    line_number: u32,
    description: &'a str,
    item_number: &'a str,
    quantity: f64,
    unit: &'a str,
    unit_price: f64,
    amount: f64,
    tax_code: &'a str,
    site: &'a str,
    need_by: &'a str,
    cost_center: &'a str,
    received: bool,
}

impl Order<'_> {
    /// Maps the order by hand.
    #[must_use]
    pub fn map(&self) -> Mapped<'_> {
        Mapped {
            remote_id: &self.purchase_order,
            number: &self.purchase_order,
            status: match &*self.purchasing_processing_status {
                "02" => "DRAFT",
                "03" => "PENDING_APPROVAL",
                "05" => "APPROVED",
                "08" => "REJECTED",
                _ => "UNKNOWN",
            },
            company_id: &self.company_code,
            vendor: MappedVendor {
                remote_id: &self.supplier,
                name: &self.supplier_name,
            },
            currency: &self.document_currency,
            payment_terms: &self.payment_terms,
            issue_date: &self.purchase_order_date,
            created_at: &self.creation_date,
            modified_at: &self.last_change_date_time,
            total_amount: self.net_amount,
            project: self.project.as_deref(),
            memo: self.notes.as_deref(),
            ship_to: MappedAddress {
                name: &self.ship_to.name,
                street: format!("{} {}", self.ship_to.street_name, self.ship_to.house_number),
                city: &self.ship_to.city_name,
                postal_code: &self.ship_to.postal_code,
                country: &self.ship_to.country,
            },
            lines: self.items.iter().map(Item::map).collect(),
        }
    }
}

impl Item<'_> {
    fn map(&self) -> MappedLine<'_> {
        MappedLine {
            line_number: self.purchase_order_item.parse().unwrap_or(0),
            description: &self.purchase_order_item_text,
            item_number: &self.material,
            quantity: self.order_quantity,
            unit: &self.purchase_order_quantity_unit,
            unit_price: self.net_price_amount,
            amount: self.net_amount,
            tax_code: &self.tax_code,
            site: &self.plant,
            need_by: &self.delivery_date,
            cost_center: &self.cost_center,
            received: self.is_completely_delivered,
        }
    }
}
