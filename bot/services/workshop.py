"""What the lists of many are made from: read and matched together, in a handful of queries, before any of them is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.matching import engine, fairness
from bot.matching.blocks import NOBODY
from bot.matching.columns import VolunteerColumns
from bot.matching.model import VolunteerProfile
from bot.services import lists, pool, recommendations, record
from bot.services.lists import Backdrop
from bot.services.recommendations import Selection, Shown
from bot.store.models import Organisation, Subscription


@dataclass(frozen=True)
class Workshop:
    """Everything that lists tell, detached from any transaction. Volunteers by person."""

    profiles: Mapping[int, VolunteerProfile]
    selections: Mapping[int, Selection]
    backdrop: Backdrop
    organisations: Sequence[Organisation]
    """All validated ones."""


def prepare(session: Session, subscription_ids: Collection[int], at: datetime) -> Workshop:
    """Match the volunteers of some subscriptions with all open missions and choose their lists, one after the other.

    What is shown to one raises the price for the next. The rows that come back are detached from the session.
    """
    query = select(Subscription.person_id).where(Subscription.id.in_(subscription_ids), Subscription.organisation_id.is_(None))
    ids = sorted(session.execute(query).scalars())
    profiles = record.volunteer_profiles(session, ids, at.astimezone(CASABLANCA).date())
    selections = _select(session, profiles, at) if profiles else {}
    shown = {match.mission.mission_id for selection in selections.values() for match in selection.matches}
    found = lists.backdrop(session, shown, at)
    known = select(Organisation).where(Organisation.state == "validated").order_by(Organisation.id)
    organisations = session.execute(known).scalars().all() if profiles else []
    session.expunge_all()
    return Workshop({one.person_id or 0: one for one in profiles}, selections, found, organisations)


def _select(session: Session, profiles: Sequence[VolunteerProfile], at: datetime) -> dict[int, Selection]:
    own, today = pool.of(session), at.astimezone(CASABLANCA).date()
    missions = own.missions(session)
    demand = own.demand(session, missions, at, fresh=True)
    before = recommendations.shown_before(session, [one.person_id or 0 for one in profiles])
    places = {int(mission_id): row for row, mission_id in enumerate(missions.columns.mission_id)}
    rows, points = engine.best_missions(VolunteerColumns.of(profiles), missions.columns, today, fairness.CANDIDATES, demand.prices())
    chosen = {}
    for profile, candidates, worth in zip(profiles, rows.tolist(), points.tolist(), strict=True):
        fitting = [row for row in candidates if row != NOBODY]
        known = before.get(profile.person_id or 0, Shown({}, ()))
        picks = fairness.pick(
            fitting,
            worth[: len(fitting)],
            missions.columns,
            demand,
            {places[mission_id]: times for mission_id, times in known.times.items() if mission_id in places},
            [places[mission_id] for mission_id in known.last_list if mission_id in places],
        )
        for position, one in enumerate(picks, start=1):
            demand.show(one.row, position)
        chosen[profile.person_id or 0] = Selection(
            matches=recommendations.matches_of(profile, [missions.need(one.row) for one in picks], today),
            prices=[one.price for one in picks],
            total=len(fitting),
            ids=[int(missions.columns.mission_id[one.row]) for one in picks],
        )
    return chosen
