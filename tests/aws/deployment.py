"""template.yaml deployed whole into ministack, and the whole story told there.

    python -B tests/aws/deployment.py BUILT DEBUG MINISTACK

BUILT is what `sam build` made (.aws-sam/build), DEBUG has manifold and examples/stand_ins, MINISTACK is the program of
ministack.txt. The script itself needs requirements.txt.
"""

import functools
import sys

import judge
import rules
from deployed import Cloud
from processes import Programs
from story import Story


def mute_connect(template):
    """The role of connect may not send what wakes the first syncs."""
    statements = rules.grant(template, "ConnectRole")
    statements[:] = [statement for statement in statements if statement["Action"] != ["sqs:SendMessage"]]


PLANTED = [
    (mute_connect, [*judge.CONNECTED, Story.first_sync], "connecting woke each model's sync"),
    (rules.whole_batch, [*judge.CONNECTED, Story.first_sync], "it alone is in the dead letters"),
]

if __name__ == "__main__":
    *programs, ministack = sys.argv[1:]
    deploy = functools.partial(Cloud, ministack=ministack)
    sys.exit(judge.run("deployment", deploy, Programs(*programs), PLANTED))
