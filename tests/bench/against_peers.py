"""Runs Singer, dlt and Airbyte's CDK and our engine in turns over the same pages, and compares what they make of them.

    against_peers.py FOLDER_WITH_PROGRAMS VENV [--record] [--runs N] [--few-only]

CPU is user and system time of the engine's own process and its children, medians of runs in turns; output is
compared with ours field by field (peers/compare.py) at the smaller size.
"""

import argparse
import datetime
import gzip
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import HERE
from programs import FEW, MANY, Bench
from peers.compare import REASONS, compare

PEERS = HERE / "peers"


class Engine:
    """A program that reads the orders at an address and writes them somewhere. `goal` is what part of its CPU ours may
    use at most (G1)."""

    def __init__(self, name, command, records, goal=None, **environment):
        self.name, self.command, self.records, self.goal = name, command, records, goal
        self.environment = {**os.environ, "PYTHONPATH": str(PEERS), "PYTHONDONTWRITEBYTECODE": "1", **environment}

    def run(self, url, out):
        """CPU seconds and peak MiB of one run; its standard output goes to a file of `out`."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        told = out / "told"
        command = ["/usr/bin/time", "-o", told, "-f", "%U %S %M", *self.command(url, out)]
        with open(out / "stdout", "wb") as stdout, open(out / "stderr", "wb") as stderr:
            done = subprocess.run(command, stdout=stdout, stderr=stderr, cwd=out, env=self.environment, check=False)
        if done.returncode:
            sys.exit(f"{self.name} ended with {done.returncode}:\n{(out / 'stderr').read_text()[-3000:]}")
        user, system, peak = told.read_text().split()[-3:]
        return float(user) + float(system), int(peak) / 1024


def lines(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        for line in file:
            if line.startswith("{"):
                yield json.loads(line)


def ours(out):
    yield from lines(out / "stdout")


def of_singer(out):
    return (line["record"] for line in lines(out / "stdout") if line["type"] == "RECORD")


def of_airbyte(out):
    return (line["record"]["data"] for line in lines(out / "stdout") if line["type"] == "RECORD")


def of_dlt(out):
    for path in sorted(out.glob("data/**/purchase_orders.*jsonl*")):
        # Compressed ones are not always called so.
        content = path.read_bytes()
        text = (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode()
        # A file of extracted items has one page a line, as an array or an object each.
        for line in text.splitlines():
            page = json.loads(line)
            yield from page if isinstance(page, list) else [page]


def airbyte_manifest(url):
    """What airbyte-cdk reads the orders by: offset pages of 1,000, mapped by the component."""
    option = {"type": "RequestOption", "inject_into": "request_parameter"}
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["purchase_orders"]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "purchase_orders",
                "primary_key": ["remote_id"],
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": {
                        "type": "HttpRequester",
                        "url_base": url,
                        "path": "/PurchaseOrders",
                        "http_method": "GET",
                    },
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": ["value"]},
                    },
                    "paginator": {
                        "type": "DefaultPaginator",
                        "page_size_option": {**option, "field_name": "$top"},
                        "page_token_option": {**option, "field_name": "$skip"},
                        "pagination_strategy": {
                            "type": "OffsetIncrement",
                            "page_size": 1000,
                            "inject_on_first_request": True,
                        },
                    },
                },
                "transformations": [
                    {
                        "type": "CustomTransformation",
                        "class_name": "source_declarative_manifest.components.MapOrder",
                    }
                ],
                "schema_loader": {
                    "type": "InlineSchemaLoader",
                    "schema": {"type": "object", "additionalProperties": True, "properties": {}},
                },
            }
        ],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "properties": {}, "additionalProperties": True},
        },
    }


CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "purchase_orders",
                "json_schema": {"type": "object", "properties": {}},
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "overwrite",
        }
    ]
}


def engines(programs, venv):
    def singer(url, out):
        (out / "config.json").write_text(json.dumps({"url": url}))
        return [venv / "bin/python", PEERS / "tap.py", "--config", out / "config.json"]

    def dlt(destination):
        return lambda url, out: [venv / "bin/python", PEERS / "dlt_pipeline.py", url, out / "data", destination]

    def airbyte(url, out):
        files = {"config": {}, "catalog": CATALOG, "manifest": airbyte_manifest(url)}
        for name, content in files.items():
            # JSON is YAML.
            (out / f"{name}.json").write_text(json.dumps(content))
        components = ["--components-path", PEERS / "airbyte_component.py"]
        read = [venv / "bin/source-declarative-manifest", "read", "--config", out / "config.json"]
        return [*read, "--catalog", out / "catalog.json", "--manifest-path", out / "manifest.json", *components]

    return [
        Engine("Manifold, `sync --to jsonl`", lambda url, _: [programs / "bench-engine", "jsonl", url], ours),
        Engine("singer-sdk with msgspec", singer, of_singer, 0.15),
        Engine("dlt, extract step for DuckDB", dlt("duckdb"), of_dlt, 0.10),
        Engine(
            "dlt, extract step for plain files", dlt("filesystem"), of_dlt, DATA_WRITER__DISABLE_COMPRESSION="true"
        ),
        Engine("airbyte-cdk, Python component", airbyte, of_airbyte, 0.09, AIRBYTE_ENABLE_UNSAFE_CODE="true"),
    ]


def measure(bench, engines, records, runs, folder):
    """Rows of the table, and what the outputs differ in."""
    url = bench.pages(records)
    spent = {engine.name: [] for engine in engines}
    for _ in range(runs):
        for engine in engines:
            spent[engine.name].append(engine.run(url, place(engine, folder)))
            print(records, engine.name, "%.2f s, %.0f MiB" % spent[engine.name][-1], flush=True)
    medians = {name: tuple(statistics.median(of) for of in zip(*runs)) for name, runs in spent.items()}
    base = medians[engines[0].name][0]
    rows = []
    for engine in engines:
        cpu, peak = medians[engine.name]
        part = goal = ""
        if engine is not engines[0]:
            part = f"{base / cpu:.3f} x"
        if engine.goal:
            goal = f"<= {engine.goal:.2f} x | " + ("reached" if base / cpu <= engine.goal else "**missed**")
        rows.append(f"| {engine.name} | {records:,} | {cpu:.2f} s | {peak:.0f} MiB | {part} | {goal or ' | '} |")
    return rows


def place(engine, folder):
    """Where an engine's output goes."""
    return folder / "".join(letter for letter in engine.name if letter.isalnum())


def differences(engines, folder):
    mine = list(ours(place(engines[0], folder)))
    rows, failed = [], []
    for engine in engines[1:]:
        counts = compare(engine.records(place(engine, folder)), mine)
        failed += counts["unexplained"]
        why = " | ".join(str(counts.get(reason, 0)) for reason in REASONS)
        rows.append(
            f"| {engine.name} | {counts['records']:,} | {counts['fields']:,} | {counts['equal']:,} | {why} "
            f"| {len(counts['unexplained'])} |"
        )
    return rows, failed


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("programs", type=pathlib.Path)
    arguments.add_argument("venv", type=pathlib.Path)
    arguments.add_argument("--record", action="store_true", help="write PEERS.md")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--few-only", action="store_true", help=f"only {FEW:,} records")
    given = arguments.parse_args()
    all_engines = engines(given.programs.absolute(), given.venv.absolute())
    bench = Bench(given.programs)
    try:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            rows = measure(bench, all_engines, FEW, given.runs, folder)
            compared, failed = differences(all_engines, folder)
            if not given.few_only:
                rows += measure(bench, all_engines, MANY, given.runs, folder)
    finally:
        bench.server.kill()
        bench.server.wait()
    day, load = datetime.date.today(), os.getloadavg()[0]
    reasons = "\n".join(f"- **{name}**: {why}." for name, why in REASONS.items())
    text = f"""# The peers

Written by `tests/bench/peers.sh --record` (`just bench-peers`) on {day}, {os.cpu_count()} cores, load {load:.1f} at the
end, medians of {given.runs} runs in turns. All read the same OData pages of 1,000 purchase orders of 4 KB and map the
same fields; CPU is user and system time. Ratios hold elsewhere, absolute numbers do not. dlt's extract step writes what
its destination wants, compressed unless told otherwise: for plain files, uncompressed, is the least it can do.

| engine | records | CPU | peak memory | ours against it | G1 | |
| --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}

## What they make of the orders, field by field against ours

| engine | records | fields | equal | {" | ".join(REASONS)} | unexplained |
| --- | --- | --- | --- | {" | ".join("---" for _ in REASONS)} | --- |
{chr(10).join(compared)}

{reasons}
"""
    print(text)
    if given.record:
        (HERE / "PEERS.md").write_text(text)
    if failed:
        sys.exit("Differences without a reason:\n" + "\n".join(failed[:20]))


if __name__ == "__main__":
    main()
