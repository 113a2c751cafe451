//! Entity sets of a company, with the properties that Microsoft's API v2.0 reference lists; kinds as in
//! `odata::schema`. `contoso…` are fields of an extension.

use std::sync::LazyLock;

use crate::odata::schema::{Schema, many, one};
use crate::odata::value::Flavour;

const ORDER: &str = "
    id:g number orderDate:d postingDate:d vendorId:g vendorNumber vendorName payToName payToVendorId:g
    payToVendorNumber shipToName shipToContact buyFromAddressLine1 buyFromAddressLine2 buyFromCity buyFromCountry
    buyFromState buyFromPostCode payToAddressLine1 payToAddressLine2 payToCity payToCountry payToState
    payToPostCode shipToAddressLine1 shipToAddressLine2 shipToCity shipToCountry shipToState shipToPostCode
    shortcutDimension1Code shortcutDimension2Code currencyId:g currencyCode pricesIncludeTax:b paymentTermsId:g
    shipmentMethodId:g purchaser requestedReceiptDate:d discountAmount:n2 discountAppliedBeforeTax:b
    totalAmountExcludingTax:n2 totalTaxAmount:n2 totalAmountIncludingTax:n2 fullyReceived:b status
    lastModifiedDateTime:o contosoCostObject contosoPriority contosoBudget:n2 contosoApprovedOn:d
";

const LINE: &str = "
    id:g documentId:g sequence:i itemId:g accountId:g lineType lineObjectNumber description description2
    unitOfMeasureId:g unitOfMeasureCode quantity:n5 directUnitCost:n5 discountAmount:n2 discountPercent:n5
    discountAppliedBeforeTax:b amountExcludingTax:n2 taxCode taxPercent:n2 totalTaxAmount:n2
    amountIncludingTax:n2 invoiceDiscountAllocation:n2 netAmount:n2 netTaxAmount:n2 netAmountIncludingTax:n2
    expectedReceiptDate:d receivedQuantity:n5 invoicedQuantity:n5 invoiceQuantity:n5 receiveQuantity:n5
    itemVariantId:g locationId:g contosoGate
";

const VENDOR: &str = "
    id:g number displayName addressLine1 addressLine2 city state country postalCode phoneNumber email website
    taxRegistrationNumber currencyId:g currencyCode irs1099Code paymentTermsId:g paymentMethodId:g taxLiable:b
    blocked balance:n2 lastModifiedDateTime:o contosoRating
";

const ITEM: &str = "
    id:g number displayName displayName2 type itemCategoryId:g itemCategoryCode blocked:b gtin inventory:n5
    unitPrice:n5 priceIncludesTax:b unitCost:n5 taxGroupId:g taxGroupCode baseUnitOfMeasureId:g
    baseUnitOfMeasureCode generalProductPostingGroupId:g generalProductPostingGroupCode
    inventoryPostingGroupId:g inventoryPostingGroupCode lastModifiedDateTime:o contosoAbcClass
";

const LEDGER_ENTRY: &str = "
    id:g entryNumber:i itemNumber postingDate:d entryType sourceNumber sourceType documentNumber documentType
    description quantity:n5 salesAmountActual:n2 costAmountActual:n2 lastModifiedDateTime:o
";

const LOCATION: &str = "
    id:g code displayName contact addressLine1 addressLine2 city state country postalCode phoneNumber email
    website lastModifiedDateTime:o
";

const COMPANY: &str = "
    id:g systemVersion timestamp:i name displayName businessProfileId systemCreatedAt:o systemCreatedBy:g
    systemModifiedAt:o systemModifiedBy:g
";

const TERMS: &str = "
    id:g code displayName dueDateCalculation discountDateCalculation discountPercent:n5
    calculateDiscountOnCreditMemos:b lastModifiedDateTime:o
";

const CURRENCY: &str =
    "id:g code displayName symbol amountDecimalPlaces amountRoundingPrecision:n5 lastModifiedDateTime:o";

const SHIPMENT_METHOD: &str = "id:g code displayName lastModifiedDateTime:o";

const UNIT: &str = "id:g code displayName internationalStandardCode lastModifiedDateTime:o";

/// All entity sets.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let id: &'static [&'static str] = &["id"];
    let name = |entity: &str| format!("Microsoft.NAV.{entity}");
    let order_navs = vec![
        many("purchaseOrderLines", "purchaseOrderLines"),
        one("vendor", "vendors"),
        one("paymentTerm", "paymentTerms"),
        one("currency", "currencies"),
        one("shipmentMethod", "shipmentMethods"),
    ];
    let line_navs = vec![
        one("purchaseOrder", "purchaseOrders"),
        one("item", "items"),
        one("unitOfMeasure", "unitsOfMeasure"),
        one("location", "locations"),
    ];
    let vendor_navs = vec![one("paymentTerm", "paymentTerms"), one("currency", "currencies")];
    Schema::new(Flavour::BusinessCentral)
        .with("purchaseOrders", &name("purchaseOrder"), id, ORDER, order_navs)
        .with(
            "purchaseOrderLines",
            &name("purchaseOrderLine"),
            id,
            LINE,
            line_navs,
        )
        .with("vendors", &name("vendor"), id, VENDOR, vendor_navs)
        .with("items", &name("item"), id, ITEM, Vec::new())
        .with(
            "itemLedgerEntries",
            &name("itemLedgerEntry"),
            id,
            LEDGER_ENTRY,
            Vec::new(),
        )
        .with("locations", &name("location"), id, LOCATION, Vec::new())
        .with("companies", &name("company"), id, COMPANY, Vec::new())
        .with("paymentTerms", &name("paymentTerm"), id, TERMS, Vec::new())
        .with(
            "shipmentMethods",
            &name("shipmentMethod"),
            id,
            SHIPMENT_METHOD,
            Vec::new(),
        )
        .with("currencies", &name("currency"), id, CURRENCY, Vec::new())
        .with("unitsOfMeasure", &name("unitOfMeasure"), id, UNIT, Vec::new())
});
