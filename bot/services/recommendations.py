"""Lists of matches, for whoever asks or is due: judged by bot.matching, and what was shown is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.clock import CASABLANCA
from bot.matching import blocks, engine, fairness, judge, outlook
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.fairness import LIST_LENGTH
from bot.matching.model import Forecast, Match, MissionNeed, VolunteerProfile
from bot.services import pool, proposals, record
from bot.services.organisations import Need
from bot.services.pool import Missions
from bot.store.models import Initiative, LastList, Mission, Organisation, Recommendation

ORGANISATIONS_SHOWN = 2


@dataclass(frozen=True)
class Selection:
    """A part of a list: what is shown, from which place on, and how many there are in all."""

    matches: Sequence[Match]
    prices: Sequence[int]
    """What congestion took from the points of each when the list was built."""
    total: int
    first: int = 0
    """How many stand before these."""
    ids: Sequence[int] = ()
    """The missions of the whole list up to here, so that any of them can be named by its place."""


def select_missions(session: Session, volunteer: VolunteerProfile, at: datetime, page: int = 1, listed: Sequence[int] = ()) -> Selection:
    """A page of the missions that fit a volunteer or a search.

    Args:
        page: from 1; the last one where there are fewer.
        listed: the missions of the list so far: they keep their places, so that no page repeats or skips any while prices move.
    """
    own, today = pool.of(session), _day(at)
    missions, points, fitting = _fitting(session, volunteer, today)
    first = max(0, min((page - 1) * LIST_LENGTH, (len(fitting) - 1) // LIST_LENGTH * LIST_LENGTH))
    known = _rows_of(listed, missions, set(fitting))
    demand = own.demand(session, missions, at)
    if (wanted := first + LIST_LENGTH - len(known)) > 0:
        rest = sorted(set(fitting) - set(known))
        known += [one.row for one in fairness.pick(rest, [int(points[row]) for row in rest], missions.columns, demand, length=wanted)]
    shown = known[first : first + LIST_LENGTH]
    return Selection(
        matches=matches_of(volunteer, [missions.need(row) for row in shown], today),
        prices=[demand.price(row) for row in shown],
        total=len(fitting),
        first=first,
        ids=[int(missions.columns.mission_id[row]) for row in known],
    )


def select_some(session: Session, volunteer: VolunteerProfile, wanted: Callable[[MissionNeed], bool], most: int, at: datetime) -> Selection:
    """Of the missions that fit a volunteer, the best few of those that are wanted.

    Args:
        wanted: looked at for fitting missions alone.
    """
    own, today = pool.of(session), _day(at)
    missions, points, fitting = _fitting(session, volunteer, today)
    rows = [row for row in fitting if wanted(missions.need(row))]
    demand = own.demand(session, missions, at)
    picked = fairness.pick(rows, [int(points[row]) for row in rows], missions.columns, demand, length=most)
    shown = [one.row for one in picked]
    return Selection(
        matches=matches_of(volunteer, [missions.need(row) for row in shown], today),
        prices=[demand.price(row) for row in shown],
        total=len(rows),
        ids=[int(missions.columns.mission_id[row]) for row in shown],
    )


def _fitting(session: Session, volunteer: VolunteerProfile, today: date) -> tuple[Missions, Any, list[int]]:
    """All open missions, the volunteer's points by row, and the rows that fit him."""
    missions = pool.of(session).missions(session)
    points = engine.points_of_one(VolunteerColumns.of([volunteer]), 0, missions.columns, today)
    return missions, points, [int(row) for row in np.flatnonzero(points != blocks.NO_MATCH)]


def _rows_of(ids: Sequence[int], missions: Missions, fitting: Collection[int]) -> list[int]:
    places = {int(mission_id): row for row, mission_id in enumerate(missions.columns.mission_id)} if ids else {}
    rows = (places.get(mission_id) for mission_id in dict.fromkeys(ids))
    return [row for row in rows if row is not None and row in fitting]


def matches_of(volunteer: VolunteerProfile, needs: Sequence[MissionNeed], today: date) -> list[Match]:
    """The matches of missions that fit, in their order, with their reasons."""
    found = [judge.judge(volunteer, need, today) for need in needs]
    return [match for match in found if match is not None]


def binding(session: Session, volunteer: VolunteerProfile, at: datetime) -> str | None:
    """Why nothing was found: the constraint that binds, or None where there is no open mission."""
    return judge.binding(volunteer, pool.of(session).missions(session).needs.values(), _day(at))


def just_outside(session: Session, volunteer: VolunteerProfile, kind: str, at: datetime) -> list[Match]:
    """The missions that nothing but one constraint keeps from a volunteer or a search, the best first."""
    return judge.just_outside(volunteer, pool.of(session).missions(session).needs.values(), kind, _day(at))


def obstacles(session: Session, volunteer: VolunteerProfile, mission_id: int, at: datetime) -> list[str] | None:
    """What keeps a mission from a volunteer's list; empty: nothing does. None where there is no such open mission for anybody."""
    mission = pool.of(session).missions(session).needs.get(mission_id)
    return None if mission is None else list(judge.obstacles(volunteer, mission, _day(at)))


def volunteers_for(session: Session, organisation_id: int, at: datetime, page: int = 1) -> Selection:
    """The volunteers who fit an organisation's missions, each once with his best mission, by points × chance of a yes.

    Who was invited by it already, or often enough lately, is left out.
    """
    needs = record.open_missions(session, organisation_id)
    missions, volunteers, today = MissionColumns.of(needs), pool.of(session).volunteers(session), _day(at)
    if not needs or not len(volunteers):
        return Selection((), (), 0)
    rows, points = engine.best_missions(volunteers, missions, today, 1)
    found = np.flatnonzero(rows[:, 0] != blocks.NOBODY)
    if left_out := proposals.not_to_be_asked(session, organisation_id, at):
        found = found[~np.isin(volunteers.person_id[found], list(left_out))]
    worth = points[found, 0].astype(np.int64) * proposals.chances(session, volunteers.person_id[found])
    order = found[np.lexsort((volunteers.person_id[found], -worth))]
    first = max(0, min((page - 1) * LIST_LENGTH, (len(order) - 1) // LIST_LENGTH * LIST_LENGTH))
    shown = order[first : first + LIST_LENGTH]
    profiles = {one.person_id: one for one in record.volunteer_profiles(session, [int(n) for n in volunteers.person_id[shown]], today)}
    pairs = [(profiles.get(int(volunteers.person_id[row])), needs[int(rows[row, 0])]) for row in shown]
    matches = [match for one, need in pairs if one is not None and (match := judge.judge(one, need, today))]
    return Selection(matches, [0] * len(matches), len(order), first)


def forecast(session: Session, organisation_id: int, need: Need, at: datetime) -> Forecast:
    """Whom a need would suit if it were published as it stands. Raises ValueError for an unknown place."""
    place = vocabulary.place(need.place)
    if place is None:
        raise ValueError(f"unknown place {need.place}")
    mission = MissionNeed(
        mission_id=0,
        organisation_id=organisation_id,
        latitude=place.latitude,
        longitude=place.longitude,
        cause=need.cause,
        slots=need.slots,
        capacity=need.capacity,
        mode=need.mode,
        skills_required=tuple(need.skills),
        skills_welcome=tuple(need.skills_welcome),
        starts_on=need.starts_on,
        ends_on=need.ends_on,
        minimum_age=need.minimum_age,
    )
    return outlook.forecast(mission, pool.of(session).volunteers(session), _day(at))


def fitting_organisations(session: Session, volunteer: VolunteerProfile, leave_out: Collection[int]) -> list[Organisation]:
    """Validated organisations that share a cause with the volunteer, mission or not, the best shared cause first."""
    query = select(Organisation).where(Organisation.state == "validated").order_by(Organisation.id)
    return best_organisations(session.execute(query).scalars().all() if volunteer.causes else (), volunteer, leave_out)


def best_organisations(known: Sequence[Organisation], volunteer: VolunteerProfile, leave_out: Collection[int]) -> list[Organisation]:
    """Those of some organisations that share a cause with the volunteer, the best shared cause first."""
    ranked = []
    hidden = {*leave_out, *volunteer.own_organisation_ids, *volunteer.blocked_organisation_ids}
    for organisation in known:
        shared = [volunteer.causes.index(cause) for cause in organisation.causes if cause in volunteer.causes]
        if shared and organisation.id not in hidden:
            ranked.append((min(shared), organisation.id, organisation))
    return [organisation for _, _, organisation in sorted(ranked, key=lambda r: r[:2])[:ORGANISATIONS_SHOWN]]


# ---- what was shown


def remember_list(session: Session, chat_id: int, kind: str, entries: Sequence[int], at: datetime) -> None:
    """Keep the list just shown to a chat, so that "the second one" means something, whoever showed it."""
    row = session.get(LastList, chat_id)
    if row is None:
        row = LastList(chat_id=chat_id)
        session.add(row)
    row.kind, row.entries, row.shown_at = kind, [str(entry) for entry in entries], at


def listed_missions(session: Session, chat_id: int) -> list[int]:
    """The missions of the last list shown to a chat, in their order."""
    row = session.get(LastList, chat_id)
    return [int(entry) for entry in row.entries] if row is not None and row.kind == "missions" else []


def remember_matches(session: Session, selection: Selection, shown_to: str, digest_id: int | None, at: datetime) -> None:
    """Keep which matches were shown, at which place, for how many points and at which price. Searches without a profile leave no trace."""
    session.add_all(
        Recommendation(
            person_id=match.volunteer.person_id,
            mission_id=match.mission.mission_id,
            shown_to=shown_to,
            digest_id=digest_id,
            position=position,
            points=match.points,
            price=price,
            policy=fairness.POLICY,
            shown_at=at,
        )
        for position, (match, price) in enumerate(zip(selection.matches, selection.prices, strict=True), start=selection.first + 1)
        if match.volunteer.person_id is not None
    )


@dataclass(frozen=True)
class Shown:
    """What a person was shown lately."""

    times: Mapping[int, int]
    """How often each mission stood in his lists."""
    last_list: Collection[int]
    """The missions of the last of them."""


def shown_before(session: Session, person_ids: Collection[int]) -> dict[int, Shown]:
    """What volunteers were shown by their periodic lists: by person. Lists asked for do not count: who asks again wants to see again."""
    query = (
        select(Recommendation.person_id, Recommendation.mission_id, func.count(), func.max(Recommendation.digest_id))
        .where(Recommendation.person_id.in_(person_ids), Recommendation.shown_to == "volunteer", Recommendation.digest_id.is_not(None))
        .group_by(Recommendation.person_id, Recommendation.mission_id)
    )
    rows: dict[int, list[tuple[int, int, int]]] = {}
    for person_id, mission_id, times, digest_id in session.execute(query):
        rows.setdefault(person_id, []).append((mission_id, times, digest_id))
    found = {}
    for person_id, entries in rows.items():
        newest = max(digest_id for *_, digest_id in entries)
        last = {mission_id for mission_id, _, digest_id in entries if digest_id == newest}
        found[person_id] = Shown({mission_id: times for mission_id, times, _ in entries}, last)
    return found


def mission_named(session: Session, chat_id: int, reference: str) -> int | None:
    """The mission meant by a reference: its position in the last list shown to the chat, else its public number."""
    if not reference.isdecimal() or len(reference) > 9:
        return None
    shown = session.get(LastList, chat_id)
    if shown is not None and shown.kind in ("missions", "commitments", "initiatives") and 1 <= int(reference) <= len(shown.entries):
        return int(shown.entries[int(reference) - 1])
    shown_to_all = (
        select(Mission.id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .where(Mission.id == int(reference), Mission.state == "published", Organisation.state == "validated")
    )
    known: int | None = session.execute(shown_to_all).scalar_one_or_none()
    return known


def _day(at: datetime) -> date:
    return at.astimezone(CASABLANCA).date()
