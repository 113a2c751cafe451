//! Where the one order is found that every system has with the same data.

/// The shared order in one system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedOrder {
    /// Id of the system in the catalogue.
    pub system: &'static str,
    /// The record's id as our connectors give it.
    pub id: &'static str,
    /// The number that people use.
    pub number: &'static str,
}

/// The shared order in each system: the same vendor, lines, dates, quantities, prices and currency.
pub const SHARED_ORDER: [SharedOrder; 5] = [
    SharedOrder {
        system: "sap_s4hana",
        id: "4500000123",
        number: "4500000123",
    },
    SharedOrder {
        system: "sap_s4hana_v4",
        id: "4500000123",
        number: "4500000123",
    },
    SharedOrder {
        system: "netsuite",
        id: "20123",
        number: "PO-000123",
    },
    SharedOrder {
        system: "dynamics_business_central",
        id: "141c34f9-2fc1-ef11-a4c6-0e9a0fbc567c",
        number: "PO-000123",
    },
    SharedOrder {
        system: "dynamics_finance",
        id: "usmf:PO-000123",
        number: "PO-000123",
    },
];

#[cfg(test)]
mod tests {
    use super::SHARED_ORDER;
    use crate::DIALECTS;
    use crate::company::places::COMPANIES;
    use crate::company::{Company, SHARED_ORDINAL};

    #[test]
    fn every_system_has_it_with_the_same_lines() {
        let mut seen = Vec::new();
        for (dialect, shared) in DIALECTS.iter().zip(SHARED_ORDER) {
            assert_eq!(dialect.key(), shared.system);
            assert_eq!(
                dialect.order(SHARED_ORDINAL, &COMPANIES[0]),
                (shared.id.to_owned(), shared.number.to_owned())
            );
            let company = Company::generate(1_795_510_800_000, *dialect);
            let order = &company.orders[shared.id];
            let vendor = &company.vendors[&order.vendor];
            let lines: Vec<_> = order
                .lines
                .iter()
                .map(|line| {
                    let item = line.item.as_ref().map(|id| company.items[id].number.clone());
                    format!("{item:?} {} {} {:?}", line.quantity, line.unit_price, line.due())
                })
                .collect();
            seen.push(format!(
                "{} {:?} {} {lines:?}",
                vendor.name,
                order.currency,
                order.subtotal()
            ));
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:#?}");
    }
}
