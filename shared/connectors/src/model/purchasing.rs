//! Purchase orders and what follows from them.

use serde_json::{Map, Value};

use super::{Address, Amount, Date, DateTime, Described, Kind, Quantity, Reference};

/// The customer's own fields of a line.
type CustomFields = Map<String, Value>;

impl Described for CustomFields {
    const KIND: Kind = Kind::Given;
}

closed_set! {
    /// Where a purchase order stands.
    PurchaseOrderStatus {
        /// Being written.
        Draft = "draft",
        /// Waits for somebody's approval.
        PendingApproval = "pending_approval",
        /// Approved, not yet with the vendor.
        Approved = "approved",
        /// With the vendor.
        Sent = "sent",
        /// Some of it has come.
        PartiallyReceived = "partially_received",
        /// All of it has come.
        Received = "received",
        /// Nothing more will happen.
        Closed = "closed",
        /// Called off.
        Cancelled = "cancelled",
        /// Approval was refused.
        Rejected = "rejected",
        /// The system says something that the manifest does not know: see `status_raw`.
        Unknown = "unknown",
    }
}

object! {
    /// One line of a purchase order.
    PurchaseOrderLine {
        /// The line's key in the system.
        id: String,
        /// Its number on the order.
        line_number: i64,
        /// The system's kind of line.
        r#type: String,
        /// What is bought.
        item: Reference,
        /// The line's text.
        description: String,
        /// How much is ordered.
        quantity: Quantity,
        /// How much has come.
        received_quantity: Quantity,
        /// How much was invoiced.
        billed_quantity: Quantity,
        /// The system's code of the unit that the quantities are in.
        unit: String,
        /// UN/CEFACT code of that unit, where the manifest knows it.
        unit_code: String,
        /// Price for `price_quantity` units.
        unit_price: Amount,
        /// How many units the price is for; 1 when absent.
        price_quantity: Quantity,
        /// Discount on the line.
        discount: Amount,
        /// Tax on the line.
        tax_amount: Amount,
        /// The system's tax code.
        tax_code: String,
        /// The line's total without tax.
        total: Amount,
        /// When it is wanted.
        required_date: Date,
        /// When the vendor promised it.
        promised_date: Date,
        /// Where it goes: plant or branch.
        site: Reference,
        /// Where it goes: storeroom.
        location: Reference,
        /// Account that pays.
        account: Reference,
        /// Cost centre that pays.
        cost_center: Reference,
        /// Project that pays.
        project: Reference,
        /// Asset that it is for.
        asset: Reference,
        /// Work order that it is for.
        work_order: Reference,
        /// Where the line stands.
        status: PurchaseOrderStatus,
        /// The system's own status of the line.
        status_raw: String,
        /// The customer's own fields of the line.
        custom_fields: CustomFields,
    }
}

record! {
    /// An order to a vendor.
    PurchaseOrder {
        /// The order's number, as people say it.
        number: String,
        /// The system's kind of order.
        r#type: String,
        /// A short text.
        title: String,
        /// A longer text.
        description: String,
        /// Where the order stands.
        status: PurchaseOrderStatus,
        /// The system's own status.
        status_raw: String,
        /// Day of the order.
        order_date: Date,
        /// When the goods are wanted.
        required_date: Date,
        /// When it was approved.
        approved_at: DateTime,
        /// When it was completed.
        completed_at: DateTime,
        /// Whom it is ordered from.
        vendor: Reference,
        /// Who buys.
        buyer: Reference,
        /// Who wanted it.
        requester: Reference,
        /// Who approves.
        approver: Reference,
        /// Company or purchasing organisation.
        organization: Reference,
        /// Plant or branch.
        site: Reference,
        /// Storeroom.
        location: Reference,
        /// Currency of the order.
        currency: String,
        /// Rate to the company's currency.
        exchange_rate: Quantity,
        /// The system's terms of payment.
        payment_terms: String,
        /// How it is shipped.
        shipping_method: String,
        /// Incoterms code.
        incoterms: String,
        /// Where it goes.
        ship_to: Address,
        /// Who is billed.
        bill_to: Address,
        /// Sum without tax.
        subtotal: Amount,
        /// Tax.
        tax_total: Amount,
        /// Sum with tax, as the system says it; where it has no tax on orders, the sum of the lines.
        total: Amount,
        /// Remarks.
        notes: String,
        /// What is ordered.
        lines: Vec<PurchaseOrderLine>,
    }
}

closed_set! {
    /// Where a goods receipt or an invoice stands.
    PostingStatus {
        /// Being written.
        Draft = "draft",
        /// Waits for approval.
        PendingApproval = "pending_approval",
        /// Booked.
        Posted = "posted",
        /// Paid in part.
        PartiallyPaid = "partially_paid",
        /// Paid.
        Paid = "paid",
        /// Reversed or called off.
        Cancelled = "cancelled",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

object! {
    /// One line of a goods receipt.
    GoodsReceiptLine {
        /// What came.
        item: Reference,
        /// How much.
        quantity: Quantity,
        /// The system's code of the unit.
        unit: String,
        /// The order's line that it belongs to.
        purchase_order_line: Reference,
        /// Lot or batch.
        lot: String,
        /// Serial number.
        serial: String,
        /// In which condition it came.
        condition: String,
    }
}

record! {
    /// Goods that came from a vendor.
    GoodsReceipt {
        /// Its number.
        number: String,
        /// Where it stands.
        status: PostingStatus,
        /// The system's own status.
        status_raw: String,
        /// When the goods came.
        received_at: DateTime,
        /// From whom.
        vendor: Reference,
        /// For which order.
        purchase_order: Reference,
        /// Plant or branch.
        site: Reference,
        /// Storeroom.
        location: Reference,
        /// Who brought it.
        carrier: String,
        /// What came.
        lines: Vec<GoodsReceiptLine>,
    }
}

object! {
    /// One line of a vendor's invoice.
    SupplierInvoiceLine {
        /// What is billed.
        item: Reference,
        /// The line's text.
        description: String,
        /// How much.
        quantity: Quantity,
        /// The system's code of the unit.
        unit: String,
        /// Price of a unit.
        unit_price: Amount,
        /// Tax on the line.
        tax_amount: Amount,
        /// The line's total.
        total: Amount,
        /// The order's line that it belongs to.
        purchase_order_line: Reference,
        /// Account that pays.
        account: Reference,
    }
}

record! {
    /// An invoice from a vendor.
    SupplierInvoice {
        /// Its number in the system.
        number: String,
        /// Its number with the vendor.
        vendor_reference: String,
        /// Where it stands.
        status: PostingStatus,
        /// The system's own status.
        status_raw: String,
        /// Day of the invoice.
        invoice_date: Date,
        /// When it is due.
        due_date: Date,
        /// When it was booked.
        posting_date: Date,
        /// Who bills.
        vendor: Reference,
        /// For which orders.
        purchase_orders: Vec<Reference>,
        /// Its currency.
        currency: String,
        /// Sum without tax.
        subtotal: Amount,
        /// Tax.
        tax_total: Amount,
        /// Sum with tax.
        total: Amount,
        /// How much of it is paid.
        paid_amount: Amount,
        /// The system's terms of payment.
        payment_terms: String,
        /// What is billed.
        lines: Vec<SupplierInvoiceLine>,
    }
}
