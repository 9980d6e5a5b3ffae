"""``python -m benches.soak [--minutes N]``: 50 conversations without a pause, as long as nobody would bear; does anything grow?

The whole product on PostgreSQL, each process its own, and a Telegram that answers at once. A thousand people come back again and again, so
that their conversations grow long. Every ten seconds is noted, of each process, its memory (PSS), open files, lines that the other side has
closed, and threads; the connections that the database serves; the age of the oldest update and of the oldest message that are due.

The first third is for warming up. Of the other two thirds the medians are compared; what goes up and down with those who talk, as threads
and connections do, is compared before and after as well, while nobody does. What has grown is named, and the exit code is 1. Told as well
is what a turn cost over these two thirds: work of each process, statements, transactions, bytes of PostgreSQL's log, and bytes over
loopback, Telegram's part among them.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import sqlalchemy

from benches.product import PATIENCE_SECONDS, Bot, Telegram, family, free_port, listens, started, until, webhook_settings
from benches.turns import SAID
from bot.settings import MODEL
from tests import postgres

PEOPLE, CONVERSATIONS = 1_000, 50
SAMPLE_SECONDS = 10.0


@dataclass(frozen=True)
class Allowed:
    """How far the median of a measure may go up from one third to the next: a share of it, and so much more."""

    share: float
    more: float


ALLOWED = {
    # Of memory a part is what the last turns left for the collector; of queues and lines, what the machine was doing beside.
    "memory, MB": Allowed(0.05, 10),
    "open files": Allowed(0.25, 3),
    "lines over": Allowed(0.25, 3),
    "age of the inbox, s": Allowed(0.25, 1),
    "age of the outbox, s": Allowed(0.25, 1),
}
"""By the part of a measure's name after the process's: of medians, from one third to the next."""
AT_REST = {"open files": 3, "threads": 3, "connections": 3, "lines over": 64}
"""How many more there may be afterwards, while nobody talks, than before. Lines that the other side has closed stay in the pool to
Telegram, which has 64 (``bot/telegram/client.py``), until its next request: httpx looks at them then."""
CLOSE_WAIT = "08"
"""The state of such a line in ``/proc/net/tcp`` (include/net/tcp_states.h of Linux)."""
REST_SECONDS = 20.0
"""So long until lines that nobody uses are over, and pools are down to what they keep."""
WARM_SECONDS = 30.0
"""So long people talk before the first rest: what is opened once is open then."""


def grown(samples: Sequence[Mapping[str, float]]) -> list[str]:
    """What grew from the second third of the samples to the last, a line each."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    lines = []
    for name in samples[-1]:
        allowed = ALLOWED.get(_kind(name))
        if allowed is None:
            continue
        before, after = (median(sample[name] for sample in part) for part in (middle, last))
        if after > before * (1 + allowed.share) + allowed.more:
            lines.append(f"{name}: {before:.1f} → {after:.1f}")
    return lines


def left_open(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    """What is open afterwards and was not before, a line each."""
    told = ((name, after[name] - before[name], AT_REST.get(_kind(name))) for name in after)
    return [f"{name}, at rest: {before[name]:.0f} → {after[name]:.0f}" for name, more, most in told if most is not None and more > most]


def _kind(name: str) -> str:
    """A measure's name without its process."""
    return name.partition(": ")[2] or name


def table(samples: Sequence[Mapping[str, float]]) -> str:
    """Each measure at the end of the first third, and its medians in the other two."""
    third = len(samples) // 3
    lines = [f"{'median':<28}{'second third':>14}{'last third':>14}{'highest':>12}"]
    for name in samples[-1]:
        middle, last = (median(sample[name] for sample in part) for part in (samples[third : 2 * third], samples[2 * third :]))
        lines.append(f"{name:<28}{middle:>14.1f}{last:>14.1f}{max(sample[name] for sample in samples[third:]):>12.1f}")
    return "\n".join(lines)


# ---- measuring


def work(bot: Bot, connection: Any) -> dict[str, float]:
    """What was spent so far, as numbers that only grow."""
    ticks = os.sysconf("SC_CLK_TCK")
    found: dict[str, float] = {}
    for name, running in bot.running.items():
        # utime and stime, the 14th and 15th field; the name before them may hold spaces.
        spent = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in family(running.pid))
        found[f"{name}: work, ms"] = sum(1000 * sum(map(int, both)) / ticks for both in spent)
    for name, query in (
        ("statements", "SELECT sum(calls) FROM pg_stat_statements"),
        ("transactions that wrote", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"),
        ("Rasa's events, bytes", "SELECT pg_total_relation_size('events')"),
        ("PostgreSQL's log, bytes", "SELECT pg_current_wal_lsn() - '0/0'"),
    ):
        found[name] = float(connection.exec_driver_sql(query).scalar_one())
    loopback = next(line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith("lo:"))
    found["over loopback, bytes"] = float(loopback.partition(":")[2].split()[0])
    return found


def sample(bot: Bot, connection: Any) -> dict[str, float]:
    """All measures now."""
    found: dict[str, float] = {}
    for name, megabytes in bot.memory().items():
        found[f"{name}: memory, MB"] = megabytes
        pids = list(family(bot.running[name].pid))
        opened = [link for pid in pids for link in links(Path(f"/proc/{pid}/fd"))]
        found[f"{name}: lines over"] = len(closed_there(pids[0]).intersection(opened))
        found[f"{name}: open files"] = len(opened) - found[f"{name}: lines over"]
        found[f"{name}: threads"] = sum(1 for pid in pids for _ in Path(f"/proc/{pid}/task").iterdir())
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    found["connections"] = float(connection.exec_driver_sql(count).scalar_one())
    for queue, at, states in (("inbox", "received_at", "'waiting', 'working'"), ("outbox", "created_at", "'queued', 'sending'")):
        age = f"SELECT coalesce(extract(epoch FROM now() - min({at})), 0) FROM {queue} WHERE state IN ({states})"
        found[f"age of the {queue}, s"] = float(connection.exec_driver_sql(age).scalar_one())
    return found


def links(folder: Path) -> Iterator[str]:
    """Where the links of a folder lead, as ``socket:[12345]``; of one that goes meanwhile, nowhere."""
    for entry in folder.iterdir():
        with suppress(FileNotFoundError):
            yield str(entry.readlink())


def closed_there(pid: int) -> set[str]:
    """The lines of a process's network that the other side has closed and ours has not, named as `links` names them."""
    lines = (line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:])
    return {f"socket:[{fields[9]}]" for fields in lines if fields[3] == CLOSE_WAIT}


@dataclass(frozen=True)
class Soaked:
    """What came of it: the samples, how many turns there were, and at each sample what was spent."""

    samples: list[dict[str, float]]
    counts: dict[str, int]
    spent: list[dict[str, float]]
    before: dict[str, float]
    after: dict[str, float]
    """While nobody talks."""

    def a_turn(self) -> dict[str, float]:
        """What a turn cost in the last two thirds."""
        begin, end = self.spent[len(self.spent) // 3], self.spent[-1]
        turns = end["turns"] - begin["turns"]
        return {name: (end[name] - begin[name]) / turns for name in end if name != "turns"}


async def soak(folder: Path, database_url: str, minutes: float) -> Soaked:
    """Let people talk for so long."""
    webhook = free_port()
    telegram = Telegram(f"http://127.0.0.1:{webhook}/updates")
    server = telegram.server()
    serving = asyncio.create_task(server.serve())
    samples: list[dict[str, float]] = []
    counts = {"turns": 0, "given up": 0}
    spent: list[dict[str, float]] = []
    names = ("actions", "rasa", "web", "worker", "gateway")
    with started(folder, MODEL, names, **webhook_settings(telegram, webhook), DATABASE_URL=database_url) as bot:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits) as http:
            await asyncio.to_thread(until, lambda: listens(webhook))
            engine = sqlalchemy.create_engine(database_url, future=True, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql("CREATE EXTENSION pg_stat_statements")
                await _all_talk(telegram, http, time.monotonic() + WARM_SECONDS, counts)
                before = await _at_rest(bot, connection)
                ends = time.monotonic() + minutes * 60
                talking = asyncio.create_task(_all_talk(telegram, http, ends, counts))
                while time.monotonic() < ends:
                    await asyncio.sleep(SAMPLE_SECONDS)
                    samples.append(await asyncio.to_thread(sample, bot, connection))
                    spent.append({**await asyncio.to_thread(work, bot, connection), "turns": counts["turns"]})
                    print(f"\r{len(samples)} samples, {counts['turns']} turns", end="", flush=True)
                print()
                await talking
                after = await _at_rest(bot, connection)
    server.should_exit = True
    await serving
    return Soaked(samples, counts, spent, before, after)


async def _all_talk(telegram: Telegram, http: httpx.AsyncClient, ends: float, counts: dict[str, int]) -> None:
    """Each conversation has people of its own, so that nobody is in two at once."""
    await asyncio.gather(*(_converse(telegram, http, place, ends, counts) for place in range(CONVERSATIONS)))


async def _at_rest(bot: Bot, connection: Any) -> dict[str, float]:
    await asyncio.sleep(REST_SECONDS)
    return await asyncio.to_thread(sample, bot, connection)


async def _converse(telegram: Telegram, http: httpx.AsyncClient, place: int, ends: float, counts: dict[str, int]) -> None:
    people = range(PEOPLE // CONVERSATIONS)
    for person, said in zip(itertools.cycle(people), itertools.cycle(SAID), strict=False):
        chat_id = 10_000_000 + place * len(people) + person
        for words in said:
            if time.monotonic() >= ends:
                return
            try:
                await telegram.turn(http, chat_id, words)
                counts["turns"] += 1
            except (httpx.HTTPError, asyncio.TimeoutError):
                counts["given up"] += 1
                break


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--out", type=Path, help="write the samples as JSON, too")
    asked = parser.parse_args()
    if not MODEL.exists():
        raise SystemExit("There is no model for Rasa: python -m bot train")
    if postgres.programs() is None:
        raise SystemExit("PostgreSQL is not installed: scripts/debian-packages does it")
    folder = Path(tempfile.mkdtemp(prefix="tadamon-soak-"))
    with postgres.running("shared_preload_libraries=pg_stat_statements") as server:
        done = asyncio.run(soak(folder / "run", server.url, asked.minutes))
    samples, counts = done.samples, done.counts
    if asked.out:
        asked.out.write_text(json.dumps(asdict(done)), encoding="utf-8")
    print(table(samples))
    print("\na turn costs\n" + "\n".join(f"{name:<28}{value:>14.1f}" for name, value in done.a_turn().items()) + "\n")
    print(f"{counts['turns']} turns, {counts['turns'] / asked.minutes / 60:.1f} a second; {counts['given up']} were given up")
    if found := [
        *grown(samples),
        *left_open(done.before, done.after),
        *([f"{counts['given up']} turns without an answer"] if counts["given up"] else []),
    ]:
        raise SystemExit("\n".join(["grown:", *found]))
    shutil.rmtree(folder)
    print("nothing has grown")


if __name__ == "__main__":
    main()
