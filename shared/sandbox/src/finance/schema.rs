//! Data entities; kinds as in `odata::schema`. Yes and no are members of the enumeration `NoYes`. `CTSO…` are
//! fields of an extension.

use std::sync::LazyLock;

use crate::odata::schema::{Schema, many, one};
use crate::odata::value::Flavour;

/// There is no modification time on it, and no total.
const ORDER: &str = "
    dataAreaId PurchaseOrderNumber PurchaseOrderName PurchaseOrderStatus:e DocumentApprovalStatus:e
    OrderVendorAccountNumber InvoiceVendorAccountNumber CurrencyCode AccountingDate:d RequestedDeliveryDate:d
    ConfirmedDeliveryDate:d RequestedShipDate:d PaymentTermsName PaymentScheduleName VendorPaymentMethodName
    DeliveryTermsId DeliveryModeId OrdererPersonnelNumber RequesterPersonnelNumber BuyerGroupId
    DefaultReceivingSiteId DefaultReceivingWarehouseId DeliveryAddressName DeliveryAddressStreet
    DeliveryAddressStreetNumber DeliveryAddressCity DeliveryAddressStateId DeliveryAddressZipCode
    DeliveryAddressCountryRegionId DeliveryAddressCountryRegionISOCode
    InvoiceAddressStreet InvoiceAddressCity InvoiceAddressCountryRegionId VendorOrderReference
    PurchaseOrderPoolId ProjectId LanguageId Email ReasonCode ReasonComment SalesTaxGroupCode
    TotalDiscountPercentage:n2 CashDiscountPercentage:n2 IsChangeManagementActive:e PriceIncludesSalesTax:e
    IsOneTimeVendor:e PurchaseOrderHeaderCreationMethod:e NumberSequenceGroupId VendorTransactionSettlementType:e
    CTSOCostObject CTSOPriority CTSOBudget:n2 CTSOApprovedOn:d
";

const LINE: &str = "
    dataAreaId PurchaseOrderNumber LineNumber:i LineDescription ItemNumber ProcurementProductCategoryName
    ProcurementProductCategoryHierarchyName OrderedPurchaseQuantity:n6 PurchaseUnitSymbol PurchasePrice:n6
    PurchasePriceQuantity:n6 LineAmount:n6 LineDiscountAmount:n6 LineDiscountPercentage:n6
    MultilineDiscountAmount:n6 FixedPriceCharges:n6 RequestedDeliveryDate:d ConfirmedDeliveryDate:d
    RequestedShipDate:d ReceivingSiteId ReceivingWarehouseId ReceivingWarehouseLocationId SalesTaxGroupCode
    SalesTaxItemGroupCode MainAccountIdDisplayValue DefaultLedgerDimensionDisplayValue ProjectId
    ProjectCategoryId FixedAssetNumber PurchaseOrderLineStatus:e IsLineStopped:e IsDeleted:e IsNewFixedAsset:e Barcode
    ExternalItemNumber ItemBatchNumber ItemSerialNumber ProductColorId ProductConfigurationId ProductSizeId
    ProductStyleId RequesterPersonnelNumber DeliveryAddressName DeliveryAddressCity
    AllowedOverdeliveryPercentage:n2 AllowedUnderdeliveryPercentage:n2 CTSOGate
";

const VENDOR: &str = "
    dataAreaId VendorAccountNumber VendorOrganizationName VendorSearchName VendorPartyType:e VendorPartyNumber
    VendorGroupId CurrencyCode DefaultPaymentTermsName DefaultVendorPaymentMethodName
    DefaultDeliveryTermsCode TaxExemptNumber SalesTaxGroupCode AddressDescription AddressStreet
    AddressStreetNumber AddressBuildingCompliment AddressCity AddressStateId AddressZipCode
    AddressCountryRegionId AddressCountryRegionISOCode FormattedPrimaryAddress PrimaryEmailAddress
    PrimaryPhoneNumber PrimaryURL PrimaryContactPersonId OnHoldStatus:e VendorHoldReleaseDate:d LanguageId
    InvoiceVendorAccountNumber BuyerGroupId IsOneTimeVendor:e CreditLimit:n2 Notes CTSORating
";

const PRODUCT: &str = "
    dataAreaId ItemNumber ProductNumber ProductName ProductDescription ProductSearchName SearchName ProductType:e
    ProductSubtype:e ProductGroupId ItemModelGroupId InventoryUnitSymbol PurchaseUnitSymbol SalesUnitSymbol
    BOMUnitSymbol UnitCost:n6 UnitCostQuantity:n6 UnitCostDate:d PurchasePrice:n6 PurchasePriceQuantity:n6
    PurchasePriceDate:d SalesPrice:n6 SalesPriceQuantity:n6 PrimaryVendorAccountNumber NetProductWeight:n6
    TareProductWeight:n6 GrossDepth:n6 GrossProductHeight:n6 GrossProductWidth:n6 TrackingDimensionGroupName
    StorageDimensionGroupName ProductDimensionGroupName ProductLifecycleStateId BuyerGroupId
    ProductCoverageGroupId OriginCountryRegionId IsUnitCostAutomaticallyUpdated:e CTSOAbcClass
";

const ON_HAND: &str = "
    dataAreaId ItemNumber ProductColorId ProductConfigurationId ProductSizeId ProductStyleId ProductVersionId
    InventorySiteId InventoryWarehouseId ProductName OnHandQuantity:n6 ReservedOnHandQuantity:n6 AvailableOnHandQuantity:n6
    OrderedQuantity:n6 ReservedOrderedQuantity:n6 AvailableOrderedQuantity:n6 OnOrderQuantity:n6
    TotalAvailableQuantity:n6 AreWarehouseManagementProcessesUsed:e
";

/// All entity sets.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let name = |entity: &str| format!("Microsoft.Dynamics.DataEntities.{entity}");
    let stock: &'static [&'static str] = &[
        "dataAreaId",
        "ItemNumber",
        "ProductColorId",
        "ProductConfigurationId",
        "ProductSizeId",
        "ProductStyleId",
        "ProductVersionId",
        "InventorySiteId",
        "InventoryWarehouseId",
    ];
    Schema::new(Flavour::Finance)
        .with(
            "PurchaseOrderHeadersV2",
            &name("PurchaseOrderHeaderV2"),
            &["dataAreaId", "PurchaseOrderNumber"],
            ORDER,
            vec![many("PurchaseOrderLines", "PurchaseOrderLinesV2")],
        )
        .with(
            "PurchaseOrderLinesV2",
            &name("PurchaseOrderLineV2"),
            &["dataAreaId", "PurchaseOrderNumber", "LineNumber"],
            LINE,
            vec![one("PurchaseOrderHeader", "PurchaseOrderHeadersV2")],
        )
        .with(
            "VendorsV3",
            &name("VendorV3"),
            &["dataAreaId", "VendorAccountNumber"],
            VENDOR,
            Vec::new(),
        )
        .with(
            "ReleasedProductsV2",
            &name("ReleasedProductV2"),
            &["dataAreaId", "ItemNumber"],
            PRODUCT,
            Vec::new(),
        )
        .with(
            "InventWarehouseOnHandEntries",
            &name("InventWarehouseOnHandEntry"),
            stock,
            ON_HAND,
            Vec::new(),
        )
        .with(
            "WarehousesOnHandV2",
            &name("WarehouseOnHandV2"),
            stock,
            ON_HAND,
            Vec::new(),
        )
        .with(
            "LegalEntities",
            &name("LegalEntity"),
            &["LegalEntityId"],
            "LegalEntityId Name AddressCountryRegionId",
            Vec::new(),
        )
        .with(
            "Warehouses",
            &name("Warehouse"),
            &["dataAreaId", "WarehouseId"],
            "dataAreaId WarehouseId WarehouseName OperationalSiteId WarehouseType:e",
            Vec::new(),
        )
        .with(
            "OperationalSites",
            &name("OperationalSite"),
            &["dataAreaId", "SiteId"],
            "dataAreaId SiteId SiteName",
            Vec::new(),
        )
});
