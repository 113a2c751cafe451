"""template.yaml deployed whole into ministack, which plays all of AWS: CloudFormation makes the stack, API
Gateway routes to the bootstraps, Lambda polls the queues, EventBridge rings each minute. Every call that a
function makes is signed with its role's session, and refused unless the role's policies allow it.
"""

import io
import json
import os
import platform
import re
import time
import zipfile

import boto3
import botocore.config

import cloudformation
import rules
from processes import Failed, call, free_ports, listens, stand_ins, wait_until

STACK = "manifold"
BUCKET = "code"


def archive(bootstrap):
    """The zip that Lambda unpacks: stored, since it travels only over loopback."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archived:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archived.writestr(entry, bootstrap.read_bytes())
    return memory.getvalue()


def with_code(template):
    """The template as `sam package` writes it: each function's code in the bucket."""
    packaged = json.loads(json.dumps(template, default=str))
    del packaged["Globals"]["Function"]["CodeUri"]
    for name, properties in cloudformation.of_type(packaged, "AWS::Serverless::Function").items():
        properties["CodeUri"] = f"s3://{BUCKET}/{name}.zip"
    return packaged


def with_partiql(template):
    """Adds what ministack asks for where AWS asks for PartiQLInsert: an action of its own, on everything."""
    for role in cloudformation.of_type(template, "AWS::IAM::Role").values():
        if any("dynamodb:PartiQLInsert" in statement["Action"] for statement in rules.statements(role)):
            asked = {"Effect": "Allow", "Action": ["dynamodb:BatchExecuteStatement"], "Resource": "*"}
            role["Policies"][0]["PolicyDocument"]["Statement"].append(asked)


def secrets_by_id(value, secrets):
    """The same with each secret's Ref as its Id: both are its ARN on AWS, the first is its name in ministack."""
    if isinstance(value, list):
        return [secrets_by_id(one, secrets) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in secrets:
        return {"Fn::GetAtt": [value["Ref"], "Id"]}
    return {name: secrets_by_id(one, secrets) for name, one in value.items()}


def leave_out(template):
    """Takes out alarms over several metrics and stacks in the stack, which ministack cannot make, and the policy that
    refuses plain HTTP, which is all that ministack speaks; their names."""
    alarms = cloudformation.of_type(template, "AWS::CloudWatch::Alarm")
    names = [name for name, properties in alarms.items() if "Metrics" in properties]
    names += cloudformation.of_type(template, "AWS::CloudFormation::Stack")
    names += cloudformation.of_type(template, "AWS::SQS::QueuePolicy")
    for name in names:
        del template["Resources"][name]
    return names


class Cloud:
    """The deployment. `story.py` says what it has to be able to do."""

    # Pages of ministack's own, whatever the host.
    masked = {"/health"}
    address = "127.0.0.1"

    def __init__(self, processes, programs, template, ministack):
        self.sandbox = stand_ins(processes, programs)["sandbox"]
        (port,) = free_ports(1)
        self.endpoint = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "AWS_ENDPOINT_URL": self.endpoint,
            "MINISTACK_REGION": os.environ["AWS_REGION"],
            "IOT_MTLS_ENABLED": "0",
            "AUTH": "true",
        }
        processes.start("ministack", ministack, environment=environment)
        self.log = processes.folder / "ministack.log"
        wait_until("ministack", 60, lambda: listens(port))
        wait_until("ministack's health", 60, lambda: call(f"{self.endpoint}/health").status == 200)
        self.sqs, self.secrets = self.client("sqs"), self.client("secretsmanager")
        self.dynamodb = self.client("dynamodb")
        self.formation, self.functions = self.client("cloudformation"), self.client("lambda")
        s3 = self.client("s3", botocore.config.Config(s3={"addressing_style": "path"}))
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]}
        )
        for name in cloudformation.of_type(template, "AWS::Serverless::Function"):
            s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=archive(programs.built / name / "bootstrap"))
        packaged = with_code(template)
        self.left_out = leave_out(packaged)
        with_partiql(packaged)
        self.body = json.dumps(secrets_by_id(packaged, cloudformation.of_type(packaged, "AWS::SecretsManager::Secret")))
        self.parameters = {"Architecture": "arm64" if platform.machine() == "aarch64" else "x86_64"}
        self._deploy(self.formation.create_stack)

    def client(self, service, config=None):
        return boto3.client(service, endpoint_url=self.endpoint, config=config)

    def _deploy(self, action):
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        action(
            StackName=STACK, TemplateBody=self.body, Parameters=given,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )  # fmt: skip

        def ended():
            stack = self.formation.describe_stacks(StackName=STACK)["Stacks"][0]
            return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

        stack = wait_until("the stack", 120, ended)
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = self.formation.describe_stack_events(StackName=STACK)["StackEvents"]
            reasons = [f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason")]
            raise Failed(f"the stack is {stack['StackStatus']}: {'; '.join(reasons)}")
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        pages = self.formation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        self.resources = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }
        # CloudFormation makes numbers of a parameter's text; ministack hands the text on, and its poller trips.
        for mapping in self.functions.list_event_source_mappings()["EventSourceMappings"]:
            most = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            self.functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": most}
            )

    def master_secret(self):
        """What everything secret is derived from."""
        return self.secrets.get_secret_value(SecretId=self.resources["MasterSecret"])["SecretString"]

    def queue(self, name):
        """The URL of a queue."""
        return self.resources[name]

    def table(self, name):
        """The name of a table."""
        return self.resources[name]

    def denied(self):
        """Lines of the functions' logs that tell of a refusal."""
        logs = self.client("logs")
        return [
            event["message"]
            for group in logs.describe_log_groups()["logGroups"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            for event in page["events"]
            if "AccessDenied" in event["message"] or "not authorized to perform" in event["message"]
        ]

    def why(self):
        """What may explain a failure."""
        return self.denied()[:3]

    def allow(self, entry):
        """Updates the stack with another AllowedPrivateHosts."""
        self.parameters["AllowedPrivateHosts"] = entry
        self._deploy(self.formation.update_stack)

    def request(self, method, target, headers, body):
        """One request to the HTTP API: ministack finds it by its host name."""
        host = f"{self.resources['HttpApi']}.execute-api.localhost"
        return call(f"{self.endpoint}{target}", method, body, headers | {"host": host})

    def work(self):
        """ministack works by itself."""
        time.sleep(0.3)

    def minute(self):
        """The rule rings by itself."""
        time.sleep(1)

    def failed_in_part(self):
        """Whether ministack's poller says so."""
        return bool(re.search(r"processed [1-9]\d* SQS messages .*\(1 partial failures\)", self.log.read_text()))

    def hold(self):
        """Stops the pollers of all queues."""
        self._poll(False)

    def release(self):
        """Lets them go on."""
        self._poll(True)

    def _poll(self, enabled):
        mappings = self.functions.list_event_source_mappings()["EventSourceMappings"]
        for mapping in mappings:
            self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        wanted = "Enabled" if enabled else "Disabled"

        def settled():
            found = self.functions.list_event_source_mappings()["EventSourceMappings"]
            return all(mapping["State"] == wanted for mapping in found)

        wait_until(f"pollers that are {wanted}", 30, settled)
