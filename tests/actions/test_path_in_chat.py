"""Two questions after a mission, the next step because of it, and a gentle way for a first time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot import clock
from bot.services import applications, commitments
from bot.store.engine import Database
from bot.store.models import Participation, Reflection
from bot.texts import REGISTERS, text
from bot.vocabulary import label
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW
from tests.worlds import day, local

SALMA, KARIM = 501, 601
SATURDAY, NEXT = day("2026-11-28"), day("2026-12-05")
LEARNED = {
    "fr": "j'ai appris à être patiente avec les petits",
    "ar": "تعلمت الصبر مع الأطفال",
    "ary-Arab": "تعلمت نصبر مع الدراري الصغار",
    "ary-Latn": "t3ellemt nsber m3a drari sghar",
}


@pytest.fixture
def owner(database: Database) -> int:
    return speaker_for(database, KARIM, "Jossour")


@pytest.fixture
def school(database: Database, owner: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Salma was there, and told her hours."""
    number = mission(database, KARIM, owner, "Soutien scolaire", starts_on=SATURDAY, ends_on=SATURDAY, skills_welcome=["coaching"])
    volunteer(database, SALMA)
    with database.write() as session:
        applications.apply(session, SALMA, number, NOW)
        applications.answer(session, KARIM, applications.of_person(session, SALMA)[0][0].id, True, NOW)
        monkeypatch.setattr(clock, "now", lambda: local(2026, 11, 29, 18, 30))
        commitments.report(session, SALMA, number, SATURDAY, 120, clock.now())
    return number


def kept(database: Database) -> list[tuple[str | None, str | None]]:
    with database.read() as session:
        return [(row.learned, row.wish) for row in session.execute(select(Reflection)).scalars()]


@pytest.mark.parametrize("register", REGISTERS)
async def test_two_questions_and_the_next_step(register: str, database: Database, owner: int, school: int) -> None:
    mission(database, KARIM, owner, "Fête de quartier", starts_on=NEXT, ends_on=NEXT, cause="culture")
    chat = Chat(register)
    await chat.tap(f'/report_participation{{"mission": "{school}", "date": "2026-11-28", "number": "2"}}')
    assert chat.heard_first("participation_thanks")
    await chat.press("button_reflect")
    assert chat.heard_first("path_ask_learned") and chat.loop == "reflection_form"
    await chat.say(LEARNED[register], "give_feedback")
    assert chat.heard_first("path_ask_wish") and len(chat.buttons) == 5
    await chat.press("button_wish_again")
    assert chat.heard_first("path_saved") and "Fête de quartier" in chat.heard[1] and "Jossour" in chat.heard[1] and chat.loop is None
    assert kept(database) == [(LEARNED[register], "again")]
    await chat.say("?", "my_commitments")
    assert LEARNED[register] in chat.heard[0] and text(register, "path_missions", count=1) in chat.heard[0]


async def test_a_skill_is_one_tap_and_joins_the_offer(database: Database, school: int) -> None:
    chat = Chat("fr")
    await chat.tap(f'/reflect{{"mission": "{school}"}}')
    await chat.tap('/inform{"skill": "coaching"}')
    await chat.say("je passe", "skip")
    assert chat.heard_first("path_saved") and text("fr", "next_none") in chat.heard[0]
    assert text("fr", "skill_added", skill=label("skill", "coaching", "fr")) in chat.heard[0]
    assert kept(database) == [(label("skill", "coaching", "fr"), None)]


@pytest.mark.parametrize("register", REGISTERS)
async def test_both_may_be_skipped_and_a_rest_is_a_rest(register: str, database: Database, school: int) -> None:
    chat = Chat(register)
    await chat.tap(f'/reflect{{"mission": "{school}"}}')
    await chat.press("button_skip")
    await chat.press("button_wish_pause")
    assert text(register, "path_pause") in chat.heard[0] and kept(database) == [(None, "pause")]


async def test_leaving_keeps_what_was_said_and_too_long_is_told(database: Database, school: int) -> None:
    chat = Chat("fr")
    await chat.tap(f'/reflect{{"mission": "{school}"}}')
    await chat.say("x" * 301, "inform")
    assert "300" in chat.heard[0] and chat.loop
    await chat.say("de belles rencontres", "inform")
    await chat.say("stop", "stop")
    assert chat.loop is None and kept(database) == [("de belles rencontres", None)]


async def test_words_that_are_no_wish_are_asked_again(database: Database, school: int) -> None:
    chat = Chat("fr")
    await chat.tap(f'/reflect{{"mission": "{school}"}}')
    await chat.say("des rencontres", "inform")
    await chat.say("hmm", "nlu_fallback", 0.2)
    assert chat.loop == "reflection_form" and text("fr", "path_ask_wish") in chat.heard[-1]
    await chat.tap('/inform{"answer": "kaboom"}')
    assert chat.loop == "reflection_form" and kept(database) == []


@pytest.mark.parametrize("payload", ["/reflect", '/reflect{"mission": "77"}', '/reflect{"mission": "kaboom"}'])
async def test_who_was_nowhere_is_led_on(payload: str, database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.tap(payload)
    assert chat.heard_first("path_nothing") and chat.buttons and chat.loop is None


# ---- the first time


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_first_time_is_gentle(register: str, database: Database, owner: int) -> None:
    fest = mission(database, KARIM, owner, "Fête", starts_on=SATURDAY, ends_on=SATURDAY, capacity=4)
    mission(database, KARIM, owner, "Chaque samedi", capacity=4)
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.say("?", "faq/no_experience")
    await chat.press("button_first")
    assert chat.heard_first("missions_first") and "Fête" in chat.heard[0] and "Chaque samedi" not in chat.heard[0]
    await chat.tap(chat.buttons["1"])
    assert chat.heard_keys("apply_applied + first_steps")
    with database.read() as session:
        assert [application.mission_id for application, *_ in applications.of_person(session, SALMA)] == [fest]


async def test_where_nothing_is_gentle_what_fits_is_shown(database: Database, owner: int) -> None:
    mission(database, KARIM, owner, "Chaque samedi")
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.tap('/search_missions{"kind": "first"}')
    assert chat.heard_first("missions_first_none") and "Chaque samedi" in chat.heard[1]


async def test_who_took_part_is_offered_no_first_time(database: Database, owner: int, school: int) -> None:
    mission(database, KARIM, owner, "Fête", starts_on=NEXT, ends_on=NEXT)
    chat = Chat("fr")
    await chat.say("?", "search_missions")
    assert chat.heard_first("missions_found") and text("fr", "button_first") not in chat.buttons
    await chat.tap(chat.buttons["1"])
    assert chat.heard_keys("apply_applied")
    with database.read() as session:
        assert session.execute(select(Participation.state)).scalars().all() == ["attended"]
