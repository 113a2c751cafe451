use std::sync::Arc;

use super::*;
use crate::{
    client::tests::stub::{Script, answer, client, fault, ok, page, system},
    transport::Response,
};

const LIST: &str = r#"
path = "/orders"
query = { "$top" = "{limit}" }
records = "value"
total = "count"
page_size = 50
max_page_size = 50
paging = { next_link = { path = "next" } }

[models.vendor]
source = "Suppliers"
key = ["id"]
fields = { name = { text = "number" } }

[models.vendor.list]
path = "/suppliers"
records = "value"
page_size = 50
max_page_size = 50
paging = { next_link = { path = "next" } }
"#;

/// Runs a check and gives the steps as they stood at the end, beside its result.
async fn run(
    method: &str,
    answers: impl IntoIterator<Item = Result<Response, Fault>>,
) -> (Vec<String>, Result<Checked, CheckFailure>, Arc<Script>) {
    run_on(LIST, method, answers).await
}

async fn run_on(
    list: &str,
    method: &str,
    answers: impl IntoIterator<Item = Result<Response, Fault>>,
) -> (Vec<String>, Result<Checked, CheckFailure>, Arc<Script>) {
    let script = Script::new(answers);
    let client = client(&system(list), method, &script);
    let models = ["purchase_order".to_owned(), "vendor".to_owned()];
    let mut last: Vec<Step> = Vec::new();
    let mut report = |step: Step| match last.iter_mut().find(|known| known.key == step.key) {
        Some(known) => {
            assert!(
                known.state == StepState::Waiting || known.state == StepState::Running,
                "{step:?} after its end"
            );
            *known = step;
        }
        None => {
            assert_eq!(step.state, StepState::Waiting, "{step:?}");
            last.push(step);
        }
    };
    let result = check(&client, &models, Duration::from_secs(25), &mut report).await;
    let line = |step: &Step| {
        let state = format!("{:?}", step.state).to_lowercase();
        [
            Some(&step.key),
            Some(&state),
            step.detail.as_ref(),
            step.hint.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" | ")
    };
    (last.iter().map(line).collect(), result, script)
}

fn token() -> Result<Response, Fault> {
    ok(r#"{"access_token":"first","token_type":"Bearer","expires_in":3600}"#)
}

#[tokio::test(start_paused = true)]
async fn all_is_well() {
    let answers = [
        answer(404, &[], ""),
        page(&["1"], r#","count":512"#),
        page(&["7"], ""),
    ];
    let (steps, result, script) = run("basic", answers).await;
    insta::assert_snapshot!(steps.join("\n"), @r"
    address | passed | https://acme.stub.example/base
    host | passed
    tls | passed
    sign_in | passed
    permission:purchase_order | passed | 512 purchase orders
    permission:vendor | passed
    first_record | passed | Purchase order N1, last changed 2026-11-20 10:00 UTC
    ");
    let checked = result.expect("good");
    assert_eq!(
        checked.models[0],
        CheckedModel {
            model: "purchase_order".to_owned(),
            total: Some(512),
            newest: None
        }
    );
    assert!(checked.refused.is_empty());
    assert_eq!(
        script.asked(),
        ["GET /base/", "GET /base/orders?$top=1", "GET /base/suppliers"]
    );
    assert!(
        script.sent()[0].headers.is_empty(),
        "the probe carries no credentials"
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_without_permission_does_not_fail_the_others() {
    let denied = answer(403, &[], r#"{"error":{"code":"X","message":"No authorization"}}"#);
    let answers = [answer(200, &[], ""), token(), page(&[], r#","count":0"#), denied];
    let (steps, result, _) = run("oauth", answers).await;
    insta::assert_snapshot!(steps.join("\n"), @r"
    address | passed | https://acme.stub.example/base
    host | passed
    tls | passed
    sign_in | passed
    permission:purchase_order | passed | 0 purchase orders
    permission:vendor | failed | The credentials are right, but a permission for this is missing in the system. The system says: No authorization | The account may not read vendors: give it permission for “Suppliers” in Stub ERP, then try again.
    first_record | skipped | There is no record yet.
    ");
    let checked = result.expect("one model can be read");
    assert_eq!(checked.models.len(), 1);
    assert_eq!(checked.refused[0].0, "vendor");
}

#[tokio::test(start_paused = true)]
async fn no_permission_at_all_fails() {
    let denied = || answer(403, &[], "{}");
    let (_, result, _) = run("basic", [answer(200, &[], ""), denied(), denied()]).await;
    let failure = result.expect_err("nothing can be read");
    assert_eq!(
        (failure.step.as_str(), failure.fault.kind),
        ("permission:purchase_order", FaultKind::Denied)
    );
    assert!(failure.hint.is_some());
}

#[tokio::test(start_paused = true)]
async fn each_failure_names_its_step_and_what_to_do() {
    let up = || answer(200, &[], "");
    let refused = || answer(401, &[], "{}");
    let cases = [
        ("basic", vec![fault(FaultKind::Unresolved)], "host"),
        ("basic", vec![fault(FaultKind::Blocked)], "host"),
        ("basic", vec![fault(FaultKind::Unreachable)], "host"),
        ("basic", vec![fault(FaultKind::Timeout)], "host"),
        ("basic", vec![fault(FaultKind::Tls)], "tls"),
        ("basic", vec![up(), refused()], "sign_in"),
        ("basic", vec![up(), answer(503, &[], "")], "sign_in"),
        (
            "oauth",
            vec![up(), answer(401, &[], r#"{"error":"invalid_client"}"#)],
            "sign_in",
        ),
        ("oauth", vec![up(), fault(FaultKind::Unresolved)], "sign_in"),
        (
            "oauth",
            vec![up(), token(), refused(), token(), refused()],
            "sign_in",
        ),
        (
            "oauth",
            vec![up(), token(), fault(FaultKind::Unreachable)],
            "permission:purchase_order",
        ),
        (
            "basic",
            vec![up(), ok("<html>Welcome</html>")],
            "permission:purchase_order",
        ),
        (
            "basic",
            vec![up(), page(&["1"], ""), answer(429, &[("retry-after", "9")], "")],
            "permission:vendor",
        ),
    ];
    let mut told = Vec::new();
    for (method, answers, step) in cases {
        let (steps, result, _) = run(method, answers).await;
        let failure = result.expect_err(step);
        assert_eq!(failure.step, step, "{failure:?}");
        assert!(
            steps
                .iter()
                .any(|line| line.starts_with(&format!("{step} | failed | "))),
            "{steps:?}"
        );
        assert!(
            !steps
                .iter()
                .any(|line| line.contains("| waiting") || line.contains("| running")),
            "{steps:?}"
        );
        assert!(!format!("{steps:?}{failure:?}").contains("hunter2"));
        told.push(format!(
            "{step} {}: {}",
            failure.fault.kind.as_str(),
            failure.hint.expect("a hint")
        ));
    }
    assert_eq!(
        told[0].replace("unresolved", "blocked"),
        told[1],
        "both read the same"
    );
    insta::assert_snapshot!(told.join("\n"), @r"
    host unresolved: No host with this name was found: check “Tenant” for typing errors.
    host blocked: No host with this name was found: check “Tenant” for typing errors.
    host unreachable: The host is there, but nothing answers at the address: check the port, that Stub ERP is running, and that its firewall lets us in.
    host timeout: Nothing came back in time: try again in a minute. If it stays so, a firewall on the way to Stub ERP may be dropping the connection.
    tls tls: The certificate of the host is not one that can be trusted: it must come from a public authority, be valid today, and be made out for exactly this host name.
    sign_in unauthorized: Check “User” and “Password”, and that the account is neither locked nor expired.
    sign_in unavailable: Stub ERP is there, but does not work at the moment: try again in some minutes.
    sign_in unauthorized: Check “Client id” and “Client secret”, and that the account is neither locked nor expired.
    sign_in unresolved: No host with this name was found: check the sign-in address for typing errors.
    sign_in unauthorized: Check “Client id” and “Client secret”, and that the account is neither locked nor expired.
    permission:purchase_order unreachable: The host is there, but nothing answers at the address: check the port, that Stub ERP is running, and that its firewall lets us in.
    permission:purchase_order malformed: What answers there is not Stub ERP's interface (REST), but perhaps a web page or a proxy: check “Tenant”.
    permission:vendor rate_limited: Stub ERP asks to wait: try again in 9 seconds.
    ");
}

#[tokio::test(start_paused = true)]
async fn a_check_ends_in_time() {
    struct Silent;
    #[async_trait::async_trait]
    impl crate::transport::Transport for Silent {
        async fn send(&self, _: crate::transport::Request) -> Result<Response, Fault> {
            std::future::pending().await
        }
    }
    let connector = system(LIST);
    let budget = crate::budget::Budget::new(connector.manifest().limits);
    let outside = crate::client::Outside::new(Arc::new(Silent), budget);
    let instance = crate::client::tests::stub::instance("basic");
    let client = Arc::new(Client::new(connector, instance, outside, &[]).expect("a client"));
    let before = Instant::now();
    let failure = check(
        &client,
        &["vendor".to_owned()],
        Duration::from_secs(25),
        &mut |_| (),
    )
    .await
    .expect_err("silent");
    assert_eq!(
        (failure.step.as_str(), failure.fault.kind),
        (HOST, FaultKind::Timeout)
    );
    assert_eq!(before.elapsed(), Duration::from_secs(25));
}

/// A list whose look tells the total, and brings the newest record.
fn looked_at() -> String {
    let look = r#"
[models.purchase_order.list.look]
query = { "$count" = "true", "$top" = "1" }
total = "all"
newest_first = true

[models.vendor]"#;
    LIST.replacen("\n[models.vendor]", look, 1)
}

#[tokio::test(start_paused = true)]
async fn a_look_tells_what_there_is() {
    let answers = [
        answer(200, &[], ""),
        page(&["1"], ""),
        page(&["9"], r#","all":1204"#),
        page(&["7"], ""),
    ];
    let (steps, result, script) = run_on(&looked_at(), "basic", answers).await;
    assert!(
        steps.contains(&"permission:purchase_order | passed | 1204 purchase orders".to_owned()),
        "{steps:?}"
    );
    let checked = result.expect("good");
    assert_eq!(checked.models[0].total, Some(1204));
    assert_eq!(
        checked.models[0].newest,
        Some("2026-11-20T10:00:00Z".parse().expect("a time"))
    );
    assert_eq!((checked.models[1].total, checked.models[1].newest), (None, None));
    assert_eq!(script.asked()[2], "GET /base/orders?$count=true&$top=1");
}

#[tokio::test(start_paused = true)]
async fn a_system_that_does_not_count_is_connected_all_the_same() {
    let refused = answer(
        400,
        &[],
        r#"{"error":{"code":"X","message":"$count is not supported"}}"#,
    );
    let answers = [answer(200, &[], ""), page(&["1"], ""), refused, page(&["7"], "")];
    let (steps, result, _) = run_on(&looked_at(), "basic", answers).await;
    assert!(
        steps.contains(&"permission:purchase_order | passed".to_owned()),
        "{steps:?}"
    );
    assert_eq!(result.expect("good").models.len(), 2);
}
