"""Which version this is: of the product, and its commit where it is known."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.version import Version

from bot import version
from bot.settings import settings


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    version.version.cache_clear()
    version.commit.cache_clear()
    yield
    version.version.cache_clear()
    version.commit.cache_clear()


def test_the_version_is_that_of_the_project() -> None:
    assert str(Version(version.version())) == version.version()


def _not_installed(_name: str) -> str:
    raise metadata.PackageNotFoundError


def test_sources_without_their_project_have_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "CODE", tmp_path)
    monkeypatch.setattr(version.metadata, "version", _not_installed)
    assert version.version() == "unknown"
    assert version.commit() is None, "a repository further up is somebody else's"


def test_what_a_wheel_installed_has_the_wheels_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "CODE", tmp_path)
    monkeypatch.setattr(version.metadata, "version", {"tadamon": "7.8.9"}.__getitem__)
    assert version.version() == "7.8.9"


def test_the_commit_may_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMIT", "abc1234")
    settings.cache_clear()
    assert version.commit() == "abc1234"


def test_without_git_no_commit_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(version, "CODE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert version.commit() is None
