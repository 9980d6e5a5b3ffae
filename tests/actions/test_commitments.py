"""What a volunteer is committed to, in conversation: seen, taken back, and done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import clock
from bot.services import applications
from bot.store.engine import Database
from bot.store.models import Application, Participation
from bot.texts import REGISTERS
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM = 501, 601


@pytest.fixture
def school(database: Database) -> int:
    owner = speaker_for(database, KARIM, "Jossour")
    volunteer(database, SALMA)
    number = mission(database, KARIM, owner, "Soutien scolaire")
    with database.write() as session:
        applications.apply(session, SALMA, number, NOW)
    return number


@pytest.fixture
def beach(database: Database, school: int) -> int:
    with database.read() as session:
        owner = session.execute(select(Application)).scalar_one().mission.initiative.organisation_id
    number = mission(database, KARIM, owner, "Plage propre", cause="environment")
    with database.write() as session:
        applications.apply(session, SALMA, number, NOW)
    return number


def accept_all(database: Database) -> None:
    with database.write() as session:
        session.execute(update(Application).values(state="accepted"))


def states(database: Database) -> dict[int, str]:
    with database.read() as session:
        return {row.mission_id: row.state for row in session.execute(select(Application)).scalars()}


@pytest.fixture
def sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day after the mission took place."""
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=5))


@pytest.mark.parametrize("register", REGISTERS)
async def test_taking_the_only_one_back_takes_a_yes_and_asks_why(register: str, school: int, database: Database) -> None:
    chat = Chat(register)
    await chat.say("ma n9derch nji", "withdraw_application")
    assert chat.heard_first("withdraw_confirm")
    assert states(database) == {school: "pending"}, "nothing happens before the yes"
    await chat.press("button_withdraw_yes")
    assert chat.heard_first("withdraw_withdrawn")
    assert states(database) == {school: "withdrawn"}
    await chat.press("reason_withdraw_not_available")
    assert chat.heard_first("withdraw_thanks")
    with database.read() as session:
        assert session.execute(select(Application.closed_reason)).scalar_one() == "not_available"


async def test_no_keeps_the_place(school: int, database: Database) -> None:
    chat = Chat("fr")
    await chat.say("je ne pourrai pas venir", "withdraw_application")
    await chat.press("button_withdraw_no")
    assert chat.heard_first("commitments")
    assert states(database) == {school: "pending"}


async def test_of_several_the_meant_one_is_asked_for(school: int, beach: int, database: Database) -> None:
    chat = Chat("fr")
    await chat.say("je me retire", "withdraw_application")
    assert chat.heard_first("withdraw_which")
    assert list(chat.buttons) == ["Plage propre", "Soutien scolaire"]
    await chat.tap(chat.buttons["Soutien scolaire"])
    await chat.press("button_withdraw_yes")
    assert states(database) == {school: "withdrawn", beach: "pending"}


async def test_the_place_in_the_list_names_it(school: int, beach: int, database: Database) -> None:
    chat = Chat("fr")
    await chat.say("mes engagements", "my_commitments")
    await chat.say("je me retire de la deuxième", "withdraw_application")
    assert "Soutien scolaire" in chat.heard[0]


async def test_nothing_to_take_back(database: Database) -> None:
    chat = Chat("fr")
    await chat.say("je me retire", "withdraw_application")
    assert chat.heard_first("withdraw_none")
    await chat.say("j'y étais", "report_participation")
    assert chat.heard_first("participation_none")


@pytest.mark.usefixtures("sunday")
@pytest.mark.parametrize(
    ("register", "words", "minutes"),
    [
        ("fr", "j'ai fait 3 heures samedi", 180),
        ("fr", "j'y étais de 10h à 12h30", 150),
        ("ary-Latn", "mchit o dert jouj swaye3", 120),
        ("ary-Arab", "مشيت ودرت جوج سوايع", 120),
        ("ar", "شاركت لمدة ثلاث ساعات", 180),
    ],
)
async def test_hours_said_at_once_are_kept(school: int, database: Database, register: str, words: str, minutes: int) -> None:
    accept_all(database)
    chat = Chat(register)
    await chat.say(words, "report_participation")
    assert chat.heard_first("participation_thanks"), chat.heard
    with database.read() as session:
        row = session.execute(select(Participation)).scalar_one()
        assert (row.minutes, row.took_place_on.isoformat()) == (minutes, "2026-11-28")


@pytest.mark.usefixtures("sunday")
async def test_hours_not_said_are_asked_and_may_be_left_open(school: int, database: Database) -> None:
    accept_all(database)
    chat = Chat("fr")
    await chat.say("j'y étais", "report_participation")
    assert chat.heard_first("participation_hours")
    await chat.press("button_skip")
    assert chat.heard_first("participation_reported")
    await chat.say("j'y étais", "report_participation")
    await chat.tap(chat.buttons["3"])
    assert chat.heard_first("participation_thanks")
    with database.read() as session:
        assert session.execute(select(Participation.minutes)).scalar_one() == 180


@pytest.mark.usefixtures("sunday")
async def test_a_day_has_no_30_hours(school: int, database: Database) -> None:
    accept_all(database)
    chat = Chat("fr")
    await chat.say("j'ai fait 30 heures", "report_participation")
    assert chat.heard_first("participation_hours_impossible")
    with database.read() as session:
        assert not session.execute(select(Participation)).first()


@pytest.mark.usefixtures("sunday")
@pytest.mark.parametrize("register", REGISTERS)
async def test_the_list_shows_what_was_done(register: str, school: int, beach: int, database: Database) -> None:
    accept_all(database)
    chat = Chat(register)
    await chat.tap(f'/report_participation{{"mission": "{school}", "number": "2"}}')
    await chat.say("?", "my_commitments")
    assert chat.heard_first("commitments")
    assert chat.heard[0].index("Plage propre") < chat.heard[0].index("Soutien scolaire"), "the newest first"
    assert "🙌" in chat.heard[0] and "🕊" in chat.heard[0]
