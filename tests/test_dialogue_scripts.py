"""The dialogues as files: enough of them, of every kind and register, and an offer that takes few turns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median

import pytest
import yaml

from tests.dialogues.script import turns_of

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(FOLDER.glob("*/user_*.yml"))
KINDS = (
    "happy_path",
    "matching",
    "relation",
    "corrections",
    "cancellations",
    "digressions",
    "languages",
    "privacy",
    "organisations",
    "mutual_aid",
    "care",
    "bad_input",
)
STEP_BY_STEP, AT_ONCE = 6, 3
"""Turns of a complete offer, the yes included."""


def test_there_are_sixty_dialogues_of_every_kind_and_register() -> None:
    assert len(FILES) >= 60
    assert {path.parent.name for path in FILES} == set(KINDS)
    registers = Counter(yaml.safe_load(path.read_text(encoding="utf-8"))["register"] for path in FILES)
    assert set(registers) == {"ar", "fr", "ary-Arab", "ary-Latn"}
    assert min(registers.values()) >= 8, registers


def test_every_file_is_a_dialogue() -> None:
    assert not [path for path in FOLDER.glob("*/*.yml") if not path.name.startswith("user_")]


def test_twenty_run_with_each_change() -> None:
    core = [path for path in FILES if yaml.safe_load(path.read_text(encoding="utf-8")).get("core")]
    assert len(core) >= 20
    assert {path.parent.name for path in core} == set(KINDS)


@pytest.mark.parametrize(("pattern", "most"), [("user_offers_step_by_step_*", STEP_BY_STEP), ("user_offers_in_one_message_*", AT_ONCE)])
def test_an_offer_takes_few_turns(pattern: str, most: int) -> None:
    taken = [turns_of(path, "volunteer") for path in FOLDER.glob(f"happy_path/{pattern}.yml")]
    assert taken
    print(f"{pattern}: {sorted(taken)} turns, median {median(taken)}")  # noqa: T201
    assert median(taken) <= most
