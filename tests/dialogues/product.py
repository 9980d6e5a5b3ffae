"""The whole product in processes of its own, as ``python -m bot run`` starts it, and people who talk to it through the sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from bot.settings import PROJECT
from tests.security.log_scan import scan

START = "2026-11-24T10:00:00"
"""A Tuesday, legal time. Every process of the product believes to have started then."""
PYTHON = str(PROJECT / os.environ.get("TADAMON_PRODUCT_PYTHON", sys.executable))
"""What the product runs in; Rasa and the action server in that of the tests (make test-conversation-newer)."""
PATIENCE_SECONDS = 180.0
"""Generous: a busy machine may need a minute for Rasa's first turn."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, check: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until a check gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


class Product:
    """One running product. Its database, sandbox and ports are its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        ports = {name: str(free_port()) for name in ("RASA_PORT", "ACTIONS_PORT", "WEB_PORT", "SANDBOX_PORT", "WEBHOOK_PORT")}
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM_", "WEBHOOK_"))},
            **ports,
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/tadamon.db",
            "CLOCK_START": START,
            "COVERAGE_CORE": "",
            "RASA_PYTHON": sys.executable,
            **settings,
        }
        self.telegram_url = f"http://127.0.0.1:{self.environment['SANDBOX_PORT']}"
        self.rasa_url = f"http://127.0.0.1:{self.environment['RASA_PORT']}"
        self.web_url = f"http://127.0.0.1:{self.environment['WEB_PORT']}"
        self.log = folder / "run.log"
        self._run: subprocess.Popen[bytes] | None = None
        self._people: list[Chatter] = []
        self.said: list[str] = []
        """What people wrote, all of them: none of it may stand in a log."""

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [PYTHON, "-m", "bot", "run"]
            self._run = subprocess.Popen(
                command, cwd=PROJECT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._wait_for([self.rasa_url])

    def _wait_for(self, rasa_urls: Sequence[str]) -> None:
        """Wait until it can be talked to; what does not come up is ended, or it would go on beside the next test."""
        try:
            until("the sandbox", lambda: answers(self.telegram_url + "/sandbox/api/chats"))
            for url in rasa_urls:
                until("Rasa", lambda url=url: answers(url + "/status"), 600)  # type: ignore[misc]
        except AssertionError:
            self._end()
            raise

    def stop(self) -> None:
        """End it as Ctrl-C does, and see that nothing is left: no process, and in the logs nothing that people wrote."""
        for person in self._people:
            person.close()
        if self._run is not None:
            self._end()
        told = scan(self.folder, self.environment, self.said)
        assert not told, "the logs tell what they must not:\n" + "\n".join(told[:20])

    def _end(self) -> None:
        assert self._run is not None
        processes = list(self.processes().values())
        self._run.send_signal(signal.SIGINT)
        self._run.wait(60)
        self._run = None
        until("all processes to end", lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes), 30)

    def processes(self) -> dict[str, int]:
        """The process ids by name: rasa, actions, gateway, worker, web, sandbox."""
        assert self._run is not None
        children = Path(f"/proc/{self._run.pid}/task/{self._run.pid}/children").read_text().split()
        found = {}
        for pid in map(int, children):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended just now
            for name, part in {"rasa": "nlu.serve run", "actions": "actions.serve"}.items():
                if part in line:
                    found[name] = pid
            if "-m bot " in line:
                found[line.split("-m bot ")[1].split()[0]] = pid
        return found

    def kill(self, name: str) -> None:
        """kill -9; the supervisor starts it again."""
        pid = until(f"{name} to run", lambda: self.processes().get(name))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        until(f"{name} to be gone", lambda: not Path(f"/proc/{pid}").exists() or self.processes().get(name) != pid)

    def command(self, *arguments: str) -> str:
        """Run ``python -m bot …`` on its database."""
        ran = subprocess.run(
            [PYTHON, "-m", "bot", *arguments], cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command("doctor", "--json"))
        return found

    def settle(self) -> None:
        """Wait until no message is on its way. A reply whose sender dies between Telegram's yes and our note of it comes twice:
        Telegram has no key to tell, and an answer that comes twice is better than none."""
        until("the outbox to settle", lambda: not {"queued", "sending"} & set(self.condition()["rows"]["outbox"]))

    def person(self, **given: Any) -> Chatter:
        chatter = Chatter(self.telegram_url, **given)
        chatter.said = self.said
        self._people.append(chatter)
        return chatter


class Chatter:
    """A person with a phone: says and taps, and reads what the bot answers."""

    def __init__(self, telegram_url: str, **given: Any) -> None:
        self._api = httpx.Client(base_url=telegram_url + "/sandbox/api", timeout=60)
        self.chat_id: int = self._post("/chats", given)["chat_id"]
        self.said: list[str] = []
        """What was written, this person's or everybody's of a product."""
        self._sequence = 0
        self._unread: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        """Everything the bot has said, in order."""

    def close(self) -> None:
        self._api.close()

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._api.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def say(self, text: str) -> dict[str, Any]:
        return self.send({"text": text})

    def send(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message; returns its message_id and update_id."""
        self.said += [str(content[key]) for key in ("text", "caption") if content.get(key)]
        found: dict[str, Any] = self._post(f"/chats/{self.chat_id}/messages", content)
        return found

    def edit(self, message_id: int, text: str) -> None:
        self.said.append(text)
        self._post(f"/chats/{self.chat_id}/messages/{message_id}", {"text": text})

    def tap(self, title: str) -> dict[str, Any]:
        """Tap the newest button with this title."""
        message, data = self.button(title)
        return self.tap_data(message["message_id"], data)

    def tap_data(self, message_id: int, data: str) -> dict[str, Any]:
        found: dict[str, Any] = self._post(f"/chats/{self.chat_id}/taps", {"message_id": message_id, "data": data})
        return found

    def block(self) -> None:
        """Block the bot."""
        self._post(f"/chats/{self.chat_id}/membership", {"status": "kicked"})

    def repeat(self, update_id: int) -> None:
        """Let Telegram deliver an update a second time."""
        self._post(f"/updates/{update_id}/repeat", {})

    def button(self, title: str) -> tuple[dict[str, Any], str]:
        for message in reversed(self.messages):
            for row in message.get("buttons") or ():
                for button in row:
                    if button["text"] == title:
                        return message, button["callback_data"]
        raise AssertionError(f"no button {title!r}")

    def look(self, wait: float = 0) -> list[dict[str, Any]]:
        """Fetch what is new."""
        found = self._api.get(f"/chats/{self.chat_id}/messages", params={"after": self._sequence, "wait": wait}).json()
        self._sequence = found["sequence"]
        known = {message["message_id"]: message["plain"] for message in self.messages}
        # A page that takes the place of another is read; a keyboard that goes is not.
        new = [m for m in found["messages"] if m["sender"] == "bot" and (not m.get("edited") or known.get(m["message_id"]) != m["plain"])]
        self._unread += new
        self.messages += new
        return new

    def hear(self, count: int = 1, seconds: float = PATIENCE_SECONDS) -> list[dict[str, Any]]:
        """The next messages of the bot. Fails where they do not come."""
        deadline = time.monotonic() + seconds
        while len(self._unread) < count and time.monotonic() < deadline:
            self.look(1)
        assert len(self._unread) >= count, f"{len(self._unread)} messages instead of {count}: {[m['plain'] for m in self._unread]}"
        heard, self._unread = self._unread[:count], self._unread[count:]
        return heard

    def silence(self, seconds: float = 1.0) -> None:
        """Fails where the bot says anything that was not expected."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look(0.3)
        assert not self._unread, [message["plain"] for message in self._unread]
