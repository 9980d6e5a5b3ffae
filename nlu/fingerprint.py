"""What a component's trained result depends on beside its own source: Rasa's cache hashes only the class."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from bot import vocabulary


@lru_cache(maxsize=1)
def tables_fingerprint() -> str:
    """A hash of the sources of bot.vocabulary that shape tokens; a change in them trains anew."""
    digest = hashlib.sha256()
    for name in ("spelling.py",):
        digest.update((Path(vocabulary.__file__).parent / name).read_bytes())
    return digest.hexdigest()
