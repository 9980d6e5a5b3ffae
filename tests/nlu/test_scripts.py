"""Darija in its other script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vocabulary.registers import script_of
from bot.vocabulary.spelling import normalise, skeleton
from nlu.scripts import in_other_script


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("bghit n3awen", "بغيت نعاون"),
        ("chno kayn f casa?", "شنو كاين ف كاسا?"),
        ("بغيت نعاون", "bghit n3aon"),
        ("شنو كاين 🙂", "chno kain 🙂"),
        ("", ""),
    ],
)
def test_letters(text: str, other: str) -> None:
    assert in_other_script(text) == other


@pytest.mark.parametrize(
    "text", ["bghit ntatawe3 m3akom", "wach kayn chi 7aja", "بغيت نتطوع معاكم", "واش كاين شي حاجة", "خاصنا متطوعين غدا"]
)
def test_the_skeleton_stays_the_same(text: str) -> None:
    def key(of: str) -> str:
        return " ".join(skeleton(word) for word in normalise(of).split())

    assert key(in_other_script(text)) == key(text)


@given(st.text(max_size=200))
def test_anything_is_written_and_the_script_changes(text: str) -> None:
    before, after = script_of(text), script_of(in_other_script(text))
    assert before is None or after is None or len({before, after}) == 2 or not text.isascii()
