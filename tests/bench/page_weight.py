"""What a page costs whoever opens it: time to its first byte, and its weight with all that it loads.

Every page of the product is opened, on a stack whose workspace has something to show.
"""

import gzip
import re
import statistics
import time
import urllib.parse

from programs import millis
from watched import Receiver, Watched, until

OPENED = 30
# What the product asks of itself: kilobytes as they travel, gzipped.
HEAVIEST = 60


def get(stack, path, cookie=None):
    """Seconds to the first byte, the answer, and its body as it travels."""
    headers = {"accept-encoding": "gzip"} | ({"cookie": cookie} if cookie else {})
    line = stack.line()
    began = time.perf_counter()
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    waited = time.perf_counter() - began
    return waited, answer, answer.read()


def weigh(stack, path, status, cookie=None):
    """Median seconds to the first byte; bytes of the page with all that it loads, as they travel; files."""
    opened = [get(stack, path, cookie) for _ in range(OPENED)]
    _, answer, body = opened[-1]
    if any(answer.status != status for _, answer, _ in opened):
        raise SystemExit(f"GET {path} answered {answer.status}")
    text = (gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body).decode()
    loads = sorted(set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', text)))
    weight = len(body) + sum(len(get(stack, load)[2]) for load in loads)
    return statistics.median(waited for waited, _, _ in opened), weight, 1 + len(loads)


def sign_in(stack):
    """The session's cookie, by the form that a person fills in."""
    line = stack.line()
    form = urllib.parse.urlencode({"key": stack.key, "next": "/dashboard"})
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": stack.url}
    line.request("POST", "/dashboard/sign-in", form, headers | {"sec-fetch-site": "same-origin"})
    answer = line.getresponse()
    answer.read()
    if answer.status != 303:
        raise SystemExit(f"signing in answered {answer.status}")
    return answer.headers["set-cookie"].split(";")[0]


def furnish(stack, receiver):
    """Five customers, of which one is out of reach, one needs credentials and one is gone; two endpoints, of which
    one answers 404."""
    entries = {entry["system"]: entry for entry in stack.entries()}
    names = {
        "well": "sap_s4hana",
        "unreachable": "netsuite",
        "more": "dynamics_business_central",
        "reauth": "dynamics_finance",
        "gone": "sap_s4hana_v4",
    }
    made = {name: stack.connect(entries[system], keep_raw=True)["id"] for name, system in names.items()}
    stack.fault(names["well"], "bad_record")
    stack.sync(made["well"], full=True)
    stack.settle(made["well"])
    stack.mend()
    for name, fault, status in (("unreachable", "down", "unreachable"), ("reauth", "bad_credentials", "reauth_required")):
        stack.fault(names[name], fault)
        stack.sync(made[name])
        stack.becomes(made[name], status)
    stack.ask("POST", f"/v1/connections/{made['gone']}/disconnect")
    made["hears"] = stack.endpoint(f"{receiver.url}/hooks", description="The app's receiver")["id"]
    made["deaf"] = stack.endpoint(f"{stack.sandbox_url}/nowhere", description="Answers with 404")["id"]
    for name in ("hears", "deaf"):
        stack.ask("POST", f"/v1/webhook-endpoints/{made[name]}/test")
    stack.sync(made["more"], full=True)
    stack.settle(made["more"])
    until("a message", lambda: len(receiver.heard) > 1)
    return made


def inside(stack, made):
    """Every page behind the sign-in, by its name."""
    of = lambda name, step="": f"/dashboard/connections/{made[name]}{step}"  # noqa: E731
    first = lambda path, **more: stack.ask("GET", path, **more)["data"][0]["id"]  # noqa: E731
    delivery = lambda name: first(f"/v1/webhook-endpoints/{made[name]}/deliveries")  # noqa: E731
    order = first("/v1/purchase-orders?source=synced&limit=1", headers={"manifold-connection": made["well"]})
    webhook = f"/dashboard/webhooks/{made['hears']}"
    return {
        "overview": "/dashboard",
        "connections": "/dashboard/connections",
        "connect a customer": "/dashboard/connect",
        "connection": of("well"),
        "connection, unreachable": of("unreachable"),
        "connection, credentials refused": of("reauth"),
        "connection, disconnected": of("gone"),
        "records": of("well", "/records?model=purchase_order"),
        "record": of("well", f"/record?model=purchase_order&id={urllib.parse.quote(order, safe='')}"),
        "mapping": of("well", "/mapping?model=purchase_order"),
        "timeline": of("unreachable", "/timeline"),
        "put aside": of("well", "/put-aside"),
        "settings": of("well", "/settings"),
        "disconnect": of("well", "/disconnect"),
        "erase": of("well", "/erase"),
        "rotate token": of("well", "/rotate-token"),
        "systems": "/dashboard/systems",
        "system": "/dashboard/systems/sap_s4hana",
        "webhooks": "/dashboard/webhooks",
        "webhook, new": "/dashboard/webhooks/new",
        "webhook": webhook,
        "webhook, failing": f"/dashboard/webhooks/{made['deaf']}",
        "webhook, edit": f"{webhook}/edit",
        "webhook, rotate secret": f"{webhook}/rotate-secret",
        "webhook, delete": f"{webhook}/delete",
        "delivery": f"/dashboard/deliveries/{delivery('hears')}",
        "delivery, failed": f"/dashboard/deliveries/{delivery('deaf')}",
        "events": "/dashboard/events",
        "event": f"/dashboard/events/{first('/v1/events')}",
        "credits": "/dashboard/credits",
        "keys": "/dashboard/keys",
        "getting started": "/dashboard/start",
        "no such page": "/dashboard/nowhere",
    }


def measure(bench):
    with Watched(bench.program("manifold")) as stack, Receiver(200) as receiver:
        made = furnish(stack, receiver)
        connect = urllib.parse.urlsplit(stack.connect_url).path
        outside = {"connect page": connect, "sign-in": "/dashboard/sign-in"}
        pages = [(name, path, None) for name, path in outside.items()]
        cookie = sign_in(stack)
        pages += [(name, path, cookie) for name, path in inside(stack, made).items()]
        for name, path, cookie in pages:
            status = 404 if name == "no such page" else 200
            waited, weight, files = weigh(stack, path, status, cookie)
            detail = f"{files} files; first byte after {millis(waited)}, median of {OPENED}"
            bench.at_most("P", name, weight / 1024, HEAVIEST, lambda value: f"{value:.1f} KB", detail)
