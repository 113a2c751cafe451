//! The tables of SuiteQL and their columns, named as in the Records Catalog; kinds as in `odata::schema`, with
//! `r/table` for a column that holds the internal id of a row there. Yes and no are the texts `T` and `F`.

use std::sync::LazyLock;

use crate::odata::schema::Schema;
use crate::odata::value::Flavour;

const TRANSACTION: &str = "
    id:i type tranid transactionnumber trandisplayname abbrevtype recordtype trandate:d createddate:o
    lastmodifieddate:o createdby:r/employee lastmodifiedby:r/employee duedate:d shipdate:d closedate:d
    entity:r/vendor employee:r/employee status approvalstatus:i currency:r/currency exchangerate:n5 memo
    foreigntotal:n2 total:n2 taxtotal:n2 terms:r/term incoterm:r/incoterm otherrefnum externalid posting void
    voided postingperiod:i source email isfinchrg nexus:i shippingaddress:r/transactionshippingaddress billingaddress:i
    custbody_cost_object custbody_priority custbody_budget:n2 custbody_approved_on:d
";

const LINE: &str = "
    id:i uniquekey:i transaction:r/transaction linesequencenumber:i mainline taxline item:r/item itemtype memo
    entity:r/vendor quantity:n3 quantityshiprecv:n3 quantitybilled:n3 quantityrejected:n3 rate:n8 netamount:n2
    foreignamount:n2 taxamount:n2 taxcode units:r/unitstypeuom location:r/location subsidiary:r/subsidiary
    department:r/department class:r/classification expenseaccount:r/account project isclosed isfullyshipped
    expectedreceiptdate:d createdfrom:r/transaction accountinglinetype linelastmodifieddate:o custcol_gate
";

const VENDOR: &str = "
    id:i entityid entitynumber:i entitytitle altname companyname legalname printoncheckas isperson isinactive
    firstname lastname email phone fax url accountnumber category:r/vendorcategory currency:r/currency
    terms:r/term subsidiary:r/subsidiary vatregnumber taxidnum comments externalid datecreated:o
    lastmodifieddate:o defaultbillingaddress:r/entityaddress defaultshippingaddress:r/entityaddress
    creditlimit:n2 balance:n2 incoterm:r/incoterm parent:r/vendor isjobresourcevend custentity_rating
";

const ADDRESS: &str = "
    nkey:i addressee attention addr1 addr2 addr3 city state zip country addrphone addrtext lastmodifieddate:o
    recordowner:r/vendor
";

const ADDRESS_BOOK: &str = "
    internalid:i entity:r/vendor addressbookaddress:r/entityaddress defaultbilling defaultshipping label
";

/// Addresses of transactions: a copy each, so that they stay when the vendor or the location moves.
const TRANSACTION_ADDRESS: &str = "
    nkey:i addressee attention addr1 addr2 addr3 city state zip country addrphone addrtext lastmodifieddate:o
    override recordowner:r/transaction
";

const ITEM_VENDOR: &str = "
    item:r/item vendor:r/vendor vendorcode purchaseprice:n2 preferredvendor subsidiary:r/subsidiary
    vendorcurrencyname itemvendorpricelines
";

const ITEM: &str = "
    id:i itemid fullname displayname description purchasedescription salesdescription storedetaileddescription
    itemtype subtype isinactive createddate:o lastmodifieddate:o cost:n2 averagecost:n2 lastpurchaseprice:n2
    totalvalue:n2 unitstype:r/unitstype stockunit:r/unitstypeuom purchaseunit:r/unitstypeuom
    saleunit:r/unitstypeuom class:r/classification subsidiary:r/subsidiary manufacturer mpn upccode
    vendorname vendor:r/vendor isserialitem islotitem isfulfillable weight:n3 weightunit:i externalid
    totalquantityonhand:n3 reorderpoint:n3 preferredstocklevel:n3 safetystocklevel:n3 leadtime:i baseprice:n2
    parent:r/item custitem_abc_class
";

const STOCK: &str = "
    item:r/item location:r/location quantityonhand:n3 quantityavailable:n3 quantityonorder:n3
    quantitycommitted:n3 quantitybackordered:n3 quantityintransit:n3 reorderpoint:n3 preferredstocklevel:n3
    safetystocklevel:n3 averagecostmli:n2 lastquantityavailablechange:o leadtime:i
";

const BALANCE: &str = "
    item:r/item location:r/location binnumber:i inventorynumber:i quantityonhand:n3 quantityavailable:n3
    quantitypicked:n3 inventorystatus:i committedqtyperlocation:n3
";

const LOCATION: &str = "
    id:i name fullname parent:r/location subsidiary:r/subsidiary isinactive makeinventoryavailable locationtype:i
    lastmodifieddate:o mainaddress:i externalid
";

const SUBSIDIARY: &str = "
    id:i name fullname legalname country currency:r/currency parent:r/subsidiary isinactive iselimination email
    url lastmodifieddate:o
";

/// All tables.
pub(super) static TABLES: LazyLock<Schema> = LazyLock::new(|| {
    let table = |schema: Schema, name: &'static str, key: &'static [&'static str], columns: &'static str| {
        schema.with(name, name, key, columns, Vec::new())
    };
    let id: &'static [&'static str] = &["id"];
    let stock: &'static [&'static str] = &["item", "location"];
    [
        ("transaction", id, TRANSACTION),
        ("transactionline", &["transaction", "id"][..], LINE),
        ("vendor", id, VENDOR),
        ("entityaddress", &["nkey"][..], ADDRESS),
        ("vendoraddressbookentityaddress", &["nkey"][..], ADDRESS),
        ("vendoraddressbook", &["internalid"][..], ADDRESS_BOOK),
        ("entityaddressbook", &["internalid"][..], ADDRESS_BOOK),
        ("transactionshippingaddress", &["nkey"][..], TRANSACTION_ADDRESS),
        ("itemvendor", &["item", "vendor"][..], ITEM_VENDOR),
        ("item", id, ITEM),
        ("inventoryitemlocations", stock, STOCK),
        ("aggregateitemlocation", stock, STOCK),
        ("inventorybalance", stock, BALANCE),
        ("location", id, LOCATION),
        ("subsidiary", id, SUBSIDIARY),
        ("currency", id, "id:i name symbol displaysymbol exchangerate:n5 isbasecurrency isinactive currencyprecision:i"),
        ("term", id, "id:i name daysuntilnetdue:i discountpercent:n2 isinactive externalid"),
        ("employee", id, "id:i entityid firstname lastname email title isinactive subsidiary:r/subsidiary supervisor:r/employee lastmodifieddate:o"),
        ("incoterm", id, "id:i name"),
        ("unitstype", id, "id:i name isinactive"),
        ("unitstypeuom", &["internalid"][..], "internalid:i unitstype:r/unitstype unitname abbreviation pluralname conversionrate:n3 baseunit"),
        ("classification", id, "id:i name fullname isinactive subsidiary:r/subsidiary"),
        ("department", id, "id:i name fullname isinactive subsidiary:r/subsidiary"),
        ("account", id, "id:i acctnumber acctname fullname accountsearchdisplayname accttype isinactive"),
        ("vendorcategory", id, "id:i name isinactive"),
        ("transactionstatus", id, "id name fullname trantype"),
    ]
    .into_iter()
    .fold(Schema::new(Flavour::SuiteQl), |schema, (name, key, columns)| table(schema, name, key, columns))
});
