"""Somebody fell out shortly before a mission: those who fit are asked to step in, in small waves, the least recently asked first."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np
from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.matching import engine
from bot.matching.blocks import NOBODY
from bot.matching.columns import MissionColumns
from bot.matching.model import MissionNeed
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, guardians, pool, proposals, record
from bot.store.models import HelpCall, Mission, Person, Proposal, Volunteer
from bot.texts import Html, text

COVER_DAYS = 3
"""So near a mission a place that falls free is looked for actively; before, the lists find somebody."""
WAVE_SIZE, MOST_WAVES = 3, 4
NEXT_WAVE = timedelta(hours=2)
LOOKED_AT = 50
"""So many of the best are looked at for a wave."""
KIND = "cover"


def begins_at(mission: Mission) -> datetime | None:
    """When a dated mission begins, by legal time; the first minute of its day where no hour is known. None: it goes on every week."""
    if mission.starts_on is None:
        return None
    hours, minutes = (mission.time_from or "00:00").split(":")
    return datetime.combine(mission.starts_on, time(int(hours), int(minutes)), CASABLANCA)


def is_near(mission: Mission, at: datetime) -> bool:
    """Whether a mission begins within days, and has not begun."""
    begins = begins_at(mission)
    return mission.state == "published" and begins is not None and at < begins <= at + timedelta(days=COVER_DAYS)


def begin(session: Session, mission_id: int, at: datetime) -> int:
    """Look for somebody to step in, if the mission is near; returns how many were asked."""
    mission = session.get(Mission, mission_id)
    return ask_wave(session, mission, at) if is_near(mission, at) else 0


def due(session: Session, at: datetime) -> list[int]:
    """The missions whose next wave is due: somebody was asked to step in, long enough ago, and not too many times."""
    waves = (
        select(Proposal.mission_id)
        .join(Mission, Mission.id == Proposal.mission_id)
        .where(
            Proposal.kind == KIND,
            Mission.state == "published",
            # One day more than the days of cover: the hour is looked at in Python.
            Mission.starts_on >= at.astimezone(CASABLANCA).date(),
        )
        .group_by(Proposal.mission_id)
        .having((func.max(Proposal.created_at) <= at - NEXT_WAVE) & (func.count(func.distinct(Proposal.created_at)) < MOST_WAVES))
    )
    return list(session.execute(waves.order_by(Proposal.mission_id)).scalars())


def ask_wave(session: Session, mission: Mission, at: datetime) -> int:
    """Ask the next few, while a place is free; returns how many."""
    need = record.open_mission(session, mission.id)
    if need is None or need.taken >= need.capacity or not is_near(mission, at):
        return 0
    chosen = _candidates(session, need, at)
    for person_id in chosen:
        proposal = Proposal(mission_id=mission.id, person_id=person_id, kind=KIND, state="open", created_at=at)
        session.add(proposal)
        session.flush()
        _ask(session, proposal, mission, at)
    return len(chosen)


def _candidates(session: Session, need: MissionNeed, at: datetime) -> list[int]:
    volunteers = pool.of(session).volunteers(session)
    rows, _ = engine.best_volunteers(volunteers, MissionColumns.of([need]), at.astimezone(CASABLANCA).date(), LOOKED_AT)
    fitting = [int(n) for n in volunteers.person_id[rows[0][rows[0] != NOBODY]]]
    known = set(session.execute(select(Proposal.person_id).where(Proposal.mission_id == need.mission_id)).scalars())
    left_out = known | proposals.asked_enough(session, at)
    last_asked = _last_asked(session, fitting)
    order = np.argsort([last_asked.get(person_id, 0.0) for person_id in fitting], kind="stable")
    found = []
    for place in order:
        volunteer = session.get(Volunteer, fitting[place])
        may_come = volunteer is not None and (volunteer.age_band != "teen" or guardians.has_agreed(session, volunteer.person_id))
        if fitting[place] not in left_out and may_come:
            found.append(fitting[place])
        if len(found) == WAVE_SIZE:
            break
    return found


def _last_asked(session: Session, person_ids: list[int]) -> dict[int, float]:
    """When each of some people was last asked for anything, as a timestamp."""
    asked = union_all(select(HelpCall.person_id, HelpCall.asked_at), select(Proposal.person_id, Proposal.created_at)).subquery()
    query = select(asked.c.person_id, func.max(asked.c.asked_at)).where(asked.c.person_id.in_(person_ids)).group_by(asked.c.person_id)
    return {person_id: when.timestamp() for person_id, when in session.execute(query)}


def _ask(session: Session, proposal: Proposal, mission: Mission, at: datetime) -> None:
    person = session.get(Person, proposal.person_id)
    register = person.register
    card = Html(cards.open_mission(mission, register))
    body = text(register, "cover_received", organisation=mission.initiative.organisation.name, card=card)
    choices = proposals.choices(proposal, register)
    choices.append(Choice(text(register, "button_rhythm"), "/subscribe"))
    outbox.queue(session, person.chat_id, outbox.NOTICE, f"proposal:{proposal.id}", [Draft(body, choices, solicited=False)], at)
