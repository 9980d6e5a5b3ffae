"""What becomes of a request for help, and what its two people hear of it. Each step is taken under a lock on the request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, waves
from bot.store.models import HelpCall, HelpRequest, Person
from bot.texts import text

PATIENCE = {"now": timedelta(hours=2), "today": timedelta(hours=12), "week": timedelta(days=2)}
"""From a helper's yes to "did it arrive?", and from the last wave to the end of the search, by urgency."""
ANSWER_DAYS = 3
"""So long the answer to "did it arrive?" is waited for."""
AGAIN = '/ask_for_help{"reason": "again"}'


def close(session: Session, request: HelpRequest, outcome: str, at: datetime) -> None:
    """End a request: what was on its way to people stays here, the address is forgotten, and whoever was to help hears of it."""
    for call in calls_in(session, request, "asked"):
        call.state = "too_late"
        outbox.take_back(session, session.get(Person, call.person_id).chat_id, waves.origins(call))
    forget_address(session, request)
    helper = session.get(Person, request.helper_id) if request.state == "helper_found" and request.helper_id else None
    request.state, request.outcome, request.closed_at, request.next_step_at = "closed", outcome, at, None
    if helper is not None:
        key = "aid_helper_thanked" if outcome == "fulfilled" else "aid_helper_freed"
        body = text(helper.register, key, name=first_name(session, request.person_id))
        tell(session, helper, f"aid_closed:{request.id}", Draft(body), at)


def forget_address(session: Session, request: HelpRequest) -> None:
    """In the request, in the message that took it to the helper, and where it was shown to the asker once more."""
    if request.address:
        outbox.forget_words(session, session.get(Person, request.person_id).chat_id, request.address, request.created_at)
    request.address = None
    helper = session.get(Person, request.helper_id) if request.helper_id else None
    if helper is not None:
        outbox.forget_texts(session, helper.chat_id, address_origins(request))


def address_origins(request: HelpRequest) -> str:
    return f"aid_address:{request.id}:"


def reopen(session: Session, request: HelpRequest, at: datetime) -> None:
    """The helper cannot after all: forget the address, and let the next wave leave at the next look."""
    asker, name = session.get(Person, request.person_id), helper_name(session, request)
    forget_address(session, request)
    request.state, request.helper_id, request.reminded_at, request.next_step_at = "searching", None, None, at
    if name:
        body = Draft(text(asker.register, "aid_left", name=name), asker_choices(request, asker.register))
        tell(session, asker, f"aid_left:{request.id}:{int(at.timestamp())}", body, at)


def ask_whether_it_arrived(session: Session, request: HelpRequest, at: datetime) -> None:
    remind(session, request, "aid_arrived_ask", at, timedelta(days=ANSWER_DAYS))


def remind(session: Session, request: HelpRequest, key: str, at: datetime, patience: timedelta) -> None:
    """Tell the asker the one thing that is told once in a state."""
    asker = session.get(Person, request.person_id)
    body = text(asker.register, key, need=request.need, name=helper_name(session, request))
    choices = asker_choices(request, asker.register)
    if request.state == "searching":
        choices.append(Choice(text(asker.register, "button_search"), "/search_missions"))
    tell(session, asker, f"{key}:{request.id}:{int(at.timestamp())}", Draft(body, choices), at)
    request.reminded_at, request.next_step_at = at, at + patience


def calls_in(session: Session, request: HelpRequest, state: str) -> list[HelpCall]:
    query = select(HelpCall).where(HelpCall.help_request_id == request.id, HelpCall.state == state).order_by(HelpCall.id)
    return list(session.execute(query).scalars())


def is_waiting(session: Session, request: HelpRequest) -> bool:
    """Whether an answer may still come."""
    session.flush()
    return bool(calls_in(session, request, "asked"))


# ---- what the two see


def helper_name(session: Session, request: HelpRequest) -> str:
    """First name of the one who helps; empty while nobody does."""
    return first_name(session, request.helper_id)


def asker_name(session: Session, request: HelpRequest) -> str:
    """First name of the one who asks."""
    return first_name(session, request.person_id)


def asker_choices(request: HelpRequest, register: str) -> list[Choice]:
    """What the asker may tap, as things stand."""
    payload = f'/close_help_request{{"help_request": "{request.id}", "reason": "%s"}}'
    not_needed = Choice(text(register, "button_aid_not_needed"), payload % "not_needed")
    if request.state != "helper_found":
        return [not_needed]
    return [
        Choice(text(register, "button_aid_address"), "/tell_address"),
        Choice(text(register, "button_aid_arrived"), payload % "arrived"),
        Choice(text(register, "button_aid_nobody"), payload % "nobody"),
        not_needed,
    ]


def helper_choices(call_id: int, register: str) -> list[Choice]:
    """What the one who helps may tap."""
    return [Choice(text(register, f"button_help_{answer}"), waves.call_payload(call_id, answer)) for answer in ("done", "cannot")]


def facts(request: HelpRequest, register: str) -> dict[str, Any]:
    """Need, area and urgency as they read."""
    return {
        "need": request.need,
        "place": cards.place(request.place, register),
        "urgency": text(register, f"aid_urgency_{request.urgency}"),
    }


def first_name(session: Session, person_id: int | None) -> str:
    if person_id is None:
        return ""
    person = session.get(Person, person_id)
    return person.known_as if person else ""


def tell(session: Session, person: Person | None, origin: str, draft: Draft, at: datetime) -> None:
    if person is not None and person.blocked_at is None:
        outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [draft], at)
