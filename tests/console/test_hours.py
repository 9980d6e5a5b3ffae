"""Hours that two sides tell differently: shown without a name, decided once, told to both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from bot import clock
from bot.store.engine import Database
from bot.store.models import Application, Conversation, Participation
from bot.texts import text, unmarked
from tests.console.browser import Browser, logged
from tests.console.test_conversations import words
from tests.worlds import AMINA, OWNER, outbox_rows, person_id, small_world


@pytest.fixture
def disputed(database: Database) -> int:
    world = small_world(database)
    with database.write() as session:
        at = clock.now()
        row = Application(mission_id=world.mission_id, person_id=person_id(session, AMINA), state="accepted", created_at=at, answered_at=at)
        session.add_all([row, Conversation(chat_id=AMINA, last_at=at, fallbacks=0, sentences=1, last_event_id=1)])
        session.flush()
        part = Participation(
            application_id=row.id,
            took_place_on=date(2026, 11, 21),
            state="disputed",
            minutes=120,
            told_by="organisation",
            created_at=at,
            changed_at=at,
        )
        session.add(part)
        session.flush()
        return int(part.id)


def part(database: Database) -> tuple[str, int | None, str]:
    with database.read() as session:
        row = session.execute(select(Participation)).scalar_one()
        return row.state, row.minutes, row.told_by


async def test_a_day_waits_without_a_name(as_role: Callable[..., Browser], disputed: int) -> None:
    page = words((await as_role("moderator").get("/disputes")).text)
    assert "samedi 21 novembre" in page and "120" in page and "Jossour" in page and "№" in page
    assert "Amina" not in page


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"came": "yes"}, ("attended", 120, "team")),
        ({"came": "yes", "minutes": "90", "agrees": "yes"}, ("attended", 90, "organisation")),
        ({"came": "no", "minutes": "90"}, ("no_show", None, "team")),
    ],
)
async def test_a_decision_is_told_to_both_once(
    database: Database, as_role: Callable[..., Browser], disputed: int, form: dict[str, str], expected: tuple[str, int | None, str]
) -> None:
    both = [as_role("moderator"), as_role("admin")]
    answers = await asyncio.gather(*(one.post(f"/disputes/{disputed}/settle", form) for one in both))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert part(database) == expected
    assert len(outbox_rows(database, AMINA)) == len(outbox_rows(database, OWNER)) == 1
    assert [line[0] for line in logged(database)] == ["hours_settled"]
    assert text("fr", "console_nothing") in words((await both[0].get("/disputes")).text)


@pytest.mark.parametrize(
    "form", [{}, {"came": "maybe"}, {"came": "yes", "minutes": "0"}, {"came": "yes", "minutes": "1441"}, {"came": "yes", "minutes": "-5"}]
)
async def test_what_is_no_decision_changes_nothing(
    database: Database, as_role: Callable[..., Browser], disputed: int, form: dict[str, str]
) -> None:
    answer = await as_role("moderator").post(f"/disputes/{disputed}/settle", form)
    assert answer.status_code == 400 and unmarked(text("fr", "console_hours_unfit")) in words(answer.text)
    assert part(database) == ("disputed", 120, "organisation") and outbox_rows(database) == []


async def test_a_day_that_there_is_not(as_role: Callable[..., Browser]) -> None:
    assert (await as_role("moderator").post("/disputes/99/settle", {"came": "yes"})).status_code == 409
