"""What an organisation does with what it published: looking at it, changing it, doing it again, ending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, organisations, states, waiting
from bot.services.commitments import missions_concerned
from bot.services.organisations import Need, ids_spoken_for
from bot.store.models import Application, Initiative, Mission
from bot.texts import text


@dataclass(frozen=True)
class Standing:
    """How a mission stands: applications by state."""

    pending: int
    accepted: int


def own(session: Session, chat_id: int, mission_id: int, among: tuple[str, ...] = states.NOT_OVER) -> Mission | None:
    """A mission in one of these states, locked, of an organisation for which the person speaks; None for anything else."""
    query = (
        select(Mission)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Mission.id == mission_id, Mission.state.in_(among), Initiative.organisation_id.in_(ids_spoken_for(chat_id)))
        .with_for_update(of=Mission)
    )
    found: Mission | None = session.execute(query).scalar_one_or_none()
    return found


def of_chat(session: Session, chat_id: int) -> list[Mission]:
    """The missions that are not over of all organisations for which the person speaks, the newest first."""
    query = (
        select(Mission)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Mission.state.in_(states.NOT_OVER), Initiative.organisation_id.in_(ids_spoken_for(chat_id)))
        .order_by(Mission.id.desc())
    )
    return list(session.execute(query).scalars())


def standing(session: Session, mission_id: int) -> Standing:
    counts = dict(
        session.execute(
            select(Application.state, func.count()).where(Application.mission_id == mission_id).group_by(Application.state)
        ).all()
    )
    return Standing(counts.get("pending", 0), sum(counts.get(state, 0) for state in states.HOLDS_PLACE))


def need_of(mission: Mission) -> Need:
    """A saved mission as it was drafted."""
    return Need(
        title=mission.title,
        cause=mission.initiative.cause,
        place=mission.place,
        slots=mission.slots,
        capacity=mission.capacity,
        starts_on=mission.starts_on,
        ends_on=mission.ends_on,
        time_from=mission.time_from,
        time_to=mission.time_to,
        mode=mission.mode,
        skills=mission.skills_required,
        skills_welcome=mission.skills_welcome,
        minimum_age=mission.minimum_age,
        authorisation=mission.authorisation,
    )


def change(session: Session, chat_id: int, mission_id: int, need: Need, at: datetime) -> dict[str, Any]:
    """Change a running mission. Whoever applied is told where time or place changed, with a way to take it back.

    Returns {"outcome", "title", "told"}; outcome is changed, unknown (not this person's, or not running any more) or fewer (more
    volunteers were accepted than there would be places; nothing is changed). Raises ValueError for an unknown place.
    """
    mission = own(session, chat_id, mission_id)
    if mission is None:
        return {"outcome": "unknown"}
    if standing(session, mission_id).accepted > need.capacity:
        return {"outcome": "fewer", "title": mission.title}
    before = _time_and_place(mission)
    organisations.write(mission, need, at)
    mission.initiative.title, mission.initiative.cause, mission.initiative.place = need.title, need.cause, mission.place
    session.flush()
    has_moved = _time_and_place(mission) != before
    told = tell_concerned(session, mission, "mission_changed", at, searches=False) if has_moved else 0
    waiting.offer_places(session, mission.id, at)
    return {"outcome": "changed", "title": mission.title, "told": told}


def _time_and_place(mission: Mission) -> tuple[Any, ...]:
    return mission.place, mission.mode, mission.slots, mission.starts_on, mission.ends_on, mission.time_from, mission.time_to


def close(session: Session, chat_id: int, mission_id: int, at: datetime) -> dict[str, Any]:
    """End a mission: nobody can apply any more, every open application is resolved, and everybody concerned is told.

    A mission that has begun is finished, one that has not is cancelled. Returns {"outcome", "title", "told"}; outcome is closed or
    unknown.
    """
    mission = own(session, chat_id, mission_id)
    if mission is None:
        return {"outcome": "unknown"}
    told = tell_concerned(session, mission, "mission_closed", at)
    end(session, mission, "finished" if has_begun(mission, at) else "cancelled", at)
    return {"outcome": "closed", "title": mission.title, "told": told}


def has_begun(mission: Mission, at: datetime) -> bool:
    """Whether the first day of a dated mission has come, legal time; a weekly one never ends by having begun."""
    return bool(mission.starts_on is not None and mission.starts_on <= at.astimezone(CASABLANCA).date())


def end(session: Session, mission: Mission, state: str, at: datetime) -> None:
    """Bring a locked mission to its last state, and every open application with it."""
    for application in missions_concerned(session, mission.id):
        # Who was accepted to a mission that took place keeps it: he may still say that he was there.
        if application.state != "accepted" or not has_begun(mission, at):
            states.settle(application, "declined", at, "mission_closed")
    mission.state, mission.changed_at = state, at
    session.flush()
    initiative = mission.initiative
    others = select(Mission.id).where(Mission.initiative_id == initiative.id, Mission.state.in_(states.NOT_OVER))
    if session.execute(others).first() is None:
        initiative.state = state


def tell_concerned(session: Session, mission: Mission, key: str, at: datetime, searches: bool = True) -> int:
    """Tell everybody with an open application; returns how many.

    Args:
        key: of a text with title, organisation, when and place.
        searches: whether the way on is to look for another mission; else it is to take the application back.
    """
    told = 0
    for application in missions_concerned(session, mission.id):
        person = application.person
        if person.blocked_at is not None:
            continue
        register = person.register
        body = text(
            register,
            key,
            title=mission.title,
            organisation=mission.initiative.organisation.name,
            when=cards.when(mission, register),
            place=cards.where(mission, register),
        )
        choices = (
            [Choice(text(register, "button_search"), "/search_missions")]
            if searches
            else [Choice(text(register, "button_withdraw"), f'/withdraw_application{{"mission": "{mission.id}"}}')]
        )
        origin = f"{key}:{mission.id}:{int(at.timestamp())}:{person.id}"
        outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, choices)], at)
        told += 1
    return told
