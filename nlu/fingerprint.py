"""What a component's trained result depends on beside its own source: Rasa's cache hashes only the class."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from bot import vocabulary


@lru_cache(maxsize=1)
def tables_fingerprint() -> str:
    """A hash of the sources that shape what is counted and how; a change in them trains anew."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    theirs = [Path(vocabulary.__file__).parent / name for name in ("spelling.py", "registers.py")]
    for source in (*theirs, *(here / name for name in ("counting.py", "linear.py", "register_model.py", "scripts.py"))):
        digest.update(source.read_bytes())
    return digest.hexdigest()
