"""A local stack in memory, on free ports, and whatever listens to its webhooks."""

import http.client
import json
import pathlib
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.append(str(pathlib.Path(__file__).parents[1] / "strangers"))
from stack import Stack  # noqa: E402

# Seconds after which an unused connection is not used again.
IDLE = 5


class Watched:
    """A local stack until the end of a `with`, asked over connections that are kept, as an open page asks."""

    def __init__(self, program, speed=1):
        self.stack = Stack(str(program), "--speed", str(speed))
        self.url, self.sandbox_url, self.connect_url = self.stack.url, self.stack.sandbox_url, self.stack.connect_url
        self.key = self.stack.key
        self.lines = {}

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.stack.__exit__(*why)

    def line(self, base="url"):
        """A connection that is kept while it is used: the other side hangs up after a while."""
        line, used = self.lines.get(base, (None, 0.0))
        if time.monotonic() - used > IDLE:
            host = urllib.parse.urlsplit(getattr(self, base))
            line = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
        self.lines[base] = line, time.monotonic()
        return line

    def call(self, method, path, body=None, base="url", headers=None):
        """Status and JSON of an answer, asked for with the workspace's key."""
        headers = {"authorization": f"Bearer {self.key}"} | (headers or {})
        if body is not None:
            body, headers["content-type"] = json.dumps(body), "application/json"
        line = self.line(base)
        line.request(method, path, body, headers)
        answer = line.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def ask(self, method, path, body=None, base="url", headers=None):
        """The same, where only success will do."""
        status, answer = self.call(method, path, body, base, headers)
        if status >= 400:
            raise SystemExit(f"{method} {path} answered {status}: {answer}")
        return answer

    def fault(self, system, fault):
        """Breaks a system of the sandbox until `mend`."""
        self.ask("POST", "/_faults", {"system": system, "fault": fault}, base="sandbox_url")

    def mend(self):
        self.ask("DELETE", "/_faults", base="sandbox_url")

    def entries(self):
        """What the sandbox's systems are connected with."""
        return self.ask("GET", "/", base="sandbox_url")["systems"]

    def connect(self, entry, **more):
        """Connects a system of the sandbox, and waits for its first syncs."""
        asked = entry | {"customer": {"id": entry["system"], "name": f"A company on {entry['system']}"}} | more
        made = self.ask("POST", "/v1/connections", asked)["connection"]
        self.settle(made["id"])
        return made

    def settle(self, connection):
        """Waits until no sync of a connection is waiting or going on."""
        path = f"/v1/connections/{connection}/syncs"
        idle = lambda sync: sync["state"] not in ("queued", "running")  # noqa: E731
        until(f"the syncs of {connection}", lambda: all(map(idle, self.ask("GET", path)["data"])))

    def sync(self, connection, **how):
        self.ask("POST", f"/v1/connections/{connection}/syncs", how)

    def becomes(self, connection, status):
        """Waits until a connection has a status."""
        path = f"/v1/connections/{connection}"
        until(f"{connection} to be {status}", lambda: self.ask("GET", path)["status"] == status)

    def endpoint(self, url, **more):
        return self.ask("POST", "/v1/webhook-endpoints", {"url": url} | more)


def until(what, holds, seconds=120):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"in vain: {what}")
        time.sleep(0.1)


class Receiver:
    """Hears webhooks, answers all with one status, and notes when each came: path, id, and monotonic time."""

    def __init__(self, status):
        self.heard = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer's head and end go out in two writes.
            disable_nagle_algorithm = True

            def do_POST(self):  # noqa: N802
                heard.append((self.path, self.headers["webhook-id"], time.monotonic()))
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
