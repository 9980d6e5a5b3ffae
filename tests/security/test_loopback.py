"""What acts for anybody is reached from this machine alone, and by no web page that somebody looks at on it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot import supervise
from bot.loopback import is_local
from bot.settings import PROJECT, Settings, read
from bot.store import migrate
from bot.store.engine import Database
from tests.dialogues.product import answers, free_port, until
from tests.security.sockets import listening

LINUX = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux where processes listen")


def settings_of(folder: Path, **environment: str) -> tuple[Settings, dict[str, str]]:
    ports = {name: str(free_port()) for name in ("RASA_PORT", "ACTIONS_PORT", "WEB_PORT", "SANDBOX_PORT")}
    given = {"VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/t.db", **ports, **environment}
    return read(given), given


@contextmanager
def running(name: str, folder: Path) -> Iterator[tuple[int, Settings]]:
    """One of the processes that ``run`` starts, with its command and environment; its id and the settings."""
    found, given = settings_of(folder)
    environment = {**supervise.environment(found), **given}
    made = Database(found.database_url)
    migrate.upgrade(made)
    made.close()
    process = subprocess.Popen(
        supervise.commands(found)[name], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid, found
    finally:
        process.terminate()
        process.wait(30)


@LINUX
def test_sockets_are_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("0.0.0.0", 0)) as everywhere:
        opened = {server.getsockname() for server in (here, everywhere)}
        seen = {(str(address), port) for address, port in listening(os.getpid())}
        assert opened <= seen
    assert not opened & {(str(address), port) for address, port in listening(os.getpid())}


@LINUX
@pytest.mark.parametrize(
    ("name", "path"), [pytest.param("actions", "/health", marks=pytest.mark.rasa), ("sandbox", "/sandbox"), ("web", "/health/live")]
)
def test_a_process_listens_on_loopback_alone(tmp_path: Path, name: str, path: str) -> None:
    with running(name, tmp_path) as (pid, found):
        port = {"actions": found.actions_port, "sandbox": found.sandbox_port, "web": found.web_port}[name]
        until(name, lambda: answers(f"http://127.0.0.1:{port}{path}"), 60)
        where = listening(pid)
        assert {p for _, p in where} == {port}, "and at no other port"
        assert all(address.is_loopback for address, _ in where)


@pytest.mark.rasa
def test_the_action_server_answers_no_web_page(tmp_path: Path) -> None:
    call = json.dumps({"next_action": "action_show_profile", "tracker": {"sender_id": "1"}})
    with running("actions", tmp_path) as (_, found):
        url = f"http://127.0.0.1:{found.actions_port}"
        until("actions", lambda: answers(f"{url}/health"), 60)
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}, {"Host": "evil.example:5055"}):
            preflight = httpx.options(f"{url}/webhook", headers={"Access-Control-Request-Method": "POST", **headers})
            assert "access-control-allow-origin" not in preflight.headers
            for method, path, body in (("POST", "/webhook", call), ("GET", "/actions", None)):
                answer = httpx.request(method, url + path, content=body, headers={"Content-Type": "text/plain", **headers})
                assert answer.status_code == 403, (headers, method, path)
                assert "access-control-allow-origin" not in answer.headers
        assert httpx.get(f"{url}/actions").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:5005", "localhost:5055", "[::1]:5005"])
def test_programs_here_are_let_in(host: str) -> None:
    assert is_local(host, None)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:5005", "http://127.0.0.1:8082"),
        ("127.0.0.1:5005", "null"),
        ("127.0.0.1:5005", ""),
        ("evil.example", None),
        ("evil.example:5005", None),
        ("127.0.0.1.evil.example", None),
        ("localhost.evil.example:5005", None),
        ("127.0.0.1@evil.example", None),
        ("0.0.0.0:5005", None),
        ("", None),
        (None, None),
    ],
)
def test_pages_and_other_names_are_not(host: str | None, origin: str | None) -> None:
    assert not is_local(host, origin)


def test_programs_on_other_machines_are_let_in_by_the_names_under_which_they_ask() -> None:
    urls = ("http://rasa-1:5005", "http://10.0.0.5:5005")
    assert is_local("rasa-1:5005", None, urls) and is_local("10.0.0.5:5005", None, urls) and is_local("localhost:5005", None, urls)
    assert not is_local("rasa-2:5005", None, urls) and not is_local("rasa-1:5005", "http://rasa-1:5005", urls)
