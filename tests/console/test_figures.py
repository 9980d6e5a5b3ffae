"""The figures of the team: counted as they are told, drawn beside their table, harmless as a file for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import clock
from bot.console.figures import TABLES
from bot.services import applications, commitments, staff_figures
from bot.services.spreadsheets import harmless
from bot.store.engine import Database
from bot.store.models import Application, Digest, Mission, Recommendation, Subscription
from bot.texts import text, unmarked
from tests.console.browser import Browser
from tests.console.talk import Talk
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, local, person_id, small_world, utc, volunteer
from tests.worlds import store as store

BEGIN, LATER = staff_figures.since(NOW, 4), local(2026, 11, 29, 12)


@pytest.fixture
def region(store: Database) -> Database:
    """Amina applied, was accepted a day later and came; Brahim applied, and nobody answered."""
    world = small_world(store)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        for chat_id in (AMINA, BRAHIM):
            applications.apply(session, chat_id, world.mission_id, NOW)
        first = applications.of_person(session, AMINA)[0][0].id
        applications.answer(session, OWNER, first, True, NOW + timedelta(hours=24))
        commitments.report(session, AMINA, world.mission_id, date(2026, 11, 28), 120, LATER)
        session.get(Application, applications.of_person(session, BRAHIM)[0][0].id).state = "expired"
    return store


def test_a_period_begins_on_a_monday_at_midnight_by_legal_time() -> None:
    assert staff_figures.since(NOW, 1) == local(2026, 11, 23)
    assert staff_figures.since(NOW, 4) == local(2026, 11, 2)
    # Half past midnight on a Monday, when legal time was an hour ahead of UTC.
    assert staff_figures.since(utc(2026, 7, 19, 23, 30), 1) == local(2026, 7, 20)


def test_the_funnel_counts_people(region: Database) -> None:
    with region.read() as session:
        steps = {one.name: one.people for one in staff_figures.funnel(session, BEGIN)}
        later = {one.name: one.people for one in staff_figures.funnel(session, LATER)}
    assert steps == {"wrote": 0, "offered": 2, "applied": 2, "accepted": 1, "attended": 1}
    assert set(later.values()) == {0}


def test_answers_by_week_with_their_median_and_the_silence(region: Database) -> None:
    with region.read() as session:
        rows = staff_figures.answers(session, BEGIN, LATER)
    assert [row.begins_on for row in rows] == [date(2026, 11, day) for day in (2, 9, 16, 23)]
    last = rows[-1]
    assert (last.asked, last.accepted, last.declined, last.silent, last.hours) == (2, 1, 0, 1, 24.0)
    assert rows[0].hours is None


def test_where_people_are_missing(region: Database) -> None:
    with region.read() as session:
        [need] = staff_figures.needs(session, NOW)
    assert (need.area, need.cause, need.places) == ("Maârif", "education", 4)


def test_lists_that_were_sent_that_somebody_followed_and_that_ended(region: Database) -> None:
    first, other = BEGIN + timedelta(minutes=30), BEGIN - timedelta(minutes=30)
    with region.write() as session:
        amina = person_id(session, AMINA)
        rows = session.execute(select(Subscription).order_by(Subscription.person_id)).scalars().all()
        rows[1].ended_at = NOW
        told = [("a", "queued", first), ("b", "queued", other), ("c", "empty", NOW), ("d", "queued", NOW)]
        digests = [Digest(subscription_id=rows[0].id, period=period, state=state, created_at=at) for period, state, at in told]
        session.add_all(digests)
        session.flush()
        mission = session.execute(select(Mission.id)).scalar_one()
        for position in (1, 2):
            shown = {"digest_id": digests[0].id, "shown_to": "volunteer", "position": position, "points": 50, "price": 0.0, "policy": "x"}
            session.add(Recommendation(person_id=amina, mission_id=mission, shown_at=first, **shown))
    with region.read() as session:
        weeks = staff_figures.lists(session, BEGIN, LATER)
    assert [(one.sent, one.acted, one.ended) for one in weeks] == [(1, 1, 0), (0, 0, 0), (0, 0, 0), (1, 0, 1)]


def test_understanding_by_week_and_register(database: Database, tmp_path: Path) -> None:
    talk = Talk(database, tmp_path)
    for confidence in (0.9, 0.7):
        talk.says(AMINA, "je veux aider", "offer_volunteering", confidence)
    talk.says(AMINA, "blabla", "nlu_fallback", 0.3)
    talk.says(BRAHIM, "بغيت نعاون", "offer_volunteering", 0.8, register="ary-Arab")
    talk.read()
    with database.read() as session:
        weeks = staff_figures.understanding(session, clock.real_now() - timedelta(days=10))
    found = {one.register: (one.sentences, round(one.not_understood, 2), round(one.confidence, 2)) for one in weeks}
    assert found == {"fr": (3, 0.33, 0.8), "ary-Arab": (1, 0.0, 0.8)}


@pytest.mark.parametrize("locale", ["fr", "ar"])
async def test_each_drawing_has_its_table(as_role: Callable[..., Browser], database: Database, locale: str) -> None:
    small_world(database)
    page = (await as_role("viewer", locale=locale).get("/figures?weeks=4")).text
    sections = page.split("<h2")[1:]
    assert len(sections) == len(TABLES)
    for name, section in zip(TABLES, sections, strict=True):
        assert unmarked(text(locale, f"console_figures_{name}")) in unmarked(section)
        assert section.count('class="bar"') == section.count("<tr>") - 1 if "<table>" in section else name == "understanding"
    assert "style=" not in page


@pytest.mark.parametrize("name", TABLES)
async def test_a_file_holds_what_the_page_shows(as_role: Callable[..., Browser], database: Database, name: str) -> None:
    small_world(database)
    answer = await as_role("viewer").get(f"/figures/{name}.csv?weeks=12")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"] and answer.text.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert all(len(row) == len(head) for row in rows)
    assert rows or name in ("understanding",)


@pytest.mark.parametrize("path", ["/figures/kaboom.csv", "/figures/funnel", "/figures/..%2f..%2fetc.csv"])
async def test_another_file_is_not_there(as_role: Callable[..., Browser], path: str) -> None:
    assert (await as_role("viewer").get(path)).status_code == 404


@pytest.mark.parametrize("weeks", ["", "0", "-1", "999999999999", "=1", "<script>"])
async def test_another_period_is_the_usual_one(as_role: Callable[..., Browser], weeks: str) -> None:
    answer = await as_role("viewer").get(f"/figures?weeks={weeks}")
    assert answer.status_code == 200 and "<script>" not in answer.text.replace('<script src="', "")


@pytest.mark.parametrize("cell", ["=1+1", "+212", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_reckons_with_nothing(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [-5, 3.5, "Aïn Chock", "", "2026-11-23", "هرهورة"])
def test_what_is_harmless_stays_as_it_is(cell: str | int | float) -> None:
    assert harmless(cell) == cell
