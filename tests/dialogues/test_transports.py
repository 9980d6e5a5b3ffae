"""With a token the bot talks to whatever Bot API server TELEGRAM_BASE_URL names, by polling or by webhook."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from bot.settings import PROJECT
from bot.texts import text
from tests.dialogues.expectations import says
from tests.dialogues.product import PYTHON, Chatter, Product, answers, free_port, until

TOKEN = "7000000001:AAbot-api-server-of-our-own"
SECRET = "a-secret-that-only-telegram-knows"


@contextmanager
def running(command: str, environment: dict[str, str]) -> Iterator[None]:
    """``python -m bot COMMAND`` as long as the block runs; ends within the patience of a supervisor."""
    process = subprocess.Popen([PYTHON, "-m", "bot", command], cwd=PROJECT, env={**os.environ, **environment})
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def given(folder: Path, mode: str) -> dict[str, str]:
    """The settings of a bot with a token, beside a Bot API server that is none of its own."""
    telegram, webhook = free_port(), free_port()
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_BASE_URL": f"http://127.0.0.1:{telegram}/bot",
        "TELEGRAM_BASE_FILE_URL": f"http://127.0.0.1:{telegram}/file/bot",
        "TELEGRAM_MODE": mode,
        "WEBHOOK_URL": f"http://127.0.0.1:{webhook}/updates",
        "WEBHOOK_PORT": str(webhook),
        "WEBHOOK_SECRET": SECRET,
        "SANDBOX_PORT": str(telegram),
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/tadamon.db",
        "QUIET_HOURS": "off",
    }


@contextmanager
def bot_api_server(settings: dict[str, str]) -> Iterator[str]:
    url = settings["TELEGRAM_BASE_URL"].removesuffix("/bot")
    with running("sandbox", settings):
        until("the Bot API server", lambda: answers(url + "/sandbox/api/chats"))
        yield url


def methods_called(url: str) -> list[str]:
    return [call["method"].lower() for call in httpx.get(url + "/sandbox/api/traffic").json()]


def converse(person: Chatter) -> None:
    """A few turns with words and a button."""
    person.say("bonjour")
    assert says("fr", "greet", person.hear()[0]["text"])
    person.tap(text("fr", "button_offer"))
    assert says("fr", "ask_place", person.hear()[0]["text"])
    person.say("Maârif")
    assert says("fr", "ask_causes", person.hear()[0]["text"])
    person.silence()


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_gateway_and_worker_alone(product: Product, tmp_path: Path, mode: str) -> None:
    settings = given(tmp_path, mode) | {"RASA_URL": product.rasa_url}
    with bot_api_server(settings) as url, ExitStack() as processes:
        assert subprocess.run([PYTHON, "-m", "bot", "migrate"], cwd=PROJECT, env={**os.environ, **settings}, check=False).returncode == 0
        for command in ("gateway", "worker"):
            processes.enter_context(running(command, settings))
        # Rasa is the one of all tests: this chat must be nobody else's there.
        person = Chatter(url, id={"polling": 880_000_001, "webhook": 880_000_002}[mode], first_name="Aya", language_code="fr")
        converse(person)
        assert ("getupdates" in methods_called(url)) is (mode == "polling")
        if mode == "webhook":
            headers = {"X-Telegram-Bot-Api-Secret-Token": "guess"}
            forged = httpx.post(settings["WEBHOOK_URL"], json={"update_id": 1, "message": {}}, headers=headers)
            assert forged.status_code == 403
        person.close()


@pytest.mark.heavy
@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_everything_that_run_starts(tmp_path: Path, mode: str) -> None:
    settings = given(tmp_path, mode)
    with bot_api_server(settings) as url:
        bot = Product(tmp_path, **settings)
        bot.start()
        assert "sandbox" not in bot.processes()
        person = bot.person(first_name="Aya", language_code="fr")
        converse(person)
        assert ("getupdates" in methods_called(url)) is (mode == "polling")
        bot.stop()
