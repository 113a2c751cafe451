"""template.yaml deployed whole into ministack, and the whole story told there.

    python -B tests/aws/deployment.py TARGET MINISTACK
                                            TARGET has bootstrap/ (profile bootstrap, all functions) and debug/
                                            (manifold, examples/stand_ins); MINISTACK is the program, of
                                            ministack.txt; this script needs requirements.txt
"""

import functools
import sys

import judge
import rules
from deployed import Cloud
from story import Story


def mute_connect(template):
    """The role of connect may not send what wakes the first syncs."""
    statements = rules.grant(template, "ConnectRole")
    statements[:] = [statement for statement in statements if statement["Action"] != ["sqs:SendMessage"]]


CONNECTED = [Story.make_workspace, Story.connect]
PLANTED = [
    (mute_connect, [*CONNECTED, Story.first_sync], "connecting woke each model's sync"),
    (rules.whole_batch, [*CONNECTED, Story.first_sync], "it alone is in the dead letters"),
]

if __name__ == "__main__":
    deploy = functools.partial(Cloud, program=sys.argv[2])
    sys.exit(judge.run("deployment", deploy, sys.argv[1], PLANTED))
