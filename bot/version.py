"""Which version of the product this is: the one place that says so."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from importlib import metadata

from bot.settings import CODE, settings

GIT_SECONDS = 5


@lru_cache(maxsize=1)
def version() -> str:
    """The version in the pyproject.toml beside the sources; without that file, of the wheel that was installed, else "unknown"."""
    try:
        found = re.search(r'^version = "(.+)"$', (CODE / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return _installed()
    return found[1] if found else "unknown"


def _installed() -> str:
    try:
        return metadata.version("tadamon")
    except metadata.PackageNotFoundError:
        return "unknown"


@lru_cache(maxsize=1)
def commit() -> str | None:
    """The commit of the sources: GIT_COMMIT, else what git says of the repository they lie in. None: neither. Blocks for a moment."""
    if settings().git_commit:
        return settings().git_commit
    if not (CODE / ".git").exists():
        return None  # a repository further up would be somebody else's
    try:
        asked = subprocess.run(
            ["git", "-C", str(CODE), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None
