"""Rendering: plurals, escaping, isolation, and the direction of lines."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.markup import plain_text
from bot.texts import (
    DEFAULT_REGISTER,
    REGISTERS,
    RIGHT_TO_LEFT,
    Html,
    catalogue,
    has,
    in_one_piece,
    isolate,
    joined,
    placeholders,
    text,
    with_blank_lines,
)

FSI, PDI, RLM = "\u2068", "\u2069", "\u200f"


@pytest.mark.parametrize(
    ("count", "ending"),
    [(1, "one"), (2, "two"), (3, "few"), (10, "few"), (11, "many"), (99, "many"), (100, "other"), (103, "few"), (111, "many")],
)
@pytest.mark.parametrize("register", RIGHT_TO_LEFT)
def test_arabic_counts_in_its_own_way(register: str, count: int, ending: str) -> None:
    shown = text(register, "missions_found", count=count).replace(FSI, "").replace(PDI, "").replace(RLM, "")
    assert shown == catalogue(register)[f"missions_found_{ending}"].replace("{count}", str(count))


@pytest.mark.parametrize(("count", "ending"), [(0, "one"), (1, "one"), (2, "other"), (5, "other")])
@pytest.mark.parametrize("register", ["fr", "ary-Latn"])
def test_latin_registers_know_one_and_more(register: str, count: int, ending: str) -> None:
    assert text(register, "missions_found", count=count) == catalogue(register)[f"missions_found_{ending}"].replace("{count}", str(count))


@pytest.mark.parametrize("register", REGISTERS)
def test_nobody_yet_has_words_of_its_own(register: str) -> None:
    assert text(register, "volunteers_fit", count=0) == catalogue(register)["volunteers_fit_zero"]


@pytest.mark.parametrize("register", REGISTERS)
def test_a_count_fills_a_text_that_is_no_plural(register: str) -> None:
    assert "25" in text(register, "summary_place", count=25, place="Maârif")


@pytest.mark.parametrize("register", REGISTERS)
def test_arguments_are_escaped_and_html_is_not(register: str) -> None:
    assert "&lt;b&gt;" in text(register, "offer_saved", name="<b>")
    assert "<b>x</b>" in text(register, "profile", lines=Html("<b>x</b>"))


@given(st.sampled_from(REGISTERS), st.text(min_size=1))
def test_whatever_is_typed_is_shown_as_typed(register: str, typed: str) -> None:
    shown = text(register, "plain", value=typed)
    assert plain_text(shown).replace(RLM, "").replace(FSI, "").replace(PDI, "") == typed.replace(RLM, "").replace(FSI, "").replace(PDI, "")


@pytest.mark.parametrize("register", RIGHT_TO_LEFT)
def test_arguments_in_arabic_stand_apart(register: str) -> None:
    shown = text(register, "apply_applied", title="Soutien scolaire", organisation="Jossour (Casa)")
    assert f"{FSI}Soutien scolaire{PDI}" in shown
    assert f"{FSI}Jossour (Casa){PDI}" in shown


@pytest.mark.parametrize("register", ["fr", "ary-Latn"])
def test_latin_texts_have_no_marks(register: str) -> None:
    shown = text(register, "apply_applied", title="تنظيف", organisation="شاطئ")
    assert not {c for c in shown if unicodedata.category(c) == "Cf"}


@pytest.mark.parametrize("register", RIGHT_TO_LEFT)
def test_every_line_of_an_arabic_text_runs_right_to_left(register: str) -> None:
    shown = text(
        register,
        "mission_card",
        position=1,
        title="Soutien scolaire",
        organisation="Jossour",
        place="Maârif",
        when="10:00",
        reasons=Html("<b>x</b>"),
        weakness=Html("\n⚠️ loin"),
    )
    for line in plain_text(shown).splitlines():
        strong = next((c for c in _outside_isolates(line) if unicodedata.bidirectional(c) in ("L", "R", "AL")), None)
        assert strong is not None and unicodedata.bidirectional(strong) in ("R", "AL"), line


def _outside_isolates(line: str) -> str:
    """What decides the direction of a line: letters inside isolates do not."""
    kept, depth = "", 0
    for letter in line:
        depth += (letter == FSI) - (letter == PDI and depth > 0)
        kept += letter if depth == 0 else ""
    return kept


def test_nothing_is_isolated_where_there_is_nothing() -> None:
    assert isolate("ar", "") == ""


@pytest.mark.parametrize(("register", "line"), [("fr", "a, b"), ("ary-Latn", "a, b"), ("ar", "a، b"), ("ary-Arab", "a، b")])
def test_lists_have_the_comma_of_their_script(register: str, line: str) -> None:
    assert joined(register, ["a", "b"]) == line


@pytest.mark.parametrize("register", [*REGISTERS, "en", "", "AR"])
def test_a_register_that_is_none_is_darija(register: str) -> None:
    expected = register if register in REGISTERS else DEFAULT_REGISTER
    assert text(register, "greet") == catalogue(expected)["greet"]


def test_a_missing_key_or_argument_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("fr", "no_such_key")
    with pytest.raises(KeyError):
        text("fr", "apply_applied", title="x")


def test_has_knows_keys() -> None:
    assert has("greet") and not has("no_such_key")


@given(st.text(alphabet="ab<>/ \n"))
def test_blank_lines_come_back_as_they_were(html: str) -> None:
    sent = in_one_piece(html)
    assert "\n\n" not in sent or "\n\n\n" in html
    if "\n \n" not in html and "\n\n\n" not in html:
        assert with_blank_lines(sent) == html


def test_placeholders_are_found() -> None:
    assert placeholders("<b>{name}</b> {count} {{x}}") == {"name", "count"}
