"""The rules of this house for the expanded template, and an error planted for each."""

import copy
import json
import re

from cloudformation import of_type

FUNCTIONS = {"Api": 29, "Connect": 29, "Disconnect": 29, "Schedule": 55, "Sync": 300, "Deliver": 75}
VARIABLES = {
    "STACK", "STATE_TABLE", "RECORDS_TABLE", "SYNC_QUEUE_URL", "DELIVER_QUEUE_URL", "MASTER_SECRET_ARN", "VAULT_PREFIX",
    "ALLOWED_PRIVATE_HOSTS", "LOG_LEVEL", "PUBLIC_URL",
}  # fmt: skip
# Who may do what with the secrets of connections.
VAULT = {
    "Api": {"GetSecretValue"},
    "Connect": {"CreateSecret", "PutSecretValue", "GetSecretValue", "DeleteSecret"},
    "Disconnect": {"DeleteSecret"},
    "Schedule": {"DeleteSecret"},
    # It works on attempts to connect too.
    "Sync": {"CreateSecret", "PutSecretValue", "GetSecretValue", "DeleteSecret"},
    "Deliver": set(),
}
ROUTES = {
    "$default": "Api",
    "POST /v1/connections": "Connect",
    "PATCH /v1/connections/{id}": "Connect",
    "POST /v1/link-sessions": "Connect",
    "POST /v1/link-sessions/exchange": "Connect",
    "GET /v1/connect/session": "Connect",
    "GET /connect/{id}": "Connect",
    "GET /connect.js": "Connect",
    "HEAD /connect/{id}": "Connect",
    "HEAD /connect.js": "Connect",
    "POST /v1/connect/oauth/start": "Connect",
    "GET /v1/connect/oauth/{id}": "Connect",
    "POST /v1/connect/attempts": "Connect",
    "GET /v1/connect/attempts/{id}": "Connect",
    "POST /v1/connections/{id}/disconnect": "Disconnect",
    "POST /dashboard/connections/{id}/disconnect": "Disconnect",
}


def many(value):
    return value if isinstance(value, list) else [value]


def statements(properties):
    """The statements of a role's own policies, or of a managed policy."""
    documents = [p["PolicyDocument"] for p in properties.get("Policies", [])] or [properties["PolicyDocument"]]
    return [statement for document in documents for statement in many(document["Statement"])]


def permissions(template):
    """(resource, statement) of every policy that grants something to a function."""
    for kind in ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"]:
        for name, properties in of_type(template, kind).items():
            for statement in statements(properties):
                yield name, statement


def no_star(template):
    """no policy grants an action by *, a Scan, or every resource (X-Ray knows none)"""
    found = []
    for name, statement in permissions(template):
        for action in many(statement["Action"]):
            if "*" in action or "Scan" in action:
                found.append(f"{name} may {action}")
        if statement["Resource"] == "*" and not all(a.startswith("xray:") for a in many(statement["Action"])):
            found.append(f"{name} may {statement['Action']} on every resource")
    return found


def own_role(template):
    """each function has the role, time limit and log of its name, and there are no others"""
    found = []
    functions = of_type(template, "AWS::Lambda::Function")
    if set(functions) != {f"{name}Function" for name in FUNCTIONS}:
        found.append(f"functions are {sorted(functions)}")
    for name, limit in FUNCTIONS.items():
        properties = functions.get(f"{name}Function", {})
        if properties.get("Role") != {"Fn::GetAtt": [f"{name}Role", "Arn"]}:
            found.append(f"{name} has the role {properties.get('Role')}")
        if properties.get("Timeout") != limit:
            found.append(f"{name} has {properties.get('Timeout')} s instead of {limit}")
        if properties.get("LoggingConfig", {}).get("LogGroup") != {"Ref": f"{name}Logs"}:
            found.append(f"{name} logs elsewhere")
    kept = of_type(template, "AWS::Logs::LogGroup")
    found += [f"{name} is kept for ever" for name, log in kept.items() if not log.get("RetentionInDays")]
    return found


def variables(template):
    """each function is given the same variables, and no secret in one"""
    found = []
    for name, properties in of_type(template, "AWS::Lambda::Function").items():
        given = properties.get("Environment", {}).get("Variables", {})
        if set(given) != VARIABLES:
            found.append(f"{name} differs in {sorted(set(given) ^ VARIABLES)}")
        found += [f"{name}: {key} resolves a secret" for key, value in given.items() if "resolve:" in str(value)]
    return found


def vault(template):
    """the secrets of connections are open only to who needs them"""
    found = []
    for name, expected in VAULT.items():
        role = of_type(template, "AWS::IAM::Role").get(f"{name}Role")
        granted = set()
        for statement in statements(role) if role else []:
            actions = {a.split(":")[1] for a in many(statement["Action"]) if a.startswith("secretsmanager:")}
            granted |= actions
            if actions and not str(statement["Resource"]).endswith("/vault/*'}"):
                found.append(f"{name} reaches {statement['Resource']}")
        if granted != expected:
            found.append(f"{name} may {sorted(granted)}")
    return found


def no_tokens(template):
    """schedule, sync and deliver can look up no token's row"""
    found = []
    for name, statement in permissions(template):
        reads = {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"} & set(many(statement["Action"]))
        of_state = statement["Resource"] == {"Fn::GetAtt": ["StateTable", "Arn"]}
        if name in ("ScheduleRole", "SyncRole", "DeliverRole") and of_state and reads:
            allowed = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
            if not allowed or any(key not in ("ws#*", "lnk#*", "statuses") for key in allowed):
                found.append(f"{name} reads rows of {allowed or 'everything'}")
    return found


def queues(template):
    """a queue is encrypted, has dead letters that accept it, and hides a message for six time limits"""
    found = []
    all_queues = of_type(template, "AWS::SQS::Queue")
    found += [f"there is no {name}" for name in ("SyncQueue", "DeliverQueue") if name not in all_queues]
    plain = [name for name, queue in all_queues.items() if queue.get("SqsManagedSseEnabled") is not True]
    found += [f"{name} is not encrypted" for name in plain]
    for mapping in of_type(template, "AWS::Lambda::EventSourceMapping").values():
        function = of_type(template, "AWS::Lambda::Function")[mapping["FunctionName"]["Ref"]]
        name = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        queue = all_queues[name]
        if queue.get("VisibilityTimeout", 30) < 6 * function["Timeout"]:
            found.append(f"{name} hides a message for {queue.get('VisibilityTimeout', 30)} s")
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            found.append(f"{name}: one failure fails the whole batch")
        if "MaximumConcurrency" not in mapping.get("ScalingConfig", {}):
            found.append(f"{name} starts any number of functions")
        if function.get("RecursiveLoop") != "Allow":
            found.append(f"{name}: Lambda would cut its chain after 16 hops")
        redrive = queue.get("RedrivePolicy", {})
        dead = redrive.get("deadLetterTargetArn", {}).get("Fn::GetAtt", [None])[0]
        if dead not in all_queues or not 2 <= int(redrive.get("maxReceiveCount", 0)) <= 10:
            found.append(f"{name} has no dead letters")
        elif all_queues[dead].get("RedriveAllowPolicy", {}).get("redrivePermission") != "byQueue":
            found.append(f"{dead} takes dead letters of any queue")
    return found


def tables(template):
    """tables are kept, encrypted, restorable, paid by use, and keyed as the store writes them"""
    found = []
    all_tables = of_type(template, "AWS::DynamoDB::Table")
    if set(all_tables) != {"StateTable", "RecordsTable"}:
        found.append(f"tables are {sorted(all_tables)}")
    for name, table in all_tables.items():
        resource = template["Resources"][name]
        wanted = {
            "kept": resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain",
            "encrypted": table.get("SSESpecification", {}).get("SSEEnabled") is True,
            "restorable": table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is True,
            "paid by use": table.get("BillingMode") == "PAY_PER_REQUEST",
            "keyed by pk and sk": [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"],
            "swept by expires_at": table.get("TimeToLiveSpecification", {}).get("AttributeName") == "expires_at",
        }
        found += [f"{name} is not {what}" for what, holds in wanted.items() if not holds]
    indexes = all_tables.get("StateTable", {}).get("GlobalSecondaryIndexes", [])
    shape = [
        (index["IndexName"], [key["AttributeName"] for key in index["KeySchema"]], index["Projection"]["ProjectionType"])
        for index in indexes
    ]
    if shape != [("due", ["due_shard", "due_at"], "KEYS_ONLY")]:
        found.append(f"StateTable has the indexes {shape}")
    return found


def routes(template):
    """each route reaches its function, and the function lets the API call it"""
    found = []
    targets = {}
    for route in of_type(template, "AWS::ApiGatewayV2::Route").values():
        integration = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
        properties = template["Resources"].get(integration, {}).get("Properties", {})
        arn = properties.get("IntegrationUri", {}).get("Fn::GetAtt", ["?"])[0]
        targets[route["RouteKey"]] = arn.removesuffix("Function")
        if properties.get("PayloadFormatVersion") != "2.0":
            found.append(f"{integration} is not of version 2.0")
    if targets != ROUTES:
        found.append(f"routes differ: {sorted(set(targets.items()) ^ set(ROUTES.items()))}")
    callable_ = {p["FunctionName"]["Ref"] for p in of_type(template, "AWS::Lambda::Permission").values()}
    found += [f"{name} may not be called" for name in set(ROUTES.values()) if f"{name}Function" not in callable_]
    return found


def alarms(template):
    """each alarm tells the topic when it begins and when it ends"""
    all_alarms = of_type(template, "AWS::CloudWatch::Alarm")
    expected = {
        "DeadLetters", "DeliverDeadLetters", "Errors", "Throttles", "SyncAge", "DeliverAge", "ScheduleSilent", "ServerErrors",
        "OldestDue", "ConnectionsDown", "ParkedDeliveries",
    }  # fmt: skip
    found = [f"there is no {name}Alarm" for name in expected if f"{name}Alarm" not in all_alarms]
    for name, alarm in all_alarms.items():
        found += [f"{name} has no {key}" for key in ("AlarmActions", "OKActions") if key not in alarm]
    return found


def own_metrics(template):
    """the namespace Manifold is the account's: who asks for a metric of it names the stack"""
    found = []
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        asked = [alarm] + [metric.get("MetricStat", {}).get("Metric", {}) for metric in alarm.get("Metrics", [])]
        for metric in asked:
            named = [dimension["Name"] for dimension in metric.get("Dimensions", [])]
            if metric.get("Namespace") == "Manifold" and "Stack" not in named:
                found.append(f"{name} asks for {metric['MetricName']} of every stack")
    return found


def widgets(dashboard):
    """The pictures of the dashboard's template, names of resources left out."""
    body = dashboard["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return json.loads(re.sub(r"\$\{[^}]+\}", "name", body))["widgets"]


def side_by_side(pictures):
    """no picture lies on another, or beyond the 24 columns"""
    taken, found = set(), []
    for picture in pictures:
        cells = {
            (x, y)
            for x in range(picture["x"], picture["x"] + picture["width"])
            for y in range(picture["y"], picture["y"] + picture["height"])
        }
        title = picture["properties"].get("title", "text")
        if cells & taken:
            found.append(f"{title} overlaps another picture")
        if any(x > 23 for x, _ in cells):
            found.append(f"{title} is too wide")
        taken |= cells
    return found


ALL = [no_star, own_role, variables, vault, no_tokens, queues, tables, routes, alarms, own_metrics]


def properties(template, name):
    return template["Resources"][name]["Properties"]


def grant(template, role):
    return properties(template, role)["Policies"][0]["PolicyDocument"]["Statement"]


def star_action(template):
    grant(template, "ApiRole")[1]["Action"] = ["dynamodb:*"]


def scan(template):
    grant(template, "SyncRole")[1]["Action"].append("dynamodb:Scan")


def any_resource(template):
    grant(template, "ApiRole")[1]["Resource"] = "*"


def shared_role(template):
    properties(template, "DisconnectFunction")["Role"] = {"Fn::GetAtt": ["ApiRole", "Arn"]}


def endless_log(template):
    del properties(template, "SyncLogs")["RetentionInDays"]


def missing_variable(template):
    del template["Globals"]["Function"]["Environment"]["Variables"]["PUBLIC_URL"]


def secret_in_variable(template):
    template["Globals"]["Function"]["Environment"]["Variables"]["LOG_LEVEL"] = "{{resolve:secretsmanager:x}}"


def open_vault(template):
    grant(template, "DisconnectRole")[-1]["Action"].append("secretsmanager:GetSecretValue")


def whole_vault(template):
    grant(template, "SyncRole")[-1]["Resource"] = {"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:*:*:secret:*"}


def tokens_for_sync(template):
    del grant(template, "SyncRole")[1]["Condition"]


def tokens_for_deliver(template):
    grant(template, "DeliverRole")[1]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].append("tok#*")


def vault_for_deliver(template):
    grant(template, "DeliverRole").append(copy.deepcopy(grant(template, "SyncRole")[-1]))


def short_visibility_of_deliver(template):
    properties(template, "DeliverQueue")["VisibilityTimeout"] = 75


def short_visibility(template):
    properties(template, "SyncQueue")["VisibilityTimeout"] = 300


def whole_batch(template):
    del properties(template, "SyncFunction")["Events"]["Wake"]["Properties"]["FunctionResponseTypes"]


def loop_is_cut(template):
    del properties(template, "SyncFunction")["RecursiveLoop"]


def plain_queue(template):
    del properties(template, "SyncDeadLetters")["SqsManagedSseEnabled"]


def no_dead_letters(template):
    del properties(template, "SyncQueue")["RedrivePolicy"]


def lost_table(template):
    del template["Resources"]["RecordsTable"]["DeletionPolicy"]


def other_index(template):
    properties(template, "StateTable")["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"] = "ALL"


def misled_route(template):
    properties(template, "DisconnectRoute")["Target"] = {"Fn::Sub": "integrations/${ApiIntegration}"}


def uncallable(template):
    del template["Resources"]["ConnectInvocation"]


def silent_alarm(template):
    del properties(template, "ErrorsAlarm")["AlarmActions"]


def metric_of_every_stack(template):
    dimensions = properties(template, "ConnectionsDownAlarm")["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"]
    dimensions[:] = [dimension for dimension in dimensions if dimension["Name"] != "Stack"]


# What is planted, the rule that must find it, and what its finding must name.
PLANTED = [
    (star_action, no_star, "dynamodb:*"),
    (scan, no_star, "dynamodb:Scan"),
    (any_resource, no_star, "every resource"),
    (shared_role, own_role, "Disconnect has the role"),
    (endless_log, own_role, "SyncLogs"),
    (missing_variable, variables, "PUBLIC_URL"),
    (secret_in_variable, variables, "LOG_LEVEL resolves"),
    (open_vault, vault, "Disconnect may"),
    (whole_vault, vault, "Sync reaches"),
    (tokens_for_sync, no_tokens, "SyncRole"),
    (tokens_for_deliver, no_tokens, "DeliverRole"),
    (vault_for_deliver, vault, "Deliver may"),
    (short_visibility, queues, "300 s"),
    (short_visibility_of_deliver, queues, "75 s"),
    (whole_batch, queues, "whole batch"),
    (loop_is_cut, queues, "16 hops"),
    (plain_queue, queues, "SyncDeadLetters is not encrypted"),
    (no_dead_letters, queues, "no dead letters"),
    (lost_table, tables, "RecordsTable is not kept"),
    (other_index, tables, "ALL"),
    (misled_route, routes, "disconnect"),
    (uncallable, routes, "Connect may not be called"),
    (silent_alarm, alarms, "ErrorsAlarm"),
    (metric_of_every_stack, own_metrics, "ConnectionsDownAlarm asks for Connections"),
]
