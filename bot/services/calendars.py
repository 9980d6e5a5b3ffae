"""Missions as iCalendar (RFC 5545): a file for whoever has a place in one, and what the calendars of the site are made of.

Hours are legal time with TZID=Africa/Casablanca, never UTC: a mission every Saturday at ten stays at ten whenever the clocks are changed by
decree. The file brings the changes from the year before on with it, as the newest time zone data know them, for calendars that do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from icalendar import Calendar, Event, vRecur

from bot import clock, vocabulary
from bot.services import cards
from bot.services.legal_time import zone
from bot.services.schedule import hours_of, next_day, weekdays
from bot.store.models import Mission
from bot.texts import unmarked

_ENDED = ("cancelled", "flagged")


def event_of(mission: Mission, register: str, url: str | None = None, today: date | None = None) -> bytes:
    """An .ics file with one event, in the register of whoever reads it.

    Args:
        url: where the mission is shown to anybody; None: nowhere.
        today: from when on a weekly mission is entered, legal time; None: from now.
    """
    today = today or clock.local_now().date()
    first = next_day(mission, today) if mission.starts_on is None else mission.starts_on
    return bytes(calendar([event(mission, register, url, first)], first.year).to_ical())


def calendar(events: Iterable[Event], year: int) -> Calendar:
    """A calendar of events, with the changes of legal time from a year on where one of them has hours."""
    whole, kept = Calendar(), list(events)
    whole.add("prodid", "-//Tadamon//Casablanca-Settat//")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    if any("TZID" in one["dtstart"].params for one in kept):
        whole.add_component(zone(year))
    for one in kept:
        whole.add_component(one)
    return whole


def event(mission: Mission, register: str, url: str | None, first: date) -> Event:
    """A mission as an event.

    With an hour the event has it, else it lasts all day; a mission of several days with hours is at these hours on each of them; a
    weekly one comes back on its days without an end. The UID stays, and the sequence grows with each change, so that a newer event
    takes the place of an older one.

    Args:
        first: the day on which it begins; of a weekly mission one of its days, as a rule begins on a day that obeys it.
    """
    made = Event()
    made.add("uid", f"mission-{mission.id}@tadamon")
    made.add("dtstamp", mission.changed_at)
    made.add("created", mission.created_at)
    made.add("last-modified", mission.changed_at)
    # Minutes since it was written: it grows with each change, and stays small.
    made.add("sequence", int((mission.changed_at - mission.created_at).total_seconds() // 60))
    made.add("status", "CANCELLED" if mission.state in _ENDED else "CONFIRMED")
    _say_what(made, mission, register, url)
    _say_when(made, mission, first)
    return made


def _say_what(event: Event, mission: Mission, register: str, url: str | None) -> None:
    initiative = mission.initiative
    lines = [initiative.organisation.name, unmarked(cards.when(mission, register)), *([url] if url else [])]
    event.add("summary", mission.title)
    event.add("description", "\n".join(lines))
    event.add("location", unmarked(cards.where(mission, register)))
    event.add("categories", [vocabulary.label("cause", initiative.cause, register)])
    if mission.mode != "remote":
        event.add("geo", (mission.latitude, mission.longitude))
    if url:
        event.add("url", url)


def _say_when(event: Event, mission: Mission, first: date) -> None:
    last = first if mission.starts_on is None else mission.ends_on or first
    begins, ends = hours_of(mission, first)
    if begins is None:
        event.add("dtstart", first)
        # The day after, as the format wants it.
        event.add("dtend", last + timedelta(days=1))
    else:
        event.add("dtstart", begins)
        if ends is not None:
            event.add("dtend", ends)
    if mission.starts_on is None:
        event.add("rrule", vRecur({"freq": "WEEKLY", "byday": [day[:2].upper() for day in weekdays(mission)]}))
    elif begins is not None and last > first:
        event.add("rrule", vRecur({"freq": "DAILY", "count": (last - first).days + 1}))
