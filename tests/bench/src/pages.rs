//! Pages of purchase orders, the same in every run.

use std::fmt::Write as _;

/// Words of texts and names.
const WORDS: [&str; 25] = [
    "bearing",
    "seal",
    "pump",
    "valve",
    "gasket",
    "motor",
    "coupling",
    "impeller",
    "shaft",
    "filter",
    "hydraulic",
    "hose",
    "fitting",
    "sensor",
    "relay",
    "breaker",
    "cable",
    "conveyor",
    "roller",
    "belt",
    "lubricant",
    "flange",
    "bolt",
    "actuator",
    "gearbox",
];

/// SplitMix64: the same numbers everywhere, without a crate.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.roll() % (high - low + 1)
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[(self.roll() % texts.len() as u64) as usize]
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.of(&WORDS)).collect();
        words.join(" ")
    }

    fn day(&mut self) -> String {
        format!("2026-{:02}-{:02}", self.between(1, 12), self.between(1, 28))
    }
}

/// A number of cents as Python's JSON writes it: `19.1`, `19.0`.
fn money(cents: u64) -> String {
    let text = format!("{}.{:02}", cents / 100, cents % 100);
    match text.strip_suffix('0') {
        Some(short) => short.to_owned(),
        None => text,
    }
}

/// Writes the orders with numbers from `first` on as a JSON array; `changed` of every hundred differ in
/// one field from what they are at 0.
#[must_use]
pub fn orders(first: usize, count: usize, changed: usize) -> String {
    let mut out = String::with_capacity(count * 4300);
    for number in first..first + count {
        out.push(if number == first { '[' } else { ',' });
        let mut dice = Dice(number as u64 ^ 0x5eed);
        let other = number % 100 < changed;
        order(number, other, &mut dice, &mut out).expect("a string takes any text");
    }
    out.push(']');
    out
}

fn order(number: usize, changed: bool, dice: &mut Dice, out: &mut String) -> std::fmt::Result {
    let key = format!("45{number:08}");
    let tag = [dice.roll(), dice.roll()];
    let mut lines = String::new();
    let mut total = 0;
    for line in 1..=dice.between(3, 7) {
        if line > 1 {
            lines.push(',');
        }
        total += item(&key, line * 10, dice, &mut lines)?;
    }
    write!(
        out,
        r#"{{"@odata.etag":"W/\"{:016x}{:016x}\"","PurchaseOrder":"{key}","CompanyCode":"{:04}","PurchaseOrderType":"NB","PurchasingProcessingStatus":"{}","CreatedByUser":"USER{:04}","CreationDate":"{}","LastChangeDateTime":"{}T{:02}:{:02}:{:02}Z","Supplier":"{:010}","#,
        tag[0],
        tag[1],
        dice.between(1000, 1010),
        dice.of(&["02", "03", "05", "08"]),
        dice.between(1, 400),
        dice.day(),
        dice.day(),
        dice.between(0, 23),
        dice.between(0, 59),
        dice.between(0, 59),
        dice.between(1, 99_999),
    )?;
    write!(
        out,
        r#""SupplierName":"{} GmbH","PurchasingOrganization":"1010","PurchasingGroup":"{:03}","PurchaseOrderDate":"{}","PaymentTerms":"{}","DocumentCurrency":"{}","ExchangeRate":"1.00000","IncotermsClassification":"EXW","IncotermsLocation1":"Rotterdam","NetAmount":{},"Language":"EN","YY1_Project_PDH":"PRJ-{:05}","YY1_Notes_PDH":"{}","#,
        title(&dice.words(2)),
        dice.between(1, 99),
        dice.day(),
        if changed { "0002" } else { "0001" },
        dice.of(&["EUR", "USD", "GBP"]),
        money(total),
        dice.between(1, 9999),
        dice.words(20),
    )?;
    write!(
        out,
        r#""ShipTo":{{"Name":"Plant {}","StreetName":"Industriestrasse","HouseNumber":"{}","CityName":"Essen","PostalCode":"{:05}","Country":"DE"}},"_PurchaseOrderItem":[{lines}]}}"#,
        dice.between(1, 99),
        dice.between(1, 300),
        dice.between(10_000, 99_999),
    )
}

/// One line of an order; gives its amount in cents.
fn item(order: &str, number: u64, dice: &mut Dice, out: &mut String) -> Result<u64, std::fmt::Error> {
    let quantity = dice.between(1, 400);
    let price = dice.between(50, 900_000);
    write!(
        out,
        r#"{{"PurchaseOrder":"{order}","PurchaseOrderItem":"{number:05}","PurchasingDocumentDeletionCode":"","PurchaseOrderItemText":"{}","Plant":"{:04}","StorageLocation":"{:04}","MaterialGroup":"{:09}","Material":"MAT-{:08}","OrderQuantity":{quantity},"PurchaseOrderQuantityUnit":"{}","NetPriceAmount":{},"NetPriceQuantity":1,"NetAmount":{},"GrossAmount":{},"#,
        dice.words(4),
        dice.between(1000, 1099),
        dice.between(1, 99),
        dice.between(1, 9999),
        dice.between(1, 99_999_999),
        dice.of(&["EA", "KG", "M", "L", "BOX"]),
        money(price),
        money(quantity * price),
        money(quantity * price * 6 / 5),
    )?;
    write!(
        out,
        r#""TaxCode":"V1","TaxJurisdiction":"","DeliveryDate":"{}","AccountAssignmentCategory":"{}","CostCenter":"{:010}","GLAccount":"0000400000","IsCompletelyDelivered":{},"IsFinallyInvoiced":{},"GoodsReceiptIsExpected":true}}"#,
        dice.day(),
        dice.of(&["", "K", "P"]),
        dice.between(1, 99_999),
        dice.between(1, 10) <= 3,
        dice.between(1, 10) <= 2,
    )?;
    Ok(quantity * price)
}

fn title(words: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    words.split(' ').map(capital).collect::<Vec<_>>().join(" ")
}
