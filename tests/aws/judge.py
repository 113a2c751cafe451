"""Tells the story on fresh deployments: once as the template is, then with each planted bug, which has to be
found where it was planted. A judge that finds nothing because it looks at nothing is found out so.
"""

import copy
import tempfile
import time

import cloudformation
import duties
from processes import Absent, Failed, Processes
from story import Story

CONNECTED = [Story.make_workspace, Story.connect]
WHOLE = [
    Story.front_door, *CONNECTED, Story.first_sync, Story.redrive, Story.lost_message, Story.read, duties.every_page,
    duties.changed_connection, Story.change, duties.deletion, duties.webhook_endpoint, Story.outage, duties.webhooks, duties.link_session, Story.disconnect,
    duties.erased, duties.nothing_was_denied,
]  # fmt: skip


def tell(deploy, programs, template, chapters, quiet=False):
    """The chapters on a fresh deployment; what held. Raises the first thing that did not."""
    with tempfile.TemporaryDirectory() as folder, Processes(folder) as processes:
        try:
            cloud = deploy(processes, programs, template)
            story = Story(cloud, programs, quiet)
            processes.callback(story.receiver.close)
            story.tell(chapters)
            story.check(cloud.failed_in_part(), "a batch failed in part")
            return story.told
        except Exception:
            if not quiet:
                print(processes.tails())
            raise


def run(name, deploy, programs, planted, chapters=WHOLE):
    """The whole judge; its exit code. `planted` lists (bug, the chapters that meet it, word of the finding)."""
    template = cloudformation.read()
    began = time.monotonic()
    try:
        passed = tell(deploy, programs, template, chapters)
    except Absent as absent:
        print(f"{name}: nothing is judged here: {absent}")
        return 77
    except Failed as failed:
        print(f"FAIL  {failed}")
        return 1
    print(f"{name}: the story took {time.monotonic() - began:.0f} s")
    failed = 0
    for plant, meeting, word in planted:
        broken = copy.deepcopy(template)
        plant(broken)
        try:
            tell(deploy, programs, broken, meeting, quiet=True)
            found = "nothing"
        except Failed as finding:
            found = str(finding)
        right = word in found
        print(f"{'ok   ' if right else 'FAIL '} the planted {plant.__name__} is found: {found[:300]}", flush=True)
        passed, failed = passed + right, failed + (not right)
    print(f"{name}: {passed} passed, {failed} failed")
    return 1 if failed else 0
