//! Properties of `API_PRODUCT_SRV` and `API_MATERIAL_STOCK_SRV`, as their EDMX list them; kinds as in `odata::schema`.

/// `A_Product`.
pub(super) const PRODUCT: &str = "
    Product ProductType CrossPlantStatus CrossPlantStatusValidityDate:d CreationDate:d CreatedByUser
    LastChangeDate:d LastChangedByUser LastChangeDateTime:o IsMarkedForDeletion:b ProductOldID GrossWeight:n3
    PurchaseOrderQuantityUnit SourceOfSupply WeightUnit NetWeight:n3 CountryOfOrigin CompetitorID ProductGroup
    BaseUnit ItemCategoryGroup ProductHierarchy Division VarblPurOrdUnitIsActive VolumeUnit MaterialVolume:n3
    ANPCode Brand ProcurementRule ValidityStartDate:d LowLevelCode ProdNoInGenProdInPrepackProd
    SerialIdentifierAssgmtProfile SizeOrDimensionText IndustryStandardName ProductStandardID
    InternationalArticleNumberCat ProductIsConfigurable:b IsBatchManagementRequired:b ExternalProductGroup
    CrossPlantConfigurableProduct SerialNoExplicitnessLevel ProductManufacturerNumber ManufacturerNumber
    ManufacturerPartProfile QltyMgmtInProcmtIsActive:b IndustrySector ChangeNumber MaterialRevisionLevel
    HandlingIndicator WarehouseProductGroup WarehouseStorageCondition StandardHandlingUnitType SerialNumberProfile
    AdjustmentProfile PreferredUnitOfMeasure IsPilferable:b IsRelevantForHzdsSubstances:b QuarantinePeriod:n0
    TimeUnitForQuarantinePeriod QualityInspectionGroup AuthorizationGroup DocumentIsCreatedByCAD:b HandlingUnitType
    HasVariableTareWeight:b MaximumPackagingLength:n3 MaximumPackagingWidth:n3 MaximumPackagingHeight:n3
    UnitForMaxPackagingDimensions YY1_AbcClass_PRD
";

/// `A_ProductDescription`.
pub(super) const DESCRIPTION: &str = "
    Product Language ProductDescription
";

/// `A_ProductPlant`.
pub(super) const PLANT: &str = "
    Product Plant PurchasingGroup CountryOfOrigin RegionOfOrigin ProductionInvtryManagedLoc ProfileCode
    ProfileValidityStartDate:d AvailabilityCheckType FiscalYearVariant PeriodType ProfitCenter Commodity
    GoodsReceiptDuration:n0 MaintenanceStatusName IsMarkedForDeletion:b MRPType MRPResponsible ABCIndicator
    MinimumLotSizeQuantity:n3 MaximumLotSizeQuantity:n3 FixedLotSizeQuantity:n3 ConsumptionTaxCtrlCode IsCoProduct:b
    ProductIsConfigurable StockDeterminationGroup StockInTransferQuantity:n3 StockInTransitQuantity:n3
    HasPostToInspectionStock:b IsBatchManagementRequired:b SerialNumberProfile IsNegativeStockAllowed:b
    GoodsReceiptBlockedStockQty:n3 HasConsignmentCtrl FiscalYearCurrentPeriod FiscalMonthCurrentPeriod
    ProcurementType IsInternalBatchManaged:b ProductCFOPCategory ProductIsExciseTaxRelevant:b BaseUnit
    ConfigurableProduct GoodsIssueUnit MaterialFreightGroup OriginalBatchReferenceMaterial
    OriglBatchManagementIsRequired ProductIsCriticalPrt:b ProductLogisticsHandlingGroup
";

/// `A_ProductSupplyPlanning`.
pub(super) const PLANNING: &str = "
    Product Plant FixedLotSizeQuantity:n3 MaximumLotSizeQuantity:n3 MinimumLotSizeQuantity:n3
    LotSizeRoundingQuantity:n3 LotSizingProcedure MRPType MRPResponsible SafetyStockQuantity:n3
    MinimumSafetyStockQuantity:n3 PlanningTimeFence ABCIndicator MaximumStockQuantity:n3 ReorderThresholdQuantity:n3
    PlannedDeliveryDurationInDays:n0 SafetyDuration PlanningStrategyGroup TotalReplenishmentLeadTime:n0
    ProcurementType ProcurementSubType AssemblyScrapPercent:n2 AvailabilityCheckType GoodsReceiptDuration:n0
    MRPGroup DfltStorageLocationExtProcmt ProdRqmtsConsumptionMode BackwardCnsmpnPeriodInWorkDays
    FwdConsumptionPeriodInWorkDays BaseUnit PlanAndOrderDayDetermination RoundingProfile LotSizeIndependentCosts:n3
    MRPPlanningCalendar RangeOfCvrgPrflCode IsSafetyTime PerdPrflForSftyTme IsMRPDependentRqmt
    InHouseProductionTime:n0 ProductIsForCrossProject StorageCostsPercentageCode SrvcLvl:n1 MRPAvailabilityType
    FollowUpProduct RepetitiveManufacturingIsAllwd:b DependentRequirementsType IsBulkMaterialComponent:b
    RepetitiveManufacturingProfile RqmtQtyRcptTaktTmeInWrkgDays:n0 ForecastRequirementsAreSplit EffectiveOutDate:d
    MRPProfile ComponentScrapInPercent:n2 ProductIsToBeDiscontinued ProdRqmtsAreConsolidated
    MatlCompIsMarkedForBackflush ProposedProductSupplyArea Currency PlannedOrderActionControl
";

/// `A_ProductValuation`.
pub(super) const VALUATION: &str = "
    Product ValuationArea ValuationType ValuationClass PriceDeterminationControl StandardPrice:n3 PriceUnitQty:n0
    InventoryValuationProcedure IsMarkedForDeletion:b MovingAveragePrice:n3 ValuationCategory ProductUsageType
    ProductOriginType IsProducedInhouse:b ProdCostEstNumber ProjectStockValuationClass ValuationClassSalesOrderStock
    PlannedPrice1InCoCodeCrcy:n3 PlannedPrice2InCoCodeCrcy:n3 PlannedPrice3InCoCodeCrcy:n3
    FuturePlndPrice1ValdtyDate:d FuturePlndPrice2ValdtyDate:d FuturePlndPrice3ValdtyDate:d
    TaxBasedPricesPriceUnitQty:n0 PriceLastChangeDate:d PlannedPrice:n3 PrevInvtryPriceInCoCodeCrcy:n3 Currency
    BaseUnit
";

/// `A_ProductUnitsOfMeasure`.
pub(super) const UNITS: &str = "
    Product AlternativeUnit QuantityNumerator:n0 QuantityDenominator:n0 MaterialVolume:n3 VolumeUnit GrossWeight:n3
    WeightUnit GlobalTradeItemNumber GlobalTradeItemNumberCategory UnitSpecificProductLength:n3
    UnitSpecificProductWidth:n3 UnitSpecificProductHeight:n3 ProductMeasurementUnit LowerLevelPackagingUnit
    RemainingVolumeAfterNesting:n0 MaximumStackingFactor:i CapacityUsage:n3 BaseUnit
";

/// `A_ProductProcurement`.
pub(super) const PROCUREMENT: &str = "
    Product PurchaseOrderQuantityUnit VarblPurOrdUnitStatus PurchasingAcknProfile
";

/// `A_MatlStkInAcctMod`.
pub(super) const STOCK: &str = "
    Material Plant StorageLocation Batch Supplier Customer WBSElementInternalID SDDocument SDDocumentItem
    InventorySpecialStockType InventoryStockType MaterialBaseUnit MatlWrhsStkQtyInMatlBaseUnit:n0
";

/// `A_MaterialStock`.
pub(super) const MATERIAL_STOCK: &str = "
    Material MaterialBaseUnit
";
