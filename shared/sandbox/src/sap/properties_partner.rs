//! Properties of `API_BUSINESS_PARTNER`, as its EDMX lists them; kinds as in `odata::schema`.

/// `A_BusinessPartner`.
pub(super) const PARTNER: &str = "
    BusinessPartner Customer Supplier AcademicTitle AuthorizationGroup BusinessPartnerCategory
    BusinessPartnerFullName BusinessPartnerGrouping BusinessPartnerName BusinessPartnerUUID:g CorrespondenceLanguage
    CreatedByUser CreationDate:d CreationTime:t FirstName FormOfAddress Industry InternationalLocationNumber1
    InternationalLocationNumber2 IsFemale:b IsMale:b IsNaturalPerson IsSexUnknown:b GenderCodeName Language
    LastChangeDate:d LastChangeTime:t LastChangedByUser LastName LegalForm OrganizationBPName1 OrganizationBPName2
    OrganizationBPName3 OrganizationBPName4 OrganizationFoundationDate:d OrganizationLiquidationDate:d SearchTerm1
    SearchTerm2 AdditionalLastName BirthDate:d BusinessPartnerBirthDateStatus BusinessPartnerBirthplaceName
    BusinessPartnerDeathDate:d BusinessPartnerIsBlocked:b BusinessPartnerType ETag GroupBusinessPartnerName1
    GroupBusinessPartnerName2 IndependentAddressID InternationalLocationNumber3 MiddleName NameCountry NameFormat
    PersonFullName PersonNumber IsMarkedForArchiving:b BusinessPartnerIDByExtSystem BusinessPartnerPrintFormat
    BusinessPartnerOccupation BusPartMaritalStatus BusPartNationality BusinessPartnerBirthName
    BusinessPartnerSupplementName NaturalPersonEmployerName LastNamePrefix LastNameSecondPrefix Initials
    BPDataControllerIsNotRequired:b TradingPartner YY1_Rating_bus
";

/// `A_Supplier`.
pub(super) const SUPPLIER: &str = "
    Supplier AlternativePayeeAccountNumber AuthorizationGroup CreatedByUser CreationDate:d Customer
    PaymentIsBlockedForSupplier:b PostingIsBlocked:b PurchasingIsBlocked:b SupplierAccountGroup SupplierFullName
    SupplierName VATRegistration BirthDate:d ConcatenatedInternationalLocNo DeletionIndicator:b FiscalAddress
    Industry InternationalLocationNumber1 InternationalLocationNumber2 InternationalLocationNumber3 IsNaturalPerson
    PaymentReason ResponsibleType SuplrQltyInProcmtCertfnValidTo:d SuplrQualityManagementSystem
    SupplierCorporateGroup SupplierProcurementBlock TaxNumber1 TaxNumber2 TaxNumber3 TaxNumber4 TaxNumber5
    TaxNumberResponsible TaxNumberType SuplrProofOfDelivRlvtCode BR_TaxIsSplit:b DataExchangeInstructionKey
    YY1_Rating_sup
";

/// `A_SupplierCompany`.
pub(super) const SUPPLIER_COMPANY: &str = "
    Supplier CompanyCode AuthorizationGroup CompanyCodeName PaymentBlockingReason SupplierIsBlockedForPosting:b
    AccountingClerk AccountingClerkFaxNumber AccountingClerkPhoneNumber SupplierClerk SupplierClerkURL
    PaymentMethodsList PaymentReason PaymentTerms ClearCustomerSupplier:b IsToBeLocallyProcessed:b
    ItemIsToBePaidSeparately:b PaymentIsToBeSentByEDI:b HouseBank CheckPaidDurationInDays:n0 Currency
    BillOfExchLmtAmtInCoCodeCrcy:n3 SupplierClerkIDBySupplier ReconciliationAccount InterestCalculationCode
    InterestCalculationDate:d IntrstCalcFrequencyInMonths SupplierHeadOffice AlternativePayee LayoutSortingRule
    APARToleranceGroup SupplierCertificationDate:d SupplierAccountNote WithholdingTaxCountry DeletionIndicator:b
    CashPlanningGroup IsToBeCheckedForDuplicates:b MinorityGroup SupplierAccountGroup
";

/// `A_SupplierPurchasingOrg`.
pub(super) const SUPPLIER_PURCHASING: &str = "
    Supplier PurchasingOrganization AutomaticEvaluatedRcptSettlmt:b CalculationSchemaGroupCode DeletionIndicator:b
    EvaldReceiptSettlementIsActive:b IncotermsClassification IncotermsTransferLocation IncotermsVersion
    IncotermsLocation1 IncotermsLocation2 IncotermsSupChnLoc1AddlUUID:g IncotermsSupChnLoc2AddlUUID:g
    IncotermsSupChnDvtgLocAddlUUID:g IntrastatCrsBorderTrMode InvoiceIsGoodsReceiptBased:b
    InvoiceIsMMServiceEntryBased:b MaterialPlannedDeliveryDurn:n0 MinimumOrderAmount:n3 PaymentTerms PlanningCycle
    PricingDateControl ProdStockAndSlsDataTransfPrfl ProductUnitGroup PurOrdAutoGenerationIsAllowed:b
    PurchaseOrderCurrency PurchasingGroup PurchasingIsBlockedForSupplier:b RoundingProfile ShippingCondition
    SuplrDiscountInKindIsGranted:b SuplrInvcRevalIsAllowed:b SuplrIsRlvtForSettlmtMgmt:b
    SuplrPurgOrgIsRlvtForPriceDetn:b SupplierABCClassificationCode SupplierAccountNumber SupplierIsReturnsSupplier:b
    SupplierPhoneNumber SupplierRespSalesPersonName SupplierConfirmationControlKey IsOrderAcknRqd:b
    AuthorizationGroup SupplierAccountGroup
";

/// `A_BusinessPartnerAddress`.
pub(super) const ADDRESS: &str = "
    BusinessPartner AddressID ValidityStartDate:o ValidityEndDate:o AuthorizationGroup AddressUUID:g
    AdditionalStreetPrefixName AdditionalStreetSuffixName AddressTimeZone CareOfName CityCode CityName
    CompanyPostalCode Country County DeliveryServiceNumber DeliveryServiceTypeCode District FormOfAddress FullName
    HomeCityName HouseNumber HouseNumberSupplementText Language POBox POBoxDeviatingCityName POBoxDeviatingCountry
    POBoxDeviatingRegion POBoxIsWithoutNumber:b POBoxLobbyName POBoxPostalCode Person PostalCode PrfrdCommMediumType
    Region StreetName StreetPrefixName StreetSuffixName TaxJurisdiction TransportZone AddressIDByExternalSystem
    CountyCode TownshipCode TownshipName
";

/// `A_AddressEmailAddress`.
pub(super) const EMAIL: &str = "
    AddressID Person OrdinalNumber IsDefaultEmailAddress:b EmailAddress SearchEmailAddress
    AddressCommunicationRemarkText
";

/// `A_AddressPhoneNumber`.
pub(super) const PHONE: &str = "
    AddressID Person OrdinalNumber DestinationLocationCountry IsDefaultPhoneNumber:b PhoneNumber
    PhoneNumberExtension InternationalPhoneNumber PhoneNumberType AddressCommunicationRemarkText
";

/// `A_AddressHomePageURL`.
pub(super) const URL: &str = "
    AddressID Person OrdinalNumber ValidityStartDate:d IsDefaultURLAddress:b SearchURLAddress
    AddressCommunicationRemarkText URLFieldLength:i WebsiteURL
";

/// `A_BusinessPartnerTaxNumber`.
pub(super) const TAX: &str = "
    BusinessPartner BPTaxType BPTaxNumber BPTaxLongNumber AuthorizationGroup
";

/// `A_BusinessPartnerRole`.
pub(super) const ROLE: &str = "
    BusinessPartner BusinessPartnerRole ValidFrom:o ValidTo:o AuthorizationGroup
";

/// `A_BusinessPartnerBank`.
pub(super) const BANK: &str = "
    BusinessPartner BankIdentification BankCountryKey BankName BankNumber SWIFTCode BankControlKey
    BankAccountHolderName BankAccountName ValidityStartDate:o ValidityEndDate:o IBAN IBANValidityStartDate:d
    BankAccount BankAccountReferenceText CollectionAuthInd:b CityName AuthorizationGroup
";
