//! A vendor as `API_BUSINESS_PARTNER` shows it: a business partner and the supplier that it is.

use std::sync::Arc;

use super::order_v2::house_number;
use super::schema::V2;
use crate::company::{Standing, Vendor};
use crate::odata::row::Row;
use crate::odata::v2::day_and_time;
use crate::odata::value::day;

/// The business partner with its address, taxes, roles and bank, and the supplier.
pub(super) fn rows(vendor: &Vendor) -> Vec<Arc<Row>> {
    let (changed_on, changed_at) = day_and_time(vendor.modified);
    let (created_on, created_at) = day_and_time(vendor.created);
    let supplier = supplier(vendor);
    let address = address(vendor);
    let (taxes, roles, bank) = (taxes(vendor), roles(vendor), bank(vendor));
    let partner = Row::new(V2.known("A_BusinessPartner"))
        .set("BusinessPartner", &vendor.number)
        .set("Supplier", &vendor.number)
        .set("BusinessPartnerCategory", "2")
        .set("BusinessPartnerFullName", &vendor.legal_name)
        .set("BusinessPartnerGrouping", "BP02")
        .set("BusinessPartnerName", &vendor.name)
        .set("BusinessPartnerUUID", uuid(&vendor.number))
        .set("CorrespondenceLanguage", "EN")
        .set("CreatedByUser", "CB9980000012")
        .set("CreationDate", created_on)
        .set("CreationTime", created_at)
        .set("Industry", "")
        .set("LastChangeDate", changed_on)
        .set("LastChangeTime", changed_at)
        .set("LastChangedByUser", "CB9980000012")
        .set("OrganizationBPName1", &vendor.name)
        .set(
            "SearchTerm1",
            vendor.name.chars().take(20).collect::<String>().to_uppercase(),
        )
        .set("BusinessPartnerIsBlocked", vendor.standing == Standing::Blocked)
        .set("IsMarkedForArchiving", vendor.standing == Standing::Inactive)
        .set("YY1_Rating_bus", rating(vendor))
        .link("to_BusinessPartnerAddress", vec![address[0].clone()])
        .link("to_BusinessPartnerBank", bank.clone())
        .link("to_BusinessPartnerRole", roles.clone())
        .link("to_BusinessPartnerTax", taxes.clone())
        .link("to_Supplier", vec![supplier[0].clone()]);
    let mut rows = vec![Arc::new(partner)];
    for more in [supplier, address, taxes, roles, bank] {
        rows.extend(more);
    }
    rows
}

/// Business partners that sell nothing: a list of vendors has to leave them out.
pub(super) fn customers() -> Vec<Arc<Row>> {
    [
        ("17100001", "Domestic Customer US 1"),
        ("10100001", "Inlandskunde DE 1"),
    ]
    .into_iter()
    .map(|(number, name)| {
        let row = Row::new(V2.known("A_BusinessPartner"))
            .set("BusinessPartner", number)
            .set("Customer", number)
            .set("BusinessPartnerCategory", "2")
            .set("BusinessPartnerFullName", name)
            .set("BusinessPartnerName", name)
            .set("OrganizationBPName1", name)
            .set("CreationDate", day(Some(1_500_000_000_000)))
            .set("LastChangeDate", day(Some(1_600_000_000_000)));
        Arc::new(row)
    })
    .collect()
}

fn rating(vendor: &Vendor) -> String {
    vendor.custom.get("rating").cloned().unwrap_or_default()
}

/// A UUID that depends on the number only.
fn uuid(number: &str) -> String {
    let sum = number.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(131).wrapping_add(u64::from(byte))
    });
    format!(
        "{:08x}-1eed-4a17-9c3e-{:012x}",
        sum & 0xffff_ffff,
        sum.wrapping_mul(2_654_435_761) & 0xffff_ffff_ffff
    )
}

/// The supplier, its company code data and its purchasing data, the supplier first.
fn supplier(vendor: &Vendor) -> Vec<Arc<Row>> {
    let blocked = vendor.standing == Standing::Blocked;
    let deleted = vendor.standing == Standing::Inactive;
    let company = Row::new(V2.known("A_SupplierCompany"))
        .set("Supplier", &vendor.number)
        .set("CompanyCode", vendor.company)
        .set("SupplierIsBlockedForPosting", blocked)
        .set("PaymentTerms", &vendor.payment_terms)
        .set("ReconciliationAccount", "21100000")
        .set("Currency", &vendor.currency)
        .set("DeletionIndicator", deleted)
        .set("SupplierAccountGroup", &vendor.group);
    let purchasing = Row::new(V2.known("A_SupplierPurchasingOrg"))
        .set("Supplier", &vendor.number)
        .set("PurchasingOrganization", vendor.company)
        .set("PaymentTerms", &vendor.payment_terms)
        .set("PurchaseOrderCurrency", &vendor.currency)
        .set("PurchasingGroup", "001")
        .set("PurchasingIsBlockedForSupplier", blocked)
        .set("DeletionIndicator", deleted)
        .set("SupplierRespSalesPersonName", &vendor.contact)
        .set("SupplierPhoneNumber", &vendor.address.phone);
    let (company, purchasing) = (Arc::new(company), Arc::new(purchasing));
    let supplier = Row::new(V2.known("A_Supplier"))
        .set("Supplier", &vendor.number)
        .set("CreatedByUser", "CB9980000012")
        .set("CreationDate", day(Some(vendor.created)))
        .set("PostingIsBlocked", blocked)
        .set("PurchasingIsBlocked", blocked)
        .set("SupplierAccountGroup", &vendor.group)
        .set("SupplierFullName", &vendor.legal_name)
        .set("SupplierName", &vendor.name)
        .set("VATRegistration", &vendor.tax_id)
        .set("DeletionIndicator", deleted)
        .set("TaxNumber1", &vendor.tax_id)
        .set("YY1_Rating_sup", rating(vendor))
        .link("to_SupplierCompany", vec![company.clone()])
        .link("to_SupplierPurchasingOrg", vec![purchasing.clone()]);
    vec![Arc::new(supplier), company, purchasing]
}

/// The address and the ways to reach it, the address first.
fn address(vendor: &Vendor) -> Vec<Arc<Row>> {
    let id = format!("2{}", vendor.number);
    let address = &vendor.address;
    let (street, house) = house_number(&address.street);
    let way = |set: &str| {
        Row::new(V2.known(set))
            .set("AddressID", &id)
            .set("OrdinalNumber", "1")
    };
    let mut email = Vec::new();
    if !address.email.is_empty() {
        let row = way("A_AddressEmailAddress")
            .set("IsDefaultEmailAddress", true)
            .set("EmailAddress", &address.email);
        email.push(Arc::new(
            row.set("SearchEmailAddress", address.email.to_uppercase()),
        ));
    }
    let mut phone = Vec::new();
    if !address.phone.is_empty() {
        let row = way("A_AddressPhoneNumber")
            .set("DestinationLocationCountry", &address.country)
            .set("IsDefaultPhoneNumber", true)
            .set("PhoneNumber", &address.phone)
            .set("InternationalPhoneNumber", address.phone.replace(' ', ""))
            .set("PhoneNumberType", "1");
        phone.push(Arc::new(row));
    }
    let mut website = Vec::new();
    if !vendor.website.is_empty() {
        let row = way("A_AddressHomePageURL")
            .set("IsDefaultURLAddress", true)
            .set("WebsiteURL", &vendor.website);
        website.push(Arc::new(row));
    }
    let row = Row::new(V2.known("A_BusinessPartnerAddress"))
        .set("BusinessPartner", &vendor.number)
        .set("AddressID", &id)
        .set("CityName", &address.city)
        .set("Country", &address.country)
        .set("FullName", &vendor.legal_name)
        .set("HouseNumber", house)
        .set("Language", "EN")
        .set("PostalCode", &address.postal_code)
        .set("Region", &address.region)
        .set("StreetName", street)
        .set("StreetSuffixName", &address.extra)
        .link("to_EmailAddress", email.clone())
        .link("to_PhoneNumber", phone.clone())
        .link("to_URLAddress", website.clone());
    let mut rows = vec![Arc::new(row)];
    rows.extend(email.into_iter().chain(phone).chain(website));
    rows
}

fn taxes(vendor: &Vendor) -> Vec<Arc<Row>> {
    if vendor.tax_id.is_empty() {
        return Vec::new();
    }
    let row = Row::new(V2.known("A_BusinessPartnerTaxNumber"))
        .set("BusinessPartner", &vendor.number)
        .set("BPTaxType", format!("{}0", vendor.address.country))
        .set("BPTaxNumber", &vendor.tax_id);
    vec![Arc::new(row)]
}

fn roles(vendor: &Vendor) -> Vec<Arc<Row>> {
    let role = |code: &str| {
        let row = Row::new(V2.known("A_BusinessPartnerRole"));
        Arc::new(
            row.set("BusinessPartner", &vendor.number)
                .set("BusinessPartnerRole", code),
        )
    };
    vec![role("FLVN00"), role("FLVN01")]
}

fn bank(vendor: &Vendor) -> Vec<Arc<Row>> {
    let row = Row::new(V2.known("A_BusinessPartnerBank"))
        .set("BusinessPartner", &vendor.number)
        .set("BankIdentification", "0001")
        .set("BankCountryKey", &vendor.address.country)
        .set("BankName", "Sample Bank")
        .set("BankNumber", "20070000");
    vec![Arc::new(row)]
}
