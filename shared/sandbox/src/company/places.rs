//! Legal entities, plants and storage locations. They never change.

/// A legal entity of the group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entity {
    /// SAP company code; also the neutral key.
    pub(crate) key: &'static str,
    /// Finance & Operations `dataAreaId`.
    pub(crate) area: &'static str,
    /// NetSuite internal id of the subsidiary.
    pub(crate) subsidiary: i64,
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) country: &'static str,
    /// Percent on purchases.
    pub(crate) tax_percent: i64,
    pub(crate) tax_code: &'static str,
}

/// The group's legal entities; the first is every user's default company.
pub(crate) const COMPANIES: [Entity; 3] = [
    Entity {
        key: "1710",
        area: "usmf",
        subsidiary: 1,
        name: "Contoso Manufacturing US",
        currency: "USD",
        country: "US",
        tax_percent: 0,
        tax_code: "I0",
    },
    Entity {
        key: "1010",
        area: "demf",
        subsidiary: 2,
        name: "Contoso Fertigung GmbH",
        currency: "EUR",
        country: "DE",
        tax_percent: 19,
        tax_code: "V1",
    },
    Entity {
        key: "2310",
        area: "jpmf",
        subsidiary: 3,
        name: "コントソ製造株式会社",
        currency: "JPY",
        country: "JP",
        tax_percent: 10,
        tax_code: "J1",
    },
];

/// The legal entity of that key; the default company when there is none.
pub(crate) fn company(key: &str) -> &'static Entity {
    COMPANIES
        .iter()
        .find(|entity| entity.key == key)
        .unwrap_or(&COMPANIES[0])
}

/// The legal entity of that `dataAreaId`.
pub(crate) fn area(area: &str) -> Option<&'static Entity> {
    COMPANIES.iter().find(|entity| entity.area == area)
}

/// A storage location inside a plant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// SAP plant, Finance & Operations site.
    pub(crate) site: &'static str,
    pub(crate) site_name: &'static str,
    /// SAP storage location, Finance & Operations warehouse, Business Central location.
    pub(crate) location: &'static str,
    pub(crate) name: &'static str,
    /// NetSuite internal id of the location.
    pub(crate) id: i64,
    pub(crate) company: &'static str,
    pub(crate) street: &'static str,
    pub(crate) house_number: &'static str,
    pub(crate) city: &'static str,
    pub(crate) region: &'static str,
    pub(crate) postal_code: &'static str,
    pub(crate) country: &'static str,
}

/// Where a plant stands: street, house number, city, region, postal code, country.
type Spot = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const PALO_ALTO: Spot = ("Hillview Avenue", "3410", "Palo Alto", "CA", "94304", "US");
const DALLAS: Spot = ("Commerce Street", "1200", "Dallas", "TX", "75202", "US");
const HAMBURG: Spot = ("Veddeler Damm", "18", "Hamburg", "HH", "20457", "DE");
const THESSALONIKI: Spot = ("Οδός Μοναστηρίου", "92", "Θεσσαλονίκη", "B", "546 27", "GR");
const YOKOHAMA: Spot = ("鶴見区末広町", "2", "横浜", "14", "230-0045", "JP");

const fn place(
    id: i64,
    company: &'static str,
    site: (&'static str, &'static str),
    location: (&'static str, &'static str),
    spot: Spot,
) -> Place {
    Place {
        site: site.0,
        site_name: site.1,
        location: location.0,
        name: location.1,
        id,
        company,
        street: spot.0,
        house_number: spot.1,
        city: spot.2,
        region: spot.3,
        postal_code: spot.4,
        country: spot.5,
    }
}

/// Every storage location of the group.
pub(crate) const PLACES: [Place; 8] = [
    place(
        1,
        "1710",
        ("1710", "Palo Alto"),
        ("171A", "Palo Alto raw material"),
        PALO_ALTO,
    ),
    place(
        2,
        "1710",
        ("1710", "Palo Alto"),
        ("171B", "Palo Alto spare parts"),
        PALO_ALTO,
    ),
    place(
        3,
        "1710",
        ("1720", "Dallas"),
        ("172A", "Dallas central store"),
        DALLAS,
    ),
    place(
        4,
        "1010",
        ("1010", "Hamburg"),
        ("101A", "Hamburg Hauptlager"),
        HAMBURG,
    ),
    place(
        5,
        "1010",
        ("1010", "Hamburg"),
        ("101B", "Hamburg Ersatzteile"),
        HAMBURG,
    ),
    place(
        6,
        "1010",
        ("1020", "Θεσσαλονίκη"),
        ("102A", "Αποθήκη Α"),
        THESSALONIKI,
    ),
    place(7, "2310", ("2310", "横浜工場"), ("231A", "第一倉庫"), YOKOHAMA),
    place(8, "2310", ("2310", "横浜工場"), ("231B", "第二倉庫"), YOKOHAMA),
];

impl Place {
    /// Street and house number, for systems that keep them together.
    pub(crate) fn street_line(&self) -> String {
        format!("{} {}", self.street, self.house_number)
    }
}

/// The storage location of that code.
pub(crate) fn by_location(location: &str) -> Option<&'static Place> {
    PLACES.iter().find(|place| place.location == location)
}

/// The places of one legal entity.
pub(crate) fn of_company(company: &str) -> impl Iterator<Item = &'static Place> + use<'_> {
    PLACES.iter().filter(move |place| place.company == company)
}
