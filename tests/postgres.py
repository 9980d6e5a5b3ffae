"""A PostgreSQL server of the tests' own, on loopback, which can be ended and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def running(*settings: str) -> Iterator[PostgresServer]:
    """A server as long as the block runs, with settings of its own, each as name=value."""
    server = PostgresServer(*settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.remove()


class PostgresServer:
    """One cluster in a folder of its own. PostgreSQL refuses to run as root, so it gets its Debian user then."""

    def __init__(self, *settings: str) -> None:
        """With settings of the server beside ours, each as name=value."""
        found = programs()
        assert found is not None
        self._folder = Path(tempfile.mkdtemp(prefix="tadamon-postgres-"))
        account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if account:
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        self._who: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        self._port = free_port()
        self._settings = settings
        cluster = self._folder / "cluster"
        self._control = [str(found / "pg_ctl"), "-D", str(cluster), "-w", "-t", "120", "-l", str(self._folder / "log")]
        initialise = [str(found / "initdb"), "-D", str(cluster), "-U", "tadamon", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        subprocess.run(initialise, check=True, capture_output=True, cwd=self._folder, **self._who)
        self.url = f"postgresql://tadamon@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        options = " ".join([f"-p {self._port} -k {self._folder} -h 127.0.0.1 -c fsync=off", *(f"-c {one}" for one in self._settings)])
        self._run("-o", options, "start")

    def stop(self) -> None:
        """End it at once, as a crash would."""
        self._run("-m", "immediate", "stop")

    def remove(self) -> None:
        shutil.rmtree(self._folder)

    def _run(self, *arguments: str) -> None:
        subprocess.run([*self._control, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self._folder, **self._who)
