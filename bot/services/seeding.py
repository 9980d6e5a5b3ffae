"""Filling a database from a file: people, organisations, initiatives, missions, applications. The schema is in docs/operating.md."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import clock, vocabulary
from bot.matching.slots import DAYS, TIMES, slots_of, slots_of_dates
from bot.services import applications, organisations, profiles, subscriptions
from bot.services.organisations import ADULT, Need
from bot.services.profiles import Offer, Speaker
from bot.store.models import Organisation, Subscription
from bot.texts import DEFAULT_REGISTER, REGISTERS
from bot.vocabulary.gazetteer import find

_SILENT_CHAT = -1_000_000
"""People without a Telegram id get chats below this number, each his own by file and key: nothing can be sent there."""
_DAYS = (*DAYS, "weekday", "weekend")
_STATES = ("draft", "pending", "validated", "refused", "flagged", "withdrawn")


class SeedError(ValueError):
    """The file is wrong; the message is one line that says where."""


def seed(session: Session, path: Path, at: datetime) -> dict[str, int]:
    """Fill the database of a session; rows that are there already (same chat, same name) are left as they are.

    Returns how many people, organisations, missions and applications were made. Raises SeedError; nothing is kept then.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SeedError(f"{path.name} cannot be read: {error}".splitlines()[0]) from None
    made = {"people": 0, "organisations": 0, "missions": 0, "applications": 0}
    people: dict[str, int] = {}
    missions: dict[str, int] = {}
    for number, row in enumerate(_rows(content, "people"), start=1):
        with _told(row):
            key = str(row.get("key", number))
            people[key] = _person(session, row, _SILENT_CHAT - crc32(f"{path.name}/{key}".encode()), at, made)
    for row in _rows(content, "organisations"):
        with _told(row):
            _organisation(session, row, people, missions, at, made)
    for row in _rows(content, "applications"):
        with _told(row):
            chat_id, mission = people[str(_need(row, "person"))], missions[str(_need(row, "mission"))]
            if applications.apply(session, chat_id, mission, at, skills_matter=False)["outcome"] == "applied":
                made["applications"] += 1
    return made


def _rows(content: Any, key: str) -> list[dict[str, Any]]:
    rows = content.get(key) or [] if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SeedError(f"{key} must be a list of rows")
    return rows


@contextmanager
def _told(row: dict[str, Any]) -> Iterator[None]:
    """Whatever a wrong value makes fail (a number, a date, a key that is nobody's) is one line that shows the row."""
    try:
        yield
    except SeedError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SeedError(" ".join(f"{error} in {str(row)[:120]}".split())) from None


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
    return _several(row, key, _ids(kind))


def _ids(kind: str) -> list[str]:
    return [term.id for term in vocabulary.terms(kind)]


def _several(row: dict[str, Any], key: str, known: Collection[str]) -> list[str]:
    values = [str(value) for value in row.get(key) or []]
    unknown = [value for value in values if value not in known]
    if unknown:
        raise SeedError(f"{key}: {', '.join(unknown)} is not known")
    return values


def _one(row: dict[str, Any], key: str, known: Collection[str], default: str) -> str:
    [value] = _several({key: [row.get(key) or default]}, key, known)
    return value


def _hour(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not re.fullmatch(r"\d\d:\d\d", str(value)):
        raise SeedError(f'{key} {value} must be an hour in quotes, such as "10:00"')
    return value


def _person(session: Session, row: dict[str, Any], silent_chat: int, at: datetime, made: dict[str, int]) -> int:
    """Make a person, a volunteer where causes are given; returns the chat, the silent one where none is given."""
    chat_id = int(row.get("telegram_id") or silent_chat)
    if profiles.person_of(session, chat_id):
        return chat_id
    speaker = Speaker(chat_id, str(_need(row, "first_name")), _one(row, "register", REGISTERS, DEFAULT_REGISTER))
    made["people"] += 1
    if not row.get("causes"):
        profiles.keep_person(session, speaker, at)
        return chat_id
    offer = Offer(
        first_name=speaker.first_name,
        place=_place(row),
        causes=_values(row, "causes", "cause"),
        skills=_values(row, "skills", "skill"),
        slots=slots_of(_several(row, "days", _DAYS), _several(row, "times", TIMES)),
        means=_values(row, "means", "means"),
        spoken_languages=_values(row, "spoken_languages", "spoken_language"),
        mode=_one(row, "mode", _ids("mode"), "") if row.get("mode") else None,
        radius_km=int(row.get("radius_km") or profiles.DEFAULT_RADIUS_KM),
    )
    volunteer = profiles.save_offer(session, speaker, offer, at)
    _rhythm(session, volunteer.person_id, None, row, at)
    return chat_id


def _rhythm(session: Session, person_id: int, organisation_id: int | None, row: dict[str, Any], at: datetime) -> None:
    """Seeded lists are due at the next run, unless the file says when."""
    frequency = _one(row, "frequency", subscriptions.FREQUENCIES, "weekly")
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
            kind=_one(row, "kind", _ids("organisation_kind"), "association"),
            name=name,
            place=place.id if place else "",
            latitude=place.latitude if place else 0.0,
            longitude=place.longitude if place else 0.0,
            causes=_values(row, "causes", "cause"),
            services=str(row.get("services") or ""),
            state=_one(row, "state", _STATES, "validated"),
            created_at=at,
            validated_at=at if row.get("state", "validated") == "validated" else None,
        )
        session.add(organisation)
        session.flush()
        made["organisations"] += 1
    for key in row.get("members") or []:
        person = profiles.person_of(session, people[str(key)])
        # Somebody who speaks for it already keeps his rhythm, and his lists stopped where he stopped them.
        if person and not organisations.speaks_for(session, person.chat_id, organisation.id):
            organisations.add_member(session, organisation, person, at)
            _rhythm(session, person.id, organisation.id, row, at)
    for number, mission in enumerate(_rows(row, "missions"), start=1):
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
    times = _several(row, "times", TIMES)
    capacity = int(row.get("capacity", 1))
    if capacity < 1:
        raise SeedError(f"capacity {capacity} is not above 0 in {str(row)[:120]}")
    causes = _values({"causes": [row["cause"]] if row.get("cause") else []}, "causes", "cause")
    need = Need(
        title=title,
        cause=causes[0] if causes else organisation.causes[0],
        place=_place(row) if row.get("place") else organisation.place,
        slots=slots_of_dates(first, last, times) if first and last else slots_of(_several(row, "days", _DAYS), times),
        capacity=capacity,
        minimum_age=int(row.get("minimum_age", ADULT)),
        starts_on=first,
        ends_on=last,
        time_from=_hour(row, "time_from"),
        time_to=_hour(row, "time_to"),
        mode=_one(row, "mode", _ids("mode"), "onsite"),
        skills=_values(row, "skills", "skill"),
    )
    mission = organisations.insert(session, organisation.id, need, at)
    mission.skills_welcome = _values(row, "skills_welcome", "skill")
    mission.spoken_languages = _values(row, "spoken_languages", "spoken_language")
    missions[key] = mission.id
    made["missions"] += 1
