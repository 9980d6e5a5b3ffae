"""Mutual aid: who nearby is asked to help, in small waves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards
from bot.services.digests import in_quiet_hours
from bot.store.models import Consent, HelpCall, HelpRequest, Person, Proposal, Volunteer
from bot.texts import Html, text
from bot.vocabulary import distance_km

WAVE_SIZE, MOST_WAVES = 3, 4
NEXT_WAVE = {"now": timedelta(minutes=10), "today": timedelta(hours=1), "week": timedelta(hours=6)}
"""How long a wave may answer before the next one leaves, by urgency."""
MOST_CALLS, CALLS_DAYS = 2, 30
"""A volunteer is asked at most so often in so many days: people who are asked too much stop answering."""
NEAR_KM = 3
"""Within such a band of distance whose turn it is counts more than who lives nearer."""
_KM_A_DEGREE = 110.5
"""The shorter of a degree's lengths, so that a box drawn with it is too large rather than too small."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be asked. ``call`` is the one by which he said yes too late before; None: he was not asked yet."""

    person: Person
    volunteer: Volunteer
    km: float
    last_asked_at: datetime | None
    call: HelpCall | None

    @property
    def rank(self) -> tuple[bool, int, float, float]:
        """Who wanted to help before; then the nearest band; in it, who was asked least recently."""
        last = self.last_asked_at.timestamp() if self.last_asked_at else 0.0
        return self.call is None, int(self.km / NEAR_KM), last, self.km


def candidates(session: Session, request: HelpRequest, at: datetime) -> list[Candidate]:
    """Those who may be asked for this request, in the order in which they are.

    They agreed to be kept, are adults who did not pause, can be reached, come in person, live within their own radius, were not
    asked for this request before, and not too often lately.
    """
    since = at - timedelta(days=CALLS_DAYS)
    # Whoever asks: an invitation to a mission is asked for unasked, too.
    any_asking = union_all(select(HelpCall.person_id, HelpCall.asked_at), select(Proposal.person_id, Proposal.created_at)).subquery()
    asked = (
        select(
            any_asking.c.person_id,
            func.max(any_asking.c.asked_at).label("last_at"),
            func.sum(case((any_asking.c.asked_at > since, 1), else_=0)).label("lately"),
        )
        .group_by(any_asking.c.person_id)
        .subquery()
    )
    own = aliased(HelpCall)
    agreed = select(Consent.id).where(Consent.person_id == Person.id, Consent.purpose == "profile", Consent.withdrawn_at.is_(None))
    degree = _KM_A_DEGREE * math.cos(math.radians(request.latitude))
    query = (
        select(Person, Volunteer, asked.c.last_at, own)
        .join(Volunteer, Volunteer.person_id == Person.id)
        .outerjoin(asked, asked.c.person_id == Person.id)
        .outerjoin(own, and_(own.person_id == Person.id, own.help_request_id == request.id))
        .where(
            Person.id != request.person_id,
            Person.blocked_at.is_(None),
            Volunteer.paused.is_(False),
            Volunteer.age_band == "adult",
            or_(Volunteer.mode.is_(None), Volunteer.mode != "remote"),
            func.abs(Volunteer.latitude - request.latitude) * _KM_A_DEGREE <= Volunteer.radius_km,
            func.abs(Volunteer.longitude - request.longitude) * degree <= Volunteer.radius_km,
            agreed.exists(),
            or_(own.state == "too_late", and_(own.id.is_(None), func.coalesce(asked.c.lately, 0) < MOST_CALLS)),
        )
    )
    found = []
    for person, volunteer, last_at, call in session.execute(query):
        km = distance_km(request.latitude, request.longitude, volunteer.latitude, volunteer.longitude)
        if km <= volunteer.radius_km:
            found.append(Candidate(person, volunteer, km, last_at, call))
    return sorted(found, key=lambda one: (*one.rank, one.person.id))


def start_wave(session: Session, request: HelpRequest, at: datetime) -> int:
    """Ask the next people for a request that the caller has locked; returns how many. None are left, or all waves were made: 0."""
    if request.wave >= MOST_WAVES:
        return 0
    chosen = candidates(session, request, at)[:WAVE_SIZE]
    # Two requests may want the same person at once: whoever waited for the row counts again.
    session.execute(
        select(Volunteer.person_id).where(Volunteer.person_id.in_(_ids(chosen))).order_by(Volunteer.person_id).with_for_update()
    ).all()
    allowed = {one.person.id for one in candidates(session, request, at)}
    chosen = [one for one in chosen if one.person.id in allowed]
    if not chosen:
        return 0
    request.wave += 1
    request.next_step_at = at + NEXT_WAVE[request.urgency]
    for one in chosen:
        call = one.call or HelpCall(help_request_id=request.id, person_id=one.person.id)
        call.wave, call.state, call.asked_at, call.answered_at = request.wave, "asked", at, None
        session.add(call)
        session.flush()
        # Not asked for by those who receive it: quiet hours hold it, should it still be there when they begin.
        body = draft(call, request, one.person.register, one.km, solicited=False)
        outbox.queue(session, one.person.chat_id, outbox.NOTICE, f"{origins(call)}{call.wave}", [body], at)
    return len(chosen)


def _ids(chosen: Sequence[Candidate]) -> list[Any]:
    return [one.person.id for one in chosen]


def origins(call: HelpCall) -> str:
    """How the origins of the messages begin by which somebody is asked."""
    return f"aid_call:{call.id}:"


def draft(call: HelpCall, request: HelpRequest, register: str, km: float, solicited: bool = True) -> Draft:
    """The question to one person: what, in which area, how urgent; neither name nor address."""
    far = "" if km < 1 else " · " + text(register, "kilometres", count=round(km))
    body = text(
        register,
        "aid_call",
        need=request.need,
        place=Html(text(register, "plain", value=cards.place(request.place, register)) + far),
        urgency=text(register, f"aid_urgency_{request.urgency}"),
    )
    choices = [Choice(text(register, f"button_help_{answer}"), call_payload(call.id, answer)) for answer in ("yes", "no")]
    return Draft(body, choices, solicited=solicited)


def call_payload(call_id: int, answer: str) -> str:
    return f'/answer_help_call{{"help_call": "{call_id}", "answer": "{answer}"}}'


def waking(at: datetime, quiet_hours: tuple[int, int] | None) -> datetime:
    """The instant itself, or the end of the quiet hours in which it lies."""
    if quiet_hours is None or not in_quiet_hours(at, quiet_hours):
        return at
    local = at.astimezone(CASABLANCA)
    end = datetime.combine(local.date(), time(quiet_hours[1] % 24), CASABLANCA)
    return end if end > local else datetime.combine(local.date() + timedelta(days=1), time(quiet_hours[1] % 24), CASABLANCA)
