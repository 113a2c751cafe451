//! One record by its id.

use super::stub::{Script, answer, client, page, system};
use crate::{
    fault::{Fault, FaultKind},
    source::{Record, Rejected, Source as _},
};

const LIST: &str = r#"
path = "/orders"
query = { "$filter" = "{where}", "$top" = "{limit}" }
records = "value"
page_size = 50
max_page_size = 50
paging = { next_link = { path = "next" } }
filter = { by_id = "id eq '{id}'" }
"#;

async fn get(
    list: &str,
    id: &str,
    script: &std::sync::Arc<Script>,
) -> Result<Option<Result<Record, Rejected>>, Fault> {
    client(&system(list), "basic", script)
        .get("purchase_order", id, false)
        .await
}

#[tokio::test(start_paused = true)]
async fn asks_for_exactly_the_key() {
    let script = Script::new([page(&["00/1 ü'"], "")]);
    let record = get(LIST, "00~2f1~20~c3~bc~27", &script)
        .await
        .expect("reads")
        .expect("there")
        .expect("maps");
    assert_eq!(record.id, "00~2f1~20~c3~bc~27");
    assert_eq!(
        script.asked(),
        ["GET /base/orders?$filter=id%20eq%20%2700/1%20%C3%BC%27%27%27&$top=1"]
    );
}

#[tokio::test(start_paused = true)]
async fn none_is_the_systems_own_word() {
    let script = Script::new([page(&[], "")]);
    assert_eq!(get(LIST, "1", &script).await, Ok(None));
    // A page that is not there says nothing about a record.
    let script = Script::new([answer(404, &[], "<html>nothing</html>")]);
    assert_eq!(
        get(LIST, "1", &script).await.expect_err("no list").kind,
        FaultKind::NotFound
    );
}

#[tokio::test(start_paused = true)]
async fn a_record_has_a_path_of_its_own() {
    let list = LIST.replace(
        "filter = { by_id = \"id eq '{id}'\" }",
        "filter = { always = [\"open\"] }\none = \"/orders/{id}\"",
    );
    let script = Script::new([page(&["a/b"], "")]);
    assert!(get(&list, "a~2fb", &script).await.expect("reads").is_some());
    // What the list is asked with does not belong there.
    assert_eq!(script.asked(), ["GET /base/orders/a%2Fb"]);
    // Nothing at its path: there is no such record.
    let script = Script::new([answer(404, &[], "{}")]);
    assert_eq!(get(&list, "1", &script).await, Ok(None));
    // Another record is still not the one.
    let script = Script::new([page(&["2"], "")]);
    assert_eq!(
        get(&list, "1", &script).await.expect_err("another").kind,
        FaultKind::Malformed
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_that_cannot_be_needs_no_question() {
    for id in ["", "a b", "1:2", "~zz"] {
        let script = Script::new([]);
        assert_eq!(get(LIST, id, &script).await, Ok(None), "{id}");
        assert!(script.sent().is_empty());
    }
    let bare = LIST.replace("'{id}'", "{id}");
    let script = Script::new([]);
    assert_eq!(get(&bare, "1~20or~201", &script).await, Ok(None));
    assert!(script.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_record_is_not_the_one() {
    let script = Script::new([page(&["2"], "")]);
    assert_eq!(
        get(LIST, "1", &script)
            .await
            .expect_err("ignores the filter")
            .kind,
        FaultKind::Malformed
    );
    let script = Script::new([page(&["ABC"], "")]);
    assert!(get(LIST, "abc", &script).await.expect("reads").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_system_that_cannot_says_so() {
    let script = Script::new([]);
    let list = LIST.replace("filter = { by_id = \"id eq '{id}'\" }", "");
    let fault = get(&list, "1", &script).await.expect_err("no by_id");
    assert_eq!(
        (fault.kind, fault.about.as_deref()),
        (FaultKind::Unsupported, Some("id"))
    );
}
