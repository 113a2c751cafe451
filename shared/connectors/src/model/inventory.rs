//! Items and where they lie.

use super::{Amount, Date, Measure, Quantity, Reference};

closed_set! {
    /// What kind of thing an item is.
    ItemType {
        /// Kept in stock.
        Stock = "stock",
        /// A service.
        Service = "service",
        /// A thing that is not kept in stock.
        NonStock = "non_stock",
        /// Made of other items.
        Assembly = "assembly",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

closed_set! {
    /// Whether an item is in use.
    ItemStatus {
        /// In use.
        Active = "active",
        /// Must not be bought or used.
        Blocked = "blocked",
        /// No longer in use.
        Inactive = "inactive",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

object! {
    /// Who sells an item.
    ItemVendor {
        /// The vendor.
        vendor: Reference,
        /// The vendor's number of the item.
        part_number: String,
        /// The vendor's price.
        price: Amount,
        /// Days from order to delivery.
        lead_time_days: i64,
    }
}

object! {
    /// How large an item is.
    Dimensions {
        /// Length.
        length: Measure,
        /// Width.
        width: Measure,
        /// Height.
        height: Measure,
    }
}

record! {
    /// Something that is bought, stored or used.
    Item {
        /// Its number, as people say it.
        number: String,
        /// Its name.
        name: String,
        /// A longer text.
        description: String,
        /// What kind of thing it is.
        r#type: ItemType,
        /// The system's own kind.
        type_raw: String,
        /// The system's group of items.
        group: Reference,
        /// The system's code of the unit that stock is counted in.
        base_unit: String,
        /// Whether it is in use.
        status: ItemStatus,
        /// The system's own status.
        status_raw: String,
        /// What it costs.
        cost: Amount,
        /// What it is sold for.
        price: Amount,
        /// Currency of cost and price.
        currency: String,
        /// Who makes it.
        manufacturer: String,
        /// The maker's number of it.
        manufacturer_part_number: String,
        /// Bar codes.
        barcodes: Vec<String>,
        /// Who sells it.
        vendors: Vec<ItemVendor>,
        /// Its weight.
        weight: Measure,
        /// Its size.
        dimensions: Dimensions,
        /// Each piece has a number of its own.
        serial_tracked: bool,
        /// It is kept by lots.
        lot_tracked: bool,
    }
}

record! {
    /// How much of an item lies where.
    InventoryLevel {
        /// The item.
        item: Reference,
        /// Plant or branch.
        site: Reference,
        /// Storeroom.
        location: Reference,
        /// Bin.
        bin: String,
        /// Lot or batch.
        lot: String,
        /// Serial number.
        serial: String,
        /// How much is there.
        quantity_on_hand: Quantity,
        /// How much of it is spoken for.
        quantity_reserved: Quantity,
        /// How much of it is free.
        quantity_available: Quantity,
        /// How much is ordered.
        quantity_on_order: Quantity,
        /// The system's code of the unit.
        unit: String,
        /// There should be at least this much.
        min: Quantity,
        /// There should be at most this much.
        max: Quantity,
        /// It is ordered again at this level.
        reorder_point: Quantity,
        /// This much is ordered then.
        reorder_quantity: Quantity,
        /// What a unit costs.
        unit_cost: Amount,
        /// When it goes bad.
        expires_at: Date,
    }
}
