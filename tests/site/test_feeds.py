"""Calendars and feeds, read by programs that are not ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import feedparser
import httpx
import icalendar
import pytest

from bot.clock import CASABLANCA
from bot.services import legal_time
from bot.site import crawling
from bot.store.engine import Database
from bot.store.models import Mission
from bot.texts import REGISTERS
from tests.site.region import MISSIONS, visitor


@pytest.fixture
async def http(region: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(region) as client:
        yield client


async def events(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The events of a calendar by their titles."""
    answer = await http.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n")), "lines are folded"
    read = icalendar.Calendar.from_ical(answer.content)
    assert not read.errors and read["version"] == "2.0"
    return {str(event["summary"]): event for event in read.walk("VEVENT")}


async def test_a_weekly_mission_is_one_rule_in_legal_time(http: httpx.AsyncClient) -> None:
    event = (await events(http, "/organisations/1/calendar.ics"))[MISSIONS[0]]
    assert event["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=SA"
    assert event["dtstart"].params["TZID"] == "Africa/Casablanca"
    assert (event.start.replace(tzinfo=None), event.end.replace(tzinfo=None)) == (
        datetime(2026, 11, 28, 10),
        datetime(2026, 11, 28, 12, 30),
    )
    assert str(event["url"]).startswith("http://site/missions/1?lang=")


async def test_without_hours_an_event_is_a_day(http: httpx.AsyncClient) -> None:
    found = await events(http, "/missions.ics")
    weekly, dated = found[MISSIONS[1]], found[MISSIONS[4]]
    assert weekly["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=WE,SU"
    assert (weekly.start, weekly.end) == (date(2026, 11, 25), date(2026, 11, 26)), "it begins on a day that the rule names"
    assert (dated.start, dated.end) == (date(2026, 11, 30), date(2026, 12, 1)) and "rrule" not in dated


async def test_some_days_with_hours_are_so_many_days(http: httpx.AsyncClient) -> None:
    event = (await events(http, "/organisations/1/calendar.ics"))[MISSIONS[2]]
    assert event["rrule"].to_ical() == b"FREQ=DAILY;COUNT=3"
    assert event.end - event.start == timedelta(hours=2)


async def test_what_ends_before_it_begins_ends_the_day_after(http: httpx.AsyncClient, database: Database) -> None:
    with database.write() as session:
        night = session.get(Mission, 1)
        night.time_from, night.time_to = "21:00", "02:00"
        session.get(Mission, 3).time_from = "late"
    found = await events(http, "/organisations/1/calendar.ics")
    assert found[MISSIONS[0]].end - found[MISSIONS[0]].start == timedelta(hours=5)
    assert found[MISSIONS[2]].end == date(2026, 12, 7), "an hour that is none is not said"


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", set(MISSIONS)),
        ("?cause=environment", {MISSIONS[1]}),
        ("?place=Anfa", {MISSIONS[1]}),
        ("?place=Casablanca&cause=education", {MISSIONS[0], MISSIONS[2], MISSIONS[4]}),
        ("?place=Settat", set()),
    ],
)
async def test_calendars_and_feeds_of_a_place_or_cause(http: httpx.AsyncClient, query: str, titles: set[str]) -> None:
    assert set(await events(http, f"/missions.ics{query}")) == titles
    feed = feedparser.parse((await http.get(f"/missions.rss{query}")).content)
    assert not feed.bozo and {entry.title for entry in feed.entries} == titles


@pytest.mark.parametrize("register", REGISTERS)
async def test_the_feed_is_read(http: httpx.AsyncClient, register: str) -> None:
    answer = await http.get(f"/missions.rss?lang={register}")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo and feed.version == "rss20"
    newest = feed.entries[0]
    assert newest.link == f"http://site/missions/5?lang={register}"
    assert newest.published_parsed[:3] == (2026, 11, 24)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries) == 5


async def test_characters_that_xml_forbids_break_no_feed(http: httpx.AsyncClient, database: Database) -> None:
    with database.write() as session:
        session.get(Mission, 1).title = "A\x08B ]]> & \ufffe 🌱"
    feed = feedparser.parse((await http.get("/missions.rss")).content)
    assert not feed.bozo and "AB ]]> &  🌱" in {entry.title for entry in feed.entries}


def offset_by(zone: Any, local: datetime) -> timedelta:
    """The offset that a VTIMEZONE gives a local time: that of the last observance that began before it."""
    begun = [part for part in zone.subcomponents if part["dtstart"].dt <= local]
    found: timedelta = max(begun, key=lambda part: part["dtstart"].dt)["tzoffsetto"].td
    return found


async def test_the_changes_of_the_clocks_are_brought_along(http: httpx.AsyncClient) -> None:
    """Each day of five years at noon, as the zone of the calendar tells it and as legal time is."""
    read = icalendar.Calendar.from_ical((await http.get("/missions.ics")).content)
    [zone] = read.walk("VTIMEZONE")
    day = datetime(2025, 1, 1, 12)
    seen = set()
    while day.year < 2026 + legal_time.YEARS_AHEAD:
        known = day.replace(tzinfo=CASABLANCA).utcoffset()
        assert offset_by(zone, day) == known, day
        seen.add(known)
        day += timedelta(days=1)
    assert len(seen) == 2
    changes = [part["dtstart"].dt for part in zone.subcomponents][1:]
    assert datetime(2026, 9, 20, 2) in changes
    assert changes == sorted(changes)
    for local in changes:
        before, after = local - timedelta(hours=2), local + timedelta(hours=2)
        assert before.replace(tzinfo=CASABLANCA).utcoffset() != after.replace(tzinfo=CASABLANCA).utcoffset()


async def test_the_sitemap_names_what_is_open(http: httpx.AsyncClient) -> None:
    def named(answer: httpx.Response) -> list[str]:
        return [element.text or "" for element in ElementTree.fromstring(answer.content).iter() if element.tag.endswith("}loc")]

    parts = named(await http.get("/sitemap.xml"))
    addresses = [address for part in parts for address in named(await http.get(part))]
    assert len(addresses) == len(set(addresses)) == 4 * (len(crawling.PAGES) + 5 + 2)
    assert (await http.get(addresses[-1])).status_code == 200
    for missing in ("missions-2", "missions-0", "missions-x", "people-1", "pages-2"):
        assert (await http.get(f"/sitemap/{missing}.xml")).status_code == 404
    robots = (await http.get("/robots.txt")).text
    assert "Sitemap: http://site/sitemap.xml" in robots


async def test_events_know_when_they_changed(http: httpx.AsyncClient) -> None:
    event = (await events(http, "/missions.ics"))[MISSIONS[0]]
    assert event["dtstamp"].dt == datetime(2026, 11, 24, 10, tzinfo=timezone.utc)
    assert str(event["uid"]) == "mission-1@tadamon"
