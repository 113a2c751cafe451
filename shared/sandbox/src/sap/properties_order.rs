//! Properties of `API_PURCHASEORDER_PROCESS_SRV`, as its EDMX lists them; kinds as in `odata::schema`.
//!
//! `YY1_*` are custom fields: a key user adds them, and then they are part of the EDMX.

/// `A_PurchaseOrder`.
pub(super) const ORDER: &str = "
    PurchaseOrder CompanyCode PurchaseOrderType PurchasingDocumentDeletionCode PurchasingProcessingStatus
    CreatedByUser CreationDate:d LastChangeDateTime:o Supplier PurchaseOrderSubtype Language PaymentTerms
    CashDiscount1Days:n0 CashDiscount2Days:n0 NetPaymentDays:n0 CashDiscount1Percent:n3 CashDiscount2Percent:n3
    PurchasingOrganization PurchasingDocumentOrigin PurchasingGroup PurchaseOrderDate:d DocumentCurrency
    ExchangeRate ExchangeRateIsFixed:b ValidityStartDate:d ValidityEndDate:d SupplierQuotationExternalID
    PurchasingCollectiveNumber SupplierRespSalesPersonName SupplierPhoneNumber SupplyingSupplier SupplyingPlant
    IncotermsClassification CorrespncExternalReference CorrespncInternalReference InvoicingParty
    ReleaseIsNotCompleted:b PurchasingCompletenessStatus:b IncotermsVersion IncotermsLocation1 IncotermsLocation2
    ManualSupplierAddressID IsEndOfPurposeBlocked AddressCityName AddressFaxNumber AddressHouseNumber AddressName
    AddressPostalCode AddressStreetName AddressPhoneNumber AddressRegion AddressCountry
    AddressCorrespondenceLanguage PurgAggrgdProdCmplncSuplrSts PurgAggrgdProdMarketabilitySts
    PurgAggrgdSftyDataSheetStatus PurgProdCmplncTotDngrsGoodsSts YY1_CostObject_PDH YY1_Priority_PDH
    YY1_Budget_PDH:n2 YY1_ApprovedOn_PDH:d
";

/// `A_PurchaseOrderItem`.
pub(super) const ITEM: &str = "
    PurchaseOrder PurchaseOrderItem PurchasingDocumentDeletionCode PurchaseOrderItemText Plant StorageLocation
    MaterialGroup PurchasingInfoRecord SupplierMaterialNumber OrderQuantity:n3 PurchaseOrderQuantityUnit
    OrderPriceUnit OrderPriceUnitToOrderUnitNmrtr:n0 OrdPriceUnitToOrderUnitDnmntr:n0 DocumentCurrency
    NetPriceAmount:n3 NetPriceQuantity:n0 TaxCode ShippingInstruction TaxDeterminationDate:d TaxCountry
    PriceIsToBePrinted:b OverdelivTolrtdLmtRatioInPct:n1 UnlimitedOverdeliveryIsAllowed:b
    UnderdelivTolrtdLmtRatioInPct:n1 ValuationType IsCompletelyDelivered:b IsFinallyInvoiced:b
    PurchaseOrderItemCategory AccountAssignmentCategory MultipleAcctAssgmtDistribution PartialInvoiceDistribution
    GoodsReceiptIsExpected:b GoodsReceiptIsNonValuated:b InvoiceIsExpected:b InvoiceIsGoodsReceiptBased:b
    PurchaseContract PurchaseContractItem Customer Subcontractor SupplierIsSubcontractor:b ItemNetWeight:n3
    ItemWeightUnit TaxJurisdiction PricingDateControl ItemVolume:n3 ItemVolumeUnit SupplierConfirmationControlKey
    IncotermsClassification IncotermsTransferLocation EvaldRcptSettlmtIsAllowed:b PurchaseRequisition
    PurchaseRequisitionItem IsReturnsItem:b RequisitionerName ServicePackage EarmarkedFunds EarmarkedFundsDocument
    EarmarkedFundsItem EarmarkedFundsDocumentItem IncotermsLocation1 IncotermsLocation2 Material
    InternationalArticleNumber ManufacturerMaterial ServicePerformer ProductType ExpectedOverallLimitAmount:n3
    OverallLimitAmount:n3 PurContractForOverallLimit PurchasingParentItem PurgConfigurableItemNumber
    PurgDocAggrgdSubitemCategory PurgDocSubitemCategory PurgExternalSortNumber Batch PurchasingItemIsFreeOfCharge:b
    ReferenceDeliveryAddressID DeliveryAddressID DeliveryAddressName DeliveryAddressName2 DeliveryAddressFullName
    DeliveryAddressStreetName DeliveryAddressHouseNumber DeliveryAddressCityName DeliveryAddressPostalCode
    DeliveryAddressRegion DeliveryAddressCountry DeliveryAddressDistrictName DownPaymentType
    DownPaymentPercentageOfTotAmt:n2 DownPaymentAmount:n3 DownPaymentDueDate:d BR_MaterialUsage BR_MaterialOrigin
    BR_CFOPCategory BR_IsProducedInHouse:b ConsumptionTaxCtrlCode PurgProdCmplncSupplierStatus
    PurgProductMarketabilityStatus PurgSafetyDataSheetStatus PurgProdCmplncDngrsGoodsStatus ProductSeasonYear
    ProductSeason ProductCollection ProductTheme SeasonCompletenessStatus ProductCharacteristic1
    ProductCharacteristic2 ProductCharacteristic3 SubItemCategory CrossPlantConfigurableProduct DiversionStatus
    ReferenceDocumentNumber ReferenceDocumentItem PurchaseOrderReferenceType ReferenceDocumentScheduleLine
    ArticleCategory ItemHasValueAddedService ValAddedSrvcParentItmNumber StockSegment RequirementSegment
    YY1_Gate_PDI
";

/// `A_PurchaseOrderScheduleLine`.
pub(super) const SCHEDULE: &str = "
    PurchasingDocument PurchasingDocumentItem ScheduleLine DelivDateCategory ScheduleLineDeliveryDate:d
    PurchaseOrderQuantityUnit ScheduleLineOrderQuantity:n3 ScheduleLineDeliveryTime:t SchedLineStscDeliveryDate:d
    PurchaseRequisition PurchaseRequisitionItem ScheduleLineCommittedQuantity:n3 PerformancePeriodStartDate:d
    PerformancePeriodEndDate:d
";

/// `A_PurchaseOrderNote`.
pub(super) const NOTE: &str = "
    PurchaseOrder TextObjectType Language PlainLongText
";

/// `A_PurchaseOrderItemNote`.
pub(super) const ITEM_NOTE: &str = "
    PurchaseOrder PurchaseOrderItem TextObjectType Language PlainLongText
";

/// `A_PurOrdAccountAssignment`.
pub(super) const ASSIGNMENT: &str = "
    PurchaseOrder PurchaseOrderItem AccountAssignmentNumber IsDeleted:b PurchaseOrderQuantityUnit Quantity:n3
    MultipleAcctAssgmtDistrPercent:n1 DocumentCurrency PurgDocNetAmount:n3 GLAccount BusinessArea CostCenter
    SalesOrder SalesOrderItem SalesOrderScheduleLine MasterFixedAsset FixedAsset GoodsRecipientName
    UnloadingPointName ControllingArea CostObject OrderID ProfitCenter WBSElementInternalID WBSElement
    WBSElementExternalID ProjectNetwork NetworkActivity RealEstateObject PartnerAccountNumber CommitmentItem
    JointVentureRecoveryCode FundsCenter Fund FunctionalArea SettlementReferenceDate:d TaxCode TaxJurisdiction
    CostCtrActivityType BusinessProcess EarmarkedFundsDocument GrantID BudgetPeriod
";

/// `A_PurOrdPricingElement`.
pub(super) const PRICING: &str = "
    PurchaseOrder PurchaseOrderItem PricingDocument PricingDocumentItem PricingProcedureStep PricingProcedureCounter
    ConditionType ConditionRateValue:n9 ConditionCurrency PriceDetnExchangeRate TransactionCurrency
    ConditionAmount:n3 ConditionQuantityUnit ConditionQuantity:n0 ConditionApplication PricingDateTime
    ConditionCalculationType ConditionBaseValue:n9 ConditionToBaseQtyNmrtr:n0 ConditionToBaseQtyDnmntr:n0
    ConditionCategory ConditionIsForStatistics:b PricingScaleType IsRelevantForAccrual:b
    CndnIsRelevantForInvoiceList ConditionOrigin IsGroupCondition CndnIsRelevantForLimitValue:b
    ConditionSequentialNumber ConditionControl ConditionInactiveReason ConditionClass
    FactorForConditionBasisValue:n2 PricingScaleBasis ConditionScaleBasisValue:n9 ConditionScaleBasisCurrency
    ConditionScaleBasisUnit CndnIsRelevantForIntcoBilling:b ConditionIsForConfiguration:b
    ConditionIsManuallyChanged:b ConditionRecord AccessNumberOfAccessSequence
";
