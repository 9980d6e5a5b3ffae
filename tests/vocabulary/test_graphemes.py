"""Texts are cut between characters as people see them; values of entities are canonical."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vocabulary import terms
from bot.vocabulary.graphemes import clusters, is_boundary
from bot.vocabulary.values import ENTITIES, LISTS, is_canonical


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("abc", ["a", "b", "c"]),
        ("سَلَامٌ", ["سَ", "لَ", "ا", "مٌ"]),
        ("اللّٰه", ["ا", "ل", "لّٰ", "ه"]),
        ("e\u0301te", ["e\u0301", "t", "e"]),
        ("👩🏽‍🚒!", ["👩🏽‍🚒", "!"]),
        ("👨‍👩‍👧‍👦a", ["👨‍👩‍👧‍👦", "a"]),
        ("🇲🇦🇫🇷🇲", ["🇲🇦", "🇫🇷", "🇲"]),
        ("❤️x", ["❤️", "x"]),
        ("1️⃣2", ["1️⃣", "2"]),
        ("مي\u200cخ", ["م", "ي\u200c", "خ"]),
        ("ا\u200dب", ["ا\u200d", "ب"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("\u200fa", ["\u200f", "a"]),
        ("", []),
    ],
)
def test_characters_as_people_see_them(text: str, seen: list[str]) -> None:
    assert [text[start:end] for start, end in clusters(text)] == seen


@given(st.text(max_size=20))
def test_the_characters_of_any_text_make_it_up(text: str) -> None:
    assert "".join(text[start:end] for start, end in clusters(text)) == text
    assert is_boundary(text, 0) and is_boundary(text, len(text))
    assert not is_boundary(text, -1) and not is_boundary(text, len(text) + 1)


@pytest.mark.parametrize(
    ("entity", "right", "wrong"),
    [
        ("place", ["Maârif", "Casablanca"], ["maarif", "Paris", ""]),
        ("day", ["sat", "weekend", "weekday"], ["samedi", "Sat"]),
        ("date", ["2026-11-24", "2026-11-24/2026-11-30"], ["24/11/2026", "2026-11-30/2026-11-24", "2026-02-31", "demain", "2026-11-24/"]),
        ("number", ["0", "12", "-3"], ["012", "1.5", "١٢", "", "1e3", "12 "]),
        ("mission_ref", ["2", "4711"], ["0", "-1", "02", "x"]),
        ("time_from", ["09:30", "23:59"], ["9:30", "24:00", "09h30"]),
        ("time_to", ["00:00"], ["0:00"]),
        ("register", [], ["fr"]),
        ("means", [], ["car"]),
        ("nothing", [], ["x"]),
    ],
)
def test_values_are_canonical_or_none(entity: str, right: list[str], wrong: list[str]) -> None:
    assert [value for value in right if not is_canonical(entity, value)] == []
    assert [value for value in wrong if is_canonical(entity, value)] == []


def test_every_value_of_a_closed_list_is_one_of_its_entity() -> None:
    assert len(ENTITIES) == 14
    for kind in LISTS:
        assert terms(kind) and all(is_canonical(kind, term.id) for term in terms(kind))
