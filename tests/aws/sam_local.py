"""The functions in containers by `sam local`: connect, sync, read, disconnect.

    python -B tests/aws/sam_local.py BUILT DEBUG CACHE

BUILT is what `sam build` made (.aws-sam/build), DEBUG has manifold and examples/stand_ins, CACHE keeps the base image.
Needs requirements.txt, root, and of Debian's packages docker.io and debootstrap.
"""

import functools
import sys

import judge
import rules
from contained import Cloud
from processes import Programs
from story import Story

CHAPTERS = [
    Story.front_door, *judge.CONNECTED, Story.first_sync, Story.lost_message, Story.read,
    Story.disconnect,
]  # fmt: skip
PLANTED = [(rules.misled_route, [*judge.CONNECTED, Story.disconnect], "/disconnect should answer 200")]

if __name__ == "__main__":
    *programs, cache = sys.argv[1:]
    deploy = functools.partial(Cloud, cache=cache)
    sys.exit(judge.run("sam local", deploy, Programs(*programs), PLANTED, CHAPTERS))
