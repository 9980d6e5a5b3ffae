"""The product as it runs on several machines, here on one: PostgreSQL and Redis, two gateways behind a balancer, two Rasa servers, three
workers; each restarted by a supervisor, as its own machine would."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from bot.settings import PROJECT, read
from bot.supervise import commands, environment
from tests import postgres
from tests.dialogues.product import Product, free_port

SECRET = "a-secret-that-only-telegram-knows"
COUNTS = {"sandbox": 1, "actions": 2, "rasa": 2, "gateway": 2, "worker": 3, "web": 1}
"""How many processes of each kind."""
_NAMED = "TADAMON_PROCESS"
"""By this variable a process is told from others of its kind."""


class Machines(Product):
    """A product of many processes. ``kill("gateway")`` kills one of them, another each time."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self._redis_port, self._balancer = free_port(), Balancer([free_port() for _ in range(COUNTS["gateway"])])
        webhook = {
            "TELEGRAM_MODE": "webhook",
            "WEBHOOK_URL": f"http://127.0.0.1:{self._balancer.port}/updates",
            "WEBHOOK_SECRET": SECRET,
        }
        self._rasa_ports, self._actions_ports = ([free_port() for _ in range(COUNTS[kind])] for kind in ("rasa", "actions"))
        super().__init__(
            folder,
            DATABASE_URL=database_url,
            REDIS_URL=f"redis://127.0.0.1:{self._redis_port}/0",
            RASA_URL=" ".join(f"http://127.0.0.1:{port}" for port in self._rasa_ports),
            **webhook,
            **settings,
        )
        self.rasa_url = f"http://127.0.0.1:{self._rasa_ports[0]}"
        self._redis: subprocess.Popen[bytes] | None = None
        self._turns = {kind: itertools.cycle(range(1, count + 1)) for kind, count in COUNTS.items()}

    def start(self) -> None:
        self._balancer.start()
        line = ["redis-server", "--port", str(self._redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        with (self.folder / "redis.log").open("ab") as log:
            self._redis = subprocess.Popen(line, stdout=log, stderr=subprocess.STDOUT)
        self.command("migrate")
        self.command("train")
        self.command("seed", str(PROJECT / "data" / "seed" / "sandbox.yml"))
        configuration = self.folder / "supervisord.conf"
        configuration.write_text("\n".join(self._configuration()), encoding="utf-8")
        with self.log.open("ab") as log:
            supervisor = [str(Path(sys.executable).with_name("supervisord")), "-n", "-c", str(configuration)]
            self._run = subprocess.Popen(
                supervisor, cwd=PROJECT, env=self._settings(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._wait_for([f"http://127.0.0.1:{port}" for port in self._rasa_ports])

    def _settings(self) -> dict[str, str]:
        return {name: value for name, value in environment(read(self.environment)).items() if name not in os.environ} | self.environment

    def _configuration(self) -> Iterator[str]:
        root = "user=root\n" if os.geteuid() == 0 else ""
        yield f"[supervisord]\nnodaemon=true\n{root}logfile=/dev/null\nlogfile_maxbytes=0\npidfile={self.folder}/supervisord.pid\n"
        for kind, count in COUNTS.items():
            for number in range(1, count + 1):
                given = self._of(kind, number)
                found = read({**self.environment, **given})
                told = environment(found) | given
                shown = ",".join(f'{name}="{value}"' for name, value in sorted(told.items()) if value != os.environ.get(name))
                line = " ".join(commands(found)[kind])
                yield (
                    f"[program:{kind}-{number}]\ncommand={line}\ndirectory={PROJECT}\nenvironment={shown}\nautorestart=true\nstartsecs=2\n"
                    "startretries=1000\nstopasgroup=true\nkillasgroup=true\nstopwaitsecs=10\n"
                    "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n"
                )

    def _of(self, kind: str, number: int) -> dict[str, str]:
        """What one process has for itself. Each Rasa server has an action server of its own, as on a machine of its own."""
        own = {_NAMED: f"{kind}-{number}"}
        if kind == "gateway":
            return {**own, "GATEWAY_NAME": f"gateway-{number}", "WEBHOOK_PORT": str(self._balancer.upstreams[number - 1])}
        if kind == "worker":
            return {**own, "WORKER_NAME": f"worker-{number}"}
        if kind == "actions":
            return {**own, "ACTIONS_PORT": str(self._actions_ports[number - 1])}
        if kind == "rasa":
            return {**own, "RASA_PORT": str(self._rasa_ports[number - 1]), "ACTIONS_PORT": str(self._actions_ports[number - 1])}
        return own

    def processes(self) -> dict[str, int]:
        """The process ids by name: gateway-1, gateway-2, rasa-1 …"""
        assert self._run is not None
        found = {}
        for pid in map(int, Path(f"/proc/{self._run.pid}/task/{self._run.pid}/children").read_text().split()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                told = dict(one.partition("=")[::2] for one in Path(f"/proc/{pid}/environ").read_text().split("\0"))
                if _NAMED in told:
                    found[told[_NAMED]] = pid
        return found

    def kill(self, name: str) -> None:
        super().kill(f"{name}-{next(self._turns[name])}" if name in COUNTS else name)

    def _end(self) -> None:
        super()._end()
        self._balancer.stop()
        if self._redis is not None:
            self._redis.send_signal(signal.SIGTERM)
            self._redis.wait(20)


class Balancer:
    """What stands before several gateways: a connection goes to the next of them that takes it. Bytes alone, as haproxy in tcp mode."""

    def __init__(self, upstreams: list[int]) -> None:
        self.upstreams = upstreams
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._next = itertools.cycle(range(len(upstreams)))

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            begin = next(self._next)
            for place in range(len(self.upstreams)):
                try:
                    upstream = socket.create_connection(("127.0.0.1", self.upstreams[(begin + place) % len(self.upstreams)]), 5)
                except OSError:
                    continue
                with upstream:
                    _carry(client, upstream)
                return


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Hand bytes on, both ways, until one side ends."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@contextlib.contextmanager
def machines(folder: Path) -> Iterator[Machines]:
    """Many processes with a PostgreSQL server of their own, as long as the block runs."""
    with postgres.running() as server:
        made = Machines(folder, server.url)
        made.start()
        yield made
        made.stop()
