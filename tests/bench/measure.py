"""Runs the benchmark's programs side by side and prints how their CPU and memory compare.

    measure.py FOLDER_WITH_PROGRAMS [--record] [--only G1,G5]

Only ratios are compared with goals, and absolute numbers only where the goal is one: CPU seconds (user and
system) of the program's own process as the kernel counts them, its peak memory, medians of five runs that
alternate with what they are compared with.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import urllib.request

import cold_start
import lateness
import page_weight
import webhooks
from programs import FEW, MANY, RUNS, Bench, alternate, mib, millis, peak, ratio, run

HERE = pathlib.Path(__file__).parent


def mapping(bench):
    """G5: one page in memory, a hundred times."""
    engine = bench.program("bench-engine")
    rest, plan, serde = alternate(
        (engine, "rest", 100), (engine, "plan", 100), (engine, "serde", 100)
    )
    speed = (serde - rest) / (plan - rest)
    detail = f"{100_000 / (plan - rest) / 1000:.0f}k and {100_000 / (serde - rest) / 1000:.0f}k orders a CPU second"
    bench.at_least("G5", "mapping a page against hand-written serde", speed, 0.6, ratio, detail)


def jsonl(bench):
    """G1 and G6: pages to JSON lines."""
    peaks = {}
    for records in (FEW, MANY):
        url = bench.pages(records)
        engine = (bench.program("bench-engine"), "jsonl", url)
        by_hand = (bench.program("bench-floor"), "map", url + "/PurchaseOrders")
        cpu, floor = alternate(engine, by_hand)
        peaks[records] = peak(*engine)
        detail = f"{cpu:.3f} s against {floor:.3f} s; peak {mib(peaks[records])} against {mib(peak(*by_hand))}"
        bench.at_most("G1", f"sync to JSON lines against F, {records:,} records", cpu / floor, 2.0, ratio, detail)
    bench.at_most("G6", "peak memory, 100,000 records against 20,000", peaks[MANY] / peaks[FEW], 1.15, ratio)
    bench.at_most("G6", "peak memory", max(peaks.values()), 36, mib)


def empty(bench):
    """G9: nothing new."""
    url = bench.pages(0)
    [cpu] = alternate((bench.program("bench-engine"), "jsonl", url))
    bench.at_most("G9", "empty sync, CPU", cpu, 0.010, millis, "bench manifest")
    settings = json.dumps(
        {
            "settings": {"tenant": "bench", "instance_url": url},
            "credentials": {"username": "bench", "password": "bench"},
        }
    )
    file = HERE / "out" / "settings.json"
    file.write_text(settings)
    command = ("sync", "--system", "sap_s4hana_v4", "--settings", file, "--model", "purchase_order", "--to", "jsonl")
    [cpu] = alternate((bench.program("manifold"), *command))
    bench.at_most("G9", "empty `manifold sync`, CPU", cpu, 0.010, millis, "SAP's own manifest")


def first_load(bench):
    """G2: a first sync into a DynamoDB that drops records."""
    store, url = bench.program("bench-store"), bench.pages(FEW)
    sink = bench.at("sink")
    loads, floors = [], []
    for number in range(RUNS):
        loads.append(run(store, "load", sink, url, f"conn_{number}"))
        floors.append(run(store, "puts", sink, url, f"conn_{number}"))
    cpu, floor = statistics.median(loads), statistics.median(floors)
    detail = f"{cpu:.3f} s against {floor:.3f} s"
    bench.at_most("G2", "first load against F's fetch and the SDK's batches", cpu / floor, 2.0, ratio, detail)


def engine_room(bench):
    """G3, G4 and G11: the sync engine over DynamoDB."""
    store, url = bench.program("bench-store"), bench.pages(FEW)
    database = bench.at("dynamodb")
    bench.counts()
    run(store, "load", database, url, "conn_bench")
    loaded = bench.counts()
    units = loaded["record_units"] / FEW
    bench.at_most("G11", "write units a record at first load", units, 1.05, lambda value: f"{value:.3f}")
    share = loaded["hottest_key_units"] / loaded["record_units"]
    bench.at_most("G11", "hottest key's share of the writes", share, 1 / 8, lambda value: f"{value:.3f}")

    resync = (store, "resync", database, url, "conn_bench")
    cpu, floor = alternate(resync, (bench.program("bench-floor"), "sync", url + "/PurchaseOrders"))
    counts = bench.counts()
    detail = f"{cpu:.3f} s against {floor:.3f} s; peak {mib(peak(*resync))}"
    bench.at_most("G3", "unchanged re-sync against F with comparison", cpu / floor, 2.0, ratio, detail)
    bench.counts()
    calls, written = counts["calls"], counts["written"]
    reads = sum(calls.get(name, 0) for name in ("GetItem", "Query", "BatchGetItem"))
    reads = reads / RUNS / (FEW / 1000)
    bench.at_most("G3", "unchanged re-sync: reads per 1,000 records", reads, 2.0, lambda value: f"{value:.2f}")
    rows = sum(written.get(kind, 0) for kind in ("record", "journal", "index"))
    detail = ", ".join(f"{name} {count / RUNS:g}" for name, count in sorted(calls.items())) + " calls a run"
    bench.at_most("G3", "unchanged re-sync: record, journal and index rows", rows, 0, str, detail)

    # Only the first of these finds a change, so it runs once; the pages for it are made beforehand.
    with urllib.request.urlopen(bench.pages(FEW, 1) + "/PurchaseOrders") as answer:
        answer.read()
    changed = run(store, "resync", database, bench.pages(FEW, 1), "conn_bench")
    written = bench.counts()["written"]
    bench.at_most("G4", "1 % changed: CPU against the unchanged re-sync", changed / cpu, 1.2, ratio)
    records = written.get("record", 0)
    bench.add("G4", "1 % changed: records written", str(records), f"= {FEW // 100}", records == FEW // 100)
    more, most = written.get("index", 0) + written.get("journal", 0), records * 0.02 + FEW / 1000
    bench.at_most("G4", "1 % changed: index and journal rows", more, most, lambda value: f"{value:.0f}")


def listing(bench):
    """G8: a page of what `engine_room` stored."""
    store, database, rounds = bench.program("bench-store"), bench.at("dynamodb"), 300
    listed, bare, rest = alternate(
        (store, "list", database, rounds, "conn_bench"),
        (store, "bare", database, rounds, "conn_bench"),
        (store, "bare", database, 0, "conn_bench"),
    )
    detail = f"{millis((listed - rest) / rounds)} against {millis((bare - rest) / rounds)}: the SDK's query alone"
    bench.at_most("G8", "listing 100 stored orders", (listed - rest) / (bare - rest), 3.0, ratio, detail)


def bootstraps(bench):
    """G7: from exec to the first poll."""
    hello = bench.program("bench-hello")
    for name in ("api", "connect", "disconnect", "schedule", "sync", "deliver"):
        program = bench.program(name)
        pairs = [(cold_start.cpu_to_first_poll(program), cold_start.cpu_to_first_poll(hello)) for _ in range(RUNS)]
        cpu, floor = (statistics.median(of) for of in zip(*pairs))
        detail = f"{millis(cpu)} against {millis(floor)}"
        bench.at_most("G7", f"{name}: CPU from exec to first poll against hello", cpu / floor, 4.0, ratio, detail)
        bench.at_most("G7", f"{name}: size", program.stat().st_size / 1e6, 12, lambda value: f"{value:.1f} MB")


PARTS = {
    "P": page_weight.measure,
    "G5": mapping,
    "G1": jsonl,
    "G9": empty,
    "G2": first_load,
    "G3": engine_room,
    "G8": listing,
    "G10": webhooks.measure,
    "G7": bootstraps,
    "L": lateness.measure,
}
ALSO = {"G6": "G1", "G4": "G3", "G11": "G3"}


def table(rows):
    """The results as Markdown."""
    lines = ["| goal | what | figure | target | | |", "| --- | --- | --- | --- | --- | --- |"]
    marks = {True: "reached", False: "**missed**", None: ""}
    lines += [f"| {g} | {w} | {f} | {t} | {marks[r]} | {d} |" for g, w, f, t, r, d in rows]
    return "\n".join(lines) + "\n"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("programs", type=pathlib.Path)
    arguments.add_argument("--record", action="store_true", help="write RESULTS.md")
    arguments.add_argument("--only", default="", help="goals, separated by commas")
    given = arguments.parse_args()
    wanted = {ALSO.get(goal, goal) for goal in given.only.split(",") if goal} or set(PARTS)
    wanted |= {"G3"} if "G8" in wanted else set()
    (HERE / "out").mkdir(exist_ok=True)
    bench = Bench(given.programs)
    try:
        for goal, part in PARTS.items():
            if goal in wanted:
                part(bench)
    finally:
        bench.server.kill()
        bench.server.wait()
    results = table(bench.rows)
    (HERE / "out" / "results.md").write_text(results)
    if given.record:
        day, load = datetime.date.today(), os.getloadavg()[0]
        head = (HERE / "results_head.md").read_text()
        place = f"{day}, {os.cpu_count()} cores ({platform.machine()}), load {load:.1f} at the end."
        (HERE / "RESULTS.md").write_text(f"{head}\n{place}\n\n{results}")


if __name__ == "__main__":
    main()
