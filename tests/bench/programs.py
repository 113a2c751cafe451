"""Runs the benchmark's programs: what each costs in CPU and memory, and the table of results."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request

RUNS = 5
# Orders of a small and of a large system.
FEW, MANY = 20_000, 100_000


def run(*command, told=None):
    """CPU seconds of a program that runs to its end; what it prints goes into the list `told`, if there is one."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as printed:
        out = subprocess.DEVNULL if told is None else printed
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}:\n{said.read().decode()}")
        if told is not None:
            printed.seek(0)
            told += printed.read().decode().split()
    return usage.ru_utime + usage.ru_stime


def ask(*command):
    """The one word that a program prints."""
    told = []
    run(*command, told=told)
    [word] = told
    return word


def alternate(*commands, runs=RUNS):
    """Median CPU of several programs, run in turns."""
    spent = [[] for _ in commands]
    for _ in range(runs):
        for place, command in enumerate(commands):
            spent[place].append(run(*command))
    return [statistics.median(of) for of in spent]


def peak(*command, runs=3):
    """Median of a program's peak memory in MiB. This script's own memory would show below a child's that is
    smaller, so a small program starts it."""
    with tempfile.NamedTemporaryFile("r") as told:
        for _ in range(runs):
            run("/usr/bin/time", "-a", "-o", told.name, "-f", "%M", *command)
        return statistics.median(int(line) for line in told) / 1024


class Bench:
    """The programs, the server that they talk to, and what was found."""

    def __init__(self, programs):
        self.programs = programs
        self.rows = []
        self.server = subprocess.Popen(
            [programs / "bench-server", str(MANY)], stdout=subprocess.PIPE, text=True
        )
        self.ports = json.loads(self.server.stdout.readline())

    def program(self, name):
        return self.programs / name

    def at(self, port):
        return f"http://127.0.0.1:{self.ports[port]}"

    def pages(self, records, changed=0):
        return f"{self.at('pages')}/{records}/{changed}"

    def counts(self):
        with urllib.request.urlopen(f"{self.at('pages')}/counts") as answer:
            return json.load(answer)

    def add(self, goal, what, figure, target, reached, detail=""):
        self.rows.append((goal, what, figure, target, reached, detail))
        mark = {True: "reached", False: "MISSED", None: ""}[reached]
        print(f"{goal:4} {what:58} {figure:>12}  {target:10} {mark:8} {detail}", flush=True)

    def at_most(self, goal, what, value, limit, shown, detail=""):
        self.add(goal, what, shown(value), f"<= {shown(limit)}", value <= limit, detail)

    def at_least(self, goal, what, value, limit, shown, detail=""):
        self.add(goal, what, shown(value), f">= {shown(limit)}", value >= limit, detail)


def ratio(value):
    return f"{value:.2f} x"


def mib(value):
    return f"{value:.1f} MiB"


def millis(value):
    return f"{value * 1000:.1f} ms"
