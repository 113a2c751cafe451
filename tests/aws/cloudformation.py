"""template.yaml as CloudFormation sees it: expanded by SAM's own translator, and its values resolved."""

import copy
import logging
import os
import pathlib
import re

# The translator asks for a region, and warns of statistics that it gathered and nobody wants.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
logging.getLogger("samtranslator").setLevel(logging.ERROR)

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "template.yaml"
ACCOUNT = "000000000000"


class NoManagedPolicies:
    """The translator asks for AWS's managed policies; the template uses none."""

    def load(self):
        return {}


def read(text=None):
    """The template as it is written, as data."""
    return yaml_parse(TEMPLATE.read_text() if text is None else text)


def expand(template):
    """The CloudFormation template that SAM makes of ours; code and nested templates come from a bucket by then."""
    template = copy.deepcopy(template)
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            resource["Properties"]["TemplateURL"] = "https://s3.amazonaws.com/bucket/key"
    return transform(template, {}, NoManagedPolicies())


def of_type(template, kind):
    """Properties of the resources of a type, by logical name."""
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


class Resolver:
    """Says what a value of the expanded template comes to.

    `refs` and `attributes` are filled in as resources are made: {"SyncQueue": url}, {("SyncQueue", "Arn"): arn}.
    """

    def __init__(self, template, stack, parameters=None):
        given = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
        self.conditions = template["Conditions"]
        self.attributes = {}
        self.refs = given | (parameters or {})
        self.refs |= {
            "AWS::StackName": stack,
            "AWS::Region": os.environ["AWS_DEFAULT_REGION"],
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
        }

    def __call__(self, value):
        if isinstance(value, list):
            return [self(one) for one in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Condition" and isinstance(argument, str):
                return self(self.conditions[argument])
            function = self.FUNCTIONS.get(name)
            if function:
                return function(self, argument)
        return {name: self(one) for name, one in value.items()}

    def _ref(self, name):
        return self.refs[name]

    def _get_att(self, path):
        resource, attribute = path if isinstance(path, list) else path.split(".", 1)
        return self.attributes[resource, attribute]

    def _sub(self, text):
        def named(match):
            name = match[1]
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", named, text)

    def _if(self, argument):
        condition, yes, no = argument
        return self(yes if self(self.conditions[condition]) else no)

    def _equals(self, argument):
        left, right = self(argument)
        return str(left) == str(right)

    FUNCTIONS = {
        "Ref": _ref,
        "Fn::GetAtt": _get_att,
        "Fn::Sub": _sub,
        "Fn::If": _if,
        "Fn::Equals": _equals,
        "Fn::Not": lambda self, argument: not self(argument)[0],
    }
