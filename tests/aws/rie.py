"""Every bootstrap under AWS's runtime interface emulator, through the whole story.

    python -B tests/aws/rie.py TARGET       TARGET has bootstrap/ (profile bootstrap, all functions) and debug/
                                            (manifold, examples/stand_ins); needs requirements.txt
"""

import sys

import judge
import rules
from emulated import Cloud
from story import Story


def other_vault(template):
    """Secrets are kept under one name and destroyed under another."""
    for name in ("Disconnect", "Schedule"):
        properties = template["Resources"][f"{name}Function"]["Properties"]
        properties["Environment"] = {"Variables": {"VAULT_PREFIX": "elsewhere/"}}


CONNECTED = [Story.make_workspace, Story.connect]
PLANTED = [
    (rules.whole_batch, [*CONNECTED, Story.first_sync], "it alone is in the dead letters"),
    (rules.misled_route, [*CONNECTED, Story.disconnect], "/disconnect should answer 200"),
    (other_vault, [*CONNECTED, Story.first_sync, Story.disconnect], "the end of its secret"),
]

if __name__ == "__main__":
    sys.exit(judge.run("rie", Cloud, sys.argv[1], PLANTED))
