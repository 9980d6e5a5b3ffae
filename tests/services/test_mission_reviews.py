"""Decisions about single missions: which follows which, who is told in which words, what is hidden; twice and at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.messages import outbox
from bot.services import applications, care, initiatives, mission_reviews, promises, showcase
from bot.services.audit import Author
from bot.services.mission_reviews import CANCELLED, DECISIONS, FLAGGED, PUBLISHED, REASONS
from bot.services.moderation import Stale, Unfit
from bot.store.engine import Database
from bot.store.models import Application, AuditEntry, Message, Mission, MissionReview, OutboxMessage, Person
from bot.texts import REGISTERS, text
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    count,
    mission,
    organisation,
    outbox_rows,
    small_world,
    statements,
    volunteer,
)
from tests.worlds import author as author
from tests.worlds import store as store

DATED = {"starts_on": date(2026, 11, 28), "ends_on": date(2026, 11, 28)}


@pytest.fixture
def number(store: Database) -> int:
    """A mission to which Amina applied."""
    world = small_world(store, **DATED)
    with store.write() as session:
        applications.apply(session, AMINA, world.mission_id, NOW)
        session.execute(update(OutboxMessage).values(state="sent"))
    return world.mission_id


def shown(store: Database, number: int) -> str:
    with store.read() as session:
        return mission_reviews.fingerprint(session.get(Mission, number))


def decide(
    store: Database,
    author: Author,
    number: int,
    decision: str,
    reason: str | None = None,
    seen: str | None = None,
    at: datetime = NOW,
) -> None:
    seen = seen or shown(store, number)
    with store.write() as session:
        mission_reviews.decide(session, author, number, decision, reason, seen, at)


def told(store: Database, chat_id: int) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id) if row.state == "queued"]


def state(store: Database, number: int) -> str:
    with store.read() as session:
        return str(session.get(Mission, number).state)


def test_a_mission_is_hidden_and_shown_again_and_both_sides_hear_of_it(store: Database, author: Author, number: int) -> None:
    decide(store, author, number, FLAGGED, "safety")
    with store.read() as session:
        assert showcase.open_missions(session, "fr", NOW.date()) == []
        assert session.execute(select(Application.state)).scalar_one() == "pending", "what she asked for still stands"
        assert [one.id for one in initiatives.of_chat(session, OWNER)] == [number], "and its organisation still sees it"
    held = text("fr", "mission_held", title="Soutien scolaire", why=text("fr", "mission_reason_safety"))
    assert told(store, OWNER) == [held]
    assert told(store, AMINA)[0].startswith("⏸ « Soutien scolaire » (Jossour)")
    [row] = [row for row in outbox_rows(store, OWNER) if row.state == "queued"]
    assert [one["text"] for line in row.body["buttons"] for one in line] == [text("fr", "button_change"), text("fr", "button_handoff")]
    decide(store, author, number, PUBLISHED)
    with store.read() as session:
        assert len(showcase.open_missions(session, "fr", NOW.date())) == 1
        actions = session.execute(select(AuditEntry.action, AuditEntry.subject_id).order_by(AuditEntry.id)).all()
        assert [(one.decision, one.reason) for one in mission_reviews.reviews(session, number)] == [(PUBLISHED, None), (FLAGGED, "safety")]
    assert told(store, OWNER)[1:] == [text("fr", "mission_held_over", title="Soutien scolaire")]
    assert "Votre demande tient toujours." in told(store, AMINA)[1]
    assert [tuple(one) for one in actions] == [("mission_flagged", str(number)), ("mission_published", str(number))]


def test_nobody_can_apply_to_what_is_hidden(store: Database, author: Author, number: int) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    decide(store, author, number, FLAGGED, "money")
    with store.write() as session:
        assert applications.apply(session, BRAHIM, number, NOW)["outcome"] == "gone"


def test_what_is_taken_away_ends_for_all(store: Database, author: Author, number: int) -> None:
    decide(store, author, number, FLAGGED, "misleading")
    decide(store, author, number, CANCELLED, "misleading")
    with store.read() as session:
        assert session.execute(select(Application.state, Application.closed_reason)).one() == ("declined", "mission_closed")
        assert session.get(Mission, number).initiative.state == CANCELLED
    assert state(store, number) == CANCELLED
    assert told(store, AMINA)[1].startswith("L'équipe de Tadamon a retiré « Soutien scolaire »")
    assert text("fr", "mission_reason_misleading") in told(store, OWNER)[1]


def test_its_organisation_may_mend_it_and_the_team_sees_what_changed(store: Database, author: Author, number: int) -> None:
    decide(store, author, number, FLAGGED, "misleading")
    seen = shown(store, number)
    with store.write() as session:
        need = initiatives.need_of(session.get(Mission, number))
        changed = initiatives.change(session, OWNER, number, type(need)(**{**vars(need), "title": "Lecture", "time_from": "15:00"}), NOW)
        assert changed["outcome"] == "changed"
    assert state(store, number) == FLAGGED, "mended is not shown yet"
    with store.read() as session:
        row = session.get(Mission, number)
        found = mission_reviews.differences(row, mission_reviews.reviews(session, number))
        before = mission_reviews.as_it_was(mission_reviews.reviews(session, number)[0].snapshot)
    assert found == [("title", "Soutien scolaire", "Lecture"), ("time_from", None, "15:00")]
    assert (before.starts_on, before.slots) == (DATED["starts_on"], row.slots)
    with pytest.raises(Stale):
        decide(store, author, number, PUBLISHED, seen=seen)
    decide(store, author, number, PUBLISHED)


def test_its_organisation_may_end_it_and_the_clock_does(store: Database, author: Author, number: int) -> None:
    decide(store, author, number, FLAGGED, "reports")
    with store.write() as session:
        other = mission(session, session.get(Mission, number).initiative.organisation, "Lecture", **DATED)
        session.flush()
        second = other.id
    decide(store, author, second, FLAGGED, "duplicate")
    with store.write() as session:
        assert initiatives.close(session, OWNER, number, NOW)["outcome"] == "closed"
    promises.run(store, NOW + timedelta(days=8))
    assert (state(store, number), state(store, second)) == (CANCELLED, "finished")


@pytest.mark.parametrize("before", ["draft", "published", "full", "pending", "flagged", "finished", "cancelled"])
@pytest.mark.parametrize("decision", [FLAGGED, PUBLISHED, CANCELLED])
def test_only_what_may_follow_follows(database: Database, before: str, decision: str) -> None:
    number = small_world(database).mission_id
    with database.write() as session:
        session.get(Mission, number).state = before
    reason = REASONS[decision][0] if decision in REASONS else None
    if decision in DECISIONS.get(before, ()):
        decide(database, Author(), number, decision, reason)
        assert state(database, number) == decision
    else:
        with pytest.raises(Unfit):
            decide(database, Author(), number, decision, reason)
        assert state(database, number) == before and count(database, OutboxMessage) == count(database, MissionReview) == 0


@pytest.mark.parametrize(
    ("decision", "reason"),
    [(FLAGGED, None), (FLAGGED, "because"), (CANCELLED, "reports"), (PUBLISHED, "safety"), ("deleted", "safety"), ("", None)],
)
def test_a_decision_without_its_reason_is_none(database: Database, decision: str, reason: str | None) -> None:
    number = small_world(database).mission_id
    with pytest.raises(Unfit):
        decide(database, Author(), number, decision, reason)
    assert count(database, MissionReview) == 0


def test_of_many_who_decide_at_once_one_does(store: Database, author: Author, number: int) -> None:
    seen, ready = shown(store, number), threading.Barrier(6)

    def one(_number: int) -> bool:
        ready.wait()
        try:
            decide(store, author, number, FLAGGED, "safety", seen)
        except (Stale, Unfit):
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(one, range(6))) == 1
    assert count(store, MissionReview) == 1 and len(told(store, OWNER)) == len(told(store, AMINA)) == 1


@pytest.mark.parametrize("register", REGISTERS)
def test_each_reason_has_its_words_in_each_register(database: Database, register: str) -> None:
    number = small_world(database).mission_id
    with database.write() as session:
        applications.apply(session, AMINA, number, NOW)
        session.execute(update(OutboxMessage).values(state="sent"))
        session.execute(update(Person).values(register=register))
    for place, reason in enumerate(REASONS[FLAGGED]):
        decide(database, Author(), number, FLAGGED, reason, at=NOW + timedelta(minutes=place))
        assert text(register, f"mission_reason_{reason}") in told(database, OWNER)[-1]
        decide(database, Author(), number, PUBLISHED, at=NOW + timedelta(minutes=place))
    assert len(told(database, AMINA)) == 2 * len(REASONS[FLAGGED])


def test_shelves_their_counts_and_pages(store: Database, author: Author, number: int) -> None:
    with store.write() as session:
        other = organisation(session, OTHER_OWNER, "Amal")
        for _ in range(30):
            mission(session, other, "Plage")
        care.write_to_team(session, AMINA, "report", "Personne sur place", number, NOW)
        care.write_to_team(session, AMINA, "feedback", "Très bien", number, NOW)
        session.flush()
        second = mission_reviews.listed(session, "running", organisation_id=other.id)[0].mission.id
    decide(store, author, second, FLAGGED, "duplicate")
    with store.read() as session:
        assert mission_reviews.counts(session) == {"running": 30, "reported": 1, "flagged": 1}
        with statements(store) as heard:
            first = mission_reviews.listed(session, "running")
        assert len(first) == 26 and len(heard) == 3
        rest = mission_reviews.listed(session, "running", before=first[24].mission.id)
        assert [row.mission.id for row in rest][-1] == number
        [reported] = mission_reviews.listed(session, "reported")
        assert (reported.mission.id, reported.applications, reported.reports) == (number, 1, 1)
        assert [row.mission.id for row in mission_reviews.listed(session, "flagged")] == [second]
        assert mission_reviews.reports(session, number) == [
            session.execute(select(Message.id).where(Message.kind == "report")).scalar_one()
        ]
        assert len(mission_reviews.alike(session, rest[0].mission)) == 25
        assert mission_reviews.alike(session, session.get(Mission, number)) == []


def test_a_message_of_the_team_keeps_to_quiet_hours(store: Database, author: Author, number: int) -> None:
    decide(store, author, number, FLAGGED, "safety")
    rows = [row for row in outbox_rows(store) if row.state == "queued"]
    assert {(row.chat_id, row.kind, row.solicited) for row in rows} == {(OWNER, outbox.NOTICE, False), (AMINA, outbox.NOTICE, True)}
