"""The main job from end to end, on any deployment of template.yaml: connect, sync, read, change, an outage,
disconnect, and what the queue does with what nobody can read, with what was lost, and with what comes late.

A deployment (`cloud`) has:
    failed_in_part()         whether a poller has met a batch that failed in part
    address                  this machine as functions see it
    masked                   paths of its front door that never reach a function
    sandbox                  URL of the sandbox's systems
    sqs, secrets, dynamodb   boto3 clients of its services, with every permission
    table(name)              name of the table with this logical name
    why()                    what may explain that something does not come
    denied()                 what functions were refused for want of a permission, as far as it is known
    queue(name)              URL of the queue with this logical name
    master_secret()          what the template's MasterSecret holds
    request(method, target, headers, body) -> Reply
    work()                   lets pollers and timers do their work for a moment
    minute()                 lets the schedule run, or waits until it has
    hold(), release()        stops the queues' pollers, and lets them go on
    allow(entry)             deploys anew with this AllowedPrivateHosts
"""

import json
import time
import urllib.parse

from processes import Failed, admin_key, call
from receiver import Receiver

SYSTEM = "sap_s4hana"
MODELS = {"purchase_order", "vendor", "item", "inventory_level"}
UNREADABLE = "this is no wake-up of anything"


class Story:
    """The chapters, to be told in order."""

    def __init__(self, cloud, programs, quiet=False):
        self.cloud = cloud
        self.programs = programs
        self.quiet = quiet
        self.told = 0
        self.receiver = Receiver(cloud.address)
        self.key = self.token = self.connection = self.workspace = None

    def tell(self, chapters):
        """Tells chapters; the first thing that is not as it should be ends it."""
        for chapter in chapters:
            if not self.quiet:
                print(f"-- {chapter.__doc__}", flush=True)
            chapter(self)

    # ------------------------------------------------------------ words

    def expect(self, holds, what, detail=""):
        """What has to hold and is not worth a line."""
        if not holds:
            raise Failed(f"{what}: {str(detail)[:1500]}")

    def check(self, holds, what, detail=""):
        """What has to hold."""
        self.expect(holds, what, detail)
        self.told += 1
        if not self.quiet:
            print(f"ok    {what}", flush=True)

    def ask(self, method, target, body=None, token=None, status=200, code=None, headers=None):
        """One request with the workspace's key, or the token; its answer's body has to have the status."""
        token = token or self.key
        given = {"authorization": f"Bearer {token}"} if token else {}
        text = None
        if body is not None:
            given["content-type"] = "application/json"
            text = json.dumps(body)
        reply = self.cloud.request(method, target, given | (headers or {}), text)
        right = reply.status == status and (code is None or (reply.json or {}).get("code") == code)
        if not right or "manifold-request-id" not in reply.headers:
            raise Failed(f"{method} {target} should answer {status} {code or ''}: {reply}")
        return reply.json

    def until(self, what, seconds, probe):
        """Lets the deployment work until the probe finds something."""
        ends = time.monotonic() + seconds
        while True:
            found = probe()
            if found:
                return found
            if time.monotonic() > ends:
                raise Failed(f"{what} did not come within {seconds} s {self.cloud.why() or ''}")
            self.cloud.work()

    def syncs(self):
        """How each model's sync stands, by model."""
        listed = self.ask("GET", f"/v1/connections/{self.connection}/syncs")["data"]
        return {sync["model"]: sync for sync in listed}

    def sync_again(self, model, woken_by=None, full=False):
        """Starts a model's sync and waits for its success; `woken_by` may interfere in between."""
        before = self.syncs()[model].get("last_success_at")
        self.ask("POST", f"/v1/connections/{self.connection}/syncs", {"model": model, "full": full}, status=202)
        if woken_by:
            woken_by()
        self.until(f"the sync of {model}", 150, lambda: self.syncs()[model].get("last_success_at") != before)

    def credits(self):
        found = self.ask("GET", "/v1/credits")
        return found["total"], found["held"], found["free"]

    def kept_secrets(self):
        """Names of the connections' secrets."""
        pages = self.cloud.secrets.get_paginator("list_secrets").paginate()
        names = [secret["Name"] for page in pages for secret in page["SecretList"] if not secret.get("DeletedDate")]
        return [name for name in names if "/vault/" in name]

    def rows(self):
        """How many rows of the connection's data there are."""
        scan = self.cloud.dynamodb.get_paginator("scan").paginate(
            TableName=self.cloud.table("RecordsTable"),
            FilterExpression="contains(pk, :connection)",
            ExpressionAttributeValues={":connection": {"S": self.connection}},
            Select="COUNT",
        )
        return sum(page["Count"] for page in scan)

    def waiting(self, queue):
        """How many messages a queue holds, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.cloud.sqs.get_queue_attributes(QueueUrl=self.cloud.queue(queue), AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def requests(self):
        """How many requests the system has had."""
        return len(call(f"{self.cloud.sandbox}/_requests?system={SYSTEM}").json["data"])

    def entry(self):
        """What is to be entered for the system, as the sandbox says."""
        entries = call(f"{self.cloud.sandbox}/").json["systems"]
        (entry,) = (entry for entry in entries if entry["system"] == SYSTEM)
        return entry | {"customer": {"id": "customer-1", "name": "First customer"}}

    # ------------------------------------------------------------ chapters

    def front_door(self):
        """the front door"""
        if "/health" not in self.cloud.masked:
            self.check(self.ask("GET", "/health") is not None, "GET /health answers 200")
        described = self.ask("GET", "/openapi.json")
        self.check("/v1/connections" in described["paths"], "GET /openapi.json answers with the description")
        self.ask("GET", "/v1/credits", status=401, code="unauthorized")
        self.ask("GET", "/v1/connections", token="mfk_not-a-key", status=401)
        self.check(True, "without a key, and with a wrong one, nothing is shown: 401")
        self.ask("GET", "/no-such-page", status=404, code="not_found")
        self.check(True, "an unknown page answers 404 not_found, with a request id")

    def make_workspace(self):
        """the operator makes a workspace, and opens a private address to it"""
        admin = admin_key(self.programs, self.cloud.master_secret())
        made = self.ask("POST", "/v1/workspaces", {"name": "Judge", "credits": 40}, token=admin, status=201)
        self.key, self.workspace = made["key"], made["workspace"]["id"]
        self.check(self.credits() == (40, 0, 40), "the admin key of the master secret makes a workspace")
        self.ask("POST", "/v1/connections", self.entry(), status=503, code="system_unreachable")
        self.check(self.requests() == 0, "a private address is not called before it is allowed")
        ports = [urllib.parse.urlsplit(self.cloud.sandbox).port, self.receiver.port]
        self.cloud.allow(",".join(f"{self.workspace}|{self.cloud.address}|{port}" for port in ports))

    def connect(self):
        """connect"""
        wrong = self.entry()
        wrong["credentials"] = {name: "wrong" for name in wrong["credentials"]}
        self.ask("POST", "/v1/connections", wrong, status=422)
        self.check(
            self.credits() == (40, 0, 40) and not self.kept_secrets(),
            "wrong credentials: refused, and nothing is kept",
            self.kept_secrets(),
        )
        self.cloud.hold()
        made = self.ask("POST", "/v1/connections", self.entry(), status=201)
        self.connection, self.token = made["connection"]["id"], made["token"]
        self.check(made["connection"]["status"] == "online", f"{SYSTEM} is connected", made)
        self.check(len(self.kept_secrets()) == 1, "its credentials are one secret of the vault", self.kept_secrets())
        held = made["connection"]["credits"]
        self.check(self.credits() == (40, held, 40 - held), f"it holds {held} credits")

    def first_sync(self):
        """the first sync, beside a message that nobody can read"""
        url = self.cloud.queue("SyncQueue")
        woken = self.waiting("SyncQueue")
        self.check(woken == len(MODELS), "connecting woke each model's sync", woken)
        # A failed message shows itself again after half an hour; a judge does not wait so long.
        self.cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "2"})
        self.cloud.sqs.send_message(QueueUrl=url, MessageBody=UNREADABLE)
        self.cloud.release()
        done = self.until(
            "the first sync", 120, lambda: all(s.get("last_success_at") for s in self.syncs().values()) and self.syncs()
        )
        self.check(set(done) == MODELS, "every model was synced", done)
        orders = done["purchase_order"]["counts"]["created"]
        self.check(orders > 400, f"{orders} purchase orders were read", done)

        alone = "only the unreadable message failed: it alone is in the dead letters"
        self.until("an empty queue", 60, lambda: self.waiting("SyncQueue") == 0)
        self.check(self.waiting("SyncDeadLetters") == 1, alone, self.waiting("SyncDeadLetters"))

    def redrive(self):
        """the dead letters are redriven"""
        dead, url = self.cloud.queue("SyncDeadLetters"), self.cloud.queue("SyncQueue")
        before = self.syncs()["vendor"].get("last_success_at")
        self.cloud.hold()
        self.ask("POST", f"/v1/connections/{self.connection}/syncs", {"model": "vendor"}, status=202)
        (message,) = self.receive(url)
        self.cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.cloud.sqs.send_message(QueueUrl=dead, MessageBody=message["Body"])
        self.check(self.waiting("SyncDeadLetters") == 2, "a wake-up lies in the dead letters too")
        # What StartMessageMoveTask does; neither moto nor ministack has it.
        for lost in self.receive(dead):
            self.cloud.sqs.send_message(QueueUrl=url, MessageBody=lost["Body"])
            self.cloud.sqs.delete_message(QueueUrl=dead, ReceiptHandle=lost["ReceiptHandle"])
        self.check(self.waiting("SyncQueue") == 2, "both are moved back into the queue")
        self.cloud.release()
        self.until("the redriven sync", 60, lambda: self.syncs()["vendor"].get("last_success_at") != before)
        self.check(True, "the redriven wake-up is worked on")
        self.until("the unreadable one's return", 60, lambda: self.waiting("SyncDeadLetters") == 1)
        self.check(True, "what nobody can read comes back to the dead letters")
        self.receive(dead, purge=True)

    def receive(self, url, purge=False):
        """Messages that can be received now."""
        found = self.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if purge:
            for message in found:
                self.cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def lost_message(self):
        """a wake-up is lost, and the minute schedule sends another"""
        self.cloud.hold()

        def lose_it():
            self.until("the wake-up", 10, lambda: self.receive(self.cloud.queue("SyncQueue"), purge=True))
            self.cloud.release()
            self.cloud.minute()

        self.sync_again("vendor", lose_it)
        self.check(True, "the schedule woke the sync whose message was lost")

    def read(self):
        """read, live and synced"""
        live = self.ask("GET", "/v1/purchase-orders?limit=3", token=self.token)["data"]
        self.check(len(live) == 3, "three orders live from the system", live)
        number = live[0]["id"]
        kept = self.ask("GET", f"/v1/purchase-orders/{number}?source=synced", token=self.token)
        fresh = self.ask("GET", f"/v1/purchase-orders/{number}", token=self.token)
        same = ["id", "number", "status", "vendor", "currency", "total", "lines", "updated_at"]
        self.check(all(kept.get(f) == fresh.get(f) for f in same), "synced and live are the same", (kept, fresh))
        self.ask("GET", "/v1/purchase-orders?limit=3&cursor=nonsense", token=self.token, status=400)
        self.check(True, "a cursor that is none is refused: 400")

    def feed(self, cursor=None):
        """Everything in the change feed after a cursor, and the next cursor."""
        found = []
        while True:
            target = "/v1/changes?limit=500" + (f"&cursor={cursor}" if cursor else "")
            page = self.ask("GET", target, token=self.token)
            cursor = page["next_cursor"]
            if not page["data"]:
                return found, cursor
            found += page["data"]

    def change(self):
        """a record changes in the system"""
        _, cursor = self.feed()
        order = self.ask("GET", "/v1/purchase-orders?limit=1", token=self.token)["data"][0]
        # Changes are told apart by the second, at the latest a second later.
        changed = call(
            f"{self.cloud.sandbox}/_records/{SYSTEM}/purchase_order/{order['id']}",
            "PUT",
            json.dumps({"notes": "Please ring before delivery."}),
            {"content-type": "application/json"},
        )
        self.check(changed.status == 200, "somebody writes a note into an order", changed)
        self.sync_again("purchase_order")
        news, _ = self.feed(cursor)
        told = [(change["change"], change["id"]) for change in news]
        self.check(told == [("updated", order["id"])], "exactly that order is in the change feed, once", told)

    def outage(self):
        """the system goes down and comes back"""
        fault = {"system": SYSTEM, "fault": "down", "seconds": 600}
        call(f"{self.cloud.sandbox}/_faults", "POST", json.dumps(fault), {"content-type": "application/json"})
        self.ask("GET", "/v1/purchase-orders?limit=1", token=self.token, status=503, code="system_unreachable")
        where = f"/v1/connections/{self.connection}"
        self.ask("POST", f"{where}/syncs", {}, status=202)
        self.until("the outage", 60, lambda: self.ask("GET", where)["status"] == "unreachable")
        self.ask("GET", "/v1/purchase-orders?source=synced&limit=1", token=self.token)
        self.check(True, "unreachable: live reads answer 503, what was synced stays readable")
        call(f"{self.cloud.sandbox}/_faults", "DELETE")

        def back():
            if self.ask("GET", where)["status"] != "online":
                self.cloud.minute()
                return False
            return all(sync["state"] == "succeeded" for sync in self.syncs().values())

        self.until("the recovery", 300, back)
        events = [event["type"] for event in self.ask("GET", "/v1/events?limit=500")["data"]]
        told = events.count("connection.unreachable"), events.count("connection.online")
        self.check(told == (1, 1), "back by itself, syncs caught up, told once each", told)

    def disconnect(self):
        """disconnect"""
        url = self.cloud.queue("SyncQueue")
        self.cloud.hold()
        self.ask("POST", f"/v1/connections/{self.connection}/syncs", {"model": "vendor"}, status=202)
        late = self.until("the wake-up", 10, lambda: self.receive(url, purge=True))[0]
        gone = self.ask("POST", f"/v1/connections/{self.connection}/disconnect", {})
        self.check(gone["status"] == "disconnected", "it answers at once: disconnected", gone)
        self.ask("GET", "/v1/purchase-orders?limit=1", token=self.token, status=401, code="token_revoked")
        self.check(True, "its token is refused")
        self.check(self.credits() == (40, 0, 40), "its credits are back")
        about = {"manifold-connection": self.connection}
        self.ask("GET", "/v1/purchase-orders?limit=1", status=409, code="connection_disconnected", headers=about)
        kept = self.ask("GET", "/v1/purchase-orders?source=synced&limit=100", headers=about)["data"]
        self.check(len(kept) == 100, "what was synced stays with the workspace's key")
        again = self.ask("POST", f"/v1/connections/{self.connection}/disconnect", {})
        self.check(again["status"] == "disconnected", "twice is the same as once")
        asked, dead = self.requests(), self.waiting("SyncDeadLetters")
        self.cloud.sqs.send_message(QueueUrl=url, MessageBody=late["Body"])
        self.cloud.release()
        self.until("an empty queue", 60, lambda: self.waiting("SyncQueue") == 0)
        self.check(self.waiting("SyncDeadLetters") == dead, "a wake-up that comes late is dropped quietly")
        self.check(self.requests() == asked, "and the system is not asked any more")
        if self.kept_secrets():
            self.cloud.minute()
        self.until("the end of its secret", 15, lambda: not self.kept_secrets())
        self.check(True, "its credentials are destroyed")
