"""What a judge starts, on free loopback ports, and ends again by its own id."""

import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.parse

# Nothing here may ever talk to a real account.
os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
os.environ |= {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"}
for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(name, None)


class Programs:
    """What a judge runs: what `sam build` made of each function, and this machine's own programs."""

    def __init__(self, built, debug):
        self.built = pathlib.Path(built)
        self.debug = pathlib.Path(debug)


class Failed(Exception):
    """A judge finds something that is not as it should be."""


class Absent(Failed):
    """What the judge needs cannot be had on this machine."""


class Processes(contextlib.ExitStack):
    """Programs in the background; leaving the context ends them, the last one first."""

    def __init__(self, folder):
        super().__init__()
        self.folder = pathlib.Path(folder)

    def start(self, name, *command, environment=None, stdout=None):
        """Starts a program; what it says goes to NAME.log in the folder, or to `stdout`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout or log,
                stderr=log if stdout else subprocess.STDOUT,
            )
        self.callback(self.stop, process)
        return process

    def stop(self, process):
        """Ends one; ending it twice is the same as once."""
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def tails(self, lines=15):
        """The ends of all logs, for whoever looks at a failure."""
        parts = []
        for log in sorted(self.folder.glob("*.log")):
            text = log.read_text(errors="replace").splitlines()[-lines:]
            parts += [f"---- {log.name}", *(line[:1500] for line in text)]
        return "\n".join(parts)


def free_ports(count):
    """Loopback ports that nobody has now."""
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def wait_until(what, seconds, probe, every=0.1):
    """Asks until the probe answers with something true, which is returned."""
    ends = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > ends:
            raise Failed(f"{what} did not come within {seconds} s")
        time.sleep(every)


def listens(port, host="127.0.0.1"):
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


class Reply:
    """An answer: its status, its headers by lower-case name, its body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.text = body
        try:
            self.json = json.loads(body) if body else None
        except ValueError:
            self.json = None

    def __str__(self):
        return f"{self.status} {self.text[:600]}"


def call(url, method="GET", body=None, headers=None, timeout=60):
    """One request over plain HTTP, without any proxy."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path or "/", body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
    finally:
        connection.close()


def stand_ins(processes, programs, address="127.0.0.1"):
    """Starts an empty DynamoDB and the sandbox's systems: {"dynamodb": url, "sandbox": url}."""
    program = programs.debug / "examples" / "stand_ins"
    process = processes.start("stand_ins", program, address, stdout=subprocess.PIPE)
    line = process.stdout.readline()
    if not line:
        raise Failed(f"{program} did not start; cargo build -p manifold-local --example stand_ins builds it")
    return json.loads(line)


def admin_key(programs, master):
    """The admin key of a master secret, as infra/deploy.md says."""
    command = [programs.debug / "manifold", "admin-key"]
    done = subprocess.run(command, input=master, capture_output=True, text=True, check=True)
    return done.stdout.strip()
