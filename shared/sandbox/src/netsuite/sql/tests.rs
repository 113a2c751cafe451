use super::evaluate::shown;
use super::run;
use crate::company::Company;
use crate::dialect::{Dialect as _, Model};
use crate::netsuite::NETSUITE;
use crate::system::Books;

const STARTED: i64 = 1_795_510_800_000;

fn books() -> Books {
    let mut books = Books::default();
    books.fill(&NETSUITE, Company::generate(STARTED, &NETSUITE));
    books
}

/// Rows as texts joined by `|`.
fn lines(books: &Books, query: &str) -> Vec<String> {
    let result = run(books, query, STARTED).unwrap_or_else(|error| panic!("{query}: {error}"));
    result
        .rows
        .iter()
        .map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|"))
        .collect()
}

#[test]
fn queries_answer() {
    let books = books();
    for (query, expected) in [
        (
            "SELECT COUNT(*) FROM transaction WHERE type = 'PurchOrd'",
            vec!["560"],
        ),
        (
            "select t.tranid from transaction t where t.id = 20123",
            vec!["PO-000123"],
        ),
        (
            "SELECT id FROM transaction WHERE id IN (20002, '20001') ORDER BY id DESC",
            vec!["20002", "20001"],
        ),
        (
            "SELECT id FROM transaction t WHERE NOT (id > 20001) AND t.type <> 'SalesOrd'",
            vec!["20001"],
        ),
        ("SELECT id FROM transaction WHERE currency IS NULL", vec!["20007"]),
        (
            "SELECT id FROM transaction WHERE lastmodifieddate IS NULL",
            vec!["20011"],
        ),
        (
            "SELECT id FROM transaction WHERE status NOT IN ('A','B','C','D','E','F','G','H')",
            vec!["20013"],
        ),
        (
            "SELECT TO_CHAR(trandate, 'YYYY-MM-DD') d FROM transaction WHERE id = 20023",
            vec!["1970-01-01"],
        ),
        (
            "SELECT trandate FROM transaction WHERE id = 20123",
            vec!["11/4/2026"],
        ),
        (
            "SELECT BUILTIN.DF(currency), BUILTIN.DF(status) s, BUILTIN.DF(entity) FROM transaction WHERE id = 20123",
            vec!["Euro|Purchase Order : Pending Receipt|10300007 Müller Präzisionsteile"],
        ),
        (
            "SELECT t.tranid, l.linesequencenumber AS n, i.itemid, l.quantity, l.rate, c.symbol \
             FROM transaction t JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'F' AND l.taxline = 'F' \
             LEFT JOIN item i ON i.id = l.item INNER JOIN currency c ON t.currency = c.id \
             WHERE t.id = 20123 ORDER BY n",
            vec![
                "PO-000123|1|MAT-0002|40|12.5|EUR",
                "PO-000123|2|MAT-0001|1000|0.15|EUR",
            ],
        ),
        (
            "SELECT l.id, NVL(BUILTIN.DF(l.item), '-') FROM transaction t, transactionline l, vendor v \
             WHERE t.id = l.transaction AND t.entity = v.id AND t.id = 20017 AND l.mainline='F' AND l.id = 1",
            vec!["1|-"],
        ),
        (
            "SELECT id FROM transaction WHERE lastmodifieddate >= TO_TIMESTAMP('2026-11-24T08:30:00Z','YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
            vec!["20530"],
        ),
        (
            "SELECT COUNT(id) FROM transaction WHERE lastmodifieddate < TO_DATE('2026-09-20', 'YYYY-MM-DD')",
            vec!["30"],
        ),
        (
            "SELECT entityid FROM vendor WHERE companyname LIKE 'M_ller%' ORDER BY id",
            vec!["10300007", "10300037"],
        ),
        ("SELECT DISTINCT type FROM transaction", vec!["PurchOrd"]),
        (
            "SELECT t.tranid, a.addr1, a.zip, a.city, a.state, a.country, BUILTIN.DF(m.location) FROM transaction t \
             JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' \
             LEFT JOIN transactionshippingaddress a ON a.nkey = t.shippingaddress WHERE t.id = 20123",
            vec!["PO-000123|Hillview Avenue 3410|94304|Palo Alto|CA|US|Palo Alto raw material"],
        ),
        (
            "SELECT id FROM transaction t WHERE (SYS_EXTRACT_UTC(t.lastmodifieddate) >= \
             TO_TIMESTAMP('2026-11-24 08:30:00', 'YYYY-MM-DD HH24:MI:SS') OR t.lastmodifieddate IS NULL) ORDER BY id",
            vec!["20011", "20530"],
        ),
        (
            "SELECT TO_CHAR(SYS_EXTRACT_UTC(lastmodifieddate), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM transaction WHERE id = 20530",
            vec!["2026-11-24T08:30:00Z"],
        ),
        (
            "SELECT b.defaultbilling, e.city FROM entityaddressbook b JOIN entityaddress e ON e.nkey = b.addressbookaddress \
             WHERE b.entity = 1007",
            vec!["T|Köln"],
        ),
        (
            "SELECT p.preferredvendor, BUILTIN.DF(i.weightunit) FROM itemvendor p JOIN item i ON i.id = p.item \
             WHERE p.item = 3001 AND p.vendorcode = i.mpn",
            vec!["T|kg"],
        ),
        (
            "SELECT CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END x, COALESCE(NULL, 'c') y, 'd' || 'e' FROM currency WHERE id = 1",
            vec!["b|c|de"],
        ),
        ("SELECT MAX(id), MIN(id) FROM transaction", vec!["20560|20001"]),
        (
            "SELECT foreigntotal FROM transaction WHERE id = 20123",
            vec!["-650"],
        ),
        (
            "SELECT rate FROM transactionline WHERE transaction = 20019 AND id = 1",
            vec!["12345678901234567.891"],
        ),
    ] {
        assert_eq!(lines(&books, query), expected, "{query}");
    }
}

#[test]
fn queries_are_refused() {
    let books = books();
    for (query, reason) in [
        (
            "SELECT nope FROM transaction",
            "Field 'nope' for record 'transaction' was not found",
        ),
        ("SELECT t.nope FROM transaction t", "Field 'nope'"),
        ("SELECT x.id FROM transaction t", "Unknown identifier 'x'"),
        ("SELECT id FROM nowhere", "Record 'nowhere' was not found"),
        (
            "SELECT id FROM transaction t JOIN transactionline l ON l.transaction = t.id",
            "ambiguous",
        ),
        ("SELECT SLEEP(1) FROM transaction", "Unknown identifier 'SLEEP'"),
        ("SELECT NVL(1) FROM transaction", "number of arguments"),
        ("SELECT id FROM transaction WHERE", "end of the query"),
        ("SELECT id FROM transaction WHERE tranid = 'x", "not closed"),
        ("DELETE FROM transaction", "SELECT is missing"),
        ("SELECT id FROM transaction LIMIT 5", "Unexpected 5"),
        ("SELECT status, COUNT(*) FROM transaction", "GROUP BY"),
    ] {
        let error = run(&books, query, STARTED).expect_err(query);
        assert!(error.contains(reason), "{query}: {error}");
    }
}

#[test]
fn a_change_reaches_every_table() {
    let mut books = books();
    books.company.orders.remove("20123");
    books.refresh(&NETSUITE, Model::PurchaseOrder, "20123");
    let query = "SELECT COUNT(*) FROM transactionline WHERE transaction = 20123";
    assert_eq!(lines(&books, query), ["0"]);
    assert!(NETSUITE.identify(Model::PurchaseOrder, "abc").is_none());
}
