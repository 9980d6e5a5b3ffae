"""Codes on the spot and who came, as both sides talk about it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from bot import clock
from bot.services import applications, presence
from bot.store.engine import Database
from bot.store.models import Mission, Participation, PresenceCode
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW
from tests.worlds import local, outbox_rows

SALMA, NADIA, KARIM, OTHER = 501, 502, 601, 602
THERE = local(2026, 11, 28, 9, 30)
"""The Saturday of the mission, half an hour after it began."""


@pytest.fixture
def school(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    number = mission(database, KARIM, speaker_for(database, KARIM, "Jossour"), "Soutien scolaire", time_from="09:00", time_to="12:00")
    volunteer(database, SALMA)
    with database.write() as session:
        applications.apply(session, SALMA, number, NOW)
        applications.answer(session, KARIM, applications.of_person(session, SALMA)[0][0].id, True, NOW)
    stand_at(monkeypatch, THERE)
    return number


def stand_at(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)


def code_in(database: Database) -> str:
    with database.read() as session:
        return str(session.execute(select(PresenceCode.code)).scalar_one())


def days(database: Database) -> list[tuple[str, int | None]]:
    with database.read() as session:
        return [(row.state, row.minutes) for row in session.execute(select(Participation)).scalars()]


WORDS = {
    "fr": "le code est {} {}",
    "ar": "الرمز هو {}{}",
    "ary-Arab": "الكود {} {}",
    "ary-Latn": "lcode howa {}-{}",
}
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize("register", REGISTERS)
async def test_the_organisation_shows_it_and_the_volunteer_gives_it(register: str, database: Database, school: int) -> None:
    karim, salma = Chat(register, KARIM, "Karim"), Chat(register)
    await karim.tap(f'/my_initiatives{{"mission": "{school}"}}')
    await karim.press("button_code")
    code = code_in(database)
    assert karim.heard_first("code_shown") and presence.shown(code) in karim.heard[0]
    assert outbox_rows(database, KARIM)[-1].method == "document"
    words = WORDS[register].format(code[:3], code[3:])
    await salma.say(words.translate(EASTERN) if register == "ar" else words, "inform")
    assert salma.heard_first("checkin_arrived") and days(database) == [("attended", None)]
    await salma.say(code, "apply_to_mission")
    assert salma.heard_first("checkin_already"), "bare digits, whatever the understanding makes of them"


async def test_the_picture_opens_the_chat_with_the_code(database: Database, school: int) -> None:
    await Chat("fr", KARIM).tap(presence.show_payload(school))
    salma = Chat("fr")
    await salma.tap(f'/start{{"payload": "c_{code_in(database)}"}}')
    assert salma.heard_keys("checkin_arrived")
    stranger = Chat("fr", 999)
    await stranger.tap(f'/start{{"payload": "c_{code_in(database)}"}}')
    assert stranger.heard[-1] == text("fr", "checkin_other_mission") and stranger.buttons


@pytest.mark.parametrize("register", REGISTERS)
async def test_hours_that_the_code_vouches_for_are_a_certificate(
    register: str, database: Database, school: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Chat(register, KARIM).tap(presence.show_payload(school))
    salma = Chat(register)
    await salma.say(f"code {code_in(database)}", "inform")
    stand_at(monkeypatch, local(2026, 11, 29, 18, 30))
    await salma.tap(f'/report_participation{{"mission": "{school}", "date": "2026-11-28", "number": "5"}}')
    assert salma.heard_first("participation_window") and days(database) == [("attended", None)]
    await salma.tap(salma.buttons["3"])
    assert text(register, "participation_vouched") in salma.heard[0]
    await salma.press("button_certificate")
    assert salma.heard_first("certificate_issued") and days(database) == [("attended", 180)]


@pytest.mark.parametrize("said", ["code 000000", "الرمز ١٢٣٤٥٦", "c'est le code 999 999"])
async def test_a_code_that_is_none_gets_a_way_on(said: str, database: Database, school: int) -> None:
    salma = Chat("fr")
    await salma.say(said, "inform")
    assert salma.heard_first("checkin_unknown") and salma.buttons and days(database) == []


async def test_digits_that_nobody_called_a_code_are_what_they_were(database: Database, school: int) -> None:
    salma = Chat("fr")
    await salma.say("123456", "apply_to_mission")
    assert salma.heard_first("apply_which") and days(database) == []


@pytest.mark.parametrize("payload", ["/show_code", '/show_code{"mission": "77"}', '/show_code{"mission": "x"}'])
@pytest.mark.parametrize("chat_id", [OTHER, 999])
async def test_nobody_else_sees_a_code(payload: str, chat_id: int, database: Database, school: int) -> None:
    speaker_for(database, OTHER, "Autre")
    chat = Chat("fr", chat_id)
    for one in (payload, presence.show_payload(school)):
        await chat.tap(one)
        assert chat.heard_first("initiative_unknown") and chat.buttons
    with database.read() as session:
        assert session.execute(select(PresenceCode)).first() is None


async def test_on_another_day_it_says_which(database: Database, school: int, monkeypatch: pytest.MonkeyPatch) -> None:
    karim = Chat("fr", KARIM)
    stand_at(monkeypatch, local(2026, 11, 26, 10))
    await karim.tap(presence.show_payload(school))
    assert karim.heard_first("code_not_today") and "samedi 28 novembre" in karim.heard[0]
    with database.write() as session:
        session.get(Mission, school).mode = "remote"
    await karim.tap(presence.show_payload(school))
    assert karim.heard_first("code_remote")


# ---- who came


@pytest.mark.parametrize("register", REGISTERS)
async def test_not_here_and_he_says_otherwise(register: str, database: Database, school: int) -> None:
    with database.write() as session:
        application = applications.of_person(session, SALMA)[0][0]
        application.person.register = register
        number = application.id
    await Chat("fr", KARIM).tap(presence.show_payload(school))
    await Chat(register).say(f"code {code_in(database)}", "inform")
    karim, salma = Chat(register, KARIM), Chat(register)
    no = presence.attendance_payload(number, THERE.date(), "no")
    await karim.tap(no)
    assert karim.heard_first("attendance_absent") and days(database) == [("no_show", None)]
    missed = outbox_rows(database, SALMA)[-1].body
    assert "Jossour" in missed["text"] and len([button for line in missed["buttons"] for button in line]) == 2
    await salma.tap(f'/report_participation{{"mission": "{school}", "date": "2026-11-28", "answer": "yes"}}')
    assert salma.heard_first("participation_disputed") and days(database) == [("disputed", None)]
    await karim.tap(no)
    assert karim.heard_first("attendance_answered")


@pytest.mark.parametrize(
    "payload",
    [
        '/attendance{"application": "1", "date": "2026-11-28"}',
        '/attendance{"application": "1", "answer": "yes"}',
        '/attendance{"application": "1", "date": "2026-11-28/2026-11-29", "answer": "yes"}',
        '/attendance{"application": "99", "date": "2026-11-28", "answer": "yes"}',
        '/attendance{"application": "1", "date": "kaboom", "answer": "yes"}',
    ],
)
async def test_an_answer_to_nothing_changes_nothing(payload: str, database: Database, school: int) -> None:
    chat = Chat("fr", KARIM)
    await chat.tap(payload)
    assert chat.heard_first("confirm_unknown") and chat.buttons and days(database) == []
