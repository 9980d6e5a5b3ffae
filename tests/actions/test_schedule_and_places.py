"""Days, dates and places of a message, put into a draft."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker

from actions.places import Whereabouts, keyboard, whereabouts
from actions.schedule import add_dates, add_week, draft_of_slots, mission_slots, week_slots
from actions.turn import Turn
from bot.matching.slots import days_and_times, slots_of
from bot.texts import REGISTERS
from bot.vocabulary.extraction import extract
from bot.vocabulary.gazetteer import find
from tests.conftest import NOW


def heard(words: str, intent: str = "inform", **values: Any) -> Turn:
    """A turn in which these words were said, or this payload sent."""
    found = [{"entity": m.kind, "value": m.value, "negated": m.negated} for m in extract(words, NOW)]
    found += [{"entity": kind, "value": value} for kind, value in values.items()]
    message = {"text": words, "intent": {"name": intent, "confidence": 1.0}, "entities": found}
    return Turn(Tracker("501", {}, message, [], False, None, {}, None))


def week(*messages: str, **draft: Any) -> dict[str, list[str]]:
    for words in messages:
        add_week(heard(words), draft)
    return {name: list(times) for name, times in days_and_times(week_slots(draft))}


@pytest.mark.parametrize(
    ("messages", "slots"),
    [
        (["samedi matin"], {"sat": ["morning"]}),
        (["le week-end", "pas le dimanche"], {"sat": ["morning", "afternoon", "evening"]}),
        (["samedi", "et le matin"], {"sat": ["morning"]}),
        (["نهار السبت فالعشية"], {"sat": ["afternoon"]}),
        (["nhar sebt f sba7"], {"sat": ["morning"]}),
        (["le 28 novembre au matin"], {"sat": ["morning"]}),
        (["le samedi matin", "pas le matin, l'après-midi"], {"sat": ["afternoon"]}),
        (["hier j'ai vu votre page, je peux le samedi matin"], {"sat": ["morning"]}),
        (["شفتكم البارح، نقدر نجي السبت فالصباح"], {"sat": ["morning"]}),
        (["du 14 au 15 décembre le matin"], {"mon": ["morning"], "tue": ["morning"]}),
    ],
)
def test_a_week_is_put_together_from_messages(messages: list[str], slots: dict[str, list[str]]) -> None:
    found = week(*messages)
    assert found == slots


@pytest.mark.parametrize("words", ["pas le vendredi", "ماشي الجمعة", "machi jem3a"])
def test_all_days_but_one(words: str) -> None:
    assert list(week(words)) == ["mon", "tue", "wed", "thu", "sat", "sun"]


@pytest.mark.parametrize("words", ["bonjour", "/inform", ""])
def test_nothing_said_is_no_time(words: str) -> None:
    draft: dict[str, Any] = {}
    add_week(heard(words), draft)
    assert draft["when"] is False


@pytest.mark.parametrize(("days", "times"), [(["sat"], ["morning"]), (["mon", "tue"], ["evening"]), (["sun"], [])])
def test_a_saved_week_is_loaded_as_it_was(days: list[str], times: list[str]) -> None:
    slots = slots_of(days, times)
    assert week_slots(draft_of_slots(slots)) == slots
    assert draft_of_slots(0)["when"] is False


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("le 20 décembre", "2026-12-20", "2026-12-20"),
        ("la semaine prochaine", "2026-11-30", "2026-12-06"),
        ("20/12/2026", "2026-12-20", "2026-12-20"),
        ("نهار 20 دجنبر", "2026-12-20", "2026-12-20"),
        ("demain", "2026-11-25", "2026-11-25"),
        ("aujourd'hui", "2026-11-24", "2026-11-24"),
        ("غدا", "2026-11-25", "2026-11-25"),
    ],
)
def test_a_date_replaces_the_days_of_a_mission(words: str, first: str, last: str) -> None:
    draft: dict[str, Any] = {"days": ["sat"], "when": True}
    assert add_dates(heard(words), draft) is None
    assert (draft["starts_on"], draft["ends_on"], draft["days"], draft["when"]) == (first, last, [], True)


def test_weekly_days_replace_a_date() -> None:
    draft: dict[str, Any] = {"starts_on": "2026-12-20", "ends_on": "2026-12-20"}
    add_dates(heard("plutôt tous les mercredis"), draft)
    assert (draft["starts_on"], draft["ends_on"], draft["days"]) == (None, None, ["wed"])


@pytest.mark.parametrize(
    ("words", "problem"), [("le 20/11/2026", "date_past"), ("le 30 février", "date_impossible"), ("31 نونبر", "date_impossible")]
)
def test_a_date_that_cannot_be_changes_nothing(words: str, problem: str) -> None:
    draft: dict[str, Any] = {"starts_on": "2026-12-20", "ends_on": "2026-12-20", "when": True}
    before = dict(draft)
    assert add_dates(heard(words), draft) == problem
    assert draft == before


def test_a_span_that_began_is_not_past() -> None:
    draft: dict[str, Any] = {}
    assert add_dates(heard("", date="2026-11-20/2026-11-28"), draft) is None
    assert draft["ends_on"] == "2026-11-28"


def test_hours_say_the_time_of_day_and_give_way_to_it() -> None:
    draft: dict[str, Any] = {}
    add_dates(heard("le samedi de 14h à 16h"), draft)
    assert (draft["time_from"], draft["time_to"], draft["times"]) == ("14:00", "16:00", ["afternoon"])
    add_dates(heard("plutôt le soir"), draft)
    assert draft["times"] == ["evening"] and "time_from" not in draft
    assert list(days_and_times(mission_slots(draft))) == [("sat", ("evening",))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("à Maârif", Whereabouts("Maârif")),
        ("فعين الشق", Whereabouts("Aïn-Chock")),
        ("f sidi moumen", Whereabouts("Sidi Moumen")),
        ("à Casablanca", Whereabouts(problem="place_which_part")),
        ("الدار البيضاء", Whereabouts(problem="place_which_part")),
        ("à Rabat", Whereabouts(problem="place_outside")),
        ("de Rabat, maintenant à Maârif", Whereabouts("Maârif")),
        ("n'importe", Whereabouts()),
    ],
)
def test_where(words: str, found: Whereabouts) -> None:
    assert whereabouts(heard(words)) == found


@pytest.mark.parametrize("latitude", ["", "x", "nan"])
def test_a_broken_location_is_none(latitude: str) -> None:
    turn = heard("/share_location", "share_location", latitude=latitude, longitude="-7.6")
    assert whereabouts(turn).place is None


@pytest.mark.parametrize("register", REGISTERS)
def test_every_key_of_the_keyboard_is_understood(register: str) -> None:
    share, *rows = keyboard(register)
    assert share[0]["location"] is True
    for key in (key for row in rows for key in row):
        assert [mention.value for mention in find(key["text"], kinds=("place",))], key["text"]
    assert keyboard(register, with_location=False) == rows
