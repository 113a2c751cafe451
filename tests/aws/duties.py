"""Chapters for what each function's role must allow beyond the main job: they tell little of the product, which the
stories in tests/tests do, and each calls what the others leave out.
"""

import json

from processes import call
from receiver import signed_by
from story import SYSTEM

PASSTHROUGH = "/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_BusinessPartner"


def every_page(story):
    """every GET of the API's description"""
    known = {"system": SYSTEM, "model": "vendor", "id": "unknown"}
    asked = 0
    for path, methods in story.ask("GET", "/openapi.json")["paths"].items():
        if "get" not in methods or path in story.cloud.masked:
            continue
        about = story.connection if path.startswith("/v1/connections/") else known["id"]
        target = path.format_map(known | {"id": about} | dict.fromkeys(["item", "key_id"], "unknown"))
        headers = {"authorization": f"Bearer {story.key}", "manifold-connection": story.connection}
        reply = story.cloud.request("GET", target, headers, None)
        # What is not there, not supported or not this caller's is refused; only a failure of ours is a 5xx.
        story.expect(reply.status < 500 or reply.status == 501, f"GET {target} answers, if only with a refusal", reply)
        asked += 1
    story.check(asked > 30, f"{asked} pages answer")


def changed_connection(story):
    """a connection is changed, and its token rotated"""
    where = f"/v1/connections/{story.connection}"
    before = story.kept_secrets()
    story.ask("PATCH", where, {"credentials": story.entry()["credentials"]})
    story.until("the end of the old secret", 90, lambda: story.cloud.minute() or len(story.kept_secrets()) == 1)
    story.check(story.kept_secrets() != before, "new credentials are tried, kept, and replace the old ones")
    story.token = story.ask("POST", f"{where}/rotate-token", {})["token"]
    story.ask("GET", "/v1/connection", token=story.token)
    story.check(True, "the new token is taken")
    # A new field changes every record: the change feed is quiet again when the model was synced.
    fields = [{"name": "judge", "model": "vendor", "source": "BusinessPartner"}]
    story.ask("PUT", f"{where}/custom-fields", {"fields": fields})
    story.until("the records' new field", 90, lambda: quiet(story))
    request = {"method": "GET", "path": PASSTHROUGH}
    story.ask("POST", "/v1/passthrough", request, token=story.token)
    story.check(True, "a field of its own is added, and the system's own API is called")


def quiet(story):
    """Whether no sync is under way."""
    return all(sync["state"] == "succeeded" for sync in story.syncs().values())


def deletion(story):
    """a record is deleted in the system, and a full sync finds out"""
    vendors = story.ask("GET", "/v1/vendors?source=synced&limit=5", token=story.token)["data"]
    gone = vendors[-1]["id"]
    removed = call(f"{story.cloud.sandbox}/_records/{SYSTEM}/vendor/{gone}", "DELETE")
    story.check(removed.status == 200, "somebody deletes a vendor", removed)
    story.sync_again("vendor", full=True)
    story.ask("GET", f"/v1/vendors/{gone}?source=synced", token=story.token, status=404)
    story.check(True, "the deletion is found")


def webhook_endpoint(story):
    """the workspace wants to hear of its connections"""
    wanted = {"url": story.receiver.url, "event_types": ["connection.*"]}
    story.endpoint = story.ask("POST", "/v1/webhook-endpoints", wanted, status=201)
    story.ask("POST", f"/v1/webhook-endpoints/{story.endpoint['id']}/test", {})
    story.until("the test message", 90, lambda: story.receiver.heard)
    genuine = signed_by(story.receiver.heard[0], story.endpoint["secret"])
    story.check(genuine, "a test message arrives, signed with the endpoint's secret", story.receiver.heard)


def webhooks(story):
    """what was heard of the outage"""
    kinds = ("connection.unreachable", "connection.online")
    story.until("the messages", 150, lambda: all(story.receiver.of(kind) for kind in kinds) or story.cloud.minute())
    told = [len(story.receiver.of(kind)) for kind in kinds]
    story.check(told == [1, 1], "it was told of the outage and of its end, once each", told)
    genuine = all(signed_by(message, story.endpoint["secret"]) for message in story.receiver.heard)
    story.check(genuine, "every message is signed")
    where = f"/v1/webhook-endpoints/{story.endpoint['id']}"

    def written_down():
        log = story.ask("GET", f"{where}/deliveries")["data"]
        return len(log) >= 2 and all(one["status"] == "succeeded" for one in log)

    story.until("the log of deliveries", 90, lambda: written_down() or story.cloud.minute())
    story.ask("DELETE", where, status=204)
    story.check(True, "each delivery is in the log, and the endpoint can be removed")


def link_session(story):
    """somebody else enters the credentials: the sync function connects"""
    session = story.ask("POST", "/v1/link-sessions", {"customer": {"id": "customer-2"}, "systems": [SYSTEM]}, status=201)
    page = story.cloud.request("GET", f"/connect/{session['id']}", {}, None)
    story.check(page.status == 200 and "<html" in page.text, "its page is there", page)
    typed = {key: value for key, value in story.entry().items() if key in ("system", "method", "settings", "credentials")}
    begun = story.ask("POST", "/v1/connect/attempts", typed, token=session["link_token"], status=202)

    def ended():
        now = story.ask("GET", f"/v1/connect/attempts/{begun['id']}", token=session["link_token"])
        return now["status"] in ("succeeded", "failed") and now

    done = story.until("the attempt", 90, ended)
    story.check(done["status"] == "succeeded", "the attempt succeeds", done)
    made = story.ask("POST", "/v1/link-sessions/exchange", {"public_token": done["public_token"]})
    story.check(len(story.kept_secrets()) == 2, "the sync function made the second secret", story.kept_secrets())
    story.ask("GET", "/v1/vendors?limit=1", token=made["token"])
    story.ask("POST", f"/v1/connections/{made['connection']['id']}/disconnect", {})
    story.check(True, "it can be read, and disconnected")


def erased(story):
    """what was synced is erased"""
    story.check(story.rows() > 500, "records are stored")
    story.ask("DELETE", f"/v1/connections/{story.connection}/data", status=202)
    about = {"manifold-connection": story.connection}
    left = story.ask("GET", "/v1/purchase-orders?source=synced&limit=1", headers=about)["data"]
    story.check(not left, "reads are empty at once", left)
    story.until("the erasure", 150, lambda: story.cloud.minute() or not story.rows())
    story.check(True, "and the rows are gone")


def nothing_was_denied(story):
    """no role lacked a permission"""
    denied = story.cloud.denied()
    story.check(not denied, "no function was refused anything", json.dumps(denied[:5]))
