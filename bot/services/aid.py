"""Mutual aid: somebody asks for help, one of the people nearby gives it, and both are told all along.

searching ─► helper_found ─► closed(fulfilled | failed | irrelevant)
    ▲  a wave when the last had its time      │ "cannot after all": the address is forgotten, the next wave leaves
    └─────────────────────────────────────────┘
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import waves
from bot.services.aid_steps import (
    PATIENCE,
    address_origins,
    ask_whether_it_arrived,
    asker_choices,
    calls_in,
    close,
    first_name,
    helper_choices,
    helper_name,
    is_waiting,
    reopen,
    tell,
)
from bot.services.profiles import NOTICE_VERSION, Speaker, keep_person
from bot.services.waves import start_wave, waking
from bot.store.models import Consent, HelpCall, HelpRequest, Person
from bot.texts import text
from bot.vocabulary.needs import NEED_LENGTH

ADDRESS_LENGTH = 200
OUTCOMES = {"arrived": "fulfilled", "nobody": "failed", "not_needed": "irrelevant"}
"""What the asker says at the end, and what the request becomes by it."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for. Coordinates are those of a location shared; None: the place's own."""

    need: str
    place: str
    urgency: str
    latitude: float | None = None
    longitude: float | None = None


# ---- who asks


def open_request(session: Session, chat_id: int) -> HelpRequest | None:
    """The request of a chat's person that is not closed; there is one at most."""
    query = (
        select(HelpRequest)
        .join(Person, Person.id == HelpRequest.person_id)
        .where(Person.chat_id == chat_id, HelpRequest.state != "closed")
        .order_by(HelpRequest.id)
    )
    found: HelpRequest | None = session.execute(query).scalars().first()
    return found


def last_closed(session: Session, chat_id: int) -> HelpRequest | None:
    """The request of a chat's person that was closed last, if its words are not forgotten yet."""
    query = (
        select(HelpRequest)
        .join(Person, Person.id == HelpRequest.person_id)
        .where(Person.chat_id == chat_id, HelpRequest.state == "closed", HelpRequest.need != "")
        .order_by(HelpRequest.id.desc())
    )
    found: HelpRequest | None = session.execute(query).scalars().first()
    return found


def ask(session: Session, speaker: Speaker, wanted: Wanted, at: datetime, quiet_hours: tuple[int, int] | None) -> dict[str, Any]:
    """Keep a request and ask the first wave; in the quiet hours people are asked when these end, however urgent it is.

    Returns {"outcome", "request_id", "asked", "from"}; outcome is asked, later (from: ISO instant), nobody (closed at once: there is
    nobody to ask) or already (another request of the person is open). Raises ValueError where the place is unknown.
    """
    place = vocabulary.place(wanted.place)
    if place is None:
        raise ValueError(f"unknown place {wanted.place}")
    person = keep_person(session, speaker, at)
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    if known := open_request(session, speaker.chat_id):
        return {"outcome": "already", "request_id": known.id, "asked": 0, "from": None}
    session.add(Consent(person_id=person.id, purpose="aid", notice_version=NOTICE_VERSION, given_at=at))
    request = HelpRequest(
        person_id=person.id,
        need=wanted.need[:NEED_LENGTH],
        place=place.id,
        latitude=place.latitude if wanted.latitude is None else wanted.latitude,
        longitude=place.longitude if wanted.longitude is None else wanted.longitude,
        urgency=wanted.urgency,
        state="searching",
        wave=0,
        created_at=at,
    )
    session.add(request)
    session.flush()
    from_at = waking(at, quiet_hours)
    if from_at > at:
        request.next_step_at = from_at
        return {"outcome": "later", "request_id": request.id, "asked": 0, "from": from_at.isoformat()}
    asked = start_wave(session, request, at)
    if not asked:
        close(session, request, "failed", at)
    return {"outcome": "asked" if asked else "nobody", "request_id": request.id, "asked": asked, "from": None}


def asked_so_far(session: Session, request: HelpRequest) -> int:
    """How many people were asked."""
    return int(session.execute(select(func.count(HelpCall.id)).where(HelpCall.help_request_id == request.id)).scalar_one())


def finish(session: Session, chat_id: int, request_id: int | None, reason: str, at: datetime) -> dict[str, Any]:
    """The asker says how it ended.

    Args:
        request_id: None: the one that is open.
        reason: of :data:`OUTCOMES`; nothing arrives from nobody: while nobody has agreed to help, each means "not needed".

    Returns {"outcome", "name"}; outcome is fulfilled, failed, irrelevant, closed (it was before) or unknown (none of this person's).
    """
    known = open_request(session, chat_id) if request_id is None else None
    request = _own(session, chat_id, request_id or (known.id if known else 0))
    if request is None or reason not in OUTCOMES:
        return {"outcome": "unknown", "name": ""}
    name = helper_name(session, request)
    if request.state == "closed":
        return {"outcome": "closed", "name": name}
    outcome = OUTCOMES[reason] if request.state == "helper_found" else "irrelevant"
    close(session, request, outcome, at)
    return {"outcome": outcome, "name": name}


def give_address(session: Session, chat_id: int, address: str, at: datetime) -> dict[str, Any]:
    """Hand an address or meeting point on to the one who helps, and to nobody else.

    Returns {"outcome", "name"}; outcome is given or nobody (no one helps, or not any more).
    """
    known = open_request(session, chat_id)
    request = _own(session, chat_id, known.id) if known else None
    if request is None or request.state != "helper_found" or request.helper_id is None:
        return {"outcome": "nobody", "name": ""}
    request.address = address[:ADDRESS_LENGTH]
    call = session.execute(
        select(HelpCall).where(HelpCall.help_request_id == request.id, HelpCall.person_id == request.helper_id)
    ).scalar_one()
    helper = session.get(Person, request.helper_id)
    register = helper.register if helper else ""
    body = text(register, "aid_address_for_helper", name=first_name(session, request.person_id), address=request.address)
    tell(session, helper, f"{address_origins(request)}{int(at.timestamp())}", Draft(body, helper_choices(call.id, register)), at)
    return {"outcome": "given", "name": helper_name(session, request)}


def _own(session: Session, chat_id: int, request_id: int) -> HelpRequest | None:
    query = (
        select(HelpRequest)
        .join(Person, Person.id == HelpRequest.person_id)
        .where(HelpRequest.id == request_id, Person.chat_id == chat_id)
        .with_for_update(of=HelpRequest)
        .execution_options(populate_existing=True)
    )
    found: HelpRequest | None = session.execute(query).scalar_one_or_none()
    return found


# ---- who is asked


def open_calls(session: Session, chat_id: int) -> list[tuple[HelpCall, HelpRequest]]:
    """The questions to a chat's person that an answer is still welcome to, the newest first; and what the person is helping with."""
    query = (
        select(HelpCall, HelpRequest)
        .join(HelpRequest, HelpRequest.id == HelpCall.help_request_id)
        .join(Person, Person.id == HelpCall.person_id)
        .where(
            Person.chat_id == chat_id,
            ((HelpCall.state == "asked") & (HelpRequest.state == "searching"))
            | ((HelpCall.state == "accepted") & (HelpRequest.state == "helper_found")),
        )
        .order_by(HelpCall.asked_at.desc(), HelpCall.id.desc())
    )
    return [tuple(row) for row in session.execute(query)]


def answer_call(session: Session, chat_id: int, call_id: int, answer: str, at: datetime) -> dict[str, Any]:
    """Somebody who was asked answers: yes, no, and later done, or cannot.

    The first yes wins, under a lock on the request. Returns {"outcome", "name", "need", "place", "urgency"}; outcome is accepted,
    declined, too_late (somebody was faster), closed (not needed any more), done, cannot or unknown (nobody asked this person that).
    """
    query = (
        select(HelpRequest)
        .join(HelpCall, HelpCall.help_request_id == HelpRequest.id)
        .join(Person, Person.id == HelpCall.person_id)
        .where(HelpCall.id == call_id, Person.chat_id == chat_id)
        .with_for_update(of=HelpRequest)
        .execution_options(populate_existing=True)
    )
    request: HelpRequest | None = session.execute(query).scalar_one_or_none()
    if request is None or answer not in ("yes", "no", "done", "cannot"):
        return {"outcome": "unknown"}
    call: HelpCall = session.get(HelpCall, call_id, populate_existing=True)
    told = {
        "name": first_name(session, request.person_id),
        "need": request.need,
        "place": request.place,
        "urgency": request.urgency,
    }
    is_mine = request.state == "helper_found" and request.helper_id == call.person_id
    if request.state == "closed":
        return {"outcome": "closed", **told}
    if answer == "yes":
        return {"outcome": "accepted" if is_mine or _take(session, request, call, at) else "too_late", **told}
    if answer == "done":
        return {"outcome": _done(session, request, at) if is_mine else "too_late", **told}
    call.state, call.answered_at = "declined", at
    if is_mine:
        reopen(session, request, at)
        return {"outcome": "cannot", **told}
    if request.state == "searching" and request.reminded_at is None and not is_waiting(session, request):
        # All of the wave have said no: there is nothing to wait for.
        request.next_step_at = at
    return {"outcome": "declined", **told}


def _take(session: Session, request: HelpRequest, call: HelpCall, at: datetime) -> bool:
    """Assign whoever said yes, unless somebody is; the asker hears who."""
    call.answered_at = at
    if request.state != "searching":
        call.state = "too_late"
        return False
    call.state = "accepted"
    request.state, request.helper_id, request.reminded_at = "helper_found", call.person_id, None
    request.next_step_at = at + PATIENCE[request.urgency]
    session.add(Consent(person_id=call.person_id, purpose="aid", notice_version=NOTICE_VERSION, given_at=at))
    session.flush()
    for other in calls_in(session, request, "asked"):
        person = session.get(Person, other.person_id)
        if outbox.take_back(session, person.chat_id, waves.origins(other)):
            other.state = "too_late"
    asker = session.get(Person, request.person_id)
    body = text(asker.register, "aid_found", name=helper_name(session, request))
    tell(session, asker, f"aid_found:{call.id}:{int(at.timestamp())}", Draft(body, asker_choices(request, asker.register)), at)
    return True


def _done(session: Session, request: HelpRequest, at: datetime) -> str:
    """The helper says that it is done: the asker has the last word, and is asked for it once."""
    if request.reminded_at is None:
        ask_whether_it_arrived(session, request, at)
    return "done"
