"""AWS around our functions, by the template: each bootstrap under AWS's runtime interface emulator, an embedded
DynamoDB, and moto for SQS and Secrets Manager. What API Gateway, the queue's poller and EventBridge do between
them is done here, with their own event documents.
"""

import json
import os
import pathlib
import platform
import secrets
import time

import boto3
import samcli

import cloudformation
import events
import rules
from leading_keys import Watch
from processes import Failed, Reply, call, free_ports, listens, stand_ins, wait_until

STACK = "manifold"


def runtime_interface_emulator():
    """AWS's own, which aws-sam-cli brings along."""
    machine = "arm64" if platform.machine() == "aarch64" else "x86_64"
    return pathlib.Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}"


class Function:
    """A bootstrap under the emulator."""

    def __init__(self, processes, name, bootstrap, timeout, variables):
        invoke, runtime = free_ports(2)
        self.name = name
        self.processes = processes
        self.timeout = timeout
        self.url = f"http://127.0.0.1:{invoke}/2015-03-31/functions/function/invocations"
        environment = os.environ | variables
        environment |= {"AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout)}
        self.process = processes.start(
            name, runtime_interface_emulator(), "--log-level", "error",
            "--runtime-interface-emulator-address", f"127.0.0.1:{invoke}",
            "--runtime-api-address", f"127.0.0.1:{runtime}", bootstrap, environment=environment,
        )  # fmt: skip
        wait_until(f"the emulator of {name}", 20, lambda: listens(invoke))

    def invoke(self, event):
        """What the function answers; an error of the function itself is a failure."""
        reply = call(self.url, "POST", json.dumps(event), timeout=self.timeout + 10)
        if reply.status != 200 or (isinstance(reply.json, dict) and "errorType" in reply.json):
            raise Failed(f"the function {self.name} failed: {reply}")
        return reply.json

    def stop(self):
        self.processes.stop(self.process)


class Cloud:
    """The deployment. `story.py` says what it has to be able to do."""

    masked = frozenset()

    def __init__(self, processes, programs, template, address="127.0.0.1"):
        self.processes = processes
        self.built = programs.built
        self.template = cloudformation.expand(template)
        self.functions = {}
        self.address = address
        self.batches = []
        self.called = set()
        beside = stand_ins(processes, programs, address)
        self.sandbox = beside["sandbox"]
        (port,) = free_ports(1)
        self.moto = f"http://{address}:{port}"
        processes.start("moto", "moto_server", "-H", address, "-p", port)
        wait_until("moto_server", 30, lambda: listens(port, address))
        self.dynamodb = boto3.client("dynamodb", endpoint_url=beside["dynamodb"])
        self.sqs = boto3.client("sqs", endpoint_url=self.moto)
        self.secrets = boto3.client("secretsmanager", endpoint_url=self.moto)
        self.resolve = cloudformation.Resolver(self.template, STACK, {"PublicUrl": "https://api.example.com"})
        self._make_resources()
        functions = cloudformation.of_type(self.template, "AWS::Lambda::Function")
        self.watches = {
            name: Watch(name, self._table_statements(properties), beside["dynamodb"], address)
            for name, properties in functions.items()
        }
        for watch in self.watches.values():
            processes.callback(watch.close)
        self._start_functions()

    # ------------------------------------------------------------ resources

    def _make_resources(self):
        refs, attributes = self.resolve.refs, self.resolve.attributes
        for name, table in cloudformation.of_type(self.template, "AWS::DynamoDB::Table").items():
            refs[name] = f"{STACK}-{name}"
            known = {"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"}
            made = {key: self.resolve(value) for key, value in table.items() if key in known}
            answer = self.dynamodb.create_table(TableName=refs[name], **made)
            attributes[name, "Arn"] = answer["TableDescription"]["TableArn"]
        queues = cloudformation.of_type(self.template, "AWS::SQS::Queue")
        # Dead letters first: the others refer to them.
        for name, queue in sorted(queues.items(), key=lambda pair: "RedrivePolicy" in pair[1]):
            known = {"VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy"}
            given = {key: self.resolve(value) for key, value in queue.items() if key in known}
            given = {key: json.dumps(v) if isinstance(v, dict) else str(v) for key, v in given.items()}
            made = self.sqs.create_queue(QueueName=self.resolve(queue["QueueName"]), Attributes=given)
            refs[name] = made["QueueUrl"]
            of = self.sqs.get_queue_attributes(QueueUrl=refs[name], AttributeNames=["QueueArn"])
            attributes[name, "Arn"] = of["Attributes"]["QueueArn"]
            attributes[name, "QueueName"] = self.resolve(queue["QueueName"])
        for name, secret in cloudformation.of_type(self.template, "AWS::SecretsManager::Secret").items():
            text = secrets.token_hex(secret["GenerateSecretString"]["PasswordLength"] // 2)
            refs[name] = self.secrets.create_secret(Name=self.resolve(secret["Name"]), SecretString=text)["ARN"]
        attributes["HttpApi", "ApiEndpoint"] = "https://api.example.com"

    def _table_statements(self, function):
        """What the function's role says of tables."""
        role = self.template["Resources"][function["Role"]["Fn::GetAtt"][0]]["Properties"]
        of_tables = (s for s in rules.statements(role) if all(a.startswith("dynamodb:") for a in rules.many(s["Action"])))
        return [self.resolve(statement) for statement in of_tables]

    def _start_functions(self):
        for name, properties in cloudformation.of_type(self.template, "AWS::Lambda::Function").items():
            bootstrap = self.built / name / "bootstrap"
            variables = self._variables(name, properties)
            self.functions[name] = Function(self.processes, name, bootstrap, properties["Timeout"], variables)

    def _variables(self, name, function):
        """What the template gives a function, and where AWS is."""
        given = self.resolve(function["Environment"]["Variables"])
        endpoints = {"AWS_ENDPOINT_URL": self.moto, "AWS_ENDPOINT_URL_DYNAMODB": self.watches[name].url}
        return {key: str(value) for key, value in given.items()} | endpoints

    def _stop_functions(self):
        for function in self.functions.values():
            function.stop()

    def master_secret(self):
        """What everything secret is derived from."""
        return self.secrets.get_secret_value(SecretId=self.resolve.refs["MasterSecret"])["SecretString"]

    def queue(self, name):
        """The URL of a queue."""
        return self.resolve.refs[name]

    def table(self, name):
        """The name of a table."""
        return self.resolve.refs[name]

    def denied(self):
        """Calls of DynamoDB that a role does not allow. The other services are looked at in deployed.py."""
        unseen = [f"{name} was called and never seen here" for name in self.called if not self.watches[name].seen]
        return unseen + [line for watch in self.watches.values() for line in sorted(set(watch.denied))]

    def why(self):
        """What may explain a failure."""
        return self.denied()[:3]

    def allow(self, entry):
        """Deploys anew with another AllowedPrivateHosts."""
        self.resolve.refs["AllowedPrivateHosts"] = entry
        self._stop_functions()
        self._start_functions()

    # ------------------------------------------------------------ what calls functions

    def _invoke(self, name, event):
        self.called.add(name)
        return self.functions[name].invoke(event)

    def request(self, method, target, headers, body):
        """One request through the API's routes."""
        path = target.partition("?")[0]
        integrations = cloudformation.of_type(self.template, "AWS::ApiGatewayV2::Integration")
        fits = {}
        for route in cloudformation.of_type(self.template, "AWS::ApiGatewayV2::Route").values():
            key, target_of = route["RouteKey"], route["Target"]["Fn::Sub"]
            of = key.partition(" ")
            parameters = {} if key == "$default" else events.matches(of[2], path) if of[0] == method else None
            if parameters is not None:
                fits[key] = (target_of.removeprefix("integrations/${").removesuffix("}"), parameters)
        # The most specific route wins: fewest parameters, $default last.
        key = min(fits, key=lambda key: (key == "$default", len(fits[key][1])))
        integration, parameters = fits[key]
        function = integrations[integration]["IntegrationUri"]["Fn::GetAtt"][0]
        answer = self._invoke(function, events.http(method, target, headers, body, key, parameters))
        if answer.get("isBase64Encoded"):
            raise Failed(f"{method} {target} is answered in base64")
        return Reply(answer["statusCode"], answer.get("headers", {}), answer.get("body") or "")

    def work(self):
        """What the queues' pollers do in a moment; whether there was something to do."""
        worked = False
        for mapping in cloudformation.of_type(self.template, "AWS::Lambda::EventSourceMapping").values():
            worked |= self._poll(mapping)
        if not worked:
            time.sleep(0.1)
        return worked

    def _poll(self, mapping):
        queue = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        url = self.queue(queue)
        received = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=mapping["BatchSize"], AttributeNames=["All"]
        ).get("Messages", [])
        if not received:
            return False
        event = events.sqs(self.resolve.attributes[queue, "Arn"], received)
        answer = self._invoke(mapping["FunctionName"]["Ref"], event) or {}
        failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures", [])}
        if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
            failed = set()
        self.batches.append(([message["Body"] for message in received], len(failed)))
        for message in received:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True

    def failed_in_part(self):
        """Whether a batch of several messages failed in one."""
        return any(len(bodies) > 1 and failed == 1 for bodies, failed in self.batches)

    def hold(self):
        """Pollers stand still: they only work in `work` anyway."""

    def release(self):
        """Pollers go on."""

    def minute(self):
        """Lets the schedule run once."""
        for name, rule in cloudformation.of_type(self.template, "AWS::Events::Rule").items():
            arn = f"arn:aws:events:{events.REGION}:{events.ACCOUNT}:rule/{name}"
            for target in rule["Targets"]:
                self._invoke(target["Arn"]["Fn::GetAtt"][0], events.scheduled(arn))
