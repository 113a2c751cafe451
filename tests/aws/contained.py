"""The functions in containers by `sam local`: API requests through start-api, everything else through
start-lambda. The rest of AWS is as in emulated.py, on the containers' network.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import cloudformation
import emulated
from processes import Absent, Failed, call, free_ports, listens, wait_until

# What `sam local` takes for the runtime of an x86_64 function, without asking the network.
IMAGE = "public.ecr.aws/lambda/provided:al2023-x86_64"
NETWORK = "manifold-sam-local"


class Engine:
    """A container engine of our own, in a folder, with a base image; it touches no other engine."""

    def __init__(self, processes, cache):
        missing = [program for program in ("dockerd", "docker", "debootstrap") if not shutil.which(program)]
        if missing:
            raise Absent(f"{', '.join(missing)} is missing: apt-get install docker.io debootstrap")
        if os.geteuid() != 0:
            raise Absent("dockerd has to be started by root")
        folder = pathlib.Path(processes.folder, "engine")
        folder.mkdir()
        socket = folder / "docker.sock"
        os.environ["DOCKER_HOST"] = f"unix://{socket}"
        self.log = processes.folder / "dockerd.log"
        if not pathlib.Path("/sys/class/net/docker0").exists():
            # The engine's default bridge outlives it.
            processes.callback(subprocess.run, ["ip", "link", "delete", "docker0"], check=False)
        processes.start(
            "dockerd", "dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec",
            "--pidfile", folder / "pid", "-H", f"unix://{socket}", "--iptables=false", "--ip6tables=false",
        )  # fmt: skip
        try:
            wait_until("dockerd", 60, lambda: subprocess.run(["docker", "info"], capture_output=True).returncode == 0)
        except Failed:
            last = self.log.read_text().splitlines()[-3:]
            raise Absent(f"dockerd does not start on this machine: {' | '.join(last)}") from None
        archive = pathlib.Path(cache, "provided-al2023.tar")
        if not archive.exists():
            self._make_base(archive)
        self._docker("import", archive, IMAGE)
        self._docker("network", "create", NETWORK)
        processes.callback(self._leave_nothing)
        gateway = self._docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", NETWORK)
        # What a container sees this machine as.
        self.address = gateway.strip()

    def _docker(self, *command):
        done = subprocess.run(["docker", *map(str, command)], check=False, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"docker {command[0]}: {done.stderr.strip()}")
        return done.stdout

    def _make_base(self, archive):
        """A Debian in the place of Amazon Linux, which no package registry has: its C library is 2.36 instead of
        2.34, and a function needs nothing else of it."""
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            packages = "--include=ca-certificates"
            command = ["debootstrap", "--variant=minbase", packages, "bookworm", f"{folder}/root"]
            if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
                raise Absent("debootstrap does not make a base image: see above")
            partial = archive.with_suffix(".partial")
            subprocess.run(["tar", "-C", f"{folder}/root", "-cf", partial, "."], check=True)
            partial.rename(archive)

    def remove_containers(self):
        """Those that `sam local` left."""
        left = self._docker("ps", "-aq").split()
        if left:
            self._docker("rm", "-f", *left)

    def _leave_nothing(self):
        """Takes the network's bridge off this machine, which would outlive the engine."""

        def removed():
            # `sam local` may have been making a container when it was stopped.
            self.remove_containers()
            return subprocess.run(["docker", "network", "rm", NETWORK], capture_output=True).returncode == 0

        wait_until("the end of the containers' network", 20, removed)


class Function:
    """A function behind `sam local start-lambda`."""

    def __init__(self, url, name):
        self.url = f"{url}/2015-03-31/functions/{name}/invocations"
        self.name = name

    def invoke(self, event):
        """What the function answers; an error of the function itself is a failure."""
        reply = call(self.url, "POST", json.dumps(event), {"content-type": "application/json"}, timeout=310)
        if reply.status != 200 or (isinstance(reply.json, dict) and "errorType" in reply.json):
            raise Failed(f"the function {self.name} failed: {reply}")
        return reply.json


class Cloud(emulated.Cloud):
    """The deployment. `story.py` says what it has to be able to do."""

    def __init__(self, processes, programs, template, cache):
        self.engine = Engine(processes, cache)
        super().__init__(processes, programs, template, self.engine.address)

    def _start_functions(self):
        folder = pathlib.Path(self.processes.folder)
        template = json.loads(json.dumps(self.template))
        functions = cloudformation.of_type(template, "AWS::Lambda::Function")
        for name, properties in functions.items():
            properties["Code"] = str((self.built / name).resolve())
            properties["Environment"] = {"Variables": self._variables(name, properties)}
        path = folder / "template.json"
        path.write_text(json.dumps(template))
        api, direct = free_ports(2)
        self.api = f"http://127.0.0.1:{api}"
        self.running = [self._sam("start-api", api, path), self._sam("start-lambda", direct, path)]
        self.functions = {name: Function(f"http://127.0.0.1:{direct}", name) for name in functions}

    def _sam(self, command, port, template):
        process = self.processes.start(
            f"sam-{command}", "sam", "local", command, "--template-file", template, "--host", "127.0.0.1",
            "--port", port, "--skip-pull-image", "--warm-containers", "LAZY", "--docker-network", NETWORK,
            "--parameter-overrides", "Architecture=x86_64",
        )  # fmt: skip
        wait_until(f"sam local {command}", 60, lambda: listens(port))
        return process

    def _stop_functions(self):
        for process in self.running:
            self.processes.stop(process)
        self.engine.remove_containers()

    def request(self, method, target, headers, body):
        """One request to `sam local start-api`."""
        return call(f"{self.api}{target}", method, body, headers)
