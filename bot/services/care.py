"""People of the team: what is written to them, who waits for them, and when one of them reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from hijridate import Gregorian
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.services import applications, showcase
from bot.services.organisations import ids_spoken_for
from bot.store.models import Handoff, Initiative, Message, Mission

WORDS_LENGTH = 1500
OPENS, CLOSES, CLOSES_IN_RAMADAN = 9, 17, 15
"""Hours of the team, legal time, Monday to Friday."""
SAME_DAY_HOURS = 2
"""So long before closing, what arrives is still read on the same day."""
RAMADAN = 9
"""The month, as Muslims count."""
HOLIDAYS = frozenset(
    {(1, 1), (1, 11), (1, 14), (5, 1), (7, 30), (8, 14), (8, 20), (8, 21), (10, 31), (11, 6), (11, 18)},
)
"""Months and days on which nobody works, whatever the moon does."""


@dataclass(frozen=True)
class Reading:
    """When somebody of the team reads what arrives now: today, this morning, tomorrow morning, or on a later morning."""

    key: str
    """read_today, read_this_morning, read_tomorrow or read_on_day."""
    on: date


def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


def is_in_ramadan(day: date) -> bool:
    """Whether a day lies in Ramadan by Umm al-Qura, a calendar that is reckoned ahead.

    Morocco looks for the moon itself and often begins a day later: at both ends of the month this may be wrong for a day.
    """
    return Gregorian.fromdate(day).to_hijri().month == RAMADAN


def reading(at: datetime) -> Reading:
    """When what arrives at an instant is read."""
    local = at.astimezone(CASABLANCA)
    today = local.date()
    closes = CLOSES_IN_RAMADAN if is_in_ramadan(today) else CLOSES
    if _is_working_day(today):
        if local.time() < time(OPENS):
            return Reading("read_this_morning", today)
        if local.time() < time(closes - SAME_DAY_HOURS):
            return Reading("read_today", today)
    day = today + timedelta(days=1)
    while not _is_working_day(day):
        day += timedelta(days=1)
    return Reading("read_tomorrow" if day - today == timedelta(days=1) else "read_on_day", day)


# ---- words to the team


def mission_of(session: Session, chat_id: int, mission_id: int, at: datetime) -> Mission | None:
    """A mission that somebody may speak of: one that all see, one applied to, or one of an own organisation."""
    applied = (mission for _, mission, _ in applications.of_person(session, chat_id) if mission.id == mission_id)
    found = next(applied, None) or showcase.open_mission(session, mission_id, at.astimezone(CASABLANCA).date())
    if found is not None:
        return found
    own = select(Mission).join(Initiative).where(Mission.id == mission_id, Initiative.organisation_id.in_(ids_spoken_for(chat_id)))
    mission: Mission | None = session.execute(own).scalar_one_or_none()
    return mission


def write_to_team(session: Session, chat_id: int, kind: str, words: str, mission_id: int | None, at: datetime) -> dict[str, Any]:
    """Keep what somebody wrote for the team. Returns {"read", "on"}: of :class:`Reading`, the day as ISO date.

    Args:
        kind: feedback or report.
        mission_id: what it is about; None, or a mission that is not this person's to speak of: the service.
    """
    known = mission_of(session, chat_id, mission_id, at) if mission_id is not None else None
    session.add(
        Message(
            kind=kind,
            chat_id=chat_id,
            mission_id=known.id if known else None,
            words=words[:WORDS_LENGTH],
            state="open",
            created_at=at,
        )
    )
    found = reading(at)
    return {"read": found.key, "on": found.on.isoformat()}


def open_messages(session: Session) -> list[Message]:
    """What was written to the team and is not closed, the oldest first."""
    return list(session.execute(select(Message).where(Message.state == "open").order_by(Message.id)).scalars())


def close_message(session: Session, message_id: int) -> bool:
    """It was read and dealt with; False where there is no such open message."""
    closed: int = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state == "open")
        .values(state="closed")
        .execution_options(synchronize_session=False)
    ).rowcount
    return closed > 0


# ---- handing over to a person


def hand_over(session: Session, chat_id: int, reason: str, at: datetime) -> dict[str, Any]:
    """Put a conversation into the queue of the team, where it does not stand there yet.

    Returns {"outcome", "ahead", "read", "on"}; outcome is opened, waiting (it stood there before) or taken (somebody is reading it);
    ahead is how many wait longer.
    """
    known = session.execute(
        select(Handoff).where(Handoff.chat_id == chat_id, Handoff.state.in_(("waiting", "taken"))).order_by(Handoff.id)
    ).scalars()
    row = known.first()
    outcome = "opened" if row is None else str(row.state)
    if row is None:
        row = Handoff(chat_id=chat_id, reason=reason, state="waiting", opened_at=at)
        session.add(row)
        session.flush()
    ahead = session.execute(select(func.count()).where(Handoff.state == "waiting", Handoff.id < row.id)).scalar_one()
    found = reading(at)
    return {"outcome": outcome, "ahead": int(ahead), "read": found.key, "on": found.on.isoformat()}


def waiting(session: Session) -> list[Handoff]:
    """The conversations in which a person is waited for, the oldest first."""
    return list(session.execute(select(Handoff).where(Handoff.state != "closed").order_by(Handoff.id)).scalars())


def close_handoff(session: Session, handoff_id: int, at: datetime) -> bool:
    """A person has answered; False where there is no such open conversation."""
    closed: int = session.execute(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.state != "closed")
        .values(state="closed", closed_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount
    return closed > 0
