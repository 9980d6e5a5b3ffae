"""Calendars that other programs subscribe to.

Hours are legal time of Morocco, which decrees change: a lesson at ten is at ten before and after, and not at the same instant by UTC.
So events name the zone Africa/Casablanca, weekly ones as one rule (bot.services.calendars).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from icalendar import Event

from bot.clock import CASABLANCA
from bot.services import calendars
from bot.services.schedule import next_day
from bot.store.models import Mission

TYPE = "text/calendar; charset=utf-8"
FETCHED_ANEW = timedelta(hours=6)


def calendar(name: str, missions: Iterable[Mission], base: str, register: str, today: date) -> bytes:
    """A calendar of missions. ``base``: the address of the site, before any path."""
    made = calendars.calendar((_event(mission, base, register) for mission in missions), today.year)
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", CASABLANCA.key)
    made.add("refresh-interval", FETCHED_ANEW, parameters={"VALUE": "DURATION"})
    return bytes(made.to_ical())


def _event(mission: Mission, base: str, register: str) -> Event:
    # Weekly ones from when they were published on: the same event each time it is fetched.
    first = mission.starts_on or next_day(mission, mission.created_at.astimezone(CASABLANCA).date())
    made = calendars.event(mission, register, f"{base}/missions/{mission.id}?lang={register}", first)
    # Shown for choosing from: nobody who subscribes is busy then.
    made.add("transp", "TRANSPARENT")
    return made
