"""The record of erasures, kept outside the database: a backup that is brought back shall not bring back whoever was erased since.

A line an erasure: when, and whose, under a key that stands in the database alone. Without the database or a backup of it a line leads to
nobody. A file a month; one goes when no backup may be brought back that is older.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import clock
from bot.store.models import Key

KEPT = timedelta(days=365)
"""A backup that is older is not brought back: of who was erased soon after it nothing is known any more."""
_A_FILE = timedelta(days=31)
_KEY = "erasures"


def key_of(session: Session) -> str:
    """The key of this database, which a backup of it has too."""
    found: str = session.execute(select(Key.value).where(Key.name == _KEY)).scalar_one()
    return found


def name_of(key: str, chat_id: int) -> str:
    """A chat as the record names it."""
    return hmac.new(key.encode(), str(chat_id).encode(), hashlib.sha256).hexdigest()


def note(folder: Path, session: Session, chat_id: int) -> None:
    """Write down that a chat is erased: the last thing before that commits, so that nobody is erased without a line.

    A line too many does no harm, since the wish stands in the database until it is fulfilled. Raises OSError: then nothing is erased, and
    the next attempt finds the wish.
    """
    at = clock.real_now()
    # Begins with the end of a line: a disk that was full may have left half a one.
    line = "\n" + json.dumps({"at": at.isoformat(), "who": name_of(key_of(session), chat_id)})
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / f"{at:%Y-%m}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def since(folder: Path, at: datetime) -> set[str]:
    """Who was erased since an instant of real time, as the record names them. Raises OSError where there is no such folder."""
    found = set()
    for path in sorted(folder.iterdir()):
        if path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                # Half a line is of an erasure that was tried again.
                entry = json.loads(line) if line.endswith("}") else None
                if entry and datetime.fromisoformat(entry["at"]) >= at:
                    found.add(str(entry["who"]))
    return found


def forget_old(folder: Path, at: datetime) -> int:
    """Delete the files in which every line is older than :data:`KEPT`; returns how many."""
    old = [path for path in folder.glob("????-??.jsonl") if path.stem < f"{at - KEPT - _A_FILE:%Y-%m}"]
    for path in old:
        path.unlink()
    return len(old)
