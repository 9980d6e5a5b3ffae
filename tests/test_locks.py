"""The two locked sets of packages: one with Rasa for Python 3.10, one without for newer Pythons."""

from __future__ import annotations

import re

import pytest

from bot.settings import PROJECT

OLD, NEWER = "requirements.lock", "requirements-newer.lock"


def versions(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / lock).read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_rasa_and_what_comes_with_it_stand_in_one_alone() -> None:
    only_old = {"rasa", "rasa-sdk", "tensorflow", "sanic", "scikit-learn"}
    assert only_old <= set(versions(OLD))
    assert not only_old & set(versions(NEWER))


@pytest.mark.parametrize("name", ["sqlalchemy", "python-telegram-bot", "tzdata", "hijridate"])
def test_what_talks_to_the_same_other_side_is_of_one_version(name: str) -> None:
    # Processes of both Pythons write to one database, and live by the same legal time.
    assert versions(OLD)[name] == versions(NEWER)[name]
    assert len(versions(NEWER)[name]) == 1


@pytest.mark.parametrize("lock", [OLD, NEWER])
def test_every_package_has_its_hashes(lock: str) -> None:
    requirements = re.split(r"\n(?=\S)", (PROJECT / lock).read_text(encoding="utf-8"))
    assert all("--hash=sha256:" in one for one in requirements if "==" in one.splitlines()[0])
