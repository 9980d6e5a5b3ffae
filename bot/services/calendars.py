"""A mission as a calendar file (iCalendar, RFC 5545), for the calendar of whoever has a place in it.

Hours are legal time with TZID=Africa/Casablanca, never UTC: a mission every Saturday at ten stays at ten when the clocks go back for
Ramadan. The file brings the changes of the coming two years with it, as the time zone database knows them, for calendars that do not.
"""

from __future__ import annotations

import html
import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from bot import clock, vocabulary
from bot.clock import CASABLANCA
from bot.services import cards
from bot.services.schedule import next_day, weekdays
from bot.store.models import Mission

ZONE = "Africa/Casablanca"
YEARS_OF_CHANGES = 2
_MARKS = re.compile("[\u2066-\u2069\u200e\u200f]")
_ENDED = ("cancelled", "flagged")


def event_of(mission: Mission, register: str, url: str | None = None, today: date | None = None) -> bytes:
    """An .ics file with one event, in the register of whoever reads it.

    With an hour the event has it, else it lasts all day; a mission of several days with hours is at these hours on each of them; a
    weekly one comes back on its days without an end. The UID stays, and the sequence grows with each change, so that a newer file
    takes the place of an older one.

    Args:
        url: where the mission is shown to anybody; None: nowhere.
        today: from when on a weekly mission is entered, legal time; None: from now.
    """
    today = today or clock.local_now().date()
    first = next_day(mission, today) if mission.starts_on is None else mission.starts_on
    whole = Calendar()
    whole.add("prodid", "-//Tadamon//Casablanca-Settat//")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"mission-{mission.id}@tadamon")
    event.add("dtstamp", mission.changed_at)
    event.add("last-modified", mission.changed_at)
    # Minutes since it was written: it grows with each change, and stays small.
    event.add("sequence", int((mission.changed_at - mission.created_at).total_seconds() // 60))
    event.add("status", "CANCELLED" if mission.state in _ENDED else "CONFIRMED")
    _say_what(event, mission, register, url)
    _say_when(event, mission, first)
    if mission.time_from:
        whole.add_component(_zone(first))
    whole.add_component(event)
    return bytes(whole.to_ical())


def _plain(words: str) -> str:
    """Words of a card without tags and marks of direction."""
    return _MARKS.sub("", html.unescape(re.sub(r"<[^>]*>", "", words)))


def _say_what(event: Event, mission: Mission, register: str, url: str | None) -> None:
    initiative = mission.initiative
    lines = [initiative.organisation.name, _plain(cards.when(mission, register)), *([url] if url else [])]
    event.add("summary", mission.title)
    event.add("description", "\n".join(lines))
    event.add("location", _plain(cards.where(mission, register)))
    event.add("categories", [vocabulary.label("cause", initiative.cause, register)])
    if mission.mode != "remote":
        event.add("geo", (mission.latitude, mission.longitude))
    if url:
        event.add("url", url)


def _say_when(event: Event, mission: Mission, first: date) -> None:
    last = first if mission.starts_on is None else mission.ends_on or first
    if mission.time_from:
        event.add("dtstart", _legal(first, mission.time_from))
        if mission.time_to:
            # Past midnight where it ends before it begins.
            ends_on = first if mission.time_to > mission.time_from else first + timedelta(days=1)
            event.add("dtend", _legal(ends_on, mission.time_to))
        if last > first:
            event.add("rrule", vRecur({"freq": "DAILY", "count": (last - first).days + 1}))
    else:
        event.add("dtstart", first)
        # The day after, as the format wants it.
        event.add("dtend", last + timedelta(days=1))
    if mission.starts_on is None:
        event.add("rrule", vRecur({"freq": "WEEKLY", "byday": [day[:2].upper() for day in weekdays(mission)]}))


def _legal(day: date, hour: str) -> datetime:
    """HH:MM of a day, legal time."""
    return datetime.combine(day, time.fromisoformat(hour), CASABLANCA)


def _zone(first: date) -> Timezone:
    """Legal time and its changes from the first day on.

    Written here: icalendar's own puts the end of Ramadan an hour late, since there it is the winter half that is called summer time.
    """
    begin = datetime.combine(first - timedelta(days=1), time(), timezone.utc)
    zone = Timezone()
    zone.add("tzid", ZONE)
    zone.add_component(_observance(begin, _offset(begin)))
    at, end = begin, begin + timedelta(days=366 * YEARS_OF_CHANGES)
    while at < end:
        if _offset(at) != _offset(at + timedelta(days=1)):
            zone.add_component(_observance(_change(at, at + timedelta(days=1)), _offset(at)))
        at += timedelta(days=1)
    return zone


def _offset(at: datetime) -> timedelta:
    return at.astimezone(CASABLANCA).utcoffset() or timedelta(0)


def _change(before: datetime, after: datetime) -> datetime:
    """The minute in which the clocks change, between two instants."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(middle) == _offset(before) else (before, middle)
    return after.replace(second=0, microsecond=0)


def _observance(since: datetime, offset_before: timedelta) -> Any:
    """What the clocks show from an instant on; it is written in the time that held before."""
    offset = _offset(since)
    part: Any = TimezoneStandard() if offset else TimezoneDaylight()
    part.add("dtstart", (since + offset_before).replace(tzinfo=None))
    part.add("tzoffsetfrom", offset_before)
    part.add("tzoffsetto", offset)
    part.add("tzname", since.astimezone(CASABLANCA).tzname() or "")
    return part
