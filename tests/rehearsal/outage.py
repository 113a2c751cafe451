#!/usr/bin/env python3
"""Rehearses an outage of days in minutes: the real stack, its sandbox, a customer's receiver, nobody who does anything.

    cargo build -p manifold-local
    python3 tests/rehearsal/outage.py target/debug/manifold [--days 3] [--speed 600]

A system goes down for so many days of the stack's time, and comes back. The attempts that the sandbox saw must follow
the published ladder (30 s doubling to 6 h, each wait between half of it and the whole), one event and one webhook must
tell of the beginning and one of the end, stored data must stay readable, live calls must be answered at once, the
syncs must resume by themselves, and credits must be what they were. Needs nothing but Python; where `standardwebhooks`
of PyPI is installed, the webhooks are verified by it.
"""

import argparse
import pathlib
import sys
import time
from datetime import datetime

TESTS = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "strangers"), str(TESTS / "aws")]
from receiver import Receiver, signed_by  # noqa: E402
from stack import Refused, Stack, call  # noqa: E402

try:
    import standardwebhooks
except ImportError:
    standardwebhooks = None

SYSTEM = "sap_s4hana"
TOLD = ["connection.created", "connection.unreachable", "connection.online"]
# A minute of the schedule, a poll of the queue and a busy machine, in real seconds.
LATE = 1.0


class Rehearsal:
    """One connection of the sandbox, and a receiver that hears of it."""

    def __init__(self, stack, receiver):
        self.stack = stack
        self.good = True
        self.receiver = receiver
        made = stack.call("POST", "/v1/webhook-endpoints", {"url": receiver.url, "event_types": ["connection.*"]})
        self.endpoint, self.secret = made["id"], made["secret"]
        entry = stack.sandbox()[SYSTEM]
        made = stack.connect(entry, models=["vendor"], schedule="1h")
        self.conn, self.token = made["connection"]["id"], made["token"]
        self.path = f"/v1/connections/{self.conn}"

    def check(self, holds, what, otherwise=""):
        print(f"{'ok   ' if holds else 'FAIL '} {what}{'' if holds else f': {otherwise}'}", flush=True)
        self.good &= bool(holds)

    def sandbox(self, method, path, body=None):
        return call(self.stack.sandbox_url, method, path, body=body)

    def attempts(self):
        log = self.sandbox("GET", f"/_requests?system={SYSTEM}")
        return [datetime.fromisoformat(request["at"]) for request in log["data"]]

    def sync(self):
        return self.stack.call("GET", f"{self.path}/syncs")["data"][0]

    def stored(self):
        return sum(1 for _ in self.stack.records("vendors", self.token))

    def live(self):
        """A live call: its status, and what it said."""
        try:
            return 200, self.stack.call("GET", "/v1/vendors?limit=1", key=self.token)
        except Refused as refused:
            return refused.status, refused.problem

    def heard(self, kind):
        """Waits for a webhook of a type, and judges its signature while it is young: its time is the wall's."""
        message = until(f"a webhook {kind}", 30, lambda: next(iter(self.receiver.of(kind)), None))
        if standardwebhooks:
            try:
                standardwebhooks.Webhook(self.secret).verify(message["text"].decode(), message["headers"])
                valid = True
            except standardwebhooks.WebhookVerificationError:
                valid = False
        else:
            age = abs(time.time() - int(message["headers"]["webhook-timestamp"]))
            valid = age <= 300 and signed_by(message, self.secret)
        self.check(valid, f"the webhook {kind} is signed", message["headers"])


def until(what, seconds, holds):
    """Waits until something holds; gives what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"in vain: {what}")


def ladder(attempts, began, speed):
    """What is wrong with the waits between attempts, and the waits."""
    waits = [(later - earlier).total_seconds() for earlier, later in zip([began] + attempts, attempts)]
    wrong, whole = [], 30
    for number, wait in enumerate(waits):
        if not whole / 2 - 1 <= wait <= whole + LATE * speed:
            wrong.append(f"wait {number} is {wait:.0f} s of {whole}")
        whole = min(whole * 2, 6 * 3600)
    return wrong, waits


def told(rehearsal):
    """The events, and the webhooks that carried them: each change once, numbered, and the same in both."""
    events = rehearsal.stack.call("GET", "/v1/events?limit=500")["data"]
    events = [event for event in reversed(events) if event["type"].startswith("connection.")]
    rehearsal.check([event["type"] for event in events] == TOLD, "each change is an event, once", events)
    numbers = [event["data"]["sequence"] for event in events]
    rehearsal.check(numbers == [1, 2, 3], "and numbered", numbers)
    # Whatever would come twice has its time to.
    time.sleep(5)
    heard = sorted(rehearsal.receiver.heard, key=lambda message: message["body"]["data"]["sequence"])
    rehearsal.check([message["body"]["type"] for message in heard] == TOLD, "each change is a webhook, once",
                    [message["body"] for message in heard])
    rehearsal.check([message["headers"]["webhook-id"] for message in heard] == [event["id"] for event in events],
                    "under the event's id")
    rehearsal.check([message["body"]["data"] for message in heard] == [event["data"] for event in events],
                    "with the event's data and number")
    log = rehearsal.stack.call("GET", f"/v1/webhook-endpoints/{rehearsal.endpoint}/deliveries")["data"]
    done = [(delivery["status"], len(delivery["attempts"])) for delivery in log]
    rehearsal.check(done == [("succeeded", 1)] * 3, "the log of deliveries says the same", log)


def rehearse(rehearsal, days, speed):
    check, stack = rehearsal.check, rehearsal.stack
    until("the first sync", 60, lambda: rehearsal.sync()["state"] == "succeeded")
    rehearsal.heard("connection.created")
    credits, records = stack.call("GET", "/v1/credits"), rehearsal.stored()

    rehearsal.sandbox("POST", "/_faults", {"system": SYSTEM, "fault": "down"})
    status, problem = rehearsal.live()
    check((status, problem["code"]) == (503, "system_unreachable"), "a live call says that the system is down", problem)
    attempts = rehearsal.attempts()
    began, before = attempts[-1], len(attempts)
    rehearsal.heard("connection.unreachable")
    print(f"      {days} days at {speed} times the speed: {days * 86400 / speed / 60:.1f} minutes", flush=True)
    time.sleep(days * 86400 / speed)
    seen = rehearsal.attempts()[before:]
    wrong, waits = ladder(seen, began, speed)
    print("      waits: " + " ".join(f"{wait:.0f}" for wait in waits))
    check(not wrong, f"{len(seen)} attempts follow the ladder", wrong)
    check(len(seen) >= 8 + (days * 24 - 8) // 7, "and go on to the end", len(seen))
    stored = rehearsal.stored()
    check(stored == records > 0, "stored data stays readable", stored)
    asked_at = time.monotonic()
    status, problem = rehearsal.live()
    quick = time.monotonic() - asked_at < 1
    check(status == 503 and quick and "retry_at" in problem, "a live call is answered at once", problem)

    last = rehearsal.sync()["last_success_at"]
    rehearsal.sandbox("DELETE", "/_faults")
    until("the system to be online", 7 * 3600 / speed + 30, lambda: stack.call("GET", rehearsal.path)["status"] == "online")
    rehearsal.heard("connection.online")
    until("the syncs to resume", 60, lambda: rehearsal.sync()["state"] == "succeeded" and rehearsal.sync()["last_success_at"] > last)
    check(True, "online again, and the syncs resumed, by themselves")
    told(rehearsal)
    check(stack.call("GET", "/v1/credits") == credits, "credits are what they were")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--speed", type=int, default=600)
    given = parser.parse_args()
    receiver = Receiver("127.0.0.1")
    try:
        with Stack(given.program, "--speed", str(given.speed)) as stack:
            rehearsal = Rehearsal(stack, receiver)
            rehearse(rehearsal, given.days, given.speed)
    finally:
        receiver.close()
    return 0 if rehearsal.good else 1


if __name__ == "__main__":
    sys.exit(main())
