"""The functions in containers by `sam local`: connect, sync, read, disconnect.

    python -B tests/aws/sam_local.py TARGET CACHE   TARGET has bootstrap/ (profile bootstrap, all functions) and
                                                    debug/ (manifold, examples/stand_ins); CACHE keeps the base
                                                    image. Needs requirements.txt, root, and of Debian's packages
                                                    docker.io and debootstrap
"""

import functools
import sys

import judge
import rules
from contained import Cloud
from story import Story

CHAPTERS = [
    Story.front_door, Story.make_workspace, Story.connect, Story.first_sync, Story.lost_message, Story.read,
    Story.disconnect,
]  # fmt: skip
PLANTED = [(rules.misled_route, [Story.make_workspace, Story.connect, Story.disconnect], "/disconnect should answer 200")]

if __name__ == "__main__":
    deploy = functools.partial(Cloud, cache=sys.argv[2])
    sys.exit(judge.run("sam local", deploy, sys.argv[1], PLANTED, CHAPTERS))
