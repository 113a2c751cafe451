"""mock-sap with the properties and navigations that it leaves out of SAP's services.

    serve.py [options of mock-sap]

mock-sap serves a part of what SAP's own EDMX files describe, and refuses the rest as a real Gateway refuses an unknown
property. What is declared here has the names, types and keys of those files; everything that a client meets (filters,
$expand, tokens, CSRF, errors, fault scenarios, the request log) stays mock-sap's own. Its schema is made for it:
"adding an entity set is a matter of appending to this file - no other module needs to change".
"""
import sys

from mocksap import db, schema
from mocksap.schema import BOOL, DEC, DT, ENTITY_TYPES, EntityType, Nav, Prop, S, Service

ORDER = [('PurchaseOrder', 'PurchaseOrder')]
ITEM = ORDER + [('PurchaseOrderItem', 'PurchaseOrderItem')]
PARTNER = [('BusinessPartner', 'BusinessPartner')]
ADDRESS = PARTNER + [('AddressID', 'AddressID')]


def key(name):
    return S(name, key=True, nullable=False)


def entity(name, *props, navs=()):
    ENTITY_TYPES[name] = EntityType(name, props=list(props), navs=list(navs))


def extend(name, props=(), navs=()):
    ENTITY_TYPES[name].props.extend(props)
    ENTITY_TYPES[name].navs.extend(navs)


entity('A_PurchaseOrderScheduleLine', key('PurchaseOrder'), key('PurchaseOrderItem'), key('ScheduleLine'),
       DT('ScheduleLineDeliveryDate'), DT('SchedLineStscDeliveryDate'), DEC('ScheduleLineOrderQuantity'))
entity('A_PurOrdAccountAssignment', key('PurchaseOrder'), key('PurchaseOrderItem'), key('AccountAssignmentNumber'),
       S('GLAccount'), S('CostCenter'), S('WBSElement'), S('WBSElementExternalID'), S('MasterFixedAsset'), S('OrderID'))
entity('A_PurchaseOrderNote', key('PurchaseOrder'), key('TextObjectType'), key('Language'), S('PlainLongText'))
extend('A_PurchaseOrder',
       [DT('LastChangeDateTime'), S('PurchasingDocumentDeletionCode'), S('ExchangeRate'), S('IncotermsClassification'),
        S('CorrespncInternalReference'), S('AddressName')],
       [Nav('to_PurchaseOrderNote', 'A_PurchaseOrderNote', '*', ORDER)])
extend('A_PurchaseOrderItem',
       [S('PurchasingDocumentDeletionCode'), S('PurchaseOrderItemCategory'), BOOL('IsFinallyInvoiced'),
        BOOL('GoodsReceiptIsExpected'), BOOL('PurchasingItemIsFreeOfCharge'), DEC('OrderPriceUnitToOrderUnitNmrtr'),
        DEC('OrdPriceUnitToOrderUnitDnmntr'), S('DeliveryAddressCityName')],
       [Nav('to_ScheduleLine', 'A_PurchaseOrderScheduleLine', '*', ITEM),
        Nav('to_AccountAssignment', 'A_PurOrdAccountAssignment', '*', ITEM)])

entity('A_Supplier', key('Supplier'), S('SupplierName'), S('SupplierAccountGroup'), S('VATRegistration'),
       S('SupplierProcurementBlock'), BOOL('PurchasingIsBlocked'), BOOL('PostingIsBlocked'), BOOL('DeletionIndicator'),
       BOOL('PaymentIsBlockedForSupplier'),
       navs=[Nav('to_SupplierPurchasingOrg', 'A_SupplierPurchasingOrg', '*', [('Supplier', 'Supplier')])])
entity('A_SupplierPurchasingOrg', key('Supplier'), key('PurchasingOrganization'), S('PurchaseOrderCurrency'),
       S('PaymentTerms'))
for name, value in [('A_AddressEmailAddress', 'EmailAddress'), ('A_AddressPhoneNumber', 'InternationalPhoneNumber'),
                    ('A_AddressHomePageURL', 'WebsiteURL')]:
    entity(name, key('BusinessPartner'), key('AddressID'), key('OrdinalNumber'), S(value))
extend('A_BusinessPartner',
       [Prop('LastChangeTime', 'Edm.Time'), Prop('CreationTime', 'Edm.Time'), BOOL('IsMarkedForArchiving'),
        S('OrganizationBPName2')],
       [Nav('to_Supplier', 'A_Supplier', '1', [('Supplier', 'Supplier')])])
extend('A_BusinessPartnerAddress', [S('FullName'), S('StreetPrefixName'), S('StreetSuffixName')],
       [Nav('to_EmailAddress', 'A_AddressEmailAddress', '*', ADDRESS),
        Nav('to_PhoneNumber', 'A_AddressPhoneNumber', '*', ADDRESS),
        Nav('to_URLAddress', 'A_AddressHomePageURL', '*', ADDRESS)])

entity('A_ProductUnitsOfMeasure', key('Product'), key('AlternativeUnit'), DEC('QuantityNumerator'),
       DEC('QuantityDenominator'), DEC('UnitSpecificProductLength'), DEC('UnitSpecificProductWidth'),
       DEC('UnitSpecificProductHeight'), S('ProductMeasurementUnit'))
extend('A_Product',
       [DT('LastChangeDateTime'), S('ManufacturerNumber'), S('ProductManufacturerNumber'), S('ProductStandardID'),
        S('CrossPlantStatus'), BOOL('IsBatchManagementRequired')],
       [Nav('to_ProductUnitsOfMeasure', 'A_ProductUnitsOfMeasure', '*', [('Product', 'Product')])])

STOCK = ['Material', 'Plant', 'StorageLocation', 'Batch', 'Supplier', 'Customer', 'WBSElementInternalID', 'SDDocument',
         'SDDocumentItem', 'InventorySpecialStockType', 'InventoryStockType']
entity('A_MatlStkInAcctMod', *[key(name) for name in STOCK], S('MaterialBaseUnit'), DEC('MatlWrhsStkQtyInMatlBaseUnit'))

# SAP's own name of the service; mock-sap's has _SRV behind it.
for service in [
    Service('API_BUSINESS_PARTNER', 'API_BUSINESS_PARTNER', 'Business Partner',
            {name: name for name in ENTITY_TYPES if name.startswith(('A_BusinessPartner', 'A_Supplier', 'A_Address'))
             and 'Invoice' not in name}),
    Service('API_MATERIAL_STOCK_SRV', 'API_MATERIAL_STOCK_SRV', 'Material Stock',
            {'A_MatlStkInAcctMod': 'A_MatlStkInAcctMod'}),
]:
    schema.SERVICES[service.name] = service
for service, names in [
    ('API_PURCHASEORDER_PROCESS_SRV',
     ['A_PurchaseOrderScheduleLine', 'A_PurOrdAccountAssignment', 'A_PurchaseOrderNote']),
    ('API_PRODUCT_SRV', ['A_ProductUnitsOfMeasure']),
]:
    schema.SERVICES[service].sets.update({name: name for name in names})

seed = db.seed


def seed_more(conn, *arguments, **more):
    """mock-sap's company, and values for what is declared above: computed, so that a reader can compute them too."""
    counts = seed(conn, *arguments, **more)
    run = conn.execute
    for row in conn.execute('SELECT * FROM A_PurchaseOrder').fetchall():
        order, day = row['PurchaseOrder'], str(row['PurchaseOrderDate'])[:10]
        run('UPDATE A_PurchaseOrder SET LastChangeDateTime = ?, ExchangeRate = ?, IncotermsClassification = ?, '
            'AddressName = (SELECT BusinessPartnerFullName FROM A_BusinessPartner p WHERE p.Supplier = '
            'A_PurchaseOrder.Supplier) WHERE PurchaseOrder = ?', (f'{day}T08:00:00', '1.00000', 'DAP', order))
        run('INSERT INTO A_PurchaseOrderNote VALUES (?, ?, ?, ?)', (order, 'F01', 'EN', f'For order {order}'))
        for item in conn.execute('SELECT * FROM A_PurchaseOrderItem WHERE PurchaseOrder = ?', (order,)).fetchall():
            number = item['PurchaseOrderItem']
            run('INSERT INTO A_PurchaseOrderScheduleLine VALUES (?, ?, ?, ?, ?, ?)',
                (order, number, '0001', f'{day}T00:00:00', f'{day}T00:00:00', item['OrderQuantity']))
            run('INSERT INTO A_PurOrdAccountAssignment (PurchaseOrder, PurchaseOrderItem, AccountAssignmentNumber, '
                'GLAccount, CostCenter) VALUES (?, ?, ?, ?, ?)', (order, number, '01', '0000400000', '17101301'))
    run("UPDATE A_PurchaseOrderItem SET GoodsReceiptIsExpected = 1, OrderPriceUnitToOrderUnitNmrtr = '1.000', "
        "OrdPriceUnitToOrderUnitDnmntr = '1.000'")
    run("UPDATE A_BusinessPartner SET LastChangeTime = '10:30:00', CreationTime = '09:00:00'")
    run("INSERT INTO A_Supplier (Supplier, SupplierName, SupplierAccountGroup) SELECT Supplier, BusinessPartnerFullName, "
        "'SUPL' FROM A_BusinessPartner WHERE Supplier <> ''")
    run("INSERT INTO A_SupplierPurchasingOrg SELECT Supplier, '1710', 'EUR', '0001' FROM A_Supplier")
    run("INSERT INTO A_AddressEmailAddress SELECT BusinessPartner, AddressID, '1', EmailAddress "
        "FROM A_BusinessPartnerAddress")
    run('UPDATE A_Product SET LastChangeDateTime = LastChangeDate')
    for at, row in enumerate(conn.execute('SELECT Product, BaseUnit FROM A_Product').fetchall()):
        run(f'INSERT INTO A_MatlStkInAcctMod VALUES ({", ".join("?" * 13)})',
            (row['Product'], '1710', '171A', *[''] * 7, '01', row['BaseUnit'], f'{at * 7}.250'))
    conn.commit()
    return counts


db.seed = seed_more

if __name__ == '__main__':
    from mocksap.__main__ import main
    sys.exit(main())
