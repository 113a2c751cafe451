#!/usr/bin/env python3
"""Rehearses an outage of days in minutes: the real stack, its sandbox, nobody who does anything.

    cargo build -p manifold-local
    python3 tests/rehearsal/outage.py target/debug/manifold [--days 3] [--speed 600]

A system goes down for so many days of the stack's time, and comes back. The attempts that the sandbox saw must follow
the published ladder (30 s doubling to 6 h, each wait between half of it and the whole), one event must tell of the
beginning and one of the end, stored data must stay readable, live calls must be answered at once, the syncs must
resume by themselves, and credits must be what they were. Needs nothing but Python.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime

SYSTEM = "sap_s4hana"
# A minute of the schedule, a poll of the queue and a busy machine, in real seconds.
LATE = 1.0


class Stack:
    """The program, and calls of its API with the workspace's key."""

    def __init__(self, program, speed):
        command = [program, "--memory", "--port", "0", "--speed", str(speed)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.ready = json.loads(line.removeprefix("ready "))
                return
        sys.exit("the stack did not start")

    def call(self, method, path, body=None, base="url", token=None):
        request = urllib.request.Request(self.ready[base] + path, method=method)
        request.add_header("authorization", f"Bearer {token or self.ready['workspace_key']}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or "null")

    def attempts(self):
        _, log = self.call("GET", f"/_requests?system={SYSTEM}", base="sandbox_url")
        return [datetime.fromisoformat(request["at"]) for request in log["data"]]


def until(what, seconds, holds):
    """Waits until something holds; gives what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"in vain: {what}")


def check(holds, what, otherwise=""):
    print(f"{'ok   ' if holds else 'FAIL '} {what}{'' if holds else f': {otherwise}'}", flush=True)
    return holds


def ladder(attempts, began, speed):
    """What is wrong with the waits between attempts, and the waits."""
    waits = [(later - earlier).total_seconds() for earlier, later in zip([began] + attempts, attempts)]
    wrong, whole = [], 30
    for number, wait in enumerate(waits):
        if not whole / 2 - 1 <= wait <= whole + LATE * speed:
            wrong.append(f"wait {number} is {wait:.0f} s of {whole}")
        whole = min(whole * 2, 6 * 3600)
    return wrong, waits


def rehearse(stack, days, speed):
    _, sandbox = stack.call("GET", "/", base="sandbox_url")
    entry = next(entry for entry in sandbox["systems"] if entry["system"] == SYSTEM)
    asked = entry | {"customer": {"id": "c-1", "name": "Rehearsal"}, "models": ["vendor"], "schedule": "1h"}
    status, made = stack.call("POST", "/v1/connections", asked)
    assert status == 201, made
    conn, token = made["connection"]["id"], made["token"]
    path = f"/v1/connections/{conn}"
    sync = lambda: stack.call("GET", f"{path}/syncs")[1]["data"][0]  # noqa: E731
    until("the first sync", 60, lambda: sync()["state"] == "succeeded")
    _, credits = stack.call("GET", "/v1/credits")
    records = len(stack.call("GET", "/v1/vendors?source=synced&limit=500", token=token)[1]["data"])

    stack.call("POST", "/_faults", {"system": SYSTEM, "fault": "down"}, base="sandbox_url")
    status, problem = stack.call("GET", "/v1/vendors?limit=1", token=token)
    good = check((status, problem["code"]) == (503, "system_unreachable"), "a live call says that the system is down", problem)
    began = stack.attempts()[-1]
    before = len(stack.attempts())
    print(f"      {days} days at {speed} times the speed: {days * 86400 / speed / 60:.1f} minutes", flush=True)
    time.sleep(days * 86400 / speed)
    seen = stack.attempts()[before:]
    wrong, waits = ladder(seen, began, speed)
    print("      waits: " + " ".join(f"{wait:.0f}" for wait in waits))
    good &= check(not wrong, f"{len(seen)} attempts follow the ladder", wrong)
    good &= check(len(seen) >= 8 + (days * 24 - 8) // 7, "and go on to the end", len(seen))
    stored = len(stack.call("GET", "/v1/vendors?source=synced&limit=500", token=token)[1]["data"])
    good &= check(stored == records > 0, "stored data stays readable", stored)
    asked_at = time.monotonic()
    status, problem = stack.call("GET", "/v1/vendors?limit=1", token=token)
    quick = time.monotonic() - asked_at < 1
    good &= check(status == 503 and quick and "retry_at" in problem, "a live call is answered at once", problem)

    last = sync()["last_success_at"]
    stack.call("DELETE", "/_faults", base="sandbox_url")
    longest = 7 * 3600 / speed + 30
    until("the system to be online", longest, lambda: stack.call("GET", path)[1]["status"] == "online")
    until("the syncs to resume", 60, lambda: sync()["state"] == "succeeded" and sync()["last_success_at"] > last)
    good &= check(True, "online again, and the syncs resumed, by themselves")
    _, events = stack.call("GET", "/v1/events?limit=500")
    told = [e["type"] for e in reversed(events["data"]) if e["type"].startswith("connection.") and e["data"]["connection_id"] == conn]
    good &= check(told == ["connection.created", "connection.unreachable", "connection.online"], "each change is told once", told)
    numbers = [e["data"]["sequence"] for e in reversed(events["data"]) if e["type"].startswith("connection.")]
    good &= check(numbers == [1, 2, 3], "and numbered", numbers)
    good &= check(stack.call("GET", "/v1/credits")[1] == credits, "credits are what they were")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--speed", type=int, default=600)
    given = parser.parse_args()
    stack = Stack(given.program, given.speed)
    try:
        return 0 if rehearse(stack, given.days, given.speed) else 1
    finally:
        stack.process.terminate()
        stack.process.wait()


if __name__ == "__main__":
    sys.exit(main())
