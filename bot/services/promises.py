"""What is kept by the clock: an answer within a week, a place that is kept for a day, a word the day before and the day after, an end.

Each step looks for what is due as at an instant and does it one by one, each in a transaction of its own that looks again under a lock:
killed anywhere, or run by two, it happens once. All hours are legal time (Africa/Casablanca), whatever its clocks do in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, covers, lists, occasions, proposals, recommendations, record, states, waiting
from bot.services.applications import answer_payload, apply_payload, locked
from bot.services.organisations import members
from bot.store.engine import Database
from bot.store.models import Application, Initiative, Mission, Organisation
from bot.texts import Html, text

NUDGE_DAYS, ANSWER_DAYS = 3, 7
"""An application unanswered for so many days: the organisation is reminded; it expires."""
WAIT_DAYS = 28
"""Whoever waited for a place so long is asked whether he still wishes to: his place on the list ends, and can be taken anew."""
ALTERNATIVES = 3
Step = Callable[[Session, int, datetime], bool]


@dataclass
class Kept:
    """What a look did, by step."""

    nudged: int = 0
    expired: int = 0
    passed_on: int = 0
    reminded: int = 0
    briefed: int = 0
    asked: int = 0
    asked_theirs: int = 0
    finished: int = 0
    covered: int = 0
    invitations_ended: int = 0

    def __bool__(self) -> bool:
        return any(vars(self).values())


def run(database: Database, at: datetime) -> Kept:
    """Do all that is due as at an instant. Not to be called in the quiet hours: nobody is woken by a reminder.

    Looking locks nothing; most of the time nothing is due.
    """
    kept = Kept()
    steps: Sequence[tuple[str, Callable[[Session, datetime], list[int]], Step]] = (
        ("finished", _over, finish),
        ("expired", _too_old, expire),
        ("nudged", _unanswered, nudge),
        ("expired", _waited_too_long, end_wait),
        ("passed_on", _kept_too_long, waiting.expire),
        ("reminded", occasions.tomorrow, occasions.remind),
        ("briefed", occasions.to_brief, occasions.brief),
        ("asked", occasions.yesterday, occasions.ask_how_it_was),
        ("asked_theirs", occasions.silent, occasions.ask_organisation),
        ("covered", covers.due, _next_wave),
        ("invitations_ended", proposals.unanswered, proposals.expire),
    )
    for name, due, step in steps:
        with database.read() as session:
            ids = due(session, at)
        for row_id in ids:
            with database.write() as session:
                setattr(kept, name, getattr(kept, name) + step(session, row_id, at))
    return kept


def _ids(session: Session, query: Any) -> list[int]:
    return list(session.execute(query).scalars())


# ---- the organisation's answer


def _unanswered(session: Session, at: datetime) -> list[int]:
    return _ids(
        session,
        select(Application.id)
        .where(
            Application.state == "pending",
            Application.nudged_at.is_(None),
            # Where the organisation named its terms, it is the volunteer's turn.
            Application.countered_at.is_(None),
            Application.created_at <= at - timedelta(days=NUDGE_DAYS),
        )
        .order_by(Application.id),
    )


def nudge(session: Session, application_id: int, at: datetime) -> bool:
    """Remind an organisation of somebody who waits for its answer, with the buttons to give it."""
    application = locked(session, application_id)
    if application.state != "pending" or application.nudged_at is not None or application.countered_at is not None:
        return False
    application.nudged_at = at
    mission = application.mission
    left = max(ANSWER_DAYS - (at - application.created_at).days, 1)
    for member in members(session, mission.initiative.organisation_id):
        register = member.register
        choices = [Choice(text(register, f"button_{one}"), answer_payload(application.id, one)) for one in ("accepted", "declined")]
        body = text(register, "application_nudge", count=left, name=application.person.known_as, title=mission.title)
        origin = f"nudge:{application.id}:{member.id}:{_stamp(application)}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)
    return True


def _stamp(application: Application) -> int:
    """Tells an application that was made again from the first one."""
    return int(application.created_at.timestamp())


def _too_old(session: Session, at: datetime) -> list[int]:
    return _ids(
        session,
        select(Application.id)
        .where(
            Application.state == "pending",
            func.coalesce(Application.countered_at, Application.created_at) <= at - timedelta(days=ANSWER_DAYS),
        )
        .order_by(Application.id),
    )


def expire(session: Session, application_id: int, at: datetime) -> bool:
    """End an application that nobody answered: the volunteer is told, with alternatives; the organisation too."""
    application = locked(session, application_id)
    since = application.countered_at or application.created_at
    if application.state != "pending" or since > at - timedelta(days=ANSWER_DAYS):
        return False
    silent = "counter_expired" if application.countered_at else "application_expired"
    states.settle(application, "expired", at, "terms" if application.countered_at else None)
    mission = application.mission
    organisation = mission.initiative.organisation
    session.flush()
    _tell_with_alternatives(session, application, silent, at, title=mission.title, organisation=organisation.name)
    for member in members(session, organisation.id):
        body = text(member.register, f"{silent}_theirs", name=application.person.known_as, title=mission.title)
        origin = f"expired:{application.id}:{member.id}:{_stamp(application)}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body)], at)
    return True


def _tell_with_alternatives(session: Session, application: Application, key: str, at: datetime, **arguments: Any) -> None:
    """A message to the volunteer that ends with other missions that fit, each with a button."""
    person = application.person
    if person.blocked_at is not None:
        return
    register = person.register
    parts = [text(register, key, None, **arguments)]
    choices = []
    profiles = record.volunteer_profiles(session, [person.id], at.astimezone(CASABLANCA).date())
    if profiles and not profiles[0].paused:
        found = recommendations.select_missions(session, profiles[0], at)
        shown = lists.backdrop(session, [match.mission.mission_id for match in found.matches[:ALTERNATIVES]], at)
        near = [(match, shown.missions.get(match.mission.mission_id)) for match in found.matches[:ALTERNATIVES]]
        lines = [
            cards.mission_card(position, mission, match, register, shown.answers_of(mission))
            for position, (match, mission) in enumerate(near, start=1)
            if mission is not None
        ]
        if lines:
            parts.append(text(register, "alternatives", lines=Html("\n\n".join(lines))))
            ids = [mission.id for _, mission in near if mission is not None]
            choices = [Choice(str(position), apply_payload(mission_id)) for position, mission_id in enumerate(ids, start=1)]
            recommendations.remember_list(session, person.chat_id, "missions", ids, at)
    choices.append(Choice(text(register, "button_search"), "/search_missions"))
    origin = f"{key}:{application.id}:{_stamp(application)}"
    outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft("\n\n".join(parts), choices)], at)


# ---- a place that is kept


def _waited_too_long(session: Session, at: datetime) -> list[int]:
    waited = select(Application.id).where(Application.state == "waiting", Application.created_at <= at - timedelta(days=WAIT_DAYS))
    return _ids(session, waited.order_by(Application.id))


def end_wait(session: Session, application_id: int, at: datetime) -> bool:
    """End a wait for a place that did not fall free, with alternatives and the way to wait on."""
    application = locked(session, application_id)
    if application.state != "waiting" or application.created_at > at - timedelta(days=WAIT_DAYS):
        return False
    states.settle(application, "expired", at, "waited")
    session.flush()
    _tell_with_alternatives(session, application, "wait_over", at, title=application.mission.title)
    return True


def _kept_too_long(session: Session, at: datetime) -> list[int]:
    return _ids(
        session, select(Application.id).where(Application.state == "offered", Application.offered_until <= at).order_by(Application.id)
    )


def _next_wave(session: Session, mission_id: int, at: datetime) -> bool:
    mission = session.execute(select(Mission).where(Mission.id == mission_id).with_for_update()).scalar_one()
    # Another worker may have asked this wave a moment ago.
    return mission_id in covers.due(session, at) and covers.ask_wave(session, mission, at) > 0


# ---- the end of a mission


def _over(session: Session, at: datetime) -> list[int]:
    today = at.astimezone(CASABLANCA).date()
    last = func.coalesce(Mission.ends_on, Mission.starts_on)
    return _ids(session, select(Mission.id).where(Mission.state.in_(states.NOT_OVER), last < today).order_by(Mission.id))


def finish(session: Session, mission_id: int, at: datetime) -> bool:
    """End a dated mission that is over: whoever still waits for an answer is told, with alternatives; who was accepted keeps his place."""
    mission: Mission = session.execute(select(Mission).where(Mission.id == mission_id).with_for_update()).scalar_one()
    if mission.state not in states.NOT_OVER:
        return False
    mission.state, mission.changed_at = "finished", at
    initiative: Initiative = mission.initiative
    organisation: Organisation = initiative.organisation
    session.flush()
    waiting_for_answer = select(Application).where(Application.mission_id == mission_id, Application.state.in_(states.UNANSWERED))
    for application in session.execute(waiting_for_answer.order_by(Application.id).with_for_update(of=Application)).scalars():
        owed = application.state == "pending" and application.countered_at is None
        states.settle(application, "expired", at, "mission_over" if owed else "waited")
        session.flush()
        _tell_with_alternatives(session, application, "mission_over", at, title=mission.title, organisation=organisation.name)
    running = select(Mission.id).where(Mission.initiative_id == initiative.id, Mission.state.in_(states.NOT_OVER))
    if session.execute(running).first() is None:
        initiative.state = "finished"
    return True
