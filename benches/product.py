"""The product in processes of its own, for the benches, and a Telegram that answers at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.settings import MODEL, PROJECT, Settings, read
from bot.supervise import commands, environment

TOKEN, SECRET = "7000000001:AAbench", "bench"
PATIENCE_SECONDS = 60.0
FOLDER = Path(__file__).parent / "stock"
COUNTER = itertools.count(1)
"""Numbers that nobody has had yet: of updates, and of chats."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
        body = {"update_id": next(COUNTER), "message": message}
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


def webhook_settings(telegram: Telegram, port: int) -> dict[str, str]:
    """The settings of a product that serves this Telegram by webhook, as fast as it can."""
    return {
        "TELEGRAM_TOKEN": TOKEN, "TELEGRAM_MODE": "webhook", "WEBHOOK_URL": telegram.webhook, "WEBHOOK_PORT": str(port),
        "WEBHOOK_SECRET": SECRET, "TELEGRAM_BASE_URL": f"http://127.0.0.1:{telegram.port}/bot", "SENDS_PER_SECOND": "5000",
        "TELEGRAM_BASE_FILE_URL": f"http://127.0.0.1:{telegram.port}/file/bot", "PARALLEL_CHATS": "256",
    }  # fmt: skip
