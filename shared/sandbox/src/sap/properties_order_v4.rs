//! Properties of `API_PURCHASEORDER_2`, as its EDMX lists them; kinds as in `odata::schema`.

/// `PurchaseOrder`.
pub(super) const ORDER: &str = "
    PurchaseOrder PurchaseOrderType PurchaseOrderSubtype PurchasingDocumentOrigin PurchasingDocumentProcessCode
    CreatedByUser CreationDate:d PurchaseOrderDate:d LastChangeDateTime:o ValidityStartDate:d ValidityEndDate:d
    Language PurchaseOrderDeletionCode ReleaseIsNotCompleted:b PurchasingCompletenessStatus:b
    PurchasingProcessingStatus PurgReleaseSequenceStatus ReleaseCode PurchasingReleaseStrategy
    PurgReasonForDocCancellation CompanyCode PurchasingOrganization PurchasingGroup Supplier ManualSupplierAddressID
    SupplierAddressID SupplierRespSalesPersonName SupplierPhoneNumber SupplyingSupplier SupplyingPlant
    InvoicingParty Customer PurchaseContract SupplierQuotationExternalID QuotationSubmissionDate:d
    ItemNumberIntervalForSubItems PaymentTerms CashDiscount1Days:n0 CashDiscount2Days:n0 NetPaymentDays:n0
    CashDiscount1Percent:n3 CashDiscount2Percent:n3 DownPaymentType DownPaymentPercentageOfTotAmt:n2
    DownPaymentAmount:n2 DownPaymentDueDate:d IncotermsClassification IncotermsTransferLocation IncotermsVersion
    IncotermsLocation1 IncotermsLocation2 IsIntrastatReportingRelevant:b IsIntrastatReportingExcluded:b
    CorrespncExternalReference CorrespncInternalReference PricingDocument PricingProcedure DocumentCurrency
    ExchangeRate:n5 ExchangeRateIsFixed:b TaxReturnCountry VATRegistrationCountry PurgAggrgdProdCmplncSuplrSts
    PurgAggrgdProdMarketabilitySts PurgAggrgdSftyDataSheetStatus PurgProdCmplncTotDngrsGoodsSts YY1_CostObject_PDH
    YY1_Priority_PDH YY1_Budget_PDH:n2 YY1_ApprovedOn_PDH:d
";

/// `PurchaseOrderItem`.
pub(super) const ITEM: &str = "
    PurchaseOrder PurchaseOrderItem PurchaseOrderCategory DocumentCurrency PurchasingDocumentDeletionCode
    MaterialGroup Material MaterialType SupplierMaterialNumber SupplierSubrange ManufacturerPartNmbr Manufacturer
    ManufacturerMaterial PurchaseOrderItemText ProductTypeCode CompanyCode Plant ManualDeliveryAddressID
    ReferenceDeliveryAddressID Customer Subcontractor SupplierIsSubcontractor:b CrossPlantConfigurableProduct
    ArticleCategory PlndOrderReplnmtElmntType ProductPurchasePointsQtyUnit ProductPurchasePointsQty:n3
    StorageLocation PurchaseOrderQuantityUnit OrderItemQtyToBaseQtyNmrtr:n0 OrderItemQtyToBaseQtyDnmntr:n0
    NetPriceQuantity:n0 IsCompletelyDelivered:b IsFinallyInvoiced:b GoodsReceiptIsExpected:b InvoiceIsExpected:b
    IsOrderAcknRqd:b InvoiceIsGoodsReceiptBased:b PurchaseContract PurchaseContractItem PurchaseRequisition
    PurchaseRequisitionItem RequirementTracking SupplierQuotation SupplierQuotationItem EvaldRcptSettlmtIsAllowed:b
    UnlimitedOverdeliveryIsAllowed:b OverdelivTolrtdLmtRatioInPct:n1 UnderdelivTolrtdLmtRatioInPct:n1
    RequisitionerName PlannedDeliveryDurationInDays:n0 GoodsReceiptDurationInDays:n0 PartialDeliveryIsAllowed
    ConsumptionPosting ServicePerformer ServicePackage BaseUnit PurchaseOrderItemCategory ProfitCenter
    OrderPriceUnit ItemVolumeUnit ItemWeightUnit MultipleAcctAssgmtDistribution PartialInvoiceDistribution
    PricingDateControl IsStatisticalItem:b PurchasingParentItem GoodsReceiptLatestCreationDate:d IsReturnsItem:b
    PurchasingOrderReason IncotermsClassification IncotermsTransferLocation IncotermsLocation1 IncotermsLocation2
    PriorSupplier InternationalArticleNumber IntrastatServiceCode CommodityCode MaterialFreightGroup
    DiscountInKindEligibility PurgItemIsBlockedForDelivery:b SupplierConfirmationControlKey PurgDocOrderAcknNumber
    PriceIsToBePrinted:b AccountAssignmentCategory PurchasingInfoRecord NetAmount:n2 GrossAmount:n2
    EffectiveAmount:n2 Subtotal1Amount:n2 Subtotal2Amount:n2 Subtotal3Amount:n2 Subtotal4Amount:n2
    Subtotal5Amount:n2 Subtotal6Amount:n2 OrderQuantity:n3 NetPriceAmount:n2 ItemVolume:n3 ItemGrossWeight:n3
    ItemNetWeight:n3 OrderPriceUnitToOrderUnitNmrtr:n0 OrdPriceUnitToOrderUnitDnmntr:n0 GoodsReceiptIsNonValuated:b
    TaxCode TaxJurisdiction TaxCountry TaxDeterminationDate:d ShippingInstruction NonDeductibleInputTaxAmount:n2
    StockType ValuationType ValuationCategory ItemIsRejectedBySupplier:b PurgDocPriceDate:d
    PurchasingInfoRecordUpdateCode InventorySpecialStockType DeliveryDocumentType IssuingStorageLocation
    AllocationTable AllocationTableItem RetailPromotion PurgConfigurableItemNumber PurgDocAggrgdSubitemCategory
    PurgExternalSortNumber Batch PurchasingItemIsFreeOfCharge:b DownPaymentType DownPaymentPercentageOfTotAmt:n2
    DownPaymentAmount:n2 DownPaymentDueDate:d ExpectedOverallLimitAmount:n2 OverallLimitAmount:n2
    PurContractForOverallLimit PurContractItemForOverallLimit PurgProdCmplncSupplierStatus
    PurgProductMarketabilityStatus PurgSafetyDataSheetStatus PurgProdCmplncDngrsGoodsStatus BR_MaterialOrigin
    BR_MaterialUsage BR_CFOPCategory BR_NCM ConsumptionTaxCtrlCode BR_IsProducedInHouse:b ProductSeasonYear
    ProductSeason ProductCollection ProductTheme SeasonCompletenessStatus ShippingGroupRule ShippingGroupNumber
    ProductCharacteristic1 ProductCharacteristic2 ProductCharacteristic3 PurgDocSubitemCategory DiversionStatus
    ReferenceDocumentNumber ReferenceDocumentItem PurchaseOrderReferenceType ItemHasValueAddedService:b
    ValAddedSrvcParentItmNumber StockSegment YY1_Gate_PDI
";

/// `PurchaseOrderScheduleLine`.
pub(super) const SCHEDULE: &str = "
    PurchaseOrder PurchaseOrderItem ScheduleLine ScheduleLineDeliveryDate:d SchedLineStscDeliveryDate:d
    PerformancePeriodStartDate:d PerformancePeriodEndDate:d ScheduleLineDeliveryTime:t Batch BatchBySupplier
    ScheduleLineOrderQuantity:n3 OpenPurchaseOrderQuantity:n3 PurchaseOrderQuantityUnit Currency PurchaseRequisition
    PurchaseRequisitionItem DelivDateCategory ScheduleLineOrderDate:d ProductAvailabilityDate:d LoadingDate:d
    LoadingTime:t TransportationPlanningDate:d TransportationPlanningTime:t GoodsIssueDate:d GoodsIssueTime:t
    RouteSchedule ProductAvailabilityTime:t
";

/// `PurchaseOrderNote`.
pub(super) const NOTE: &str = "
    PurchaseOrder TextObjectType Language PlainLongText
";

/// `PurchaseOrderItemNote`.
pub(super) const ITEM_NOTE: &str = "
    PurchaseOrder PurchaseOrderItem TextObjectType Language PlainLongText PurchaseOrderItemUniqueID
";

/// `PurchaseOrderAccountAssignment`.
pub(super) const ASSIGNMENT: &str = "
    PurchaseOrder PurchaseOrderItem AccountAssignmentNumber CostCenter MasterFixedAsset ProjectNetwork
    NetworkActivity OrderQuantityUnit Quantity:n3 MultipleAcctAssgmtDistrPercent:n1 DocumentCurrency
    PurgDocNetAmount:n2 IsDeleted:b GLAccount BusinessArea SalesOrder SalesOrderItem SalesOrderScheduleLine
    FixedAsset OrderID UnloadingPointName ControllingArea CostObject ProfitCenter WBSElementInternalID
    WBSElementExternalID ProjectNetworkInternalID CommitmentItemShortID FundsCenter Fund FunctionalArea
    GoodsRecipientName IsFinallyInvoiced:b NetworkActivityInternalID PartnerAccountNumber
    JointVentureRecoveryCode SettlementReferenceDate:d OrderInternalID OrderIntBillOfOperationsItem TaxCode
    TaxJurisdiction NonDeductibleInputTaxAmount:n2 CostCtrActivityType BusinessProcess GrantID BudgetPeriod
    EarmarkedFundsDocument EarmarkedFundsDocumentItem ValidityDate:d ChartOfAccounts ServiceDocumentType
    ServiceDocument ServiceDocumentItem CreationDate:d IsAcctLineFinal:b AcctLineFinalReason CompanyCode
";

/// `PurOrderItemPricingElement`, without its two floats and its bytes.
pub(super) const PRICING: &str = "
    PurchaseOrder PurchaseOrderItem PricingDocument PricingDocumentItem PricingProcedureStep
    PricingProcedureCounter ConditionApplication ConditionType PriceConditionDeterminationDte:d
    ConditionCalculationType ConditionBaseAmount:n9 ConditionBaseValue:n9 ConditionRateAmount:n9
    ConditionRateRatio:n9 ConditionRateRatioUnit ConditionCurrency PriceDetnExchangeRate:n5
    ConditionQuantity:n0 ConditionQuantityUnit ConditionToBaseQtyNmrtr:n0 ConditionToBaseQtyDnmntr:n0
    ConditionCategory ConditionIsForStatistics:b PricingScaleType IsRelevantForAccrual:b
    CndnIsRelevantForInvoiceList:b ConditionOrigin IsGroupCondition:b AccessNumberOfAccessSequence
    ConditionRecord ConditionSequentialNumber AccountKeyForGLAccount GLAccount TaxCode
    AcctKeyForAccrualsGLAccount AccrualsGLAccount WithholdingTaxCode FreightSupplier
    CndnRoundingOffDiffAmount:n2 ConditionAmount:n2 TransactionCurrency ConditionControl
    ConditionInactiveReason ConditionClass PrcgProcedureCounterForHeader StructureCondition
    PricingScaleBasis ConditionScaleBasisValue:n9 ConditionScaleBasisUnit ConditionScaleBasisCurrency
    ConditionAlternativeCurrency ConditionAmountInLocalCrcy:n2 CndnIsRelevantForIntcoBilling:b
    ConditionIsManuallyChanged:b BillingPriceSource TaxJurisdictionLevel CndnIsRelevantForLimitValue:b
    ConditionBasisLimitExceeded ConditionAmountLimitExceeded CumulatedConditionBasisValue:n9
    CustomerRebateRecipient ConditionIsForConfiguration:b VariantCondition ConditionAcctAssgmtRelevance
    ConditionMatrixMaintRelevance ConfigblParametersAndFormulas:g ConditionAdjustedQuantity:n14
    ConditionTypeName ConditionBaseValueIntlUnit ConditionBaseValueUnit ConditionRateValueIntlUnit
    ConditionRateValueUnit TaxCodeName ConditionIsDeletable:b PricingProcedure SuperordinateDocument
    SuperordinateDocumentItem
";

/// `PurOrderItemDeliveryAddress`.
pub(super) const DELIVERY_ADDRESS: &str = "
    PurchaseOrder PurchaseOrderItem DeliveryAddressID AddressID AddressPersonID AddressRepresentationCode
    CorrespondenceLanguage PrfrdCommMediumType AddresseeFullName OrganizationName1 OrganizationName2
    OrganizationName3 OrganizationName4 AddressSearchTerm1 AddressSearchTerm2 CityName DistrictName
    VillageName PostalCode CompanyPostalCode StreetName StreetPrefixName1 StreetPrefixName2
    StreetSuffixName1 StreetSuffixName2 HouseNumber HouseNumberSupplementText Building Floor RoomNumber
    Country Region FormOfAddress TaxJurisdiction TransportZone POBox POBoxIsWithoutNumber:b POBoxPostalCode
    POBoxLobbyName POBoxDeviatingCityName POBoxDeviatingRegion POBoxDeviatingCountry CareOfName
    DeliveryServiceTypeCode DeliveryServiceNumber AddressTimeZone EmailAddress RegionalStructureCheckStatus
";

/// `PurchaseOrderSupplierAddress`.
pub(super) const SUPPLIER_ADDRESS: &str = "
    SupplierAddressID PurchaseOrder AddressID AddressPersonID AddressRepresentationCode
    CorrespondenceLanguage PrfrdCommMediumType AddresseeFullName OrganizationName1 OrganizationName2
    OrganizationName3 OrganizationName4 AddressSearchTerm1 AddressSearchTerm2 CityName DistrictName
    VillageName PostalCode CompanyPostalCode StreetName StreetPrefixName1 StreetPrefixName2
    StreetSuffixName1 StreetSuffixName2 HouseNumber HouseNumberSupplementText Building Floor RoomNumber
    Country Region FormOfAddress TaxJurisdiction TransportZone POBox POBoxIsWithoutNumber:b POBoxPostalCode
    POBoxLobbyName POBoxDeviatingCityName POBoxDeviatingRegion POBoxDeviatingCountry CareOfName
    DeliveryServiceTypeCode DeliveryServiceNumber AddressTimeZone EmailAddress RegionalStructureCheckStatus
";
