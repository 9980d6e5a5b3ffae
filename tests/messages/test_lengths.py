"""Long texts in parts that Telegram takes: none too long, none empty, no tag cut, nothing lost."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages.lengths import LONGEST_MESSAGE, split

LINE = st.lists(st.sampled_from(["سلام", "<b>Maârif</b>", "<i>x &amp; y</i>", "🗓", "a", " ", "&lt;", "mission"]), max_size=8).map("".join)
TEXT = st.lists(LINE, min_size=1, max_size=12).map("\n".join)


def words(html: str) -> str:
    """What a reader sees, but for white space."""
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]*>", "", html)))


@pytest.mark.parametrize("text", ["", "سلام", "a\n\nb", "x" * LONGEST_MESSAGE, "\nx\n"], ids=range(5))
def test_a_text_that_fits_is_left_as_it_is(text: str) -> None:
    assert split(text) == [text]


def test_a_long_text_parts_between_lines() -> None:
    lines = [f"<b>{number}</b> " + "m" * 50 for number in range(200)]
    parts = split("\n".join(lines))
    assert len(parts) > 1
    assert [line for part in parts for line in part.split("\n")] == lines


def test_a_line_that_is_too_long_loses_its_markup_and_no_letter() -> None:
    parts = split("<b>" + "é" * (LONGEST_MESSAGE + 10) + "</b>")
    assert "".join(parts) == "é" * (LONGEST_MESSAGE + 10)


@settings(max_examples=100, deadline=None)
@given(TEXT, st.integers(30, 80))
def test_parts_fit_and_hold_everything(text: str, longest: int) -> None:
    parts = split(text, longest)
    assert all(len(part) <= longest for part in parts)
    assert "".join(words(part) for part in parts) == words(text)


@settings(max_examples=100, deadline=None)
@given(TEXT.filter(lambda text: bool(words(text))), st.integers(30, 80))
def test_no_part_is_empty_or_cuts_a_tag(text: str, longest: int) -> None:
    for part in split(text, longest):
        assert words(part) or part == text
        for tag in "bi":
            assert part.count(f"<{tag}>") == part.count(f"</{tag}>")


@pytest.mark.parametrize(("tail", "parts"), [("\n", ["x" * 30]), ("\n\ny", ["x" * 30, "y"]), ("\n" * 40, ["x" * 30])])
def test_blank_lines_make_no_message_of_their_own(tail: str, parts: list[str]) -> None:
    assert split("x" * 30 + tail, 30) == parts


def test_an_escaped_letter_is_not_cut_in_two() -> None:
    assert split("a" + "&amp;" * 20, 22) == ["a" + "&amp;" * 4, *["&amp;" * 4] * 4]
