"""Calendars that other programs subscribe to.

Hours are legal time of Morocco, which changes with Ramadan: a lesson at ten is at ten all year, and never at the same instant all year.
So events name the zone Africa/Casablanca, weekly ones as one rule, and the calendar brings the changes of the coming years along for
programs that do not know them. Where no hour is said an event is a whole day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from icalendar import Calendar, Event, vRecur

from bot.clock import CASABLANCA
from bot.matching.slots import DAYS
from bot.services import cards
from bot.services.legal_time import zone
from bot.services.schedule import days_of, hours_of, weekdays
from bot.site.shared import plain
from bot.store.models import Mission

TYPE = "text/calendar; charset=utf-8"
FETCHED_ANEW = timedelta(hours=6)


def calendar(name: str, missions: Iterable[Mission], base: str, register: str, today: date) -> bytes:
    """A calendar of missions. ``base``: the address of the site, before any path."""
    made = Calendar()
    made.add("prodid", "-//Tadamon//Tadamon//FR")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", CASABLANCA.key)
    made.add("refresh-interval", FETCHED_ANEW, parameters={"VALUE": "DURATION"})
    made.add_component(zone(today.year))
    for mission in missions:
        made.add_component(_event(mission, base, register))
    return bytes(made.to_ical())


def _event(mission: Mission, base: str, register: str) -> Event:
    event = Event()
    owner = mission.initiative.organisation
    event.add("uid", f"mission-{mission.id}@tadamon")
    event.add("dtstamp", mission.changed_at)
    event.add("created", mission.created_at)
    event.add("last-modified", mission.changed_at)
    # Minutes since it was written: it grows with each change, so that the newer of two copies wins.
    event.add("sequence", int((mission.changed_at - mission.created_at).total_seconds() // 60))
    event.add("summary", mission.title)
    event.add("description", f"{owner.name}\n{plain(cards.when(mission, register))}")
    event.add("location", plain(cards.where(mission, register)))
    event.add("url", f"{base}/missions/{mission.id}?lang={register}")
    event.add("transp", "TRANSPARENT")
    _set_times(event, mission)
    return event


def _set_times(event: Event, mission: Mission) -> None:
    first, last = _first_and_last(mission)
    begins, ends = hours_of(mission, first)
    if begins is None:
        event.add("dtstart", first)
        # The day after the last: in iCalendar an end is not included.
        event.add("dtend", (first if mission.starts_on is None else last) + timedelta(days=1))
    else:
        event.add("dtstart", begins)
        if ends is not None:
            event.add("dtend", ends)
    if mission.starts_on is None:
        event.add("rrule", vRecur({"freq": "weekly", "byday": [day[:2].upper() for day in weekdays(mission)]}))
    elif begins is not None and last > first:
        event.add("rrule", vRecur({"freq": "daily", "count": (last - first).days + 1}))


def _first_and_last(mission: Mission) -> tuple[date, date]:
    """The days of a dated mission; of a weekly one its first after it was published, twice: a rule begins on a day that obeys it."""
    if mission.starts_on is not None:
        return mission.starts_on, mission.ends_on or mission.starts_on
    published: date = mission.created_at.astimezone(CASABLANCA).date()
    first = next(days_of(mission, published, published + timedelta(days=len(DAYS) - 1)))
    return first, first
