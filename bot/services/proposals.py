"""An organisation invites a volunteer whom it knows as an anonymous card; only his yes opens the door.

open ──► accepted (he has the place, and the organisation reads his first name) | declined | expired
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.matching import judge
from bot.matching.columns import Vector
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, guardians, record, states
from bot.services.organisations import ids_spoken_for, members
from bot.services.profiles import NOTICE_VERSION, person_of
from bot.services.relay import write_payload
from bot.store.models import Application, Consent, HelpCall, Initiative, Mission, Organisation, Person, Proposal, Volunteer
from bot.texts import Html, text

MOST_A_WEEK, MOST_A_MONTH = 1, 2
"""How often anybody is asked for something unasked in 7 and in 30 days, calls for help included: each time risks a long silence
(Manshadi and Rodilitz, 2022), and two a month is what volunteers elsewhere call enough."""
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
ANSWER_DAYS = 7
EVEN_CHANCE = 500
INVITE = "invite"


def not_to_be_asked(session: Session, organisation_id: int, at: datetime) -> set[int]:
    """Volunteers whom this organisation must not invite now: asked by it within a month, or often enough by anybody."""
    own = (
        select(Proposal.person_id)
        .join(Mission, Mission.id == Proposal.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Initiative.organisation_id == organisation_id, Proposal.created_at > at - MONTH)
    )
    return {*session.execute(own).scalars(), *asked_enough(session, at)}


def asked_enough(session: Session, at: datetime, person_id: int | None = None) -> set[int]:
    """Who was asked for something unasked often enough lately; of one person only where the id is given."""
    lately: dict[int, int] = {}
    this_week: dict[int, int] = {}
    for who, when in ((Proposal.person_id, Proposal.created_at), (HelpCall.person_id, HelpCall.asked_at)):
        query = select(who, func.count(), func.sum(case((when > at - WEEK, 1), else_=0))).where(when > at - MONTH).group_by(who)
        if person_id is not None:
            query = query.where(who == person_id)
        for person, month, week in session.execute(query):
            lately[person] = lately.get(person, 0) + month
            this_week[person] = this_week.get(person, 0) + week
    return {person for person, count in lately.items() if count >= MOST_A_MONTH or this_week[person] >= MOST_A_WEEK}


def chances(session: Session, person_ids: Vector) -> Vector:
    """How likely each of some volunteers says yes to an invitation, in thousandths: his own answers so far, begun with one of two."""
    query = select(Proposal.person_id, func.count(), func.sum(case((Proposal.state == "accepted", 1), else_=0))).where(
        Proposal.state != "open"
    )
    known = {person: 1000 * (yes + 1) // (asked + 2) for person, asked, yes in session.execute(query.group_by(Proposal.person_id))}
    return np.array([known.get(int(person), EVEN_CHANCE) for person in person_ids], np.int64)


def propose(session: Session, chat_id: int, person_id: int, mission_id: int, at: datetime) -> dict[str, Any]:
    """Invite a volunteer of the organisation's list to its mission.

    Returns {"outcome", "title"}; outcome is proposed, already (invited before, or applied himself), enough (he was asked often enough
    lately), gone (he or the mission does not fit any more) or unknown (no such mission of this person's organisation).
    """
    own = (
        select(Mission)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Mission.id == mission_id, Initiative.organisation_id.in_(ids_spoken_for(chat_id)))
    )
    mission: Mission | None = session.execute(own).scalar_one_or_none()
    if mission is None:
        return {"outcome": "unknown"}
    told = {"title": mission.title}
    # Two organisations that invite the same person at once: the second counts the first.
    locked: Volunteer | None = session.execute(
        select(Volunteer).where(Volunteer.person_id == person_id).with_for_update()
    ).scalar_one_or_none()
    known = select(Proposal.id).where(Proposal.mission_id == mission_id, Proposal.person_id == person_id)
    applied = select(Application.id).where(Application.mission_id == mission_id, Application.person_id == person_id)
    if locked is not None and (session.execute(known).first() or session.execute(applied).first()):
        return {"outcome": "already", **told}
    if locked is None or not _fits(session, locked, mission, at):
        return {"outcome": "gone", **told}
    if asked_enough(session, at, person_id):
        return {"outcome": "enough", **told}
    proposal = Proposal(mission_id=mission_id, person_id=person_id, state="open", created_at=at)
    session.add(proposal)
    session.flush()
    _ask(session, proposal, mission, at)
    return {"outcome": "proposed", **told}


def _fits(session: Session, volunteer: Volunteer, mission: Mission, at: datetime) -> bool:
    today = at.astimezone(CASABLANCA).date()
    need, profiles = record.open_mission(session, mission.id), record.volunteer_profiles(session, [volunteer.person_id], today)
    if need is None or not profiles or judge.obstacle(profiles[0], need, today):
        return False
    return volunteer.age_band != "teen" or guardians.has_agreed(session, volunteer.person_id)


def _ask(session: Session, proposal: Proposal, mission: Mission, at: datetime) -> None:
    person = session.get(Person, proposal.person_id)
    register, organisation = person.register, mission.initiative.organisation
    body = text(
        register,
        "proposal_received",
        organisation=organisation.name,
        card=Html(cards.open_mission(mission, register)),
    )
    ways = [*choices(proposal, register), Choice(text(register, "button_rhythm"), "/subscribe")]
    outbox.queue(session, person.chat_id, outbox.NOTICE, f"proposal:{proposal.id}", [Draft(body, ways, solicited=False)], at)


def choices(proposal: Proposal, register: str) -> list[Choice]:
    """Yes and no to an invitation, as buttons."""
    return [
        Choice(text(register, f"button_proposal_{answer}"), f'/answer_proposal{{"proposal": "{proposal.id}", "answer": "{answer}"}}')
        for answer in ("yes", "no")
    ]


def answer(session: Session, chat_id: int, proposal_id: int, accepted: bool, at: datetime) -> dict[str, Any]:
    """A volunteer's yes or no. His yes is a place at once, under a lock on the mission, and his consent to being shown as who applies is.

    Returns {"outcome", "title", "organisation"}, for a place also {"when", "place", "mission"}; outcome is accepted, declined, answered (it
    was answered before), late (expired), full, gone (not open any more) or unknown (none of this person's).
    """
    person = person_of(session, chat_id)
    query = select(Proposal).where(Proposal.id == proposal_id, Proposal.person_id == (person.id if person else None)).with_for_update()
    proposal: Proposal | None = session.execute(query).scalar_one_or_none()
    volunteer = session.get(Volunteer, person.id) if person else None
    if proposal is None or person is None or volunteer is None:
        return {"outcome": "unknown"}
    mission: Mission = session.execute(select(Mission).where(Mission.id == proposal.mission_id).with_for_update()).scalar_one()
    organisation: Organisation = mission.initiative.organisation
    told = {"title": mission.title, "organisation": organisation.name}
    if proposal.state != "open":
        return {"outcome": "late" if proposal.state == "expired" else "answered", **told}
    if not accepted:
        _close(proposal, "declined", at)
        # Whom the clock asked to step in, the organisation does not know of.
        if proposal.kind == INVITE:
            _tell(session, proposal, mission, "proposal_declined", at)
        return {"outcome": "declined", **told}
    need, today = record.open_mission(session, mission.id), at.astimezone(CASABLANCA).date()
    if need is None or (need.last_on is not None and need.last_on < today) or need.taken >= need.capacity:
        _close(proposal, "expired", at)
        return {"outcome": "full" if need is not None and need.taken >= need.capacity else "gone", **told}
    _close(proposal, "accepted", at)
    _give_place(session, proposal, organisation, at)

    def shown(register: str) -> dict[str, Any]:
        return {"name": volunteer.first_name, "card": cards.volunteer_facts(volunteer, register)}

    _tell(session, proposal, mission, "proposal_accepted", at, shown)
    where = {"when": cards.when(mission, person.register), "place": cards.where(mission, person.register)}
    return {"outcome": "accepted", **told, **where, "mission": mission.id}


def _close(proposal: Proposal, state: str, at: datetime) -> None:
    states.move(proposal, states.PROPOSAL, state)
    proposal.answered_at = at


def _give_place(session: Session, proposal: Proposal, organisation: Organisation, at: datetime) -> None:
    known = session.execute(
        select(Application).where(Application.mission_id == proposal.mission_id, Application.person_id == proposal.person_id)
    ).scalar_one_or_none()
    application = known or Application(mission_id=proposal.mission_id, person_id=proposal.person_id)
    states.ask(application, "accepted", at)
    application.answered_at = at
    consent = Consent(
        person_id=proposal.person_id, purpose="application", organisation_id=organisation.id, notice_version=NOTICE_VERSION, given_at=at
    )
    session.add_all([application, consent])
    session.flush()


def _application_of(session: Session, proposal: Proposal) -> int:
    query = select(Application.id).where(Application.mission_id == proposal.mission_id, Application.person_id == proposal.person_id)
    return int(session.execute(query).scalar_one())


def _tell(
    session: Session, proposal: Proposal, mission: Mission, key: str, at: datetime, shown: Callable[[str], dict[str, Any]] | None = None
) -> None:
    for member in members(session, mission.initiative.organisation_id):
        body = text(member.register, key, None, title=mission.title, **(shown(member.register) if shown else {}))
        ways = [Choice(text(member.register, "button_volunteers"), "/show_volunteers")]
        if key == "proposal_accepted":
            ways = [Choice(text(member.register, "button_write"), write_payload(_application_of(session, proposal)))]
        origin = f"proposal-{proposal.state}:{proposal.id}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, ways)], at)


def open_ones(session: Session, chat_id: int) -> list[int]:
    """The invitations that wait for the answer of the person of a chat."""
    query = select(Proposal.id).join(Person, Person.id == Proposal.person_id).where(Person.chat_id == chat_id, Proposal.state == "open")
    return list(session.execute(query.order_by(Proposal.id)).scalars())


def unanswered(session: Session, at: datetime) -> list[int]:
    """The invitations that nobody has answered for a week."""
    old = select(Proposal.id).where(Proposal.state == "open", Proposal.created_at < at - timedelta(days=ANSWER_DAYS))
    return list(session.execute(old.order_by(Proposal.id)).scalars())


def expire(session: Session, proposal_id: int, at: datetime) -> bool:
    """End an invitation that nobody answered for a week, and tell its organisation; False where it was answered meanwhile."""
    proposal: Proposal = session.execute(select(Proposal).where(Proposal.id == proposal_id).with_for_update()).scalar_one()
    if proposal.state != "open" or proposal.created_at >= at - timedelta(days=ANSWER_DAYS):
        return False
    _close(proposal, "expired", at)
    if proposal.kind == INVITE:
        _tell(session, proposal, session.get(Mission, proposal.mission_id), "proposal_expired", at)
    return True
