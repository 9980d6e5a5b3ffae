"""Sixty days by the business clock, over the clock changes of 2026: each word once, at its hour of legal time, none at night."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta, timezone

import pytest
from sqlalchemy import select

from bot import clock
from bot.clock import CASABLANCA
from bot.scheduler import jobs
from bot.services import applications, subscriptions
from bot.settings import Settings, settings
from bot.store.engine import Database
from bot.store.models import Application, OutboxMessage, Subscription
from tests import worlds
from tests.worlds import OWNER, local, mission, organisation, volunteer

DAYS = 60
RAMADAN, FOR_GOOD = local(2026, 2, 2, 8), local(2026, 9, 7, 8)
"""When the two journeys begin: legal time goes from UTC+1 to UTC on 15 February and back on 22 March, and on 20 September for good."""
STEP = timedelta(minutes=30)
QUIET = (20, 9)
ACCEPTED, SILENT, WAITING = 7_000, 7_100, 7_200


def town(store: Database, begin: datetime) -> dict[int, date]:
    """A mission every four days with somebody accepted, one with somebody whom nobody answers; a full one with somebody who waits.

    Returns the day of the mission of each who was accepted.
    """
    days = {}
    with store.write() as session:
        owner = organisation(session)
        for number in range(14):
            day = begin.date() + timedelta(days=3 + 4 * number)
            made = mission(session, owner, title=f"Mission {number}", starts_on=day, ends_on=day, time_from="15:00", capacity=1)
            volunteer(session, ACCEPTED + number, f"A{number}", slots=made.slots)
            applications.apply(session, ACCEPTED + number, made.id, begin)
            accepted = applications.of_person(session, ACCEPTED + number)[0][0].id
            applications.answer(session, OWNER, accepted, True, begin)
            days[ACCEPTED + number] = day
        late = mission(session, owner, title="Silence", slots=0b1111)
        for number in range(6):
            volunteer(session, SILENT + number, f"S{number}", slots=0b1111)
            applications.apply(session, SILENT + number, late.id, begin + timedelta(days=9 * number, hours=number))
    return days


def at_hour(row: OutboxMessage) -> datetime:
    return row.created_at.astimezone(CASABLANCA)


def travelled(database: Database, monkeypatch: pytest.MonkeyPatch, begin: datetime) -> dict[int, date]:
    # The people came two months before: their lists are overdue.
    monkeypatch.setattr(worlds, "NOW", begin - timedelta(days=62))
    days = town(database, begin)
    found = Settings(**{**vars(settings()), "quiet_hours": QUIET})
    at = begin.astimezone(timezone.utc)
    while at < begin + timedelta(days=DAYS):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        monkeypatch.setattr(clock, "local_now", lambda at=at: at.astimezone(CASABLANCA))
        for work in (jobs.plan_digests, jobs.make_digests, jobs.keep_promises):
            work(database, found)
        at += STEP
    return days


@pytest.mark.parametrize(
    ("begin", "at_utc"),
    [(RAMADAN, (date(2026, 2, 15), date(2026, 3, 22))), (FOR_GOOD, (date(2026, 9, 20), date.max))],
    ids=["there and back", "for good"],
)
def test_sixty_days_over_the_clock_changes(
    database: Database, monkeypatch: pytest.MonkeyPatch, begin: datetime, at_utc: tuple[date, date]
) -> None:
    store, days = database, travelled(database, monkeypatch, begin)
    with store.read() as session:
        rows = session.execute(select(OutboxMessage).order_by(OutboxMessage.id)).scalars().all()
        people = {row.id: row.person.chat_id for row in session.execute(select(Application)).scalars()}
        lists = session.execute(select(Subscription)).scalars().all()
        assert all(row.next_due_at > begin + timedelta(days=DAYS) for row in lists), "nobody's list is late"
        subscribers = {row.person.chat_id for row in lists}
        session.expunge_all()
    by_kind: dict[str, list[OutboxMessage]] = {}
    for row in rows:
        by_kind.setdefault(row.origin.partition(":")[0], []).append(row)

    assert not [row.origin for row in rows if row.created_at > begin and not 9 <= at_hour(row).hour < 20], "nobody is woken"

    reminders = {row.chat_id: at_hour(row) for row in by_kind["reminder"]}
    assert len(reminders) == len(by_kind["reminder"]) == len(days)
    assert reminders == {chat_id: datetime.combine(day - timedelta(days=1), time(10), CASABLANCA) for chat_id, day in days.items()}

    # While legal time is UTC ten o'clock is 10:00 UTC, else 9:00 UTC.
    first, after = at_utc
    hours_of_utc = {(first <= at_hour(row).date() < after, row.created_at.hour) for row in by_kind["reminder"]}
    assert hours_of_utc == {(False, 9), (True, 10)}

    asked = {row.chat_id: at_hour(row) for row in by_kind["after"]}
    assert len(asked) == len(by_kind["after"]) == len(days)
    assert asked == {chat_id: datetime.combine(day + timedelta(days=1), time(18), CASABLANCA) for chat_id, day in days.items()}

    nudged = Counter(people[int(row.origin.split(":")[1])] for row in by_kind["nudge"])
    ended = Counter(people[int(row.origin.split(":")[1])] for row in by_kind["application_expired"])
    assert nudged == ended == Counter(SILENT + number for number in range(6))
    for row in by_kind["nudge"]:
        number = people[int(row.origin.split(":")[1])] - SILENT
        wished = begin + timedelta(days=9 * number, hours=number)
        assert timedelta(days=3) <= row.created_at - wished < timedelta(days=3, hours=14), "three days, and the night after"

    digests = Counter((row.chat_id, at_hour(row).date()) for row in by_kind["digest"])
    assert set(digests.values()) == {1}
    hours = {at_hour(row).timetz().replace(tzinfo=None) for row in by_kind["digest"] if at_hour(row).date() > begin.date()}
    assert hours == {time(10)}, "the first lists were overdue and left with the morning; from then on all at ten"
    assert {chat_id for chat_id, _ in digests} <= subscribers
    weekdays = {chat_id: {day.weekday() for other, day in digests if other == chat_id} for chat_id in {chat for chat, _ in digests}}
    assert all(len(found) == 1 for found in weekdays.values()), "a weekly list keeps its day"


def test_frequencies_are_those_that_were_chosen() -> None:
    for at in (local(2026, 2, 14, 10), local(2026, 3, 21, 10), local(2026, 9, 19, 10)):
        due = subscriptions.next_due("daily", at)
        assert due.astimezone(CASABLANCA).hour == 10 and (due.date() - at.date()).days == 1
