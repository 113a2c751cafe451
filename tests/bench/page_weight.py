"""What a page costs whoever opens it: time to its first byte, and its weight with all that it loads."""

import gzip
import http.client
import json
import re
import statistics
import subprocess
import time
import urllib.parse

OPENED = 30


class Stack:
    """A local stack in memory, on a free port."""

    def __init__(self, program):
        command = [str(program), "--memory", "--port", "0"]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ready = json.loads(self.child.stdout.readline().removeprefix("ready "))
        host = urllib.parse.urlsplit(self.ready["url"])
        self.line = http.client.HTTPConnection(host.hostname, host.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()

    def get(self, path):
        """Milliseconds to the first byte, and the body as it travels."""
        began = time.perf_counter()
        self.line.request("GET", path, headers={"accept-encoding": "gzip"})
        answer = self.line.getresponse()
        waited = (time.perf_counter() - began) * 1000
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"GET {path} answered {answer.status}")
        return waited, body, answer.headers.get("content-encoding") == "gzip"


def weigh(stack, path):
    """Median milliseconds to the first byte; bytes of the page with all that it loads, as they travel; files."""
    waits = [stack.get(path)[0] for _ in range(OPENED)]
    _, body, zipped = stack.get(path)
    text = (gzip.decompress(body) if zipped else body).decode()
    loads = sorted(set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', text)))
    weight = len(body) + sum(len(stack.get(load)[1]) for load in loads)
    return statistics.median(waits), weight, 1 + len(loads)
