"""Every key that the code asks for exists, and every text is asked for by something."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.settings import PROJECT
from bot.texts import REGISTERS, catalogue
from tests.texts.sources import keys_asked_for, strings

PLURAL = r"(?:_(?:zero|one|two|few|many|other))?"
FAQ = sorted(
    {m for path in (PROJECT / "data" / "nlu").rglob("faq.yml") for m in re.findall(r"faq/(\w+)", path.read_text(encoding="utf-8"))}
)


def rules_say() -> set[str]:
    """The utter_… that rules and stories name."""
    files = [path for folder in ("rules", "stories") for path in (PROJECT / "data" / folder).glob("*.yml")]
    loaded = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    parts = [part for content in loaded for kind in ("rules", "stories") for part in content.get(kind) or ()]
    return {step["action"] for part in parts for step in part["steps"] if step.get("action", "").startswith("utter_")}


@pytest.mark.parametrize("register", REGISTERS)
def test_every_key_of_the_code_exists(register: str) -> None:
    asked = keys_asked_for()
    assert len(asked) > 100, "the sources are not read any more"
    known = "\n".join(catalogue(register))
    spoken = {(where, key) for where, key in asked if register in ("fr", "ar") or not key.startswith("console_")}
    missing = {f"{where}: {key}" for where, key in spoken if not re.search(f"^{key}{PLURAL}$", known, re.MULTILINE)}
    assert not missing


@pytest.mark.parametrize("register", REGISTERS)
def test_every_answer_of_the_rules_exists(register: str) -> None:
    assert rules_say()
    assert rules_say() <= set(catalogue(register))


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("question", FAQ)
def test_every_question_of_the_faq_has_its_answer(register: str, question: str) -> None:
    assert f"faq_{question}" in catalogue(register)


@pytest.mark.parametrize(
    ("prefix", "endings"),
    [
        ("nothing", ["open", "time", "distance", "mode", "skill", "language"]),
        ("weakness", ["other_cause", "skill_missing", "far", "one_slot"]),
        ("reason", ["cause", "skill", "distance", "near", "remote", "availability"]),
        ("reason", ["cause_theirs", "skill_theirs", "distance_theirs", "near_theirs", "remote_theirs", "availability_theirs"]),
        ("rhythm", ["daily", "weekly", "monthly"]),
        ("button", ["daily", "weekly", "monthly", "accepted", "declined"]),
        ("apply", ["applied", "already", "gone", "full", "own", "which", "first_offer"]),
        ("answer", ["accepted", "declined", "answered", "full", "unknown"]),
        ("application", ["accepted", "declined", "received"]),
        ("state", ["pending", "accepted", "declined", "withdrawn", "expired"]),
        ("summary_mode", ["onsite", "remote", "both"]),
        ("reason_end", ["too_many", "nothing_fits", "no_time", "inconvenient", "other"]),
    ],
)
@pytest.mark.parametrize("register", REGISTERS)
def test_every_outcome_has_its_words(register: str, prefix: str, endings: list[str]) -> None:
    said = {re.sub(PLURAL + "$", "", key) for key in catalogue(register)} | set(catalogue(register))
    assert {f"{prefix}_{ending}" for ending in endings} <= said


def test_no_text_is_left_that_nothing_says() -> None:
    patterns = [re.compile(pattern + PLURAL) for pattern in strings() if re.search(r"[a-z]{2}", pattern)]
    spoken = rules_say() | {f"faq_{question}" for question in FAQ}
    templates = {key for where, key in keys_asked_for() if where.endswith(".html")}
    for key in {key for key in catalogue("fr") if re.sub(PLURAL + "$", "", key) not in templates} - spoken - templates:
        assert any(pattern.fullmatch(key) for pattern in patterns), f"{key} is said nowhere"
