"""A mission as a calendar file (iCalendar, RFC 5545), for the calendar of whoever has a place in it.

Hours are legal time with TZID=Africa/Casablanca, never UTC: a mission every Saturday at ten stays at ten when the clocks go back for
Ramadan. The file brings the changes of the coming years with it, as the time zone database knows them, for calendars that do not.
"""

from __future__ import annotations

import html
import re
from datetime import date, datetime, time, timedelta

from icalendar import Calendar, Event, vRecur

from bot import clock, vocabulary
from bot.clock import CASABLANCA
from bot.services import cards
from bot.services.legal_time import zone
from bot.services.schedule import next_day, weekdays
from bot.store.models import Mission

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
        whole.add_component(zone(first.year))
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
