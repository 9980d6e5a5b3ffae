"""What follows: missions because of one that somebody took part in, and missions for a first day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.clock import CASABLANCA
from bot.matching.model import MissionNeed, VolunteerProfile
from bot.messages.outbox import Choice, Draft
from bot.services import cards, lists, paths, recommendations, record
from bot.services.profiles import person_of
from bot.store.models import Application, Initiative, Mission
from bot.texts import Html, text

SHOWN = 3
GENTLE_CAPACITY = 3
"""Where so many are looked for, nobody is alone on his first day."""


def after(session: Session, chat_id: int, mission_id: int, wish: str | None, register: str, at: datetime) -> Draft | None:
    """What follows from a mission and a wish: the place that goes on, or a few missions that fit, with why; None where nothing does now,
    or where he took part in no such mission.

    Args:
        wish: again (the same organisation), similar (the same cause) or more (every week); None: left open, which counts as similar.
    """
    person, day = person_of(session, chat_id), paths.last_day(session, chat_id, mission_id)
    mission = paths.mission_of(session, day) if day else None
    known = record.volunteer_profiles(session, [person.id], at.astimezone(CASABLANCA).date()) if person else []
    if person is None or mission is None or not known:
        return None
    initiative: Initiative = mission.initiative
    if wish == "again" and _goes_on(session, person.id, mission, at):
        when = Html(cards.when(mission, register))
        words = text(register, "path_again_weekly", None, organisation=initiative.organisation.name, when=when)
        return Draft(words, [Choice(text(register, "button_commitments"), "/my_commitments")])
    selection = recommendations.select_some(session, known[0], _follows(wish, initiative), SHOWN, at)
    return lists.some(session, chat_id, selection, register, _because(wish, initiative, register), at) if selection.matches else None


def _goes_on(session: Session, person_id: int, mission: Mission, at: datetime) -> bool:
    """Whether somebody has a place in a mission that takes place again."""
    last = mission.ends_on or mission.starts_on
    query = select(Application.id).where(
        Application.person_id == person_id, Application.mission_id == mission.id, Application.state == "accepted"
    )
    is_open = mission.state in ("published", "full") and (last is None or last > at.astimezone(CASABLANCA).date())
    return is_open and session.execute(query).first() is not None


def _follows(wish: str | None, initiative: Initiative) -> Callable[[MissionNeed], bool]:
    if wish == "again":
        return lambda need: need.organisation_id == initiative.organisation_id
    if wish == "more":
        return lambda need: need.starts_on is None
    return lambda need: need.cause == initiative.cause


def _because(wish: str | None, initiative: Initiative, register: str) -> str:
    if wish == "again":
        return text(register, "next_again", organisation=initiative.organisation.name)
    if wish == "more":
        return text(register, "next_more")
    return text(register, "next_similar", cause=vocabulary.label("cause", initiative.cause, register))


def is_gentle(need: MissionNeed) -> bool:
    """Whether a mission suits a first day: nothing that must be known, others are there too, and it binds to one day."""
    return not need.skills_required and need.capacity >= GENTLE_CAPACITY and _days(need.starts_on, need.ends_on) == 1


def _days(first: date | None, last: date | None) -> int:
    return 0 if first is None else ((last or first) - first).days + 1


def for_a_first_time(session: Session, chat_id: int, volunteer: VolunteerProfile, register: str, at: datetime) -> Draft | None:
    """Missions for a first day that fit somebody, the best first; None where there are none."""
    selection = recommendations.select_some(session, volunteer, is_gentle, SHOWN, at)
    headline = text(register, "missions_first", count=len(selection.matches))
    return lists.some(session, chat_id, selection, register, headline, at) if selection.matches else None
