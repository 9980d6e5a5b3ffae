"""The engines of matching side by side: how many pairs a second, how long a batch takes and one question, how much memory.

    python -m benches.matching --sizes 10000x500 --engines sqlite,numba

Every engine runs in a process of its own, on one core; times are CPU times. First its lists are compared with numpy's on a small
population. What would take too long is measured on the first so many volunteers, and that is said; nothing is extrapolated.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benches import population
from benches.engines import Engine, OverColumns
from benches.sql import Postgres, Sqlite
from bot.matching.columns import MissionColumns, VolunteerColumns

PROJECT = Path(__file__).parents[1]
ENGINES = ("sqlite", "postgres", "numpy", "numba")
SIZES = "10000x500,100000x2000,1000000x20000"
SMALL = (400, 120)
"""The population on which engines are compared."""
PAIRS_AT_ONCE = 10_000_000
"""Of so many pairs volunteers are asked about at once, where not all are: what a statement costs for itself is little beside them."""
MOST_QUESTIONS, FEWEST_QUESTIONS = 200, 5
Result = dict[str, Any]


def people_and_missions(volunteers: int, missions: int) -> tuple[VolunteerColumns, MissionColumns]:
    return population.volunteers(1, volunteers, missions), population.missions(2, missions)


@contextmanager
def engine(name: str, url: str | None) -> Iterator[Callable[[VolunteerColumns, MissionColumns], Engine]]:
    """What makes an engine of that name. PostgreSQL gets a server of its own where no address is given."""
    if name == "sqlite":
        yield Sqlite
    elif name != "postgres":
        yield lambda volunteers, missions: OverColumns(name, volunteers, missions)
    elif url is not None:
        yield lambda volunteers, missions: Postgres(url, volunteers, missions)
    else:
        from tests.postgres import running

        with running() as server:
            yield lambda volunteers, missions: Postgres(server.url, volunteers, missions)


def compare(made: Callable[[VolunteerColumns, MissionColumns], Engine]) -> None:
    """Raise AssertionError where an engine's lists are not numpy's, on a small population."""
    volunteers, missions = people_and_missions(*SMALL)
    one, wanted = made(volunteers, missions), OverColumns("numpy", volunteers, missions)
    try:
        assert one.batch(0, len(volunteers)) == wanted.batch(0, len(volunteers)), one.name
        for row in range(0, len(volunteers), 3):
            assert one.missions_for(row) == wanted.missions_for(row), (one.name, row)
        for row in range(len(missions)):
            assert one.volunteers_for(row) == wanted.volunteers_for(row), (one.name, row)
    finally:
        one.close()


def measure(name: str, volunteers: int, missions: int, seconds: float, url: str | None = None) -> Result:
    """All figures of one engine at one size, in this process.

    Args:
        seconds: for the batch, and for each of the two questions, unless the engine takes all.
    """
    with engine(name, url) as made:
        compare(made)
        people, needs = people_and_missions(volunteers, missions)
        one = made(people, needs)
        try:
            asked, spent = _batch(one, volunteers, missions, seconds)
            to_missions = _questions(one.missions_for, one, volunteers, seconds)
            to_volunteers = _questions(one.volunteers_for, one, missions, seconds)
            return {
                "engine": name,
                "volunteers": volunteers,
                "missions": missions,
                "on_volunteers": asked,
                "batch_s": spent,
                "pairs_per_s": asked * missions / spent,
                "missions_for_ms": to_missions,
                "volunteers_for_ms": to_volunteers,
                "peak_mb": one.peak_mb(),
                "notes": one.notes(),
            }
        finally:
            one.close()


def _batch(one: Engine, volunteers: int, missions: int, seconds: float) -> tuple[int, float]:
    """The candidates of all, or of as many as the time is enough for: (of how many, CPU seconds)."""
    # The first call chooses a way, loads what is compiled, fills caches.
    few = min(max(PAIRS_AT_ONCE // missions, 1), volunteers)
    one.batch(0, few)
    chunk = volunteers if one.takes_all else few
    asked, began = 0, one.clock()
    while asked < volunteers and (asked == 0 or one.clock() - began < seconds):
        end = min(asked + chunk, volunteers)
        one.batch(asked, end)
        asked = end
    return asked, one.clock() - began


def _questions(ask: Callable[[int], Any], one: Engine, rows: int, seconds: float) -> Result:
    """CPU milliseconds of single questions about rows that are drawn evenly."""
    ask(0)
    taken: list[float] = []
    began = time.perf_counter()
    for row in np.random.default_rng(3).integers(0, rows, MOST_QUESTIONS).tolist():
        before = one.clock()
        ask(row)
        taken.append((one.clock() - before) * 1000)
        if len(taken) >= FEWEST_QUESTIONS and time.perf_counter() - began > seconds:
            break
    return {"p50": float(np.percentile(taken, 50)), "p95": float(np.percentile(taken, 95)), "questions": len(taken)}


def table(results: Sequence[Result]) -> str:
    """The figures as a table in Markdown."""
    lines = [
        "| size | engine | batch of 40 candidates each | pairs/s | one volunteer, p50 / p95 | one mission, p50 / p95 | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in results:
        sampled = "" if one["on_volunteers"] == one["volunteers"] else f", on {one['on_volunteers']:,} volunteers"
        questions = " | ".join(f"{one[side]['p50']:.2f} / {one[side]['p95']:.2f} ms" for side in ("missions_for_ms", "volunteers_for_ms"))
        lines.append(
            f"| {one['volunteers']:,} × {one['missions']:,} | {one['engine']} | {one['batch_s']:.1f} s{sampled} "
            f"| {one['pairs_per_s'] / 1e6:.1f} M | {questions} | {one['peak_mb']:,.0f} MB |"
        )
    return "\n".join(lines)


def growth(results: Sequence[Result]) -> str:
    """How the time for one pair changes as the sizes grow: nanoseconds, a line for each engine."""
    sizes = list(dict.fromkeys((one["volunteers"], one["missions"]) for one in results))
    lines = [
        "| ns a pair | " + " | ".join(f"{volunteers:,} × {missions:,}" for volunteers, missions in sizes) + " |",
        "|---|" + "---|" * len(sizes),
    ]
    for name in dict.fromkeys(one["engine"] for one in results):
        pairs = {(one["volunteers"], one["missions"]): 1e9 / one["pairs_per_s"] for one in results if one["engine"] == name}
        lines.append(f"| {name} | " + " | ".join(f"{pairs[size]:.1f}" if size in pairs else "" for size in sizes) + " |")
    return "\n".join(lines)


def ratios(results: Sequence[Result]) -> str:
    """How many times more pairs a second numba judges than the joins, at each size."""
    speed = {(one["volunteers"], one["missions"], one["engine"]): one["pairs_per_s"] for one in results}
    return "\n".join(
        f"{volunteers:,} × {missions:,}: numba judges {speed[volunteers, missions, 'numba'] / pairs:.0f} times as many pairs as {name}"
        for (volunteers, missions, name), pairs in speed.items()
        if name != "numba" and (volunteers, missions, "numba") in speed
    )


def _in_a_process(name: str, size: str, seconds: float) -> Result:
    """Measured in a process of its own, so that memory is counted alone."""
    command = [sys.executable, "-m", "benches.matching", "--here", "--sizes", size, "--engines", name, "--seconds", str(seconds)]
    ran = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    found: Result = json.loads(ran.stdout)
    return found


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    options = argparse.ArgumentParser(description="Measure the engines of matching side by side.")
    options.add_argument("--sizes", default=SIZES, help="volunteers x missions, with commas between (default: %(default)s)")
    options.add_argument("--engines", default=",".join(ENGINES), help="default: %(default)s")
    options.add_argument("--seconds", type=float, default=30, help="after so many a batch ends, but numba's (default: %(default)s)")
    options.add_argument("--out", type=Path, default=PROJECT / "var" / "bench" / "matching.json", help="where the figures go as JSON")
    options.add_argument("--here", action="store_true", help="one engine and size in this process, printed as JSON")
    return options.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    names, sizes = options.engines.split(","), options.sizes.split(",")
    if options.here:
        volunteers, missions = map(int, sizes[0].split("x"))
        print(json.dumps(measure(names[0], volunteers, missions, options.seconds)))
        return
    load = os.getloadavg()[0]
    results = []
    for size in sizes:
        for name in names:
            print(f"{name}, {size} …", file=sys.stderr, flush=True)
            results.append(_in_a_process(name, size, options.seconds))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    busy = f"load before {load:.1f}, after {os.getloadavg()[0]:.1f}"
    print(f"{machine}; {busy}", table(results), growth(results), ratios(results), *_ways(results), sep="\n\n")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"machine": machine, "load": busy, "results": results}, indent=2) + "\n")


def _ways(results: Sequence[Result]) -> Iterator[str]:
    for one in results:
        if one["notes"]:
            yield f"{one['engine']}, {one['volunteers']:,} × {one['missions']:,}: {one['notes']}"


if __name__ == "__main__":
    main()
