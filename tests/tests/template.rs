//! What template.yaml says and what the code does are the same: functions, variables, routes, queues, tables,
//! permissions. Whether the template is a good one, tests/aws/template.py asks of its expansion.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use manifold_domain::{ports::QueueName, store::due};
use manifold_functions::{environment, routes};
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::{Map, Value, json};

use crate::architecture;

/// The template with CloudFormation's short tags as the long form: `!Ref X` as `{"Ref": "X"}`.
fn template() -> Value {
    let text = fs::read_to_string(architecture::root().join("template.yaml")).expect("template.yaml");
    let documents = Yaml::load_from_str(&text).expect("YAML");
    value(&documents[0])
}

fn value(yaml: &Yaml) -> Value {
    if let Yaml::Tagged(tag, inner) = yaml {
        let name = if tag.suffix == "Ref" {
            "Ref".to_owned()
        } else {
            format!("Fn::{}", tag.suffix)
        };
        return json!({ name: value(inner) });
    }
    if let Some(text) = yaml.as_str() {
        return json!(text);
    }
    if let Some(entries) = yaml.as_sequence() {
        return entries.iter().map(value).collect();
    }
    if let Some(fields) = yaml.as_mapping() {
        let named = fields
            .iter()
            .map(|(name, inner)| (name.as_str().expect("a name").to_owned(), value(inner)));
        return Value::Object(named.collect::<Map<_, _>>());
    }
    if let Some(number) = yaml.as_integer() {
        return json!(number);
    }
    yaml.as_bool().map_or(Value::Null, Value::from)
}

/// Resources of a type with their properties.
fn of_type(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_object().expect("resources");
    let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    of_kind
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect()
}

/// A list, or the one that stands for a list of one.
fn many(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(entries) => entries.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// `api`, `connect`, …: what stands in functions/src/bin.
fn binaries() -> BTreeSet<String> {
    let folder = architecture::root().join("functions/src/bin");
    let files = fs::read_dir(folder).expect("functions/src/bin");
    let stem = |file: fs::DirEntry| {
        file.path()
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    files.map(|file| stem(file.expect("an entry"))).collect()
}

/// `api` of `ApiFunction`.
fn word(resource: &str, kind: &str) -> String {
    resource
        .strip_suffix(kind)
        .unwrap_or_else(|| panic!("{resource} is named …{kind}"))
        .to_lowercase()
}

#[test]
fn each_binary_is_a_function_of_its_name() {
    let template = template();
    let functions = of_type(&template, "AWS::Serverless::Function");
    assert_eq!(
        functions
            .keys()
            .map(|name| word(name, "Function"))
            .collect::<BTreeSet<_>>(),
        binaries()
    );
    for (name, properties) in functions {
        let binary = &template["Resources"][&name]["Metadata"]["BuildProperties"]["Binary"];
        assert_eq!(*binary, word(&name, "Function"), "{name}");
        let role = name.replace("Function", "Role.Arn");
        assert_eq!(
            properties["Role"],
            json!({"Fn::GetAtt": role}),
            "{name} has a role of its own"
        );
    }
}

#[test]
fn functions_are_given_what_they_read() {
    let template = template();
    let given = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_object()
        .expect("variables")
        .clone();
    let read: BTreeSet<&str> = environment::NAMES.iter().copied().collect();
    assert_eq!(given.keys().map(String::as_str).collect::<BTreeSet<_>>(), read);
    for (name, properties) in of_type(&template, "AWS::Serverless::Function") {
        assert_eq!(
            properties["Environment"],
            Value::Null,
            "{name} has variables of its own, which no code reads"
        );
    }
}

#[test]
fn the_gateway_routes_as_the_code_does() {
    let template = template();
    let mut routed = BTreeMap::new();
    for (name, properties) in of_type(&template, "AWS::ApiGatewayV2::Route") {
        let target = properties["Target"]["Fn::Sub"].as_str().unwrap_or_default();
        let integration = target
            .trim_start_matches("integrations/${")
            .trim_end_matches('}')
            .to_owned();
        let key = properties["RouteKey"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} has a key"))
            .to_owned();
        routed.insert(key, word(&integration, "Integration"));
    }
    let mut expected = BTreeMap::from([("$default".to_owned(), "api".to_owned())]);
    for (function, table) in [
        ("connect", routes::CONNECT),
        ("connect", routes::CONNECT_PAGES),
        ("disconnect", routes::DISCONNECT),
        ("disconnect", routes::DISCONNECT_PAGES),
    ] {
        expected.extend(
            table
                .iter()
                .map(|(method, path)| (format!("{method} {path}"), function.to_owned())),
        );
    }
    assert_eq!(routed, expected);
    for (name, properties) in of_type(&template, "AWS::ApiGatewayV2::Integration") {
        let function = format!("{}.Arn", name.replace("Integration", "Function"));
        assert_eq!(
            properties["IntegrationUri"],
            json!({"Fn::GetAtt": function}),
            "{name}"
        );
        assert_eq!(
            properties["PayloadFormatVersion"], "2.0",
            "{name}: what lambda_http and the local gateway speak"
        );
    }
    // Each route is one that the description knows, but for pages.
    let described = manifold_functions::openapi::document();
    for (key, _) in routed.iter().filter(|(key, _)| key.contains(" /v1/")) {
        let (method, path) = key.split_once(' ').expect("a method and a path");
        assert!(
            described["paths"][path][method.to_lowercase()].is_object(),
            "{key} is described"
        );
    }
}

#[test]
fn each_queue_that_is_used_is_there_and_wakes_its_function() {
    let template = template();
    let queues = of_type(&template, "AWS::SQS::Queue");
    let functions = of_type(&template, "AWS::Serverless::Function");
    for queue in QueueName::ALL {
        let name = queue.as_str();
        let function = functions
            .iter()
            .find(|(function, _)| word(function, "Function") == name);
        let (function, properties) = function.unwrap_or_else(|| panic!("{name} has no function"));
        let resource = function.replace("Function", "Queue");
        assert!(queues.contains_key(&resource), "{resource}");
        let events = properties["Events"].as_object().expect("events");
        let wakes =
            |event: &&Value| event["Properties"]["Queue"] == json!({"Fn::GetAtt": format!("{resource}.Arn")});
        let wake = events
            .values()
            .find(wakes)
            .unwrap_or_else(|| panic!("{resource} wakes {function}"));
        assert_eq!(
            wake["Properties"]["FunctionResponseTypes"],
            json!(["ReportBatchItemFailures"]),
            "as {name}::handle answers"
        );
        let variable = format!("{}_QUEUE_URL", name.to_uppercase());
        assert!(environment::NAMES.contains(&variable.as_str()), "{variable}");
        let given = &template["Globals"]["Function"]["Environment"]["Variables"][&variable];
        assert_eq!(*given, json!({ "Ref": resource }));
        let redrive = &queues[&resource]["RedrivePolicy"]["maxReceiveCount"];
        assert_eq!(
            *redrive,
            json!(manifold_local::queue::MOST_RECEIVES),
            "as often as the local queue gives it out"
        );
    }
}

#[test]
fn tables_are_as_the_store_makes_them() {
    let template = template();
    let tables = of_type(&template, "AWS::DynamoDB::Table");
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["RecordsTable", "StateTable"]);
    let keys = |of: &Value| -> Vec<(Value, Value)> {
        many(&of["KeySchema"])
            .iter()
            .map(|key| (key["AttributeName"].clone(), key["KeyType"].clone()))
            .collect()
    };
    for (name, table) in &tables {
        assert_eq!(
            keys(table),
            [(json!("pk"), json!("HASH")), (json!("sk"), json!("RANGE"))],
            "{name}"
        );
        assert_eq!(
            table["TimeToLiveSpecification"]["AttributeName"], "expires_at",
            "{name}"
        );
    }
    let indexes = many(&tables["StateTable"]["GlobalSecondaryIndexes"]);
    assert_eq!(indexes.len(), 1);
    assert_eq!(indexes[0]["IndexName"], due::INDEX);
    assert_eq!(
        keys(&indexes[0]),
        [
            (json!(due::SHARD), json!("HASH")),
            (json!(due::AT), json!("RANGE"))
        ]
    );
    assert_eq!(indexes[0]["Projection"]["ProjectionType"], "KEYS_ONLY");
    assert_eq!(tables["RecordsTable"]["GlobalSecondaryIndexes"], Value::Null);
}

/// Actions of a role on what `resource` is part of.
fn actions(template: &Value, role: &str, resource: &str) -> BTreeSet<String> {
    let policies = many(&template["Resources"][role]["Properties"]["Policies"]);
    let statements = policies
        .iter()
        .flat_map(|policy| many(&policy["PolicyDocument"]["Statement"]));
    let about = statements.filter(|statement| statement["Resource"].to_string().contains(resource));
    about
        .flat_map(|statement| many(&statement["Action"]))
        .filter_map(|action| action.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn each_function_may_do_what_it_does_and_no_more() {
    let template = template();
    let mut policies = of_type(&template, "AWS::IAM::Role");
    policies.extend(of_type(&template, "AWS::IAM::ManagedPolicy"));
    for (name, properties) in &policies {
        let own = many(&properties["Policies"]);
        let documents = own
            .iter()
            .map(|policy| &policy["PolicyDocument"])
            .chain([&properties["PolicyDocument"]]);
        for statement in documents.flat_map(|document| many(&document["Statement"])) {
            for action in many(&statement["Action"]) {
                let action = action.as_str().expect("an action");
                assert!(
                    !action.contains('*') && !action.ends_with(":Scan"),
                    "{name} may {action}"
                );
            }
        }
    }
    // A connection's secret is written where somebody connects, read where its system is asked, destroyed where
    // it ends, and nowhere else.
    let vault = |function: &str| -> BTreeSet<String> {
        let granted = actions(&template, &format!("{function}Role"), "/vault/*");
        granted
            .iter()
            .map(|action| action.trim_start_matches("secretsmanager:").to_owned())
            .collect()
    };
    let set = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let all = set(&["CreateSecret", "PutSecretValue", "GetSecretValue", "DeleteSecret"]);
    assert_eq!(vault("Connect"), all);
    assert_eq!(vault("Sync"), all, "it works on attempts to connect too");
    assert_eq!(vault("Api"), set(&["GetSecretValue"]));
    assert_eq!(vault("Disconnect"), set(&["DeleteSecret"]));
    assert_eq!(vault("Schedule"), set(&["DeleteSecret"]));
    // Whoever never touches records may not.
    for function in ["Connect", "Disconnect"] {
        assert_eq!(
            actions(&template, &format!("{function}Role"), "RecordsTable"),
            set(&[]),
            "{function}"
        );
    }
    assert_eq!(vault("Deliver"), set(&[]));
    assert_eq!(
        actions(&template, "DeliverRole", "RecordsTable"),
        set(&["dynamodb:Query"]),
        "it reads the journal"
    );
    for function in ["Api", "Connect", "Disconnect", "Schedule", "Sync", "Deliver"] {
        for queue in ["Sync", "Deliver"] {
            let granted = actions(&template, &format!("{function}Role"), &format!("{queue}Queue"));
            assert_eq!(
                granted.contains("sqs:ReceiveMessage"),
                function == queue,
                "{function} and {queue}"
            );
        }
        // Whatever writes an event wakes whoever delivers it.
        let granted = actions(&template, &format!("{function}Role"), "DeliverQueue");
        assert!(granted.contains("sqs:SendMessage"), "{function}");
    }
}

/// Names of metrics in namespace `Manifold` that a text asks CloudWatch for.
fn asked_for(text: &str) -> BTreeSet<String> {
    let quoted = text.split("\"Manifold\", \"").skip(1);
    let named = text
        .split("Namespace: Manifold")
        .skip(1)
        .filter_map(|rest| rest.split("MetricName: ").nth(1));
    quoted
        .chain(named)
        .map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
        .collect()
}

#[test]
fn alarms_and_pictures_ask_for_metrics_that_are_written() {
    let read = |file: &str| fs::read_to_string(architecture::root().join(file)).expect(file);
    let written = read("functions/src/telemetry.rs");
    for (file, at_least) in [("template.yaml", 2), ("infra/dashboard.yaml", 6)] {
        let text = read(file);
        let metrics = asked_for(&text);
        assert!(metrics.len() >= at_least, "{file}: {metrics:?}");
        // The namespace is the account's, where other stacks may be. The stack is named before the function.
        // Alarms are looked at by tests/aws/rules.py.
        for asked in text.split("\"Manifold\", ").skip(1) {
            let before_the_function = asked.split("Function").next().unwrap_or_default();
            assert!(
                before_the_function.contains("\"Stack\", \"${"),
                "{file} asks for a metric of every stack: {}",
                asked.get(..60).unwrap_or(asked)
            );
        }
        for metric in metrics {
            assert!(
                written.contains(&format!("!(\"{metric}\"")),
                "{file}: nobody writes {metric}"
            );
        }
    }
}

#[test]
fn each_alarm_is_explained_and_the_dashboard_is_given_what_it_shows() {
    let template = template();
    let guide = fs::read_to_string(architecture::root().join("infra/operate.md")).expect("the guide");
    for name in of_type(&template, "AWS::CloudWatch::Alarm").keys() {
        assert!(
            guide.contains(&format!("| `{name}` |")),
            "infra/operate.md says what {name} means and what to do"
        );
    }
    let text = fs::read_to_string(architecture::root().join("infra/dashboard.yaml")).expect("the dashboard");
    let dashboard = value(&Yaml::load_from_str(&text).expect("YAML")[0]);
    let names = |of: &Value| -> BTreeSet<String> { of.as_object().expect("names").keys().cloned().collect() };
    let stack = &template["Resources"]["Dashboard"]["Properties"];
    assert_eq!(stack["TemplateURL"], "infra/dashboard.yaml");
    assert_eq!(names(&stack["Parameters"]), names(&dashboard["Parameters"]));
    for function in binaries() {
        let parameter = names(&dashboard["Parameters"])
            .into_iter()
            .find(|name| name.to_lowercase() == format!("{function}function"));
        let parameter = parameter.unwrap_or_else(|| panic!("the dashboard knows {function}"));
        assert!(
            text.contains(&format!("${{{parameter}}}")),
            "the dashboard shows {function}"
        );
    }
}
