//! Vendors, and where and by whom work is done.

use super::{Address, Reference};

closed_set! {
    /// Whether a vendor can be ordered from.
    VendorStatus {
        /// Yes.
        Active = "active",
        /// Not now: blocked for purchasing, posting or payment.
        Blocked = "blocked",
        /// No longer.
        Inactive = "inactive",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

object! {
    /// Somebody at a vendor's.
    Contact {
        /// Name.
        name: String,
        /// What the person does there.
        role: String,
        /// E-mail.
        email: String,
        /// Telephone.
        phone: String,
    }
}

record! {
    /// Somebody whom things are bought from.
    Vendor {
        /// Number, as people say it.
        number: String,
        /// Name.
        name: String,
        /// Name in the register.
        legal_name: String,
        /// Tax or VAT number.
        tax_id: String,
        /// Whether it can be ordered from.
        status: VendorStatus,
        /// The system's own status.
        status_raw: String,
        /// Currency of its orders.
        currency: String,
        /// The system's terms of payment.
        payment_terms: String,
        /// People there.
        contacts: Vec<Contact>,
        /// Addresses, the main one first.
        addresses: Vec<Address>,
        /// Country of its bank, ISO 3166.
        bank_country: String,
        /// The system's group of vendors.
        group: Reference,
        /// The company that it belongs to.
        parent: Reference,
        /// Website.
        website: String,
    }
}

record! {
    /// A place where something lies or stands: functional location, storeroom or bin.
    Location {
        /// Number.
        number: String,
        /// Name.
        name: String,
        /// A longer text.
        description: String,
        /// The system's kind of place.
        r#type: String,
        /// The place that it is part of.
        parent: Reference,
        /// Plant or branch.
        site: Reference,
        /// Its address.
        address: Address,
        /// It is in use.
        active: bool,
    }
}

record! {
    /// A plant, branch or subsidiary.
    Site {
        /// Number.
        number: String,
        /// Name.
        name: String,
        /// A longer text.
        description: String,
        /// The organisation that it belongs to.
        organization: Reference,
        /// Its address.
        address: Address,
        /// Currency of its books.
        currency: String,
        /// It is in use.
        active: bool,
    }
}

record! {
    /// A person or technician.
    User {
        /// Number.
        number: String,
        /// Name.
        name: String,
        /// E-mail.
        email: String,
        /// Telephone.
        phone: String,
        /// What the person does.
        role: String,
        /// Plant or branch.
        site: Reference,
        /// Works here now.
        active: bool,
    }
}
