"""Everything that checkov finds in template.yaml is answered in infra/checkov.yaml, and nothing else is.

    python -B tests/aws/answered.py CHECKOV         CHECKOV is the program, of checkov.txt
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from cloudformation import TEMPLATE

ANSWERS = TEMPLATE.parent / "infra" / "checkov.yaml"


def checkov(program, template, *options):
    """The ids of the checks that fail, each with the resources."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "template.yaml")
        path.write_text(template)
        # Elsewhere than our files, so that the command line alone decides.
        command = [program, "-f", path, "--framework", "cloudformation", "--skip-download", "-o", "json", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    report = json.loads(done.stdout)
    if report["summary"]["passed"] < 50 or report["summary"]["parsing_errors"]:
        raise SystemExit(f"checkov looked at too little: {report['summary']}")
    failed = {}
    for finding in report["results"]["failed_checks"]:
        failed.setdefault(finding["check_id"], []).append(finding["resource"])
    return failed


def main(program):
    """Prints one line a check; ends with 1 when one does not hold."""
    text = TEMPLATE.read_text()
    answers = set(re.findall(r"^  - (CKV\w+)$", ANSWERS.read_text(), re.MULTILINE))
    found = checkov(program, text)
    results = [(f"{name} is answered: {', '.join(found[name])}", name in answers) for name in sorted(found)]
    results += [(f"the answer to {name} is needed", name in found) for name in sorted(answers)]
    left = checkov(program, text, "--config-file", str(ANSWERS))
    results.append((f"with the answers nothing is left: {left}", not left))
    restorable = "PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }"
    assert restorable in text, "nothing to plant an error in"
    planted = checkov(program, text.replace(restorable, "", 1), "--config-file", str(ANSWERS))
    results.append((f"a table that cannot be restored is found: {planted}", set(planted) == {"CKV_AWS_28"}))
    for what, holds in results:
        print(f"{'ok   ' if holds else 'FAIL '} {what}")
    failed = sum(not holds for _, holds in results)
    print(f"checkov: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
