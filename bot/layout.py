"""``python -m bot init FOLDER``: the project's files laid out in a folder of the operator's, where they may be written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.settings import CODE, PACKED

# The files by which a folder is known for a project come last: one that is half laid out is none.
PARTS = ("data", "tests/evaluation", "requirements.lock", "credentials.yml", "endpoints.yml", "domain.yml", "config.yml")
"""What a project is made of. pyproject.toml puts the same into the wheel. requirements.lock: of other packages, another model is made."""


class LayoutError(Exception):
    """A project cannot be laid out; the message is one line."""


def lay_out(folder: Path) -> None:
    """Copy the files of this version into a folder that is missing or empty. Raises LayoutError; where the folder is in use, before
    anything is written."""
    source = PACKED if PACKED.is_dir() else CODE
    try:
        if folder.exists() and any(folder.iterdir()):
            raise LayoutError(f"{folder} is not empty: a project is laid out in a folder that is empty or missing.")
        for path in _files(source):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # Without its permissions: packages may be installed for reading alone.
            shutil.copyfile(source / path, target)
    except OSError as error:
        raise LayoutError(f"{folder} cannot be made a project: {error.strerror}.") from None


def _files(source: Path) -> Iterator[Path]:
    for part in PARTS:
        whole = source / part
        for path in sorted(whole.rglob("*")) if whole.is_dir() else [whole]:
            if path.is_file():
                yield path.relative_to(source)
