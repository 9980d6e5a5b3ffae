"""Missions as calendar files: read back by the library, at legal hours whatever the clocks do, in every register."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from icalendar import Calendar

from bot.clock import CASABLANCA
from bot.matching.slots import slots_of
from bot.services import calendars
from bot.store.engine import Database
from bot.store.models import Mission
from bot.texts import REGISTERS
from tests.worlds import NOW, day, mission, organisation

TODAY = NOW.date()


def written(database: Database, register: str = "fr", url: str | None = None, today: date = TODAY, **need: Any) -> bytes:
    with database.write() as session:
        made = mission(session, organisation(session, name="Jossour, Casa; 2"), **need)
        return calendars.event_of(made, register, url, today)


def event_in(file: bytes) -> Any:
    whole = Calendar.from_ical(file)
    [event] = whole.walk("VEVENT")
    assert not event.errors and not whole.errors
    return event


def value(event: Any, name: str) -> Any:
    return event[name].dt


def test_a_day_without_hours_is_a_whole_day(database: Database) -> None:
    event = event_in(written(database, starts_on=day("2026-12-05"), ends_on=day("2026-12-05")))
    assert (value(event, "dtstart"), value(event, "dtend")) == (day("2026-12-05"), day("2026-12-06"))
    assert "rrule" not in event


def test_several_days_without_hours_end_the_day_after(database: Database) -> None:
    file = written(database, starts_on=day("2026-12-05"), ends_on=day("2026-12-08"))
    event = event_in(file)
    assert (value(event, "dtstart"), value(event, "dtend")) == (day("2026-12-05"), day("2026-12-09"))
    assert b"VTIMEZONE" not in file


def test_hours_are_legal_time(database: Database) -> None:
    event = event_in(written(database, starts_on=day("2026-12-05"), ends_on=day("2026-12-05"), time_from="10:00", time_to="12:30"))
    assert value(event, "dtstart") == datetime(2026, 12, 5, 10, 0, tzinfo=CASABLANCA)
    assert value(event, "dtend") == datetime(2026, 12, 5, 12, 30, tzinfo=CASABLANCA)
    assert event["dtstart"].params["TZID"] == "Africa/Casablanca"


def test_an_end_that_nobody_said_is_not_made_up(database: Database) -> None:
    event = event_in(written(database, starts_on=day("2026-12-05"), ends_on=day("2026-12-05"), time_from="10:00"))
    assert "dtend" not in event


def test_a_night_ends_the_next_day(database: Database) -> None:
    event = event_in(written(database, starts_on=day("2026-12-05"), ends_on=day("2026-12-05"), time_from="22:00", time_to="02:00"))
    assert value(event, "dtend") - value(event, "dtstart") == timedelta(hours=4)


def test_several_days_with_hours_are_at_these_hours_each_day(database: Database) -> None:
    event = event_in(written(database, starts_on=day("2026-12-05"), ends_on=day("2026-12-07"), time_from="09:00", time_to="12:00"))
    assert value(event, "dtend") == datetime(2026, 12, 5, 12, 0, tzinfo=CASABLANCA)
    assert dict(event["rrule"]) == {"FREQ": ["DAILY"], "COUNT": [3]}


def test_every_week_it_begins_on_the_next_of_its_days(database: Database) -> None:
    slots = slots_of(["tue", "sat"], ["morning"])
    event = event_in(written(database, slots=slots, time_from="10:00", time_to="12:00", today=day("2026-11-25")))
    assert value(event, "dtstart") == datetime(2026, 11, 28, 10, 0, tzinfo=CASABLANCA)
    assert dict(event["rrule"]) == {"FREQ": ["WEEKLY"], "BYDAY": ["TU", "SA"]}


def test_every_week_without_hours_it_is_whole_days(database: Database) -> None:
    event = event_in(written(database))
    assert (value(event, "dtstart"), value(event, "dtend")) == (day("2026-11-28"), day("2026-11-29"))


@pytest.mark.parametrize(
    ("saturday", "utc_hour"),
    [
        ("2026-02-14", 9),
        ("2026-02-21", 10),
        ("2026-03-28", 9),
        ("2026-09-19", 9),
        ("2026-09-26", 10),
        ("2027-02-13", 10),
        ("2027-03-20", 10),
    ],
)
def test_at_ten_all_year_whatever_the_clocks_do(database: Database, saturday: str, utc_hour: int) -> None:
    on = day(saturday)
    event = event_in(written(database, starts_on=on, ends_on=on, time_from="10:00", time_to="12:00"))
    assert value(event, "dtstart").astimezone(timezone.utc).hour == utc_hour


def test_the_file_brings_the_changes_of_2026_along(database: Database) -> None:
    """As a calendar reads them that knows no zones, or old ones: each local time stands in the time that held before."""
    zone = Calendar.from_ical(written(database, time_from="10:00")).walk("VTIMEZONE")[0]
    changes = {part["dtstart"].dt: (part.name, part["tzoffsetfrom"].td, part["tzoffsetto"].td) for part in zone.subcomponents}
    hour = timedelta(hours=1)
    assert changes[datetime(2026, 2, 15, 3, 0)] == ("DAYLIGHT", hour, 0 * hour)  # type: ignore[comparison-overlap]
    assert changes[datetime(2026, 3, 22, 2, 0)] == ("STANDARD", 0 * hour, hour)  # type: ignore[comparison-overlap]
    assert changes[datetime(2026, 9, 20, 2, 0)] == ("STANDARD", hour, 0 * hour)  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("year", [2025, 2026, 2028])
def test_the_changes_are_those_of_the_zone(database: Database, year: int) -> None:
    """Hour by hour for three years, the zone of a file says what the time zone data say."""
    zone = Calendar.from_ical(written(database, time_from="10:00", today=date(year, 5, 1))).walk("VTIMEZONE")[0]
    changes = sorted((part["dtstart"].dt - part["tzoffsetfrom"].td, part["tzoffsetto"].td) for part in zone.subcomponents)
    at = datetime(year - 1, 1, 2)
    while at < datetime(year + 2, 1, 1):
        told = [offset for since, offset in changes if since <= at][-1]
        assert at.replace(tzinfo=timezone.utc).astimezone(CASABLANCA).utcoffset() == told, at
        at += timedelta(hours=1)


@pytest.mark.parametrize("register", REGISTERS)
def test_what_and_where_in_every_register(database: Database, register: str) -> None:
    event = event_in(written(database, register, "https://tadamon.example/missions/1", title="Soutien, <b>maths</b>; & jeux"))
    assert str(event["summary"]) == "Soutien, <b>maths</b>; & jeux"
    assert str(event["location"]) == {"fr": "Maârif", "ary-Latn": "Lma3arif"}.get(register, "المعاريف")
    assert "Jossour, Casa; 2" in event["description"] and "https://tadamon.example/missions/1" in event["description"]
    assert str(event["url"]) == "https://tadamon.example/missions/1"
    assert not set(event["description"] + event["location"]) & set("\u2068\u2069\u200f<")
    assert event["geo"].latitude == pytest.approx(33.58, abs=0.05)


def test_from_home_it_is_nowhere(database: Database) -> None:
    event = event_in(written(database, mode="remote"))
    assert "geo" not in event and str(event["location"]) == "à distance"


def test_a_change_is_newer_and_the_same_event(database: Database) -> None:
    with database.write() as session:
        made = mission(session, organisation(session))
        before = event_in(calendars.event_of(made, "fr", today=TODAY))
        made.changed_at, made.time_from = NOW + timedelta(days=1), "11:00"
        after = event_in(calendars.event_of(made, "fr", today=TODAY))
        made.state = "cancelled"
        ended = event_in(calendars.event_of(made, "fr", today=TODAY))
        assert before["uid"] == after["uid"] == f"mission-{made.id}@tadamon"
    assert after["sequence"] > before["sequence"]
    assert (after["status"], ended["status"]) == ("CONFIRMED", "CANCELLED")


def test_the_same_mission_is_the_same_file(database: Database) -> None:
    file = written(database, time_from="10:00")
    with database.read() as session:
        assert calendars.event_of(session.query(Mission).one(), "fr", None, TODAY) == file
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
