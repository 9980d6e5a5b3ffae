"""Filling a database from a file: people, organisations, initiatives, missions, applications. The schema is in docs/operating.md."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import clock, vocabulary
from bot.matching.slots import slots_of, slots_of_dates
from bot.services import applications, organisations, profiles, subscriptions
from bot.services.organisations import Need
from bot.services.profiles import Offer, Speaker
from bot.store.models import Organisation, Subscription
from bot.texts import DEFAULT_REGISTER
from bot.vocabulary.gazetteer import find

_SILENT_CHAT = -1_000_000
"""People without a Telegram id get chats from here downwards: nothing can be sent there."""


class SeedError(ValueError):
    """The file is wrong; the message is one line that says where."""


def seed(session: Session, path: Path, at: datetime) -> dict[str, int]:
    """Fill the database of a session; rows that are there already (same chat, same name) are left as they are.

    Returns how many people, organisations, missions and applications were made. Raises SeedError; nothing is kept then.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SeedError(f"{path.name} cannot be read: {error}".splitlines()[0]) from None
    made = {"people": 0, "organisations": 0, "missions": 0, "applications": 0}
    people: dict[str, int] = {}
    missions: dict[str, int] = {}
    for number, row in enumerate(content.get("people", []), start=1):
        people[str(row.get("key", number))] = _person(session, row, number, at, made)
    for row in content.get("organisations", []):
        _organisation(session, row, people, missions, at, made)
    for row in content.get("applications", []):
        chat_id, mission = people[str(_need(row, "person"))], missions[str(_need(row, "mission"))]
        if applications.apply(session, chat_id, mission, at)["outcome"] == "applied":
            made["applications"] += 1
    return made


def _need(row: dict[str, Any], key: str) -> Any:
    if row.get(key) in (None, "", []):
        raise SeedError(f"{key} is missing in {str(row)[:120]}")
    return row[key]


def _place(row: dict[str, Any]) -> str:
    named = str(_need(row, "place"))
    if vocabulary.place(named):
        return named
    found = find(named, kinds=("place",))
    if not found:
        raise SeedError(f"place {named} is not known")
    return found[0].value


def _values(row: dict[str, Any], key: str, kind: str) -> list[str]:
    values = [str(value) for value in row.get(key) or []]
    unknown = [value for value in values if vocabulary.term(kind, value) is None]
    if unknown:
        raise SeedError(f"{key}: {', '.join(unknown)} is not known")
    return values


def _person(session: Session, row: dict[str, Any], number: int, at: datetime, made: dict[str, int]) -> int:
    """Make a person, a volunteer where causes are given; returns the chat."""
    chat_id = int(row.get("telegram_id") or _SILENT_CHAT - number)
    if profiles.person_of(session, chat_id):
        return chat_id
    speaker = Speaker(chat_id, str(_need(row, "first_name")), str(row.get("register") or DEFAULT_REGISTER))
    made["people"] += 1
    if not row.get("causes"):
        profiles.keep_person(session, speaker, at)
        return chat_id
    offer = Offer(
        first_name=speaker.first_name,
        place=_place(row),
        causes=_values(row, "causes", "cause"),
        skills=_values(row, "skills", "skill"),
        slots=slots_of(row.get("days") or (), row.get("times") or ()),
        means=_values(row, "means", "means"),
        spoken_languages=_values(row, "spoken_languages", "spoken_language"),
        mode=row.get("mode"),
        radius_km=int(row.get("radius_km") or profiles.DEFAULT_RADIUS_KM),
    )
    volunteer = profiles.save_offer(session, speaker, offer, at)
    _rhythm(session, volunteer.person_id, None, row, at)
    return chat_id


def _rhythm(session: Session, person_id: int, organisation_id: int | None, row: dict[str, Any], at: datetime) -> None:
    """Seeded lists are due at the next run, unless the file says when."""
    frequency = str(row.get("frequency") or "weekly")
    if frequency not in subscriptions.FREQUENCIES:
        raise SeedError(f"frequency {frequency} is not known")
    subscription: Subscription = subscriptions.subscribe(session, person_id, organisation_id, frequency, at)
    due = row.get("next_due_at")
    subscription.next_due_at = clock.parse_instant(str(due)) if due else None


def _organisation(
    session: Session,
    row: dict[str, Any],
    people: dict[str, int],
    missions: dict[str, int],
    at: datetime,
    made: dict[str, int],
) -> None:
    name = str(_need(row, "name"))
    place = vocabulary.place(_place(row))
    organisation = session.execute(select(Organisation).where(Organisation.name == name)).scalar_one_or_none()
    if organisation is None:
        organisation = Organisation(
            kind=str(row.get("kind") or "association"),
            name=name,
            place=place.id if place else "",
            latitude=place.latitude if place else 0.0,
            longitude=place.longitude if place else 0.0,
            causes=_values(row, "causes", "cause"),
            services=str(row.get("services") or ""),
            state=str(row.get("state") or "validated"),
            created_at=at,
            validated_at=at if row.get("state", "validated") == "validated" else None,
        )
        session.add(organisation)
        session.flush()
        made["organisations"] += 1
    for key in row.get("members") or []:
        person = profiles.person_of(session, people[str(key)])
        if person:
            organisations.add_member(session, organisation, person, at)
            _rhythm(session, person.id, organisation.id, row, at)
    for number, mission in enumerate(row.get("missions") or [], start=1):
        _mission(session, organisation, mission, str(mission.get("key", f"{name}/{number}")), missions, at, made)


def _mission(
    session: Session,
    organisation: Organisation,
    row: dict[str, Any],
    key: str,
    missions: dict[str, int],
    at: datetime,
    made: dict[str, int],
) -> None:
    title = str(_need(row, "title"))
    known = next((m for m in organisations.missions_of(session, organisation.id) if m.title == title), None)
    if known is not None:
        missions[key] = known.id
        return
    starts_on = row.get("starts_on")
    first = starts_on if isinstance(starts_on, date) else date.fromisoformat(starts_on) if starts_on else None
    last = row.get("ends_on") or first
    last = last if isinstance(last, date) or last is None else date.fromisoformat(str(last))
    times = row.get("times") or ()
    causes = _values({"causes": [row["cause"]] if row.get("cause") else []}, "causes", "cause")
    need = Need(
        title=title,
        cause=causes[0] if causes else organisation.causes[0],
        place=_place(row) if row.get("place") else organisation.place,
        slots=slots_of_dates(first, last, times) if first and last else slots_of(row.get("days") or (), times),
        capacity=int(row.get("capacity") or 1),
        starts_on=first,
        ends_on=last,
        time_from=row.get("time_from"),
        time_to=row.get("time_to"),
        mode=str(row.get("mode") or "onsite"),
        skills=_values(row, "skills", "skill"),
    )
    mission = organisations.insert(session, organisation.id, need, at)
    mission.skills_welcome = _values(row, "skills_welcome", "skill")
    mission.spoken_languages = _values(row, "spoken_languages", "spoken_language")
    missions[key] = mission.id
    made["missions"] += 1
