"""``python -m benches.turns``: what a turn costs, beside the same bot on Rasa's stock pipeline and the floor.

Measured in one run, one after the other, on the same short dialogues:

- ours: gateway (webhook), Rasa, action server, worker, each its own process, on SQLite; from the update that Telegram sends to the message
  that it is given back;
- stock: the same gateway and actions around Rasa as it comes: its own command, a model of DIET and TED (benches/stock), trained on a part
  of the sentences: what a turn costs does not depend on how many there were;
- floor: Rasa alone behind its REST channel, with our understanding and one rule for each intent that says one sentence; from the request to
  the answer;
- two: ours with two Rasa servers, of which each chat has one.

Prints latencies by stage, turns per second at 1, 10, 50 and 200 conversations, proportional memory of each process at the end (after 500
turns and more), seconds to start, and how a turn grows with the events of a conversation. Needs a quarter of an hour on a quiet machine;
asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import yaml

from benches.product import (
    COUNTER,
    FOLDER,
    PATIENCE_SECONDS,
    Bot,
    Telegram,
    free_port,
    listens,
    started,
    until,
    webhook_settings,
)
from benches.turns_told import table
from bot.services import transcript_index
from bot.settings import MODEL, PROJECT
from bot.store.engine import Database
from bot.store.tracker import Tracker
from nlu.evaluation.__main__ import thinned

SAID = (
    ("bonjour", "je voudrais être bénévole", "à Maârif", "l'éducation"),
    ("je cherche une mission à Settat le samedi matin", "c'est quoi ton nom ?", "non merci", "merci beaucoup"),
)
"""Conversations, one after the other. Each begins in a chat of its own, and is short: beyond five messages at once Telegram wants a second
between two, and what is measured would be that second."""
PAUSE_SECONDS = 0.1
"""Where one conversation is measured alone, before each turn: what is noted after an answer has left is nobody's waiting."""
ALL = ("ours", "stock", "floor", "two")
CONVERSATIONS = (1, 10, 50, 200)
LENGTHS = (10, 100, 1_000, 5_000)
EVERY = 40
"""DIET learns from every so many sentences."""


# ---- models


def train(name: str, folder: Path, *arguments: str) -> Path:
    """Train a model with Rasa's own command; its cache is kept apart from the product's."""
    command = [sys.executable, "-m", "nlu.serve", "train", "--out", str(folder), "--fixed-model-name", name, *arguments]
    told = {**os.environ, "PYTHONWARNINGS": "ignore", "RASA_CACHE_DIRECTORY": str(folder / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with (folder / f"{name}.log").open("w", encoding="utf-8") as log:
        subprocess.run(command, cwd=PROJECT, env=told, stdout=log, stderr=log, check=True)
    return folder / f"{name}.tar.gz"


def stock_model(folder: Path) -> Path:
    sentences = thinned(EVERY, folder / "thinned")
    data = [str(sentences), str(PROJECT / "data" / "rules"), str(FOLDER / "stories.yml")]
    return train("stock", folder, "--config", str(FOLDER / "config.yml"), "--data", *data)


def floor_model(folder: Path) -> Path:
    """Our understanding, and for each intent the same short answer."""
    ours = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    config = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    domain = {name: ours[name] for name in ("version", "intents", "entities", "session_config") if name in ours}
    domain["responses"] = {"utter_floor": [{"text": "D'accord."}]}
    names = [next(iter(one)) if isinstance(one, dict) else one for one in ours["intents"]]
    steps = [[{"intent": name}, {"action": "utter_floor"}] for name in [*names, "nlu_fallback"]]
    rules = [{"rule": f"answer {place}", "steps": step} for place, step in enumerate(steps)]
    config["policies"], config["importers"] = [{"name": "RulePolicy"}], [{"name": "RasaFileImporter"}]
    for name, content in (("domain", domain), ("rules", {"version": "3.1", "rules": rules}), ("config", config)):
        (folder / f"floor-{name}.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    data = [str(PROJECT / "data" / "nlu"), str(folder / "floor-rules.yml")]
    return train(
        "floor", folder, "--config", str(folder / "floor-config.yml"), "--domain", str(folder / "floor-domain.yml"), "--data", *data
    )


# ---- measuring


Turn = Callable[[int, str], Awaitable[Mapping[str, float]]]
"""Says something in a chat; seconds by stage."""


async def load(turn: Turn, conversations: int, seconds: float) -> tuple[dict[str, list[float]], float]:
    """So many conversations at once, each going on as soon as it is answered, one alone after a pause: seconds by stage, and turns per
    second."""
    found: dict[str, list[float]] = defaultdict(list)
    ends = time.perf_counter() + seconds

    async def converse() -> None:
        for conversation in itertools.cycle(SAID):
            chat_id = 10_000_000 + next(COUNTER)
            for said in conversation:
                if time.perf_counter() >= ends:
                    return
                if conversations == 1:
                    await asyncio.sleep(PAUSE_SECONDS)
                try:
                    took = await turn(chat_id, said)
                except (httpx.HTTPError, asyncio.TimeoutError):
                    # So slow that nobody would wait; told beside the figures, not among them.
                    found["failed"].append(1.0)
                    break
                for stage, seconds_of_it in took.items():
                    found[stage].append(seconds_of_it)

    began = time.perf_counter()
    await asyncio.gather(*(converse() for _ in range(conversations)))
    return found, len(found["whole"]) / (time.perf_counter() - began)


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p95, in milliseconds; of nothing, nothing."""
    if not values:
        return float("nan"), float("nan")
    ordered = sorted(values)
    return 1000 * median(ordered), 1000 * ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def rest_turn(http: httpx.AsyncClient, url: str) -> Turn:
    """A turn over Rasa's REST channel, without a gateway."""

    async def say(chat_id: int, text: str) -> dict[str, float]:
        body = {"sender": str(chat_id), "message": text, "metadata": {"update_id": next(COUNTER), "first_name": "Aya"}}
        began = time.perf_counter()
        answer = await http.post(f"{url}/webhooks/rest/webhook", json=body)
        answer.raise_for_status()
        return {"whole": time.perf_counter() - began}

    return say


async def parsing(http: httpx.AsyncClient, url: str, rounds: int) -> list[float]:
    """Seconds that the understanding alone takes."""
    found = []
    for text in itertools.islice(itertools.cycle(itertools.chain.from_iterable(SAID)), rounds):
        began = time.perf_counter()
        (await http.post(f"{url}/model/parse", json={"text": text})).raise_for_status()
        found.append(time.perf_counter() - began)
    return found


async def measure_bot(folder: Path, model: Path, seconds: float, levels: Sequence[int], rasa: Sequence[str] = ("rasa",)) -> dict[str, Any]:
    """Our processes around a model.

    Args:
        rasa: which Rasa servers there are, as :func:`started` names them.
    """
    webhook = free_port()
    telegram = Telegram(f"http://127.0.0.1:{webhook}/updates")
    settings = webhook_settings(telegram, webhook)
    if len(rasa) > 1:
        ports = {"RASA_PORT": str(free_port()), **{f"RASA_PORT_{name.partition('-')[2]}": str(free_port()) for name in rasa[1:]}}
        settings |= {**ports, "RASA_URL": " ".join(f"http://127.0.0.1:{port}" for port in ports.values())}
    server = telegram.server()
    serving = asyncio.create_task(server.serve())
    with started(folder, model, ("actions", *rasa, "web", "worker", "gateway"), **settings) as bot:
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=400)
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits) as http:
            await asyncio.to_thread(until, lambda: listens(webhook))

            async def say(chat_id: int, text: str) -> dict[str, float]:
                stored, whole = await telegram.turn(http, chat_id, text)
                return {"stored": stored, "whole": whole}

            found = await _figures(bot, http, say, seconds, levels)
    server.should_exit = True
    await serving
    return found


async def _figures(bot: Bot, http: httpx.AsyncClient, say: Turn, seconds: float, levels: Sequence[int]) -> dict[str, Any]:
    await load(say, 4, 5)
    found: dict[str, Any] = {"ready_seconds": bot.ready_seconds, "levels": {}}
    for conversations in levels:
        stages, rate = await load(say, conversations, seconds)
        failed = len(stages.pop("failed", ()))
        found["levels"][conversations] = {"rate": rate, "failed": failed, **{stage: quantiles(took) for stage, took in stages.items()}}
        if conversations == 1:
            found["parse"] = quantiles(await parsing(http, bot.rasa_url, 200))
            stages, _ = await load(rest_turn(http, bot.rasa_url), 1, seconds)
            found["rasa"] = quantiles(stages["whole"])
            if "rasa" in bot.running:
                found["lengths"] = {length: await _at_length(bot, say, length) for length in LENGTHS}
    found["memory"] = bot.memory()
    return found


async def _at_length(bot: Bot, say: Turn, events: int) -> dict[str, float]:
    """Milliseconds of the first turn and of those after it (median) in a conversation that has so many events already."""
    firsts, laters = [], []
    for _ in range(5):
        chat_id = 20_000_000 + next(COUNTER)
        await say(chat_id, "bonjour")
        _prolong(bot.folder / "tadamon-tracker.db", chat_id, events)
        # The worker copies what was said for staff to read, and would do so at once for all of it: people say one thing after the other.
        if "worker" in bot.running:
            await asyncio.to_thread(until, lambda: _is_copied(bot.folder))
        took = [(await say(chat_id, text))["whole"] for text in ("bonjour", "merci", "c'est quoi ton nom ?")]
        firsts.append(took[0])
        laters += took[1:]
    return {"first": 1000 * median(firsts), "later": 1000 * median(laters)}


def _prolong(path: Path, chat_id: int, events: int) -> None:
    """Repeat what a chat has said so far until there are so many events of it, all of the same session, and the bot listens."""
    with sqlite3.connect(path, timeout=30) as connection:
        rows = connection.execute(
            "SELECT type_name, timestamp, intent_name, action_name, data FROM events WHERE sender_id = ? ORDER BY id", (str(chat_id),)
        ).fetchall()
        again = [row for row in rows if row[0] not in ("session_started", "slot", "active_loop")]
        more = again * -(-max(events - len(rows), 0) // len(again))
        connection.executemany(
            "INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data) VALUES (?, ?, ?, ?, ?, ?)",
            [(str(chat_id), kind, rows[-1][1], intent, action, _anew(data)) for kind, _, intent, action, data in more],
        )


def _is_copied(folder: Path) -> bool:
    """Whether the worker has read all events."""
    with closing(Database(f"sqlite:///{folder}/tadamon.db")) as database, database.read() as session:
        return not transcript_index.is_behind(session, Tracker(f"sqlite:///{folder}/tadamon-tracker.db"))


def _anew(data: str) -> str:
    """An event as of an earlier update."""
    event = json.loads(data)
    if isinstance(event.get("metadata"), dict) and "update_id" in event["metadata"]:
        event["metadata"]["update_id"] = -next(COUNTER)
    return json.dumps(event)


async def measure_floor(folder: Path, model: Path, seconds: float, levels: Sequence[int]) -> dict[str, Any]:
    """Rasa alone."""
    with started(folder, model, ("rasa",)) as bot:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=400)) as http:
            return await _figures(bot, http, rest_turn(http, bot.rasa_url), seconds, levels)


async def run(folder: Path, seconds: float, wanted: Sequence[str], levels: Sequence[int]) -> dict[str, dict[str, Any]]:
    """What is wanted of :data:`ALL`, one after the other."""
    print(f"in {folder}: training", flush=True)
    trained = {name: train_it(folder) for name, train_it in (("stock", stock_model), ("floor", floor_model)) if name in wanted}
    found = {}
    for name in wanted:
        print(name, flush=True)
        if name == "floor":
            found[name] = await measure_floor(folder / name, trained[name], seconds, levels)
        elif name == "two":
            found[name] = await measure_bot(folder / name, MODEL, seconds, [level for level in levels if level > 1], ("rasa", "rasa-2"))
        elif name == "stock":
            found[name] = await measure_bot(folder / name, trained[name], seconds, levels, ("stock-rasa",))
        else:
            found[name] = await measure_bot(folder / name, MODEL, seconds, levels)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.turns", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of load at each level")
    parser.add_argument("--only", nargs="+", choices=ALL, default=ALL, metavar="NAME", help=f"measure a part: {', '.join(ALL)}")
    parser.add_argument("--at", nargs="+", type=int, default=CONVERSATIONS, metavar="N", help="so many conversations at once")
    parser.add_argument("--out", type=Path, help="write the figures as JSON, too")
    asked = parser.parse_args()
    if not MODEL.exists():
        raise SystemExit("There is no model for Rasa: python -m bot train")
    folder = Path(tempfile.mkdtemp(prefix="tadamon-bench-"))
    found = asyncio.run(run(folder, asked.seconds, asked.only, sorted(asked.at)))
    print(table(found))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
