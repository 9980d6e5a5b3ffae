"""People and missions in memory, as columns ready to be matched: read once, then only what changed (bot.store.changes).

Every request looks first whether anything changed since, so that a mission that was published a moment ago is in the next list. A
transaction that changed something itself sees its own changes: it reads past the pool.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot import clock
from bot.matching import fairness
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.model import MissionNeed
from bot.services import record
from bot.store import changes
from bot.store.models import Application, ChangeRow, Mission, Recommendation

DEMAND_SECONDS = 60
"""So long what is expected of missions may be old: prices may lag, what fits may not."""
MOST_STALE_SHARE = 0.05
"""When so many volunteers were read anew, all are: the columns of those who were replaced only fill memory."""


@dataclass(frozen=True)
class Missions:
    """The open missions: by id, and as columns in the same order."""

    needs: Mapping[int, MissionNeed]
    columns: MissionColumns

    @classmethod
    def of(cls, needs: Mapping[int, MissionNeed]) -> Missions:
        return cls(needs, MissionColumns.of(needs.values()))

    def need(self, row: int) -> MissionNeed:
        """The mission of a row of the columns."""
        return self.needs[int(self.columns.mission_id[row])]


class Pool:
    """What one process holds of one database."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._missions: Missions | None = None
        self._missions_at = 0
        self._volunteers: VolunteerColumns | None = None
        self._volunteers_at = 0
        self._read_on: date | None = None
        self._replaced = 0
        self._demand: tuple[datetime, dict[int, tuple[int, int]]] | None = None

    def missions(self, session: Session) -> Missions:
        """The missions that are open to anybody now."""
        own = {kind for kind, _ in changes.pending(session)} - {changes.VOLUNTEER}
        if own:
            return Missions.of({need.mission_id: need for need in record.open_missions(session)})
        with self._lock:
            news, newest = _since(session, self._missions_at, self._missions is not None)
            concerned = None if news is None else [change for change in news if change[0] != changes.VOLUNTEER]
            if self._missions is None or concerned is None or any(row_id == changes.EVERYTHING for _, row_id in concerned):
                self._missions = Missions.of({need.mission_id: need for need in record.open_missions(session)})
            elif concerned:
                self._missions = _with_news(session, self._missions, concerned)
            self._missions_at = max(self._missions_at, newest)
            return self._missions

    def volunteers(self, session: Session) -> VolunteerColumns:
        """Everybody who can be reached; who is paused or gone stands there as paused."""
        own = {kind for kind, _ in changes.pending(session)}
        if changes.VOLUNTEER in own:
            return VolunteerColumns.of(record.each_profile(session))
        with self._lock:
            news, newest = _since(session, self._volunteers_at, self._volunteers is not None)
            today = clock.local_now().date()
            concerned = None if news is None else {row_id for kind, row_id in news if kind == changes.VOLUNTEER}
            # Commitments end with the day: what was read yesterday is read again.
            known = None if self._read_on != today else self._volunteers
            if known is None or concerned is None or changes.EVERYTHING in concerned:
                known = VolunteerColumns.of(record.each_profile(session, today=today))
                self._read_on, self._replaced = today, 0
            elif concerned:
                self._replaced += len(concerned)
                known = _replaced(session, known, concerned, today)
                if self._replaced > MOST_STALE_SHARE * len(known) + record.READ_AT_ONCE:
                    self._read_on = None  # the next time all are read anew
            self._volunteers_at = max(self._volunteers_at, newest)
            self._volunteers = known
            return known

    def demand(self, session: Session, missions: Missions, at: datetime, fresh: bool = False) -> fairness.Demand:
        """What is to be expected of the missions' applicants; a copy of one's own, that may grow.

        Args:
            fresh: counted now, not within the last minute.
        """
        with self._lock:
            if fresh or self._demand is None or abs(at - self._demand[0]) > timedelta(seconds=DEMAND_SECONDS):
                self._demand = at, _counted(session, at)
            counts = self._demand[1]
        expected, seen = np.zeros(len(missions.columns), np.int64), np.zeros(len(missions.columns), np.int64)
        for row, mission_id in enumerate(missions.columns.mission_id.tolist()):
            expected[row], seen[row] = counts.get(mission_id, (0, 0))
        return fairness.Demand(missions.columns, expected, seen)


_pools: weakref.WeakKeyDictionary[Any, Pool] = weakref.WeakKeyDictionary()
_pools_lock = threading.Lock()


def of(session: Session) -> Pool:
    """The pool of this process for the database of a session."""
    engine = session.get_bind().engine
    # Engines made by execution_options share their pool of connections, and so the database.
    with _pools_lock:
        return _pools.setdefault(engine.pool, Pool())


def _since(session: Session, last: int, holds: bool) -> tuple[list[changes.Change] | None, int]:
    """The changes after a number, and the newest number; None where some may be forgotten already, or nothing is held yet."""
    newest = session.execute(select(func.max(ChangeRow.id))).scalar_one() or 0
    if newest <= last and holds:
        return [], last
    oldest = session.execute(select(func.min(ChangeRow.id))).scalar_one() or 0
    if not holds or oldest > last + 1:
        return None, newest
    query = select(ChangeRow.kind, ChangeRow.row_id).where(ChangeRow.id > last, ChangeRow.id <= newest)
    return [(kind, row_id) for kind, row_id in session.execute(query)], newest


def _with_news(session: Session, missions: Missions, concerned: list[changes.Change]) -> Missions:
    fresh = {need.mission_id: need for need in record.open_missions(session, only=record.missions_changed(concerned))}
    ids = {kind: {row_id for of_kind, row_id in concerned if of_kind == kind} for kind, _ in concerned}
    gone = set(ids.get(changes.MISSION, ()))
    gone |= {n for n, need in missions.needs.items() if need.organisation_id in ids.get(changes.ORGANISATION, ())}
    if initiatives := ids.get(changes.INITIATIVE):
        gone |= set(session.execute(select(Mission.id).where(Mission.initiative_id.in_(initiatives))).scalars())
    kept = {n: need for n, need in missions.needs.items() if n not in gone}
    return Missions.of({**kept, **fresh})


def _replaced(session: Session, volunteers: VolunteerColumns, ids: set[int], today: date) -> VolunteerColumns:
    """With some people read anew behind the others; their old rows are out of play."""
    paused = volunteers.paused.copy()
    paused[np.isin(volunteers.person_id, list(ids))] = True
    fresh = VolunteerColumns.of(record.each_profile(session, sorted(ids), today))
    return replace(volunteers, paused=paused).followed_by(fresh)


def _counted(session: Session, at: datetime) -> dict[int, tuple[int, int]]:
    """By mission: the applications to be expected, in thousandths, and how often it was shown. Two queries."""
    since = at - timedelta(days=fairness.EXPECTED_FOR_DAYS)
    last = len(fairness.EXPECTED_PERMILLE)
    weight = case(
        *[(Recommendation.position == n, permille) for n, permille in enumerate(fairness.EXPECTED_PERMILLE[:-1], start=1)],
        else_=fairness.EXPECTED_PERMILLE[last - 1],
    )
    shown = (
        select(Recommendation.mission_id, func.sum(weight), func.count())
        .where(Recommendation.shown_at > since, Recommendation.shown_at <= at, Recommendation.shown_to == "volunteer")
        .group_by(Recommendation.mission_id)
    )
    counts = {mission_id: (int(expected), int(seen)) for mission_id, expected, seen in session.execute(shown)}
    waiting = select(Application.mission_id, func.count()).where(Application.state == "pending").group_by(Application.mission_id)
    for mission_id, pending in session.execute(waiting):
        expected, seen = counts.get(mission_id, (0, 0))
        counts[mission_id] = expected + 1000 * pending, seen
    return counts
