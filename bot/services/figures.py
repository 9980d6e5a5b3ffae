"""The service in figures, as anybody may see them: sums alone, rounded where a person could be found behind one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.services.habits import FAIR_DAYS, LOOKED_AT_DAYS, was_asked
from bot.services.states import HOLDS_PLACE
from bot.services.territory import area_of
from bot.store.engine import Database
from bot.store.models import Application, Initiative, Mission, Organisation, Participation, Volunteer

KEPT_SECONDS = 60.0
ENOUGH_ANSWERS = 20
"""With fewer applications no share is told: it would be about a few people."""
REMOTE = "remote"
"""Where missions from home are counted, beside the areas."""


@dataclass(frozen=True)
class Figures:
    """The sums of one moment.

    volunteers: rounded down to tens. hours: given, whole ones. answered: per cent of the applications of three months; None: too few.
    by_area, by_cause: open missions; by_area by arrondissement or commune, or under :data:`REMOTE`. needs: free places by area and cause.
    """

    missions: int = 0
    organisations: int = 0
    volunteers: int = 0
    filled: int = 0
    hours: int = 0
    answered: int | None = None
    by_area: Counter[str] = field(default_factory=Counter)
    by_cause: Counter[str] = field(default_factory=Counter)
    needs: Counter[tuple[str, str]] = field(default_factory=Counter)


class Board:
    """Figures counted at most once in :data:`KEPT_SECONDS`: counting takes longer the more there is, showing them does not."""

    def __init__(self, database: Database, kept_seconds: float = KEPT_SECONDS, ticks: Callable[[], float] = monotonic) -> None:
        self._database, self._kept_seconds, self._ticks = database, kept_seconds, ticks
        self._counting = Lock()
        self._kept: Figures | None = None
        self._until = 0.0

    def read(self, at: datetime, today: date) -> Figures:
        """The figures; while somebody counts anew, those before are good enough for everybody else."""
        kept = self._kept
        if kept is not None and self._ticks() < self._until:
            return kept
        if kept is not None and not self._counting.acquire(blocking=False):
            return kept
        if kept is None:
            self._counting.acquire()
        try:
            if self._kept is not None and self._ticks() < self._until:
                return self._kept
            with self._database.read() as session:
                self._kept = count(session, at, today)
            self._until = self._ticks() + self._kept_seconds
            return self._kept
        finally:
            self._counting.release()


@dataclass(frozen=True)
class Open:
    """Open missions by area and by cause, and their free places by both."""

    by_area: Counter[str]
    by_cause: Counter[str]
    needs: Counter[tuple[str, str]]


def open_missions(session: Session, today: date) -> Open:
    """The missions that are shown on a local date, counted. One query."""
    found = Open(Counter(), Counter(), Counter())
    for place, mode, cause, missions, free in session.execute(_open(today)):
        area = REMOTE if mode == "remote" else area_of(place)
        found.by_area[area] += missions
        found.by_cause[cause] += missions
        if free:
            found.needs[area, cause] += int(free)
    return found


def count(session: Session, at: datetime, today: date) -> Figures:
    """All figures, counted. Six queries."""
    found = open_missions(session, today)
    return Figures(
        missions=sum(found.by_area.values()),
        organisations=_number(session, select(func.count()).select_from(Organisation).where(Organisation.state == "validated")),
        volunteers=_number(session, select(func.count()).select_from(Volunteer)) // 10 * 10,
        filled=_number(session, select(func.count()).select_from(Application).where(Application.state == "accepted")),
        hours=_number(session, select(func.coalesce(func.sum(Participation.minutes), 0)).where(Participation.state == "attended")) // 60,
        answered=_answered(session, at),
        by_area=found.by_area,
        by_cause=found.by_cause,
        needs=found.needs,
    )


def _open(today: date) -> Any:
    taken = (
        select(Application.mission_id, func.count().label("taken"))
        .where(Application.state.in_(HOLDS_PLACE))
        .group_by(Application.mission_id)
        .subquery()
    )
    left = Mission.capacity - func.coalesce(taken.c.taken, 0)
    return (
        select(Mission.place, Mission.mode, Initiative.cause, func.count(), func.sum(case((left > 0, left), else_=0)))
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .outerjoin(taken, taken.c.mission_id == Mission.id)
        .where(Mission.state == "published", Organisation.state == "validated", Mission.ends_on.is_(None) | (Mission.ends_on >= today))
        .group_by(Mission.place, Mission.mode, Initiative.cause)
    )


def _number(session: Session, query: Any) -> int:
    return int(session.execute(query).scalar_one())


def _answered(session: Session, at: datetime) -> int | None:
    """Per cent answered, counted as bot.services.habits counts for one organisation."""
    has_answer = Application.state.in_(("accepted", "declined")) | (
        (Application.state == "pending") & Application.countered_at.is_not(None)
    )
    is_late = (Application.state == "pending") & (Application.created_at < at - timedelta(days=FAIR_DAYS))
    row = session.execute(
        select(
            func.coalesce(func.sum(case((has_answer, 1), else_=0)), 0),
            func.coalesce(func.sum(case((has_answer, 0), (Application.state == "expired", 1), (is_late, 1), else_=0)), 0),
        ).where(Application.created_at > at - timedelta(days=LOOKED_AT_DAYS), was_asked())
    ).one()
    answered, silent = int(row[0]), int(row[1])
    return round(100 * answered / (answered + silent)) if answered + silent >= ENOUGH_ANSWERS else None
