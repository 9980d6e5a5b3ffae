"""``make run``: prepares database and model, then lets supervisord run and restart every process."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from bot import clock
from bot.services import readiness, surroundings
from bot.services.seeding import seed
from bot.settings import CODE, PACKED, PROJECT, Settings
from bot.settings import MODEL as MODEL
from bot.store import migrate
from bot.store.engine import database
from bot.texts import REGISTERS, catalogue

_MODEL_INPUTS = (
    "config.yml",
    "domain.yml",
    "requirements.lock",
    "data/nlu/**/*.yml",
    "data/rules/*.yml",
    "data/stories/*.yml",
)
_MODEL_CODE = ("nlu/*.py", "bot/vocabulary/spelling.py")
NO_PROJECT = "There is no project here: python -m bot init FOLDER, and call it from there."
"""What is said where files of the project are to be written and there are those of the wheel alone."""
_SHARED_ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore", "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Unprepared(Exception):
    """Something that the processes need could not be made; the message is one line."""


def start(found: Settings) -> None:
    """Prepare, then become supervisord. Does not return."""
    need_project()
    need_rasa(found)
    # Database, logs and model are nobody else's on this machine to read.
    os.umask(0o077)
    found.var_dir.mkdir(parents=True, exist_ok=True)
    _stage("database", _migrate)
    if found.sandbox:
        _stage("sandbox seed", _seed_sandbox)
    train_if_changed(found)
    configuration = found.var_dir / "supervisord.conf"
    configuration.write_text(supervisor_configuration(found), encoding="utf-8")
    database().close()
    if found.sandbox:
        print(f"\nSandbox: http://127.0.0.1:{found.sandbox_port}/sandbox", flush=True)
    print(f"Public page: http://127.0.0.1:{found.web_port}/", flush=True)
    print('Messages wait until Rasa is up (a line says "ready"); Ctrl-C ends everything.\n', flush=True)
    program = Path(sys.executable).with_name("supervisord")
    os.execve(program, [str(program), "-n", "-c", str(configuration)], environment(found))


def need_project() -> None:
    """Raises Unprepared where there is no folder for a model: the wheel's own files lie among the installed packages."""
    if PROJECT == PACKED:
        raise Unprepared(NO_PROJECT)


def need_rasa(found: Settings) -> None:
    """Raises Unprepared where the Python that is to run Rasa has none."""
    if not surroundings.is_rasa_installed(found):
        raise Unprepared(f"Rasa is not installed for {found.rasa_python}: RASA_PYTHON must name the Python that has it.")


def _stage(name: str, work: Callable[[], None]) -> None:
    began = time.monotonic()
    work()
    print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


def _migrate() -> None:
    standing = readiness.wait(database, lambda line: print(line, flush=True))
    if not standing.may_migrate:
        raise Unprepared(standing.obstacle)
    migrate.upgrade(database())


def _seed_sandbox() -> None:
    with database().write() as session:
        seed(session, PROJECT / "data" / "seed" / "sandbox.yml", clock.now())


def model_fingerprint() -> str:
    """A hash of everything the model is made from. Of the texts, those that Rasa says by itself: the others are read when they are said."""
    digest = hashlib.sha256()
    for register in REGISTERS:
        spoken = {key: words for key, words in catalogue(register).items() if key.startswith("utter_")}
        digest.update(json.dumps([register, spoken], sort_keys=True).encode())
    for folder, patterns in ((PROJECT, _MODEL_INPUTS), (CODE, _MODEL_CODE)):
        for path in (path for pattern in patterns for path in sorted(folder.glob(pattern))):
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def train_if_changed(found: Settings) -> None:
    """Train unless the model of exactly these inputs is there. Rasa's own cache spares what did not change."""
    need_project()
    stamp, wanted = MODEL.with_suffix(".inputs"), model_fingerprint()
    if MODEL.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        print("model: up to date", flush=True)
        return
    need_rasa(found)
    print("model: training, a minute or two …", flush=True)
    command = [str(found.rasa_python), "-m", "nlu.serve", "train", "--fixed-model-name", "tadamon"]
    log_path = found.var_dir / "train.log"
    found.var_dir.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log_path.open("w", encoding="utf-8") as log:
        training = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT, env=environment(found))
        while training.poll() is None:
            time.sleep(1)
            if int(time.monotonic() - began) % 15 == 14:
                print(f"  … {time.monotonic() - began:.0f} s", flush=True)
    if training.returncode or not MODEL.exists():
        raise Unprepared(f"The model could not be trained: see {log_path}.")
    stamp.write_text(wanted, encoding="utf-8")
    print(f"model: trained in {time.monotonic() - began:.0f} s", flush=True)


def environment(found: Settings) -> dict[str, str]:
    """The environment of the processes: ours, with what Rasa's endpoints.yml asks for."""
    return {
        **os.environ,
        **_SHARED_ENVIRONMENT,
        "ACTIONS_WEBHOOK": f"{found.actions_url}/webhook",
        "TRACKER_DATABASE_URL": found.tracker_database_url,
        # rasa-sdk listens everywhere unless told otherwise, and whoever reaches it acts for anybody.
        "SANIC_HOST": found.actions_host,
        **_redis(found.redis_url),
    }


def _redis(url: str | None) -> dict[str, str]:
    """What nlu/endpoints-redis.yml asks for."""
    if url is None:
        return {}
    parts = urlsplit(url)
    place = {"REDIS_HOST": parts.hostname or "", "REDIS_PORT": str(parts.port or 6379), "REDIS_DB": parts.path.strip("/") or "0"}
    return {**place, "REDIS_PASSWORD": unquote(parts.password or "")}


def commands(found: Settings) -> dict[str, list[str]]:
    """The command line of each process; docs/operating.md shows the same, each to be started alone."""
    python, rasa_python = sys.executable, str(found.rasa_python)
    endpoints = ["--endpoints", str(CODE / "nlu" / ("endpoints-redis.yml" if found.redis_url else "endpoints.yml"))]
    rasa = ["run", "--enable-api", "-i", found.rasa_host, "-p", str(found.rasa_port), "-m", str(MODEL), *endpoints]
    processes = {
        "actions": [rasa_python, "-m", "actions.serve", "--actions", "actions", "-p", str(found.actions_port), "--quiet"],
        "rasa": [rasa_python, "-m", "nlu.serve", *rasa],
        "web": [python, "-m", "bot", "web"],
        "worker": [python, "-m", "bot", "worker"],
        "gateway": [python, "-m", "bot", "gateway"],
    }
    if found.sandbox:
        processes = {"sandbox": [python, "-m", "bot", "sandbox"], **processes}
    return processes


def become(found: Settings, name: str) -> NoReturn:
    """Turn this process into one of the two that Rasa's packages make up: rasa or actions. Does not return."""
    need_project()
    need_rasa(found)
    command = commands(found)[name]
    os.chdir(PROJECT)
    os.execve(command[0], command, environment(found))


def supervisor_configuration(found: Settings) -> str:
    """supervisord's configuration: every process restarted when it dies, all ended together, all output in one place."""
    parts = ["[supervisord]\nnodaemon=true\nuser=root\n" if os.geteuid() == 0 else "[supervisord]\nnodaemon=true\n"]
    parts[0] += f"logfile=/dev/null\nlogfile_maxbytes=0\npidfile={found.var_dir / 'supervisord.pid'}\nloglevel=warn\n"
    for name, command in commands(found).items():
        line = shlex.join(command).replace("%", "%%")
        parts.append(
            f"[program:{name}]\ncommand={line}\ndirectory={PROJECT}\nautorestart=true\nstartsecs=2\nstartretries=1000\n"
            "stopasgroup=true\nkillasgroup=true\nstopwaitsecs=10\n"
            "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n"
        )
    return "\n".join(parts)
