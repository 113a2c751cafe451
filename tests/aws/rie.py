"""Every bootstrap under AWS's runtime interface emulator, through the whole story.

    python -B tests/aws/rie.py BUILT DEBUG

BUILT is what `sam build` made (.aws-sam/build), DEBUG has manifold and examples/stand_ins. Needs requirements.txt.
"""

import sys

import duties
import judge
import rules
from emulated import Cloud
from processes import Programs
from story import Story


def other_vault(template):
    """Secrets are kept under one name and destroyed under another."""
    for name in ("Disconnect", "Schedule"):
        properties = template["Resources"][f"{name}Function"]["Properties"]
        properties["Environment"] = {"Variables": {"VAULT_PREFIX": "elsewhere/"}}


def other_partitions(template):
    """The role of sync may read rows of link sessions only."""
    condition = rules.grant(template, "SyncRole")[1]["Condition"]
    condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].remove("ws#*")


PLANTED = [
    (other_partitions, [*judge.CONNECTED, Story.first_sync, duties.nothing_was_denied], "SyncFunction may not"),
    (rules.whole_batch, [*judge.CONNECTED, Story.first_sync], "it alone is in the dead letters"),
    (rules.misled_route, [*judge.CONNECTED, Story.disconnect], "/disconnect should answer 200"),
    (other_vault, [*judge.CONNECTED, Story.first_sync, Story.disconnect], "the end of its secret"),
]

if __name__ == "__main__":
    sys.exit(judge.run("rie", Cloud, Programs(*sys.argv[1:]), PLANTED))
