"""What came of a month, told to each organisation in its first days: answers, places, hours, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, habits
from bot.services.organisations import members
from bot.store.models import Application, Initiative, Mission, Organisation, OutboxMessage, Participation
from bot.texts import Html, text

HOUR, TOLD_WITHIN_DAYS = 10, 7
"""From when on, legal time, and until which day of the month."""


@dataclass
class Month:
    """The figures of one organisation in one month."""

    received: int = 0
    answered: int = 0
    accepted: int = 0
    minutes: int = 0
    people: int = 0
    """Volunteers who took part."""
    waiting: int = 0
    """Applications that wait for an answer now."""

    @property
    def is_worth_a_word(self) -> bool:
        return bool(self.received or self.minutes or self.people)


def month_before(today: date) -> tuple[date, date]:
    """The first day of the month before, and that of this one."""
    this = today.replace(day=1)
    return (this - timedelta(days=1)).replace(day=1), this


def is_time(at: datetime) -> bool:
    """Whether the month before is told now: in the first days of a month, from ten o'clock legal time on."""
    local = at.astimezone(CASABLANCA)
    return local.day <= TOLD_WITHIN_DAYS and local.hour >= HOUR


def _of_organisation(query: Any) -> Any:
    return query.join(Mission, Mission.id == Application.mission_id).join(Initiative, Initiative.id == Mission.initiative_id)


def figures(session: Session, first: date, next_first: date) -> dict[int, Month]:
    """The month of every organisation that had one. Three queries, however many there are."""
    since, until = (datetime.combine(day, time(), CASABLANCA) for day in (first, next_first))
    found: dict[int, Month] = {}

    def of(organisation_id: int) -> Month:
        return found.setdefault(organisation_id, Month())

    is_answered = Application.state.in_(("accepted", "declined")) | Application.countered_at.is_not(None)
    answered = case((is_answered, 1), else_=0)
    received = _of_organisation(
        select(
            Initiative.organisation_id,
            func.count(),
            func.sum(answered),
            func.sum(case((Application.state == "accepted", 1), else_=0)),
        ).select_from(Application)
    ).where(Application.created_at >= since, Application.created_at < until, habits.was_asked())
    for organisation_id, count, with_answer, accepted in session.execute(received.group_by(Initiative.organisation_id)):
        month = of(organisation_id)
        month.received, month.answered, month.accepted = count, int(with_answer), int(accepted)
    took_part = (
        _of_organisation(
            select(
                Initiative.organisation_id,
                func.coalesce(func.sum(Participation.minutes), 0),
                func.count(func.distinct(Application.person_id)),
            )
            .select_from(Participation)
            .join(Application, Application.id == Participation.application_id)
        )
        .where(Participation.state == "attended", Participation.took_place_on >= first, Participation.took_place_on < next_first)
        .group_by(Initiative.organisation_id)
    )
    for organisation_id, minutes, people in session.execute(took_part):
        of(organisation_id).minutes, of(organisation_id).people = int(minutes), people
    waits = _of_organisation(select(Initiative.organisation_id, func.count()).select_from(Application))
    for organisation_id, count in session.execute(waits.where(Application.state == "pending").group_by(Initiative.organisation_id)):
        of(organisation_id).waiting = count
    return found


def tell(session: Session, at: datetime) -> int:
    """Tell each validated organisation its month, once; returns how many messages were queued."""
    first, next_first = month_before(at.astimezone(CASABLANCA).date())
    stamp = f"{first:%Y-%m}"
    prefix = f"impact:{stamp}:"
    known = select(OutboxMessage.origin).where(OutboxMessage.origin >= prefix, OutboxMessage.origin < prefix + "~")
    told = set(session.execute(known).scalars())
    months = {number: month for number, month in figures(session, first, next_first).items() if month.is_worth_a_word}
    query = select(Organisation).where(Organisation.id.in_(months), Organisation.state == "validated").order_by(Organisation.id)
    queued = 0
    for organisation in session.execute(query).scalars():
        for member in members(session, organisation.id):
            origin = f"{prefix}{organisation.id}:{member.id}"
            if origin in told:
                continue
            draft = _draft(organisation, months[organisation.id], first, member.register)
            queued += len(outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [draft], at))
    return queued


def _draft(organisation: Organisation, month: Month, first: date, register: str) -> Draft:
    lines = []
    if month.received:
        lines.append(text(register, "impact_received", count=month.received, answered=month.answered, accepted=month.accepted))
    if month.people:
        lines.append(text(register, "impact_people", count=month.people))
    if month.minutes:
        lines.append(text(register, "impact_hours", count=max(1, round(month.minutes / 60))))
    if month.waiting:
        lines.append(text(register, "answers_waiting", count=month.waiting))
    body = text(register, "impact", organisation=organisation.name, month=cards.month(first, register), lines=Html("\n".join(lines)))
    ways = (("button_volunteers", "/show_volunteers"), ("button_publish", "/publish_initiative"))
    choices = [Choice(text(register, key), payload) for key, payload in ways]
    return Draft(body, choices, solicited=False)
