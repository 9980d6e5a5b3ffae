"""A mission as schema.org's Event, for search engines."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot import vocabulary
from bot.clock import CASABLANCA
from bot.services.schedule import hours_of, next_day, weekdays
from bot.store.models import Mission

_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_IS_REMOTE = {
    True: "https://schema.org/OnlineEventAttendanceMode",
    False: "https://schema.org/OfflineEventAttendanceMode",
}


def event_of(mission: Mission, address: str, owner_address: str, today: date) -> dict[str, Any]:
    """The event, its times legal ones with their offset; a weekly mission with its next day and its schedule."""
    owner = mission.initiative.organisation
    first = next_day(mission, today) if mission.starts_on is None else mission.starts_on
    last = first if mission.starts_on is None else mission.ends_on or first
    begins, ends = hours_of(mission, first)[0], hours_of(mission, last)[1]
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": address,
        "url": address,
        "name": mission.title,
        "startDate": (begins or first).isoformat(),
        "endDate": (ends or last).isoformat(),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": _IS_REMOTE[mission.mode == "remote"],
        "isAccessibleForFree": True,
        "organizer": {"@type": "Organization", "name": owner.name, "url": owner_address},
        "location": _location(mission, address),
    }
    if mission.starts_on is None:
        found["eventSchedule"] = _schedule(mission, first)
    return found


def _location(mission: Mission, address: str) -> dict[str, Any]:
    if mission.mode == "remote":
        return {"@type": "VirtualLocation", "url": address}
    name = vocabulary.label("place", mission.place, "fr")
    found: dict[str, Any] = {
        "@type": "Place",
        "name": name,
        "address": {"@type": "PostalAddress", "addressLocality": name, "addressRegion": "Casablanca-Settat", "addressCountry": "MA"},
    }
    if (place := vocabulary.place(mission.place)) and not place.approximate:
        # The position of the quarter or commune, never that of somebody who shared it.
        found["geo"] = {"@type": "GeoCoordinates", "latitude": place.latitude, "longitude": place.longitude}
    return found


def _schedule(mission: Mission, first: date) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "Schedule",
        "repeatFrequency": "P1W",
        "byDay": [f"https://schema.org/{_DAYS[day]}" for day in weekdays(mission)],
        "startDate": first.isoformat(),
        "scheduleTimezone": CASABLANCA.key,
    }
    if mission.time_from:
        found["startTime"] = mission.time_from
    if mission.time_to:
        found["endTime"] = mission.time_to
    return found
