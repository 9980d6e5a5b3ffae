"""The service in figures, for those who run it: from the first word to the day on the spot, understanding, answers, lists, what is missing.

Sums alone, no name and no chat. A week begins on Monday, legal time; counts of days by UTC, which may differ by an hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.services import figures
from bot.services.habits import was_asked
from bot.store.models import (
    Application,
    Conversation,
    Digest,
    Participation,
    Recommendation,
    Sentence,
    Subscription,
    Volunteer,
)
from bot.texts import REGISTERS

WEEKS = (4, 12, 52)
"""Periods that can be looked at."""
NEEDS_SHOWN = 40


@dataclass(frozen=True)
class Step:
    """A step of the funnel: its name and how many people came so far in the period."""

    name: str
    people: int


@dataclass(frozen=True)
class Week:
    """A week of one register: sentences, the share that was not understood, the mean confidence of the others (0 to 1)."""

    begins_on: date
    register: str
    sentences: int
    not_understood: float
    confidence: float


@dataclass(frozen=True)
class Answered:
    """What became of the applications of a week; ``hours``: the median until the answer, None: there was none."""

    begins_on: date
    asked: int
    accepted: int
    declined: int
    silent: int
    hours: float | None


@dataclass(frozen=True)
class Lists:
    """The periodic lists of a week: sent, followed by an application to a mission of theirs, subscriptions ended."""

    begins_on: date
    sent: int
    acted: int
    ended: int


@dataclass(frozen=True)
class Need:
    """Free places of open missions in an area for a cause."""

    area: str
    cause: str
    places: int


def since(at: datetime, weeks: int) -> datetime:
    """The Monday, midnight legal time, with which a period of whole weeks begins; the last one is running."""
    today = at.astimezone(CASABLANCA).date()
    return datetime.combine(monday(today) - timedelta(weeks=weeks - 1), datetime.min.time(), CASABLANCA)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(begin: datetime, at: datetime) -> list[date]:
    first, last = begin.date(), monday(at.astimezone(CASABLANCA).date())
    return [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]


def _count(session: Session, query: Any) -> int:
    return int(session.execute(query).scalar_one())


def funnel(session: Session, begin: datetime) -> list[Step]:
    """From a first word to the day on the spot: people in each step since an instant. Five queries."""
    people = func.count(func.distinct(Application.person_id))
    attended = (
        select(people)
        .select_from(Participation)
        .join(Application, Application.id == Participation.application_id)
        .where(Participation.state == "attended", Participation.took_place_on >= begin.date())
    )
    return [
        Step("wrote", _count(session, select(func.count()).select_from(Conversation).where(Conversation.last_at >= begin))),
        Step("offered", _count(session, select(func.count()).select_from(Volunteer).where(Volunteer.created_at >= begin))),
        Step("applied", _count(session, select(people).where(Application.created_at >= begin))),
        Step("accepted", _count(session, select(people).where(Application.state == "accepted", Application.answered_at >= begin))),
        Step("attended", _count(session, attended)),
    ]


def understanding(session: Session, begin: datetime) -> list[Week]:
    """How well each register was understood, week by week. One query: a row a day and register."""
    day = func.date(Sentence.said_at)
    understood = case((Sentence.is_fallback.is_(True), 0.0), else_=func.coalesce(Sentence.confidence, 0.0))
    query = (
        select(
            day,
            Sentence.register,
            func.count(),
            func.sum(case((Sentence.is_fallback.is_(True), 1), else_=0)),
            func.sum(understood),
        )
        .where(Sentence.said_at >= begin, Sentence.register.in_(REGISTERS))
        .group_by(day, Sentence.register)
    )
    sums: dict[tuple[date, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for on, register, count, fallbacks, confidence in session.execute(query):
        week = sums[_week_of(on, begin), register]
        for place, value in enumerate((count, fallbacks, confidence)):
            week[place] += float(value or 0)
    return [
        Week(week, register, int(count), missed / count, confidence / (count - missed) if count > missed else 0.0)
        for (week, register), (count, missed, confidence) in sorted(sums.items())
    ]


def answers(session: Session, begin: datetime, at: datetime) -> list[Answered]:
    """How applications were answered, by the week in which they were made. One query."""
    query = select(Application.created_at, Application.state, func.coalesce(Application.countered_at, Application.answered_at)).where(
        Application.created_at >= begin, was_asked()
    )
    by_week: dict[date, list[tuple[str, float | None]]] = {week: [] for week in _weeks(begin, at)}
    for created_at, state, answered_at in session.execute(query):
        hours = (answered_at - created_at).total_seconds() / 3600 if answered_at and state in ("accepted", "declined") else None
        by_week.setdefault(monday(created_at.astimezone(CASABLANCA).date()), []).append((state, hours))
    return [_answered(week, rows) for week, rows in sorted(by_week.items())]


def _answered(week: date, rows: Sequence[tuple[str, float | None]]) -> Answered:
    states = [state for state, _ in rows]
    hours = [one for _, one in rows if one is not None]
    return Answered(
        week,
        len(rows),
        states.count("accepted"),
        states.count("declined"),
        states.count("expired"),
        round(median(hours), 1) if hours else None,
    )


def lists(session: Session, begin: datetime, at: datetime) -> list[Lists]:
    """The periodic lists week by week. Three queries."""
    sent = select(func.date(Digest.created_at), func.count()).where(Digest.created_at >= begin, Digest.state == "queued")
    acted = (
        select(func.date(Recommendation.shown_at), func.count(func.distinct(Recommendation.digest_id)))
        .join(
            Application,
            (Application.person_id == Recommendation.person_id) & (Application.mission_id == Recommendation.mission_id),
        )
        .where(
            Recommendation.digest_id.is_not(None),
            Recommendation.shown_to == "volunteer",
            Recommendation.shown_at >= begin,
            Application.created_at >= Recommendation.shown_at,
        )
    )
    ended = select(func.date(Subscription.ended_at), func.count()).where(Subscription.ended_at >= begin)
    counted = [
        _by_week(session, query.group_by(column), begin)
        for query, column in (
            (sent, func.date(Digest.created_at)),
            (acted, func.date(Recommendation.shown_at)),
            (ended, func.date(Subscription.ended_at)),
        )
    ]
    return [Lists(week, *(one.get(week, 0) for one in counted)) for week in _weeks(begin, at)]


def _by_week(session: Session, query: Any, begin: datetime) -> Mapping[date, int]:
    found: dict[date, int] = defaultdict(int)
    for on, count in session.execute(query):
        found[_week_of(on, begin)] += int(count)
    return found


def _week_of(on: Any, begin: datetime) -> date:
    """The week of a day as a database counts it, in UTC: the hour before it that already belongs to a period lies in its first week."""
    return max(monday(date.fromisoformat(str(on))), begin.date())


def needs(session: Session, at: datetime) -> list[Need]:
    """Where people are missing most now. As the public statistics count them. One query."""
    found = figures.open_missions(session, at.astimezone(CASABLANCA).date()).needs
    return [Need(area, cause, places) for (area, cause), places in found.most_common(NEEDS_SHOWN)]
