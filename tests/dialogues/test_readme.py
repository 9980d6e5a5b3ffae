"""What the README says to type does what it says: its blocks are run as they stand there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import PROJECT
from tests.dialogues.product import Chatter, answers, free_port, until

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block.strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]
SANDBOX, BOT, TESTS = "make run", "TELEGRAM_TOKEN=… make run", "make test"

pytestmark = pytest.mark.skipif(bool(os.environ.get("TADAMON_MACHINES")), reason="of one machine")


def test_every_block_is_run() -> None:
    """The last by .ci/run, as tests/test_docs.py sees to."""
    assert BLOCKS == [SANDBOX, BOT, TESTS]


@contextlib.contextmanager
def typed(line: str, folder: Path, **settings: str) -> Iterator[Path]:
    """A line of the README in a shell, until Ctrl-C; its output is in the file."""
    ports = {name: str(free_port()) for name in ("RASA_PORT", "ACTIONS_PORT", "WEB_PORT")}
    own = {"VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/tadamon.db", "LOG_LEVEL": "INFO"}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "WEBHOOK_"))}
    output = folder / "output"
    with output.open("ab") as file:
        running = subprocess.Popen(
            line, shell=True, cwd=PROJECT, env={**outside, **ports, **own, **settings}, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield output
        os.killpg(running.pid, signal.SIGINT)
        running.wait(60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


def test_the_sandbox_answers_and_a_second_start_goes_on(tmp_path: Path) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    for _ in range(2):
        with typed(SANDBOX, tmp_path, SANDBOX_PORT=port) as output:
            until("the sandbox's page", lambda: answers(f"{url}/sandbox"), 300)
            person = Chatter(url, first_name="Aya", language_code="fr")
            person.say("bonjour")
            assert person.hear()[0]["plain"]
            person.close()
        assert not answers(f"{url}/sandbox"), "Ctrl-C ends everything"
    told = output.read_text(encoding="utf-8")
    assert told.count(f"Sandbox: {url}/sandbox") == 2


def test_with_a_token_it_is_the_real_bot(tmp_path: Path) -> None:
    """Another sandbox stands in for Telegram; the product does not know it for one."""
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    folder = tmp_path / "telegram"
    folder.mkdir()
    (tmp_path / "bot").mkdir()
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "WEBHOOK_"))}
    telegram = subprocess.Popen(
        [sys.executable, "-m", "bot", "sandbox"], cwd=PROJECT, env={**outside, "SANDBOX_PORT": port, "VAR_DIR": str(folder)}
    )
    try:
        until("Telegram", lambda: answers(f"{url}/sandbox"))
        place = {"TELEGRAM_BASE_URL": f"{url}/bot", "TELEGRAM_BASE_FILE_URL": f"{url}/file/bot", "SANDBOX_PORT": str(free_port())}
        with typed(BOT.replace("…", "sandbox"), tmp_path / "bot", **place) as output:
            person = Chatter(url, first_name="Aya", language_code="ar")
            person.say("salam bghit n3awen")
            assert person.hear(seconds=300)[0]["plain"]
            person.close()
            assert not answers(f"http://127.0.0.1:{place['SANDBOX_PORT']}/sandbox"), "no sandbox beside the real bot"
        assert "Sandbox:" not in output.read_text(encoding="utf-8")
    finally:
        telegram.terminate()
        telegram.wait(20)
