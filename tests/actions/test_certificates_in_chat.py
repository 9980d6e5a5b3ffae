"""Certificates in a chat: from one's commitments to the file, the organisation's word, a number that is typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.certificates import numbers
from bot.services import applications, attested, commitments
from bot.store.engine import Database
from bot.store.models import Application, Button, Certificate, OutboxMessage, Participation
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM = 501, 601


@pytest.fixture
def school(database: Database) -> int:
    """A mission of today, in which Salma has a place."""
    owner = speaker_for(database, KARIM, "Jossour")
    today = NOW.date()
    made = mission(database, KARIM, owner, "Soutien scolaire", starts_on=today, ends_on=today)
    volunteer(database, SALMA, slots=2**28 - 1)
    accept(database, made)
    return made


def accept(database: Database, mission_id: int) -> None:
    with database.write() as session:
        applications.apply(session, SALMA, mission_id, NOW)
        row = session.execute(select(Application).where(Application.mission_id == mission_id)).scalar_one()
        applications.answer(session, KARIM, row.id, True, NOW)


def report(database: Database, mission_id: int, minutes: int | None = 120) -> None:
    with database.write() as session:
        assert commitments.report(session, SALMA, mission_id, None, minutes, NOW)["outcome"] == "reported"


def question(database: Database, answer: str) -> str:
    """The payload of the organisation's last button of this answer."""
    with database.read() as session:
        payloads = session.execute(select(Button.payload).where(Button.payload.startswith("/confirm_participation"))).scalars().all()
    return [payload for payload in payloads if f'"answer": "{answer}"' in payload][-1]


def files(database: Database) -> list[str]:
    with database.read() as session:
        query = select(OutboxMessage).where(OutboxMessage.chat_id == SALMA, OutboxMessage.method == "document")
        return [row.body["file_name"] for row in session.execute(query).scalars()]


@pytest.mark.parametrize("register", REGISTERS)
async def test_from_hours_to_a_paper(register: str, database: Database, school: int) -> None:
    salma, karim = Chat(register), Chat(register, KARIM, "Karim")
    await salma.tap(f'/report_participation{{"mission": "{school}", "number": "3"}}')
    assert salma.heard_first("participation_thanks")
    await salma.press("button_certificate")
    assert salma.heard_first("certificate_waits") and not files(database)
    await karim.tap(question(database, "yes"))
    assert karim.heard_first("confirm_confirmed")
    await karim.repeat()
    assert karim.heard_first("confirm_confirmed")
    await salma.tap("/my_commitments")
    await salma.press("button_certificate")
    assert salma.heard_first("certificate_issued")
    await salma.repeat()
    assert len(files(database)) == 1
    await salma.press("button_verify")
    assert salma.heard_first("verify_true") and "Salma" in salma.heard[0]


async def test_the_other_language_is_the_same_certificate(database: Database, school: int) -> None:
    report(database, school)
    salma, karim = Chat("fr"), Chat("fr", KARIM, "Karim")
    await salma.tap(f'/certificate{{"mission": "{school}"}}')
    await karim.tap(question(database, "yes"))
    await salma.tap(f'/certificate{{"mission": "{school}"}}')
    await salma.tap(salma.buttons[f"📄 {text('ar', 'register_name')}"])
    assert salma.heard_first("certificate_issued") and f"📄 {text('fr', 'register_name')}" in salma.buttons
    assert len(files(database)) == 2 and len(set(files(database))) == 1
    with database.read() as session:
        assert session.execute(select(Certificate.register)).scalars().all() == ["ar"]


async def test_a_no_is_answered_and_nothing_is_handed_out(database: Database, school: int) -> None:
    report(database, school)
    salma, karim = Chat("fr"), Chat("fr", KARIM, "Karim")
    await salma.tap(f'/certificate{{"mission": "{school}"}}')
    await karim.tap(question(database, "no"))
    assert karim.heard_first("confirm_disputed")
    await salma.tap(f'/certificate{{"mission": "{school}"}}')
    assert salma.heard_first("certificate_disputed") and not files(database)


async def test_what_waits_is_said_with_what_is_certified(database: Database) -> None:
    owner, yesterday = speaker_for(database, KARIM, "Jossour"), NOW.date() - timedelta(days=1)
    school = mission(database, KARIM, owner, "Soutien", starts_on=NOW.date(), ends_on=NOW.date())
    volunteer(database, SALMA, slots=2**28 - 1)
    accept(database, school)
    report(database, school)
    with database.write() as session:
        application = session.execute(select(Application)).scalar_one()
        for row in attested.attended(session, application):
            row.told_by = "organisation"
        session.add(
            Participation(
                application_id=application.id,
                took_place_on=yesterday,
                state="attended",
                minutes=60,
                told_by="volunteer",
                created_at=NOW,
                changed_at=NOW,
            )
        )
    chat = Chat("fr")
    await chat.tap(f'/certificate{{"mission": "{school}"}}')
    assert chat.heard_first("certificate_issued") and "1 heure de plus" in chat.heard[1]


async def test_without_a_mission_it_asks_or_explains(database: Database, school: int) -> None:
    chat = Chat("fr")
    await chat.tap("/certificate")
    assert chat.heard_first("certificate_nothing") and chat.buttons
    report(database, school)
    await chat.tap("/certificate")
    assert chat.heard_first("certificate_waits")
    with database.read() as session:
        owner = session.execute(select(Application)).scalar_one().mission.initiative.organisation_id
    second = mission(database, KARIM, owner, "Plage propre", starts_on=NOW.date(), ends_on=NOW.date(), cause="environment")
    accept(database, second)
    report(database, second)
    await chat.tap("/certificate")
    assert chat.heard_first("certificate_which")
    await chat.tap(chat.buttons["Plage propre"])
    assert chat.heard_first("certificate_waits") and "Plage propre" in chat.heard[0]


async def test_hours_that_nobody_said_are_asked_for(database: Database, school: int) -> None:
    report(database, school, None)
    chat = Chat("fr")
    await chat.tap(f'/certificate{{"mission": "{school}"}}')
    assert chat.heard_first("certificate_hours")
    await chat.press("button_say_hours")
    assert chat.heard_first("participation_hours")


@pytest.mark.parametrize("payload", ['{"mission": "987654"}', '{"mission": "x"}', '{"mission": "-1"}'])
async def test_somebody_elses_mission_is_like_none(database: Database, school: int, payload: str) -> None:
    stranger = Chat("fr", 777, "Nadia")
    await stranger.tap(f"/certificate{payload}")
    missing = stranger.heard
    await stranger.tap(f'/certificate{{"mission": "{school}"}}')
    assert stranger.heard == missing and stranger.heard_first("certificate_unknown")


async def test_an_answer_that_names_nothing_has_a_way_on(database: Database, school: int) -> None:
    chat = Chat("fr", KARIM, "Karim")
    for payload in ("", '{"application": "77", "answer": "yes"}', '{"application": "x", "answer": "yes"}', '{"answer": "yes"}'):
        await chat.tap(f"/confirm_participation{payload}")
        assert chat.heard_first("confirm_unknown") and chat.buttons


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("intent", ["nlu_fallback", "inform", "apply_to_mission", "greet", "out_of_scope"])
async def test_a_number_that_is_typed_is_checked_whatever_it_was_heard_as(register: str, intent: str, database: Database) -> None:
    chat, number = Chat(register), numbers.with_check("2026AB3DEFGH")
    await chat.say(f"wach {numbers.shown(number)} ?", intent)
    assert chat.heard_first("verify_unknown")
    altered = f"{numbers.shown(number)[:-1]}{'0' if number[-1] != '0' else '1'}"
    await chat.say(altered.lower(), intent)
    assert chat.heard_first("verify_altered")


async def test_other_numbers_stay_what_they_are(database: Database, school: int) -> None:
    chat = Chat("fr")
    await chat.say("2026", "nlu_fallback", 0.3)
    assert not chat.heard_first("verify_unknown")
    await chat.tap("/verify_certificate")
    assert chat.heard_first("verify_ask")
