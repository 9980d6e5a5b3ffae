"""What the product stands on beside its database: the model, Rasa, disks, the clock, the time zone data. Everything here blocks."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import httpx
from sqlalchemy import text as sql

from bot import clock
from bot.settings import MODEL, Settings
from bot.store.engine import Database

RASA_SECONDS = 2.0
_LOOK_SECONDS = 30.0
LOW_BYTES, FULL_BYTES = 2 * 1024**3, 200 * 1024**2
"""Free room below which a disk is nearly full, and as good as full."""
MOST_SKEW_SECONDS = 30.0
TZDATA_DAYS = 365


# ---- the model


@dataclass(frozen=True)
class ModelFile:
    """The model on this machine's disk: the SHA-256 of its file, and the id that Rasa gave it (None: the file is no model)."""

    sha: str
    model_id: str | None


def model_file(path: Path = MODEL) -> ModelFile | None:
    """The model's file; None: there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _read_model(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2)
def _read_model(path: Path, _changed_ns: int, _size: int) -> ModelFile | None:
    """Read once for each version of the file: twenty megabytes are too much for every look."""
    try:
        return ModelFile(sha_of(path), _model_id(path))
    except OSError:
        return None


def sha_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _model_id(path: Path) -> str | None:
    try:
        with tarfile.open(path) as archive:
            metadata = archive.extractfile("metadata.json")
            return str(json.load(metadata)["model_id"]) if metadata else None
    except (tarfile.TarError, KeyError, ValueError, EOFError):
        return None


@dataclass(frozen=True)
class Rasa:
    """What Rasa says of itself."""

    state: str
    """ok, away, or no model (it answers, and has none); of several: some away, or two models."""
    model_id: str | None = None

    @property
    def answers(self) -> bool:
        """Whether at least one server has a model and serves chats."""
        return self.state not in ("away", "no model")


def rasa(found: Settings) -> Rasa:
    """Ask Rasa which model it runs; at most two seconds for each server."""
    told = [_ask(url) for url in found.rasa_urls]
    first = next((one for one in told if one.state == "ok"), told[0])
    if first.state == "ok" and any(one.state != "ok" for one in told):
        return Rasa("some away", first.model_id)
    return Rasa("two models", first.model_id) if len({one.model_id for one in told}) > 1 else first


def _ask(url: str) -> Rasa:
    try:
        answer = httpx.get(f"{url}/status", timeout=RASA_SECONDS)
        told = answer.json() if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return Rasa("away")
    if not answer.is_success:
        # Stock Rasa answers 409 as long as it has no model.
        return Rasa("no model" if answer.status_code == httpx.codes.CONFLICT else "away")
    model_id = told.get("model_id") if isinstance(told, dict) else None
    return Rasa("ok", str(model_id)) if model_id else Rasa("no model")


def has_own_rasa(found: Settings) -> bool:
    """Whether Rasa is the one of this machine, which takes the model from this machine's disk."""
    return found.rasa_urls == (f"http://127.0.0.1:{found.rasa_port}",)


def is_rasa_installed(found: Settings) -> bool:
    """Whether Rasa can be started, and models made, on this machine; asks the Python of the settings, which takes a moment."""
    look = [str(found.rasa_python), "-c", "import sys; from importlib.util import find_spec; sys.exit(find_spec('rasa') is None)"]
    try:
        return subprocess.run(look, capture_output=True, timeout=_LOOK_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# ---- the machine


@dataclass(frozen=True)
class Disk:
    """Room where a folder lies, in bytes."""

    free: int
    total: int


def disks(found: Settings) -> dict[str, Disk]:
    """Room where the product writes: "var", and "database" where that is a file here. What is not there yet counts by its parent."""
    folders = {"var": found.var_dir}
    if found.database_url.startswith("sqlite:///"):
        folders["database"] = Path(found.database_url.removeprefix("sqlite:///")).parent
    return {name: _room(folder) for name, folder in folders.items()}


def _room(folder: Path) -> Disk:
    there = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    usage = shutil.disk_usage(there)
    return Disk(usage.free, usage.total)


def clock_skew_seconds(database: Database) -> float | None:
    """How far this machine's clock is ahead of the database server's; None on SQLite, whose clock is this machine's."""
    if database.is_sqlite:
        return None
    with database.read() as session:
        before = clock.real_now()
        theirs = session.execute(sql("SELECT clock_timestamp()")).scalar_one()
        after = clock.real_now()
    # Had the answer been under way for a while, its middle is the moment that they named.
    return float((before + (after - before) / 2 - theirs).total_seconds())


@dataclass(frozen=True)
class ZoneData:
    """The time zone data by which legal time is reckoned."""

    release: str | None
    """Such as 2026f; None: they do not name it."""
    source: str
    """system, package, or PYTHONTZPATH, which an administrator has set."""
    age_days: int | None
    """None: the release is not known."""
    newer: str | None
    """The release of the package tzdata where PYTHONTZPATH keeps the product from it; None: none here is newer than what is in use."""

    @property
    def is_old(self) -> bool:
        return self.age_days is None or self.age_days > TZDATA_DAYS


def zone_data() -> ZoneData:
    """Releases come when a country decrees: Morocco has changed its rule in the middle of a year, weeks before it held."""
    release, source = clock.zone_source()
    packaged = clock.packaged_release()
    newer = packaged if packaged and (release or "") < packaged else None
    return ZoneData(release, source, _age_days(release, clock.real_now().date()), newer)


def _age_days(release: str | None, today: date) -> int | None:
    """Days since the middle of a release's year: its name tells no more."""
    return max(0, (today - date(int(release[:4]), 7, 1)).days) if release else None
