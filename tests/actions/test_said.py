"""What was said in one message: values by kind, refusals apart, the last word counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.said import Said, said_in
from bot.vocabulary.extraction import extract
from tests.conftest import NOW


def said(words: str) -> Said:
    return said_in({"entity": m.kind, "value": m.value, "negated": m.negated} for m in extract(words, NOW))


def entity(kind: str, value: Any, negated: bool = False) -> dict[str, Any]:
    return {"entity": kind, "value": value, **({"negated": True} if negated else {})}


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("Maârif, pardon, Aïn Chock", "Aïn-Chock"),
        ("pas Maârif, Aïn Chock", "Aïn-Chock"),
        ("ماشي فالمعاريف، فعين الشق", "Aïn-Chock"),
        ("machi f maarif, f 3in cho9", "Aïn-Chock"),
        ("Aïn Chock, pas Maârif", "Aïn-Chock"),
        ("bonjour", None),
    ],
)
def test_the_last_place_wanted_counts(words: str, place: str | None) -> None:
    assert said(words).last("place") == place


@pytest.mark.parametrize("words", ["le samedi mais pas le dimanche", "نهار السبت ماشي نهار الحد", "nhar sebt machi nhar l7ed"])
def test_refusals_stand_apart(words: str) -> None:
    found = said(words)
    assert (found.all("day"), found.without("day")) == (("sat",), ("sun",))


def test_values_are_told_once_and_in_order() -> None:
    found = said_in([entity("skill", "b"), entity("skill", "a"), entity("skill", "b")])
    assert found.all("skill") == ("b", "a") and found.last("skill") == "b"


def test_a_list_grows_and_shrinks_by_what_is_said() -> None:
    found = said_in([entity("skill", "c"), entity("skill", "a", negated=True)])
    assert found.merged(["a", "b"], "skill") == ("b", "c")
    assert found.merged([], "cause") == ()


def test_refused_and_wanted_in_one_message_is_refused() -> None:
    assert said_in([entity("day", "sun"), entity("day", "sun", negated=True)]).merged([], "day") == ()


@pytest.mark.parametrize(("values", "number"), [(["5", "7"], 5), (["-5"], -5), (["cinq"], None), (["5.5"], None), ([], None), ([5], 5)])
def test_the_first_number(values: list[Any], number: int | None) -> None:
    assert said_in(entity("number", value) for value in values).number() == number


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())), st.lists(st.sampled_from("abc")))
def test_a_merged_list_holds_no_refusal_and_nothing_twice(mentions: list[tuple[str, bool]], before: list[str]) -> None:
    found = said_in(entity("skill", value, negated) for value, negated in mentions)
    merged = found.merged(before, "skill")
    assert len(merged) == len(set(merged))
    assert not set(merged) & set(found.without("skill"))
    assert set(merged) <= set(before) | set(found.all("skill"))
