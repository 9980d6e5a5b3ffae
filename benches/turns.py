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
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.services import transcript_index
from bot.settings import MODEL, PROJECT, Settings, read
from bot.store.engine import Database
from bot.store.tracker import Tracker
from bot.supervise import commands, environment
from nlu.evaluation.__main__ import thinned

TOKEN, SECRET = "7000000001:AAbench", "bench"
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
PATIENCE_SECONDS = 60.0
EVERY = 40
"""DIET learns from every so many sentences."""
FOLDER = Path(__file__).parent / "stock"
_COUNTER = itertools.count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


# ---- a Telegram that answers at once


_TOLD: dict[str, Any] = {
    "getme": {"id": 7000000001, "is_bot": True, "first_name": "Tadamon", "username": "tadamon_bench_bot"},
    "getmycommands": [],
    "getmydescription": {"description": ""},
    "getmyshortdescription": {"short_description": ""},
}


class Telegram:
    """As much of the Bot API as the product calls. Each message is handed to whoever waits for it."""

    def __init__(self, webhook: str) -> None:
        self.webhook = webhook
        self.port = free_port()
        self._waiting: dict[int, asyncio.Future[float]] = {}
        self._ids = itertools.count(1)

    async def call(self, request: Request) -> Response:
        method = request.path_params["method"].lower()
        given = dict(await request.form()) if request.method == "POST" else {}
        chat_id = int(str(given.get("chat_id") or 0))
        if method in ("sendmessage", "editmessagetext"):
            waiting = self._waiting.pop(chat_id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(time.perf_counter())
            told = {"message_id": next(self._ids), "date": 1, "chat": {"id": chat_id, "type": "private"}, "text": "x"}
            return JSONResponse({"ok": True, "result": told})
        return JSONResponse({"ok": True, "result": _TOLD.get(method, True)})

    def server(self) -> uvicorn.Server:
        app = Starlette(routes=[Route("/bot{token}/{method}", self.call, methods=["GET", "POST"])])
        return uvicorn.Server(uvicorn.Config(app, port=self.port, ws="none", log_level="critical"))

    async def _push(self, http: httpx.AsyncClient, body: Mapping[str, Any]) -> None:
        """Push an update to the webhook; once more over a new line where an idle one was closed meanwhile, as Telegram does."""
        for is_last in (False, True):
            try:
                answer = await http.post(self.webhook, json=body, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET})
                answer.raise_for_status()
                return
            except httpx.TransportError:
                if is_last:
                    raise

    async def turn(self, http: httpx.AsyncClient, chat_id: int, text: str) -> tuple[float, float]:
        """Say something; seconds until it was stored, and until the first message came back."""
        waiting = self._waiting[chat_id] = asyncio.get_running_loop().create_future()
        person = {"id": chat_id, "is_bot": False, "first_name": "Aya", "language_code": "fr"}
        message = {"message_id": next(self._ids), "date": 1, "chat": {"id": chat_id, "type": "private"}, "from": person, "text": text}
        body = {"update_id": next(_COUNTER), "message": message}
        began = time.perf_counter()
        await self._push(http, body)
        stored = time.perf_counter()
        heard = await asyncio.wait_for(waiting, PATIENCE_SECONDS)
        return stored - began, heard - began


# ---- processes


@dataclass
class Bot:
    """The processes of one measurement."""

    folder: Path
    model: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ready_seconds: float = 0.0

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.environment['RASA_PORT']}"

    def memory(self) -> dict[str, float]:
        """Proportional set size of each process and its children, in MB."""
        return {name: sum(map(pss, family(process.pid))) / 1024 for name, process in self.running.items()}


def family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def started(folder: Path, model: Path, names: Sequence[str], **settings: str) -> Iterator[Bot]:
    """Processes of the product, with a model of one's own, as long as the block runs.

    Of two names that begin alike (rasa, rasa-2) each is a process of that kind; the second has a port of its own, RASA_PORT_2.
    "stock-rasa" is Rasa as it comes.
    """
    folder.mkdir(parents=True)
    ports = {name: str(free_port()) for name in ("RASA_PORT", "ACTIONS_PORT", "WEB_PORT", "SANDBOX_PORT")}
    given = {**ports, "VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/tadamon.db", "LOG_LEVEL": "ERROR", **settings}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "WEBHOOK_", "DATABASE_"))}
    found = read({**outside, **given})
    told = {**environment(found), **given}
    subprocess.run([sys.executable, "-m", "bot", "migrate"], cwd=PROJECT, env=told, check=True, stdout=subprocess.DEVNULL)
    made = Bot(folder, model, told)
    with ExitStack() as ending, (folder / "run.log").open("ab") as log:
        began = time.perf_counter()
        for name in names:
            command = [str(model) if part == str(MODEL) else part for part in line(name, found, told)]
            made.running[name] = subprocess.Popen(command, cwd=PROJECT, env=told, stdout=log, stderr=log, start_new_session=True)
            ending.callback(end, made.running[name])
        until(lambda: httpx.get(f"{made.rasa_url}/status", timeout=5).is_success)
        made.ready_seconds = time.perf_counter() - began
        yield made


def line(name: str, found: Settings, told: Mapping[str, str]) -> list[str]:
    """The command line of a process."""
    if name == "stock-rasa":
        line = ["rasa" if part == "nlu.serve" else part for part in commands(found)["rasa"]]
        return [str(FOLDER / "endpoints.yml") if part.endswith("endpoints.yml") else part for part in line]
    kind, _, number = name.partition("-")
    own = told.get(f"RASA_PORT_{number}")
    return [own if own and part == str(found.rasa_port) else part for part in commands(found)[kind]]


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until(check: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if check():
                return
        except (httpx.HTTPError, OSError):
            pass
        time.sleep(0.1)
    raise SystemExit("the processes did not come up; their log is in the folder named above")


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


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
            chat_id = 10_000_000 + next(_COUNTER)
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
        body = {"sender": str(chat_id), "message": text, "metadata": {"update_id": next(_COUNTER), "first_name": "Aya"}}
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


def webhook_settings(telegram: Telegram, port: int) -> dict[str, str]:
    """The settings of a product that serves this Telegram by webhook, as fast as it can."""
    return {
        "TELEGRAM_TOKEN": TOKEN, "TELEGRAM_MODE": "webhook", "WEBHOOK_URL": telegram.webhook, "WEBHOOK_PORT": str(port),
        "WEBHOOK_SECRET": SECRET, "TELEGRAM_BASE_URL": f"http://127.0.0.1:{telegram.port}/bot", "SENDS_PER_SECOND": "5000",
        "TELEGRAM_BASE_FILE_URL": f"http://127.0.0.1:{telegram.port}/file/bot", "PARALLEL_CHATS": "256",
    }  # fmt: skip


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
        chat_id = 20_000_000 + next(_COUNTER)
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
        event["metadata"]["update_id"] = -next(_COUNTER)
    return json.dumps(event)


async def measure_floor(folder: Path, model: Path, seconds: float, levels: Sequence[int]) -> dict[str, Any]:
    """Rasa alone."""
    with started(folder, model, ("rasa",)) as bot:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=400)) as http:
            return await _figures(bot, http, rest_turn(http, bot.rasa_url), seconds, levels)


# ---- telling


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures as text."""
    lines = [f"{'turn, ms (p50 / p95)':<34}" + "".join(f"{name:>20}" for name in found)]
    levels = sorted({level for one in found.values() for level in one["levels"]})

    def row(name: str, told: Callable[[Mapping[str, Any]], str]) -> None:
        lines.append(f"{name:<34}" + "".join(f"{told(one):>20}" for one in found.values()))

    for level in levels:
        row(f"{level} at once", lambda one, level=level: _pair(one["levels"].get(level, {}).get("whole")))  # type: ignore[misc]
    row("  of it, until stored", lambda one: _pair(one["levels"].get(1, {}).get("stored")))
    row("  of it, Rasa and actions", lambda one: _pair(one.get("rasa")))
    row("  of it, understanding", lambda one: _pair(one.get("parse")))
    lines.append("\nturns per second")
    for level in levels[1:] if levels[0] == 1 else levels:
        row(f"{level} at once", lambda one, level=level: _number(one["levels"].get(level, {}).get("rate"), 1))  # type: ignore[misc]
    for name, one in found.items():
        for level, figures in one["levels"].items():
            if figures.get("failed"):
                lines.append(f"{name}, {level} at once: {figures['failed']} turns were given up")
    lines.append("\nmemory, MB (PSS)")
    for name in dict.fromkeys(name for one in found.values() for name in one["memory"]):
        row(name, lambda one, name=name: _number(one["memory"].get(name), 0))  # type: ignore[misc]
    row("all", lambda one: _number(sum(one["memory"].values()), 0))
    row("until Rasa answers, s", lambda one: _number(one["ready_seconds"], 1))
    for name, one in found.items():
        for length, took in one.get("lengths", {}).items():
            lines.append(f"{name}, after {length} events: first turn {took['first']:.0f} ms, then {took['later']:.0f} ms")
    return "\n".join([*lines, "", *_compared(found)])


def _compared(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """How two measurements stand to each other, where both were made."""
    for name, one, other, level, key in (
        ("ours / floor, p50 at one", "ours", "floor", 1, "whole"),
        ("stock / ours, p50 at one", "stock", "ours", 1, "whole"),
        ("ours / stock, turns per second at 50", "ours", "stock", 50, "rate"),
        ("two Rasa servers / one, turns per second at 50", "two", "ours", 50, "rate"),
    ):
        values = [found.get(side, {}).get("levels", {}).get(level, {}).get(key) for side in (one, other)]
        if None not in values:
            above, below = (value if key == "rate" else value[0] for value in values)
            yield f"{name}: {above / below:.2f}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _pair(value: Sequence[float] | None) -> str:
    """p50 and p95."""
    return "" if value is None else f"{value[0]:.0f} / {value[1]:.0f}"


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
