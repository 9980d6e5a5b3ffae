"""Searching what anybody may see: open missions and validated organisations, by pages whose cost does not grow with the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from bot.matching.slots import TIMES, bit
from bot.services import showcase
from bot.services.states import HOLDS_PLACE
from bot.services.territory import within
from bot.store.models import Application, Initiative, Mission, Organisation
from bot.vocabulary.spelling import normalise

PAGE = 20
LOOKED_AT = 2000
"""Rows that one page looks through at most, the newest first; the next page goes on where this one ended."""
MOST_OF_ONE = 100
"""Missions of one organisation that its page and its calendar show."""
GONE = ("full", "finished", "cancelled")
"""States of missions that were open once."""


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; None: anything.

    place: on site, there or in what lies in it. day: mon … sun. mode: onsite or remote. words: in the title or the
    organisation's name; signs alone are no words, and nothing has them.
    """

    place: str | None = None
    cause: str | None = None
    day: str | None = None
    mode: str | None = None
    words: str | None = None


@dataclass(frozen=True)
class Shelf:
    """One page of rows. ``before``: where the next one goes on; None: nothing comes after it."""

    rows: list[Any]
    before: int | None


def missions(session: Session, wanted: Wanted, today: date, before: int | None = None, limit: int = PAGE) -> Shelf:
    """Open missions, the newest first, that came before a number. Three queries at most; see :data:`LOOKED_AT`."""
    floor = _floor(session, Mission, "published", before)
    query = _between(showcase.published(today), Mission, before, floor).where(*_conditions(wanted)).order_by(Mission.id.desc())
    if wanted.words is None:
        rows = list(session.execute(query.limit(limit + 1)).scalars())
    else:
        rows = _with_words(session, query, wanted.words, limit + 1)
    return _shelf(rows, limit, floor)


def organisations(session: Session, place: str | None, cause: str | None, before: int | None = None, limit: int = PAGE) -> Shelf:
    """Validated organisations, the newest first. Two queries."""
    floor = _floor(session, Organisation, "validated", before)
    query = _between(select(Organisation).where(Organisation.state == "validated"), Organisation, before, floor)
    if place:
        query = query.where(Organisation.place.in_(within(place)))
    if cause:
        # A list of ids is kept as JSON, on PostgreSQL too: its text has each in quotes.
        query = query.where(cast(Organisation.causes, String).like(f'%"{cause}"%'))
    return _shelf(list(session.execute(query.order_by(Organisation.id.desc()).limit(limit + 1)).scalars()), limit, floor)


def _floor(session: Session, model: Any, state: str, before: int | None) -> int | None:
    """The smallest id that one page looks at; None where it sees the end."""
    query = select(model.id).where(model.state == state)
    if before is not None:
        query = query.where(model.id < before)
    found: int | None = session.execute(query.order_by(model.id.desc()).offset(LOOKED_AT - 1).limit(1)).scalar_one_or_none()
    return found


def _between(query: Any, model: Any, before: int | None, floor: int | None) -> Any:
    if before is not None:
        query = query.where(model.id < before)
    return query if floor is None else query.where(model.id >= floor)


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.place:
        found += [Mission.place.in_(within(wanted.place)), Mission.mode == "onsite"]
    if wanted.cause:
        found.append(Initiative.cause == wanted.cause)
    if wanted.day:
        found.append(Mission.slots.op("&")(sum(bit(wanted.day, time) for time in TIMES)) != 0)
    if wanted.mode:
        found.append(Mission.mode == wanted.mode)
    return found


def _with_words(session: Session, query: Any, words: str, most: int) -> list[Mission]:
    """Those of the query's missions that have some words, however they are spelled: databases know neither alef nor accents."""
    if not (sought := normalise(words)):
        return []
    ids: list[int] = []
    for mission_id, title, name in session.execute(query.with_only_columns(Mission.id, Mission.title, Organisation.name)):
        if sought in _spelled(f"{title} {name}"):
            ids.append(mission_id)
            if len(ids) == most:
                break
    found = session.execute(showcase.published(None).where(Mission.id.in_(ids)).order_by(Mission.id.desc()))
    return list(found.scalars())


@lru_cache(maxsize=16384)
def _spelled(words: str) -> str:
    return normalise(words)


def _shelf(rows: list[Any], limit: int, floor: int | None) -> Shelf:
    if len(rows) > limit:
        return Shelf(rows[:limit], rows[limit - 1].id)
    return Shelf(rows, floor)


@dataclass(frozen=True)
class Shown:
    """A mission as its page shows it. ``left``: places that are still free."""

    mission: Mission
    left: int


def mission(session: Session, mission_id: int, today: date) -> Shown | None:
    """An open mission; None for any other number. Two queries."""
    found = showcase.open_mission(session, mission_id, today)
    if found is None:
        return None
    taken = select(func.count()).where(Application.mission_id == mission_id, Application.state.in_(HOLDS_PLACE))
    return Shown(found, max(found.capacity - int(session.execute(taken).scalar_one()), 0))


def was_open(session: Session, mission_id: int) -> tuple[str, str] | None:
    """Cause and place of a mission that anybody could see and that is over; None for drafts and numbers that never were."""
    query = (
        select(Initiative.cause, Mission.place)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .where(Mission.id == mission_id, Organisation.state == "validated", Mission.state.in_((*GONE, "published")))
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def organisation(session: Session, organisation_id: int) -> Organisation | None:
    """A validated organisation; None for any other number."""
    found: Organisation | None = session.execute(
        select(Organisation).where(Organisation.id == organisation_id, Organisation.state == "validated")
    ).scalar_one_or_none()
    return found


def missions_of(session: Session, organisation_id: int, today: date) -> list[Mission]:
    """The open missions of an organisation, the newest first, :data:`MOST_OF_ONE` at most. Two queries."""
    # Asked for the published ones alone, SQLite would look through all that are published for those of one organisation.
    own = select(Mission.id).join(Initiative, Initiative.id == Mission.initiative_id).where(Initiative.organisation_id == organisation_id)
    newest = sorted(session.execute(own).scalars(), reverse=True)[:LOOKED_AT]
    query = showcase.published(today).where(Mission.id.in_(newest), Organisation.id == organisation_id)
    return sorted(session.execute(query).scalars(), key=lambda row: -row.id)[:MOST_OF_ONE]


def numbers(session: Session, kind: str, today: date, first: int, last: int) -> list[int]:
    """The numbers that anybody may open, from first to last, of missions or organisations."""
    if kind == "missions":
        query = showcase.published(today).with_only_columns(Mission.id).where(Mission.id.between(first, last))
        return list(session.execute(query.order_by(Mission.id)).scalars())
    valid = select(Organisation.id).where(Organisation.state == "validated", Organisation.id.between(first, last))
    return list(session.execute(valid.order_by(Organisation.id)).scalars())


def largest(session: Session, kind: str) -> int:
    """The largest number of any mission or organisation; 0 where there is none."""
    model = Mission if kind == "missions" else Organisation
    return int(session.execute(select(func.coalesce(func.max(model.id), 0))).scalar_one())
