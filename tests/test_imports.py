"""What loads what: bot/ and the unit tests run without Rasa and without Tensorflow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.settings import PROJECT
from tests.conftest import HAS_RASA

TESTS = Path(__file__).parent
WALK = """
import importlib, json, pkgutil, sys
names = []
for root in {roots}:
    package = importlib.import_module(root)
    names.append(root)
    for found in pkgutil.walk_packages(package.__path__, root + "."):
        # A migration's environment runs what Alembic hands it, and a main module runs the program.
        if not found.name.endswith((".env", ".__main__")):
            importlib.import_module(found.name)
            names.append(found.name)
print(json.dumps([names, sorted(sys.modules)]))
"""
COLLECT = """
import json, sys
import pytest
class Quiet:
    def pytest_collection_finish(self, session):
        self.files = sorted({{item.path.as_posix() for item in session.items}})
quiet = Quiet()
code = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", "-m", "not conversation", *{arguments}], plugins=[quiet])
assert code == 0, code
print("\\n" + json.dumps([quiet.files, sorted(sys.modules)]))
"""


def _ran(program: str, *options: str) -> tuple[list[str], set[str]]:
    """What a program in a process of its own did, and the modules that it loaded."""
    ran = subprocess.run([sys.executable, *options, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    did, modules = json.loads(ran.stdout.splitlines()[-1])
    return did, set(modules)


def _loaded(modules: Iterable[str], *roots: str) -> set[str]:
    return {module for module in modules if module.split(".")[0] in roots}


def test_bot_loads_neither_rasa_nor_what_runs_inside_it() -> None:
    # APScheduler, as old as Rasa takes it, warns of what setuptools will leave out.
    options = () if HAS_RASA else ("-W", "error")
    names, modules = _ran(WALK.format(roots=["bot"]), *options)
    assert {"bot.app", "bot.cli", "bot.telegram.turns", "bot.sandbox.server", "bot.scheduler.jobs", "bot.site.app"} <= set(names)
    assert not _loaded(modules, "rasa", "rasa_sdk", "tensorflow", "jax", "actions", "nlu")


@pytest.mark.rasa
def test_actions_load_neither_rasa_nor_telegram_nor_web() -> None:
    names, modules = _ran(WALK.format(roots=["actions"]))
    assert "actions.offer" in names
    assert not _loaded(modules, "rasa", "tensorflow", "telegram", "apscheduler", "starlette", "uvicorn", "nlu")


@pytest.mark.parametrize("package", ["bot.matching", "bot.texts", "bot.vocabulary"])
def test_the_core_loads_no_framework(package: str) -> None:
    _, modules = _ran(WALK.format(roots=[package]))
    assert not _loaded(modules, "sqlalchemy", "telegram", "apscheduler", "starlette", "httpx")


def test_unit_tests_load_neither_rasa_nor_tensorflow() -> None:
    files, modules = _ran(COLLECT.format(arguments=["tests", "--ignore=tests/actions", "--ignore=tests/security"]))
    assert {(TESTS / name).as_posix() for name in ("test_imports.py", "telegram/test_turns.py")} <= set(files)
    assert not _loaded(modules, "rasa", "rasa_sdk", "tensorflow", "jax")


@pytest.mark.rasa
def test_unit_tests_of_actions_load_the_sdk_alone() -> None:
    files, modules = _ran(COLLECT.format(arguments=["tests/actions"]))
    assert files
    assert "rasa_sdk" in modules
    assert not _loaded(modules, "rasa", "tensorflow", "jax", "telegram", "starlette")


@pytest.mark.rasa
def test_tests_of_security_play_both_sides_without_rasa() -> None:
    files, modules = _ran(COLLECT.format(arguments=["tests/security"]))
    assert files
    assert {"rasa_sdk", "telegram"} <= modules
    assert not _loaded(modules, "rasa", "tensorflow", "jax")
