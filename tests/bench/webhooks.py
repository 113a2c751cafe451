"""G10: what a delivery costs beside a bare post, and what a dead endpoint costs the others."""

import statistics

from programs import RUNS, ask, ratio, run

# Messages of one batch of the queue, each a lane's.
ENDPOINTS, EVENTS = 10, 400


def micros(value):
    return f"{value * 1e6:.0f} µs"


def deliveries(bench):
    """CPU of the `deliver` function's own work for each post, set against signing and posting alone: every tenth post
    is answered 500, so that the turns of retries are written, too."""
    program, database = bench.program("bench-webhooks"), bench.at("dynamodb")
    receiver = f"{bench.at('receiver')}/tenth"
    posts = ENDPOINTS * EVENTS
    fills, spent, floors, bare, counts = [], [], [], [], {}
    for _ in range(RUNS):
        told = []
        fills.append(run(program, "fill", database, receiver, ENDPOINTS, EVENTS, told=told) / posts)
        bench.counts()
        rest = run(program, "deliver", database, "ws_nobody")
        cpu = run(program, "deliver", database, *told)
        counts = bench.counts()
        # Of retries those that came due meanwhile are there, too.
        spent.append((cpu - rest) / counts["posts"])
        nothing, signed, posted = (
            run(program, mode, receiver, messages) for mode, messages in (("post", 0), ("sign", posts), ("post", posts))
        )
        floors.append((posted - nothing) / posts)
        bare.append((posted - signed) / posts)
    cpu, floor, bare = (statistics.median(of) for of in (spent, floors, bare))
    detail = f"{micros(cpu)} a delivery against {micros(floor)} for a 4 KB message signed and posted, {micros(bare)} of it the post"
    bench.at_least("G10", "webhook worker against the posting floor, rows included", floor / cpu, 0.5, ratio, detail)
    calls = ", ".join(f"{name} {count / counts['posts']:.3f}" for name, count in sorted(counts["calls"].items()))
    total = sum(counts["calls"].values()) / counts["posts"]
    bench.add("G10", "calls of DynamoDB a delivery", f"{total:.2f}", "", None, calls)
    detail = f"made before, with the {EVENTS} events themselves; not part of the above"
    bench.add("G10", "handing an event to an endpoint, CPU", micros(statistics.median(fills)), "", None, detail)


def beside_the_dead(bench):
    """How long the others wait for their messages with and without an endpoint that never answers."""
    program, database = bench.program("bench-webhooks"), bench.at("dynamodb")
    receiver = f"{bench.at('receiver')}/healthy"
    took = {"alone": [], "beside": []}
    for number in range(RUNS + 2):
        # Whichever comes second finds a fuller database, so they take turns at that, too.
        for mode in sorted(took, reverse=number % 2 == 1):
            ws = ask(program, "fill", database, receiver, ENDPOINTS - 1, EVENTS)
            took[mode].append(int(ask(program, mode, database, ws)) / 1000)
    alone, beside = (statistics.median(took[mode]) for mode in ("alone", "beside"))
    detail = f"{beside:.2f} s against {alone:.2f} s until {ENDPOINTS - 1} endpoints had {EVENTS} each, medians of {RUNS + 2}"
    bench.at_most("G10", "time of the others beside a dead endpoint", beside / alone, 1.05, ratio, detail)


def measure(bench):
    deliveries(bench)
    beside_the_dead(bench)
