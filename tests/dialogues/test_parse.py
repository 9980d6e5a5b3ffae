"""``/model/parse`` of the running server: what others measure understanding by."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.dialogues.product import Product


@pytest.fixture
def parse(product: Product) -> Iterator[Any]:
    with httpx.Client(base_url=product.rasa_url, timeout=60) as http:

        def parsed(text: str) -> dict[str, Any]:
            answer = http.post("/model/parse", json={"text": text})
            assert answer.is_success, answer.text
            found: dict[str, Any] = answer.json()
            return found

        yield parsed


@pytest.mark.parametrize(
    ("text", "register", "intent", "entities"),
    [
        (
            "salam bghit n3awen drari f l9raya f lm3arif nhar sebt f sba7",
            "ary-Latn",
            "offer_volunteering",
            {("place", "Maârif"), ("day", "sat"), ("time_of_day", "morning"), ("cause", "children"), ("cause", "education")},
        ),
        (
            "نبحث عن عشرين متطوعا في الحي المحمدي يوم 12 دجنبر",
            "ar",
            "publish_initiative",
            {("place", "Hay-Mohammadi"), ("number", "20"), ("date", "2026-12-12")},
        ),
        ("je voudrais m'inscrire à la deuxième mission", "fr", "apply_to_mission", {("mission_ref", "2")}),
        ("بغيت اللائحة غير مرة فالشهر عفاك", "ary-Arab", "subscribe", {("frequency", "monthly")}),
    ],
)
def test_what_a_parse_holds(parse: Any, text: str, register: str, intent: str, entities: set[tuple[str, str]]) -> None:
    found = parse(text)
    assert found["intent"]["name"] == intent
    assert 0 < found["intent"]["confidence"] <= 1
    assert found["register"]["name"] == register
    assert 0 < found["register"]["confidence"] <= 1
    assert entities <= {(entity["entity"], entity["value"]) for entity in found["entities"]}
    assert all(text[entity["start"] : entity["end"]].strip() for entity in found["entities"])


def test_a_question_of_the_faq_names_itself(parse: Any) -> None:
    found = parse("est-ce que je suis assuré pendant la mission ?")
    assert found["intent"]["name"] == "faq"
    assert found["response_selector"]["faq"]["response"]["intent_response_key"] == "faq/insurance"


def _anything(chance: random.Random, length: int) -> str:
    """Letters of any plane of Unicode, surrogates left out: JSON cannot carry them."""
    planes = ((0x20, 0x700), (0x20, 0xD800), (0xE000, 0x110000))
    return "".join(chr(chance.randrange(*chance.choice(planes))) for _ in range(length))


@pytest.mark.parametrize("word", ["a", "بغيت نتطوع ", "20/12 ", "🙂", "٣" * 40 + " ", "l" * 4096, "\u200f\u0651", "Maârif, "])
def test_the_longest_message_is_read_in_bounded_time(parse: Any, word: str) -> None:
    parse("salam")
    short, long = _seconds(parse, word), _seconds(parse, (word * 4096)[:4096])
    # The text is hundreds of times as long: nothing grows faster than it does.
    assert long < 1000 * short


def _seconds(parse: Any, text: str) -> float:
    began = time.monotonic()
    found = parse(text)
    assert found["intent"]["name"]
    return time.monotonic() - began


def test_any_unicode_is_read(parse: Any) -> None:
    chance = random.Random(1)
    for _ in range(200):
        assert "intent" in parse(_anything(chance, chance.randrange(1, 60)))


@pytest.mark.heavy
def test_ten_thousand_random_strings_are_read(parse: Any) -> None:
    chance = random.Random(2)
    for _ in range(10_000):
        assert "intent" in parse(_anything(chance, chance.randrange(1, 40)))
