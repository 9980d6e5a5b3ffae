"""``python -m bot backup`` and ``python -m bot restore``: the databases in a folder of their own, and back, without those erased since.

A backup is a folder: manifest.json, and a file for each database. It has its name once it is whole; what a kill left bears another, and
goes with the next one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import clock, version
from bot.services import erased, erasure, restoring
from bot.services.surroundings import sha_of
from bot.settings import Settings
from bot.store import backup, migrate
from bot.store.backup import OURS, TRACKER, BackupError
from bot.store.engine import Database
from bot.store.tracker import Tracker

FORMAT = 1
_NAME, _UNFINISHED = "tadamon-*Z", ".unfinished-"
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Restored:
    """What was brought back."""

    made_at: datetime
    """As at which instant, in UTC."""
    erased_again: int
    """How many people were erased since, and are again."""
    lists_left: int
    """Lists that waited to be sent; whether they were is not known, so they are not."""


# ---- making one


def make(found: Settings, schema: str | None, folder: Path, keep: int | None) -> Path:
    """Make a backup in a folder of backups, then delete all but the newest ``keep`` (None: none). Returns where it is.

    Raises BackupError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        made = _make(found, schema, folder)
        for old in sorted(folder.glob(_NAME))[: -keep if keep else 0]:
            shutil.rmtree(old)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {error.strerror}.") from None
    return made


def _make(found: Settings, schema: str | None, folder: Path) -> Path:
    unfinished = folder / f"{_UNFINISHED}{os.getpid()}"
    unfinished.mkdir(mode=0o700)
    files, began = backup.save(found.database_url, found.tracker_database_url, unfinished)
    manifest = {
        "format": FORMAT,
        "made_at": began.isoformat(),
        "version": version.version(),
        "schema": schema,
        "database": backup.kind_of(found.database_url),
        "files": {path.name: sha_of(path) for path in files},
    }
    (unfinished / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    for path in (*files, unfinished / _MANIFEST, unfinished):
        _to_disk(path)
    made = folder / f"tadamon-{began:%Y%m%dT%H%M%S}Z"
    unfinished.rename(made)
    _to_disk(folder)
    return made


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---- bringing one back


def bring_back(found: Settings, place: Path, records: Sequence[Path], tell: Callable[[str], None]) -> Restored:
    """Fill the empty databases of the settings from a backup, and erase again whoever was erased since.

    Args:
        records: folders of the record of erasures; of several workers with one each, all of them. None at all: nobody is erased again.
        tell: is told what is being done, a line each.

    Killed anywhere, no process starts on what is half there, and it can be done again. Raises BackupError.
    """
    manifest = _manifest(found, place)
    made_at = datetime.fromisoformat(manifest["made_at"])
    if records and clock.real_now() - made_at > erased.KEPT:
        raise BackupError(f"The backup is older than {erased.KEPT.days} days: who was erased since is not known any more.")
    try:
        names = {name for folder in records for name in erased.since(folder, made_at)}
    except OSError as error:
        raise BackupError(f"The record of erasures cannot be read ({error.strerror}); without one: --nobody-was-erased") from None
    except ValueError:
        raise BackupError("The record of erasures is none that this version wrote.") from None
    bring = _bring_files if manifest["database"] == "sqlite" else _bring_dumps
    try:
        return bring(found, place, lambda database, tracker: _finish(database, tracker, names, made_at, tell), tell)
    except OSError as error:
        raise BackupError(f"The backup cannot be brought back: {error.strerror}.") from None


def _manifest(found: Settings, place: Path) -> dict[str, Any]:
    """What a backup says of itself, once it was found whole and fit for these settings."""
    try:
        manifest: dict[str, Any] = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        is_whole = all(sha_of(place / name) == sha for name, sha in manifest["files"].items())
        kind, schema, number = manifest["database"], manifest["schema"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BackupError("This is no backup, or a part of it is missing.") from None
    if number != FORMAT or migrate.standing(schema) == migrate.NEWER:
        raise BackupError("The backup is newer than this version: bring it back with the version that made it.")
    if not is_whole:
        raise BackupError("The backup is damaged: a file is not what it was when it was made.")
    if kind != backup.kind_of(found.database_url):
        raise BackupError(f"The backup is of {kind}, and DATABASE_URL names another kind of database.")
    return manifest


Finish = Callable[[Database, Tracker], Restored]


def _bring_files(found: Settings, place: Path, finish: Finish, tell: Callable[[str], None]) -> Restored:
    """SQLite: everything is done beside, and the files get their names at the end."""
    targets = {OURS: backup.path_of(found.database_url), TRACKER: backup.path_of(found.tracker_database_url)}
    for path in targets.values():
        if path.exists():
            raise BackupError(f"{path.name} is there already: a backup is brought back where there is none; move it away first.")
    beside = {name: path.with_name(f"{path.name}.restoring") for name, path in targets.items()}
    tell("copying")
    for name, path in beside.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
        if (place / f"{name}.db").exists():
            path.touch(mode=0o600)
            shutil.copyfile(place / f"{name}.db", path)
    database = Database(f"sqlite:///{beside[OURS]}")
    try:
        migrate.upgrade(database)
        done = finish(database, Tracker(f"sqlite:///{beside[TRACKER]}"))
    finally:
        database.close()
    for name in (TRACKER, OURS):
        if beside[name].exists():
            _to_disk(beside[name])
            beside[name].rename(targets[name])
    return done


def _bring_dumps(found: Settings, place: Path, finish: Finish, tell: Callable[[str], None]) -> Restored:
    """PostgreSQL: a table says that it is not finished, and no process starts while it stands there."""
    urls = {OURS: found.database_url, TRACKER: found.tracker_database_url}
    for url in dict.fromkeys(urls.values()):
        if backup.tables_of(url):
            raise BackupError("The database is not empty: a backup is brought back into a new one.")
    with ExitStack() as closing:
        database = Database(found.database_url)
        closing.callback(database.close)
        migrate.begin_restoring(database)
        for name, url in urls.items():
            if (place / f"{name}.dump").exists():
                tell(f"loading {name}")
                backup.load_dump(place / f"{name}.dump", url)
        migrate.upgrade(database)
        done = finish(database, Tracker(found.tracker_database_url))
        migrate.end_restoring(database)
    return done


def _finish(database: Database, tracker: Tracker, names: set[str], made_at: datetime, tell: Callable[[str], None]) -> Restored:
    with database.write() as session:
        lists_left = restoring.settle(session)
        chats = restoring.known_chats(session) | tracker.chats()
        key = erased.key_of(session)
    gone = [chat_id for chat_id in sorted(chats) if erased.name_of(key, chat_id) in names]
    tell(f"erasing {len(gone)} again")
    for chat_id in gone:
        erasure.forget_again(database.write, tracker, chat_id, clock.now())
    return Restored(made_at, len(gone), lists_left)
