"""L: how late retries are, by the stack's clock at ten times the speed.

Every system of the sandbox goes down, and a receiver of webhooks fails, for some minutes: nearly an hour of the stack's
time, so that both ladders come to waits of more than a quarter of an hour. When an attempt is due is what the API
says (`next_attempt_at` of connections and deliveries); when it came is what the sandbox and the receiver saw.
"""

import bisect
import math
import time
from datetime import datetime

from watched import Receiver, Watched

SPEED = 10
# Real seconds of the outage: the webhooks' half-hour step ends before, and most systems' eighth attempt is due.
OUTAGE = 330
ENDPOINTS = 20
# Retries that are due sooner after the attempt before them come by message, later ones by the minute schedule.
SOON = 15 * 60
LATEST_SOON, LATEST = 5, 60


def seconds(time_text):
    return datetime.fromisoformat(time_text).timestamp()


class Clock:
    """The stack's time, from this process's own."""

    def __init__(self, stack, system):
        tries = []
        line = stack.line("sandbox_url")
        for _ in range(10):
            before = time.monotonic()
            line.request("GET", f"/{system}")
            line.getresponse().read()
            after = time.monotonic()
            tries.append((after - before, before, seconds(requests(stack, system)[-1]["at"])))
        # The shortest is the most exact.
        _, self.real, self.shown = min(tries)

    def at(self, real):
        return self.shown + (real - self.real) * SPEED


def requests(stack, system):
    return stack.ask("GET", f"/_requests?system={system}", base="sandbox_url")["data"]


class Systems:
    """Connections whose systems are down, one for each system of the sandbox."""

    def __init__(self, stack):
        self.stack = stack
        entries = stack.entries()
        made = [stack.connect(entry, schedule="manual", history={"days": 1}) for entry in entries]
        self.system = {one["id"]: one["system"] for one in made}
        # When attempts are due, in the order in which the API said so.
        self.due = {one["id"]: [] for one in made}

    def take_down(self):
        for connection, system in self.system.items():
            self.stack.fault(system, "down")
            self.stack.sync(connection)

    def look(self):
        for one in self.stack.ask("GET", "/v1/connections?limit=500")["data"]:
            known = self.due[one["id"]]
            if one["next_attempt_at"]:
                due = seconds(one["next_attempt_at"])
                if not known or known[-1] != due:
                    known.append(due)

    def lateness(self, end):
        """Of each retry how long it was waited for, and how late it was."""
        for connection, system in self.system.items():
            seen = sorted(seconds(request["at"]) for request in requests(self.stack, system))
            for earlier, due in zip([None] + self.due[connection], self.due[connection]):
                # The attempt before this one, which was the first after its own time; or the one that found the outage.
                before = seen[max(bisect.bisect_left(seen, due) - 1, 0)] if earlier is None else earlier
                came = bisect.bisect_left(seen, due)
                if came < len(seen):
                    yield due - before, seen[came] - due
                elif due + LATEST < end:
                    yield due - before, end - due


class Webhooks:
    """Deliveries to endpoints that fail."""

    def __init__(self, stack, receiver):
        self.stack = stack
        self.receiver = receiver
        urls = {f"/{number}": f"{receiver.url}/{number}" for number in range(ENDPOINTS)}
        self.endpoints = {path: stack.endpoint(url, event_types=["connection.*"])["id"] for path, url in urls.items()}
        # When an attempt is due, by path, event, and number of attempts before it.
        self.due = {}

    def look(self, number):
        path = f"/{number % ENDPOINTS}"
        deliveries = f"/v1/webhook-endpoints/{self.endpoints[path]}/deliveries?limit=500"
        for one in self.stack.ask("GET", deliveries)["data"]:
            if one["next_attempt_at"] and one["attempts"]:
                self.due[path, one["event_id"], len(one["attempts"])] = seconds(one["next_attempt_at"])

    def lateness(self, clock, end):
        came = {}
        for path, event, real in self.receiver.heard:
            came.setdefault((path, event), []).append(clock.at(real))
        for (path, event, attempts), due in self.due.items():
            times = came[path, event]
            before = times[attempts - 1]
            if attempts < len(times):
                yield due - before, times[attempts] - due
            elif due + LATEST < end:
                yield due - before, end - due


def at_percent(late, percent):
    return sorted(late)[math.ceil(len(late) * percent / 100) - 1]


def tell(bench, whose, found):
    shown = lambda value: f"{value:.1f} s"  # noqa: E731
    for name, limit, late in (
        ("under 15 min", LATEST_SOON, [late for wait, late in found if wait < SOON]),
        ("of 15 min and more", LATEST, [late for wait, late in found if wait >= SOON]),
    ):
        what = f"lateness of {whose} {name}, p99"
        if not late:
            bench.add("L", what, "none seen", f"<= {shown(limit)}", False)
            continue
        detail = f"{len(late)} retries: p50 {shown(at_percent(late, 50))}, most {shown(max(late))}, least {shown(min(late))}"
        bench.at_most("L", what, at_percent(late, 99), limit, shown, detail)


def measure(bench, outage=OUTAGE):
    with Watched(bench.program("manifold"), SPEED) as stack, Receiver(500) as receiver:
        webhooks = Webhooks(stack, receiver)
        systems = Systems(stack)
        clock = Clock(stack, next(iter(systems.system.values())))
        systems.take_down()
        end, number = time.monotonic() + outage, 0
        while time.monotonic() < end:
            systems.look()
            # A few at a time, so that asking takes little of the machine.
            for _ in range(4):
                webhooks.look(number)
                number += 1
            time.sleep(0.1)
        now = clock.at(time.monotonic())
        tell(bench, "attempts at systems", list(systems.lateness(now)))
        tell(bench, "webhooks", list(webhooks.lateness(clock, now)))
