"""An organisation publishes a need: dates, numbers and places that are possible, and only by who speaks for it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from bot.matching.slots import days_and_times
from bot.store.engine import Database
from bot.store.models import Initiative, Mission, Organisation
from bot.texts import REGISTERS
from tests.actions.chat import Chat
from tests.actions.worlds import speaker_for


@pytest.fixture(params=["fr", "ary-Arab"])
def chat(request: pytest.FixtureRequest, database: Database) -> Chat:
    """Somebody who speaks for a validated organisation in Maârif."""
    speaker_for(database, 501, "Jossour")
    return Chat(request.param)


def missions(database: Database) -> list[Mission]:
    with database.read() as session:
        return list(session.execute(select(Mission).order_by(Mission.id)).scalars())


async def titled(chat: Chat, title: str = "Collecte de livres") -> None:
    await chat.tap("/publish_initiative")
    assert chat.heard_keys("ask_mission_title")
    await chat.say(title)
    assert chat.heard_keys("ask_mission_place")


async def until_when(chat: Chat) -> None:
    await titled(chat)
    await chat.say({"fr": "à Sbata", "ary-Arab": "فسباتة"}[chat.register])
    assert chat.heard_keys("ask_mission_when")


async def until_capacity(chat: Chat) -> None:
    await until_when(chat)
    await chat.tap('/inform{"day": "sat", "time_of_day": "morning"}')
    assert chat.heard_keys("ask_capacity")


async def until_summary(chat: Chat) -> None:
    await until_capacity(chat)
    await chat.tap('/inform{"number": "5"}')
    assert chat.heard_keys("ask_mission_skills")
    await chat.tap("/skip")
    assert chat.heard_keys("initiative_summary")


async def test_step_by_step(chat: Chat, database: Database) -> None:
    await until_summary(chat)
    assert not missions(database)
    await chat.press("button_confirm")
    assert chat.heard_keys("initiative_published")
    (kept,) = missions(database)
    assert (kept.title, kept.place, kept.capacity, kept.starts_on) == ("Collecte de livres", "Sbata", 5, None)
    assert list(days_and_times(kept.slots)) == [("sat", ("morning",))]
    assert kept.minimum_age >= 18
    assert str(kept.id) in chat.heard[0]
    assert (chat.loop, chat.initiative) == (None, {})


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "le 20 décembre à 10h, il nous faut 12 bénévoles à Sbata"),
        ("ary-Arab", "نهار 20 دجنبر مع 10، خاصنا 12 متطوع فسباتة"),
        ("ary-Latn", "nhar 20 decembre m3a 10, khassna 12 d lmotatawi3in f sbata"),
        ("ar", "يوم 20 دجنبر على الساعة 10، نحتاج 12 متطوعا في سباتة"),
    ],
)
async def test_said_at_once(register: str, words: str, database: Database) -> None:
    speaker_for(database, 501, "Jossour")
    chat = Chat(register)
    await chat.say(words, "publish_initiative")
    assert chat.heard_keys("ask_mission_title")
    draft = chat.initiative
    assert (draft["starts_on"], draft["ends_on"], draft["place"], draft["capacity"]) == ("2026-12-20", "2026-12-20", "Sbata", 12)
    assert draft["time_from"] == "10:00"
    await chat.say("Collecte")
    assert chat.heard_keys("ask_mission_skills")
    await chat.tap("/skip")
    await chat.press("button_confirm")
    (kept,) = missions(database)
    assert (kept.starts_on, kept.time_from, kept.capacity) == (date(2026, 12, 20), "10:00", 12)


@pytest.mark.parametrize(
    ("register", "words", "problem"),
    [
        ("fr", "le 20 novembre 2026", "date_past"),
        ("fr", "du 1 au 3 novembre 2026", "date_past"),
        ("fr", "le 31 novembre", "date_impossible"),
        ("fr", "le 30 février", "date_impossible"),
        ("ary-Arab", "20/11/2026", "date_past"),
        ("ary-Arab", "31 نونبر", "date_impossible"),
        ("ar", "يوم 30 فبراير", "date_impossible"),
        ("ary-Latn", "nhar 20 novembre 2026", "date_past"),
    ],
)
async def test_a_date_that_cannot_be_is_asked_again(register: str, words: str, problem: str, database: Database) -> None:
    speaker_for(database, 501, "Jossour")
    chat = Chat(register)
    await chat.tap("/publish_initiative")
    await chat.say("Collecte")
    await chat.say("Maârif")
    assert chat.heard_keys("ask_mission_when")
    await chat.say(words)
    assert chat.heard_keys(f"{problem} + ask_mission_when")
    assert not chat.initiative.get("when")


@pytest.mark.parametrize("words", ["0", "-5", "99999", "0 bénévoles"])
async def test_a_number_that_cannot_be_is_asked_again(chat: Chat, words: str) -> None:
    await until_capacity(chat)
    await chat.say(words)
    assert chat.heard_keys("number_impossible + ask_capacity")
    assert "capacity" not in chat.initiative


@pytest.mark.parametrize(
    ("register", "words", "count"),
    [("fr", "une dizaine, 10", 10), ("ary-Arab", "خمسة", 5), ("ary-Arab", "٧", 7), ("fr", "trois personnes", 3)],
)
async def test_numbers_come_in_many_shapes(register: str, words: str, count: int, database: Database) -> None:
    speaker_for(database, 501, "Jossour")
    chat = Chat(register)
    await until_capacity(chat)
    await chat.say(words)
    assert chat.initiative["capacity"] == count


@pytest.mark.parametrize("words", ["à Rabat", "في مراكش"])
async def test_a_place_outside_is_asked_again(chat: Chat, words: str) -> None:
    await titled(chat)
    await chat.say(words)
    assert chat.heard_keys("place_outside + ask_mission_place")


async def test_at_home_is_a_place_of_its_own(chat: Chat) -> None:
    await titled(chat)
    await chat.say({"fr": "à distance", "ary-Arab": "عن بعد"}[chat.register])
    assert chat.heard_keys("ask_mission_when")
    assert (chat.initiative["mode"], chat.initiative["place"]) == ("remote", "Maârif")


async def test_a_title_may_hold_places_days_and_numbers(chat: Chat) -> None:
    await titled(chat, "Samedi à Rabat : 3 ateliers <b>")
    assert {"place", "days", "capacity"}.isdisjoint({k for k, v in chat.initiative.items() if v})
    assert chat.initiative["title"] == "Samedi à Rabat : 3 ateliers <b>"


async def test_a_title_that_is_too_long_is_asked_again(chat: Chat) -> None:
    await chat.tap("/publish_initiative")
    await chat.say("mot " * 60)
    assert chat.heard_keys("text_too_long + ask_mission_title")


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("plutôt le 12 décembre", {"starts_on": "2026-12-12", "days": []}),
        ("non, 8 personnes", {"capacity": 8}),
        ("à Maârif", {"place": "Maârif"}),
        ("de 14h à 16h", {"time_from": "14:00", "time_to": "16:00", "times": ["afternoon"]}),
        ("le mercredi", {"days": ["wed"]}),
        ("c'est pour la santé", {"cause": "health"}),
    ],
)
async def test_corrections_at_the_summary(words: str, changed: dict[str, object], database: Database) -> None:
    speaker_for(database, 501, "Jossour")
    chat = Chat("fr")
    await until_summary(chat)
    before = dict(chat.initiative)
    await chat.say(words)
    assert chat.heard_keys("initiative_summary")
    assert {key: chat.initiative[key] for key in changed} == changed
    assert {k: v for k, v in chat.initiative.items() if k in ("title", "organisation")} == {k: before[k] for k in ("title", "organisation")}


@pytest.mark.parametrize("register", REGISTERS)
async def test_who_speaks_for_nobody_registers_first_and_then_goes_on(register: str, database: Database) -> None:
    chat = Chat(register)
    await chat.say("20/12/2026 Sbata 12", "publish_initiative")
    assert chat.heard_keys("register_first", "ask_kind")
    assert chat.loop == "organisation_form" and chat.initiative["place"] == "Sbata"
    await chat.tap('/inform{"organisation_kind": "association"}')
    await chat.say("Jossour")
    await chat.say("Maârif" if register in ("fr", "ary-Latn") else "المعاريف")
    await chat.tap('/inform{"cause": "education"}')
    await chat.tap("/skip")
    await chat.tap("/skip")
    await chat.press("button_consent")
    await chat.press("button_publish")
    assert chat.heard_keys("ask_mission_title") and chat.initiative["starts_on"] == "2026-12-20"


async def test_a_need_waits_for_an_organisation_that_is_not_validated(database: Database) -> None:
    speaker_for(database, 501, "Jossour")
    with database.write() as session:
        session.execute(select(Organisation)).scalar_one().state = "pending"
    chat = Chat("fr")
    await until_summary(chat)
    await chat.press("button_confirm")
    assert chat.heard_keys("initiative_waits")


async def test_the_same_update_publishes_once_and_answers_the_same(chat: Chat, database: Database) -> None:
    await until_summary(chat)
    first = list(await chat.press("button_confirm"))
    assert await chat.repeat() == first
    assert len(missions(database)) == 1
    with database.read() as session:
        assert len(session.execute(select(Initiative)).all()) == 1


async def test_stopping_keeps_the_draft(chat: Chat, database: Database) -> None:
    await until_capacity(chat)
    await chat.say("stop", "stop")
    assert chat.heard_keys("left_kept") and not missions(database)
    await chat.press("button_resume")
    assert chat.heard_keys("ask_capacity")
