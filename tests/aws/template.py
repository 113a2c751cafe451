"""Checks template.yaml, and checks the checks.

    python tests/aws/template.py            from the repository's root, with cfn-lint, aws-sam-translator
                                            and aws-sam-cli installed

Linters that look at a SAM template as it is written miss a wrong runtime or a misspelt
ReportBatchItemFailures; so SAM's own translator expands it first, and cfn-lint reads the result. The
rules of this house (roles, queues, tables) are checked on the expanded template too. Each check then
has to find an error that is planted for it: a linter that finds nothing because it was not run, or was
given the wrong file, is found out.
"""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import rules
from cloudformation import TEMPLATE, expand, read

DASHBOARD = pathlib.Path("infra/dashboard.yaml")


def cfn_lint(template):
    """What cfn-lint says of the expanded template, as lines; empty when it is content."""
    try:
        expanded = expand(template)
    except Exception as error:  # the translator refuses what it cannot expand, which is a finding too
        return [f"not expanded: {error}"]
    return lint(json.dumps(expanded))


def lint(text):
    """What cfn-lint says of a CloudFormation template."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "template.yaml")
        path.write_text(text)
        done = subprocess.run(["cfn-lint", str(path)], capture_output=True, text=True, check=False)
    found = (done.stdout + done.stderr).splitlines()
    if done.returncode != 0 and not found:
        found = [f"cfn-lint ended with {done.returncode} and said nothing"]
    return found


def sam_validate(template):
    """What `sam validate --lint` says of the template as it is written."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "template.yaml")
        path.write_text(template)
        command = ["sam", "validate", "--lint", "--template-file", str(path)]
        # Elsewhere than our samconfig.toml, so that the command line alone decides.
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode == 0 and "is a valid SAM Template" in done.stdout + done.stderr:
        return []
    return (done.stdout + done.stderr).splitlines() or [f"sam ended with {done.returncode}"]


# No account, no telemetry.
os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "SAM_CLI_TELEMETRY": "0"}


def function(template, name):
    return template["Resources"][f"{name}Function"]["Properties"]


def wrong_runtime(template):
    template["Globals"]["Function"]["Runtime"] = "provided.al2029"


def undefined_attribute(template):
    function(template, "Sync")["Role"] = {"Fn::GetAtt": ["SyncRole", "Arm"]}


def misspelt_failures(template):
    function(template, "Sync")["Events"]["Wake"]["Properties"]["FunctionResponseTypes"] = ["ReportBatchItemFailure"]


def bad_rate(template):
    function(template, "Schedule")["Events"]["EveryMinute"]["Properties"]["Schedule"] = "rate(1 minutes)"


def main():
    """Prints one line a check; ends with 1 when one is not content or does not bite."""
    text = TEMPLATE.read_text()
    template = read(text)
    passed, failed = 0, []

    def note(name, holds, problems):
        nonlocal passed
        passed += holds
        print(f"{'ok   ' if holds else 'FAIL '} {name}")
        if not holds:
            failed.append(name)
            print("".join(f"      {line}\n" for line in problems), end="")

    def content(name, problems):
        note(name, not problems, problems)

    def bites(name, word, problems):
        """A finding has to name what was planted: any other says that the check itself is broken."""
        note(name, any(word in line for line in problems), problems)

    content("cfn-lint finds nothing in the expanded template", cfn_lint(template))
    for plant, word in [
        (wrong_runtime, "provided.al2029"),
        (undefined_attribute, "Arm"),
        (misspelt_failures, "ReportBatchItemFailure"),
        (bad_rate, "minutes"),
    ]:
        planted = copy.deepcopy(template)
        plant(planted)
        bites(f"cfn-lint finds the planted {plant.__name__}", word, cfn_lint(planted))

    content("sam validate --lint is content", sam_validate(text))
    for right, wrong in [("MemorySize: 1024", "MemorySiz: 1024"), ("QueuePolicy\n", "QueuePolici\n")]:
        assert right in text, f"nothing to plant an error in: {right}"
        word = wrong.split(":")[0].strip()
        bites(f"sam validate --lint finds the planted {word}", word, sam_validate(text.replace(right, wrong)))

    dashboard = DASHBOARD.read_text()
    content("cfn-lint finds nothing in the dashboard", lint(dashboard))
    bites("cfn-lint finds the planted SyncQueu", "SyncQueu", lint(dashboard.replace("${SyncQueue}", "${SyncQueu}")))
    widgets = rules.widgets(read(dashboard))
    content("the dashboard is JSON whose pictures lie side by side", rules.side_by_side(widgets))
    bites("side_by_side finds a planted overlap", "overlap", rules.side_by_side(widgets + widgets[:1]))

    expanded = expand(template)
    for rule in rules.ALL:
        content(f"{rule.__name__}: {rule.__doc__}", rule(expanded))
    for plant, rule, word in rules.PLANTED:
        planted = copy.deepcopy(template)
        plant(planted)
        bites(f"{rule.__name__} finds the planted {plant.__name__}", word, rule(expand(planted)))
    tried = {rule for _, rule, _ in rules.PLANTED}
    content("each rule has a planted error", [rule.__name__ for rule in rules.ALL if rule not in tried])

    print(f"template: {passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
