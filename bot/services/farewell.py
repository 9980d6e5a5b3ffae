"""Somebody leaves, of his own wish or not: what others wait for is resolved, and they are told; by no name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import aid, commitments, initiatives, proposals, states, waiting
from bot.services.organisations import members, spoken_for
from bot.store.models import Initiative, Mission, Organisation, OrganisationMember
from bot.texts import text


def say(session: Session, chat_id: int, at: datetime) -> None:
    """Resolve what others wait for, and tell them: somebody left, without a name."""
    for one in commitments.still_ahead(commitments.of_chat(session, chat_id), at.astimezone(CASABLANCA).date()):
        was = one.application.state
        states.settle(one.application, "withdrawn", at)
        if was == "waiting":
            continue  # the organisation never heard of him
        if was in states.HOLDS_PLACE:
            waiting.offer_places(session, one.mission.id, at)
        for member in members(session, one.organisation.id):
            body = text(member.register, "somebody_left", title=one.mission.title)
            outbox.queue(session, member.chat_id, outbox.NOTICE, f"left:{one.application.id}:{member.id}", [Draft(body)], at)
    for organisation in alone_for(session, chat_id):
        running = select(Mission.id).join(Initiative).where(Initiative.organisation_id == organisation.id)
        for mission_id in session.execute(running.where(Mission.state.in_(states.NOT_OVER)).order_by(Mission.id)).scalars().all():
            initiatives.close(session, chat_id, mission_id, at)
    while request := aid.open_request(session, chat_id):
        aid.finish(session, chat_id, request.id, "not_needed", at)
        session.flush()
    for call, _ in aid.open_calls(session, chat_id):
        aid.answer_call(session, chat_id, call.id, "cannot", at)
    for proposal_id in proposals.open_ones(session, chat_id):
        proposals.answer(session, chat_id, proposal_id, False, at)
    session.flush()


def alone_for(session: Session, chat_id: int) -> list[Organisation]:
    """The organisations for which nobody but this person speaks."""
    found = []
    for organisation in spoken_for(session, chat_id):
        count = session.execute(select(func.count()).where(OrganisationMember.organisation_id == organisation.id)).scalar_one()
        if count == 1:
            found.append(organisation)
    return found
