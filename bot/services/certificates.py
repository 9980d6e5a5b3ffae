"""Certificates: handed out on the organisation's word, checked by anybody, revoked by staff."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.certificates import Content, is_printable, numbers, page, render
from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import attested, commitments, confirmations, states
from bot.settings import settings
from bot.store.models import Application, Certificate, Person
from bot.texts import Html, text

REASON_LENGTH = 200
_MAY_ATTEST = ("validated", "withdrawn")
"""States of an organisation whose word counts: looked at by staff; one that left the service has given it before."""


def issue(session: Session, chat_id: int, mission_id: int, register: str, at: datetime) -> dict[str, Any]:
    """Hand out the certificate of what a volunteer did in a mission, as far as its organisation has confirmed it; ask it for the rest.

    Returns {"outcome", "title", "organisation"}; outcome is issued (with "number", "minutes", and "waiting_minutes" that the organisation
    has not confirmed yet), waits (the organisation was asked, and has not answered), disputed (it says otherwise; the team decides),
    hours (nobody said how long), none (no part in it is known), name (it has letters that no font of ours has), silent (nobody of the
    organisation can be asked), unvalidated (staff has not looked at it yet), revoked (staff revoked one that said the same) or unknown
    (none of this person's).
    """
    application = _own(session, chat_id, mission_id)
    if application is None:
        return {"outcome": "unknown"}
    organisation = application.mission.initiative.organisation
    told = {"title": application.mission.title, "organisation": organisation.name}
    rows = attested.attended(session, application)
    if not attested.minutes_of(rows):
        return {"outcome": _without_hours(session, application, bool(rows)), **told}
    if not is_printable(application.person.known_as):
        return {"outcome": "name", **told}
    if organisation.state not in _MAY_ATTEST:
        return {"outcome": "unvalidated", **told}
    attested.ask_again(session, application)
    waiting = attested.unconfirmed(rows)
    is_asked = bool(waiting) and confirmations.ask(session, application, waiting, at)
    certificate = attested.certify(session, application, register, at)
    if certificate is not None:
        left = attested.minutes_of(waiting) if is_asked else 0
        return {"outcome": "issued", **told, "number": certificate.number, "minutes": certificate.minutes, "waiting_minutes": left}
    if waiting:
        return {"outcome": "waits" if is_asked else "silent", **told}
    return {"outcome": "revoked", **told}


def _own(session: Session, chat_id: int, mission_id: int) -> Application | None:
    query = (
        select(Application)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Application.mission_id == mission_id)
        .with_for_update(of=Application)
    )
    found: Application | None = session.execute(query).scalar_one_or_none()
    return found


def _without_hours(session: Session, application: Application, took_part: bool) -> str:
    if took_part:
        return "hours"
    done = commitments.participations(session, application.person.chat_id).get(application.id, ())
    return states.DISPUTED if any(row.state == states.DISPUTED for row in done) else "none"


# ---- the document


@dataclass(frozen=True)
class Document:
    """A certificate as a file, and what is said with it."""

    file_name: str
    content: bytes
    caption: str


def address(number: str) -> str:
    """Where anybody may check a certificate."""
    found = settings()
    return f"{found.site_url or f'http://127.0.0.1:{found.web_port}'}/c/{numbers.shown(number)}"


def content_of(session: Session, chat_id: int, number: str) -> Content | None:
    """A person's own certificate; None where it is none of his."""
    query = select(Certificate).join(Person, Person.id == Certificate.person_id).where(Person.chat_id == chat_id)
    row: Certificate | None = session.execute(query.where(Certificate.number == number)).scalar_one_or_none()
    return _content(row) if row else None


def _content(row: Certificate) -> Content:
    return Content(
        number=row.number,
        name=row.name,
        organisation=row.organisation,
        mission=row.mission,
        place=row.place,
        minutes=row.minutes,
        first_on=row.first_on,
        last_on=row.last_on,
        issued_at=row.issued_at,
    )


def document(content: Content, register: str) -> Document:
    """The file; it takes a while to set, so no transaction should wait for it."""
    shown, link = numbers.shown(content.number), address(content.number)
    caption = text(register, "certificate_caption", number=shown, url=link)
    return Document(f"tadamon-{shown}.pdf", render(content, register, link), caption)


def send(session: Session, chat_id: int, made: Document, origin: str, at: datetime) -> None:
    """Queue the file to the chat, once an origin."""
    extra = {"file_name": made.file_name, "content_base64": base64.b64encode(made.content).decode()}
    outbox.queue(session, chat_id, outbox.REPLY, origin, [Draft(made.caption, method=outbox.DOCUMENT, extra=extra)], at)


# ---- checking and revoking


@dataclass(frozen=True)
class Verdict:
    """What is known of a number: true (with what the certificate says), revoked (when and why), altered or unknown."""

    outcome: str
    number: str = ""
    content: Content | None = None
    revoked_at: datetime | None = None
    reason: str = ""
    """replaced, or staff's words."""


def verify(session: Session, typed: str) -> Verdict:
    """Whether a certificate holds, by its number however it was typed. Tells nothing that the certificate itself does not."""
    number = numbers.read(typed)
    if number is None:
        return Verdict("unknown")
    if not numbers.is_sound(number):
        return Verdict("altered", number)
    row = _by_number(session, number)
    if row is None:
        return Verdict("unknown", number)
    if row.revoked_at is not None:
        return Verdict("revoked", number, revoked_at=row.revoked_at, reason=row.revoked_reason or "")
    return Verdict("true", number, _content(row))


def _by_number(session: Session, number: str) -> Certificate | None:
    found: Certificate | None = session.execute(select(Certificate).where(Certificate.number == number)).scalar_one_or_none()
    return found


def in_words(verdict: Verdict, register: str) -> str:
    """What is known of a number, as Telegram HTML; one line a fact."""
    number = numbers.shown(verdict.number) if verdict.number else ""
    if verdict.content is not None:
        content = verdict.content
        facts: dict[str, Any] = {
            "name": content.name,
            "mission": content.mission,
            "organisation": content.organisation,
            "hours": Html(page.duration(content.minutes, register)),
            "period": Html(page.period(content, register)),
            "place": page.place(content, register),
            "day": Html(_day(content.issued_at, register)),
            "number": number,
        }
        return text(register, "verify_true", None, **facts)
    if verdict.revoked_at is not None:
        reason = Html(text(register, "verify_reason_replaced")) if verdict.reason == attested.REPLACED else verdict.reason
        return text(register, "verify_revoked", None, day=Html(_day(verdict.revoked_at, register)), reason=reason, number=number)
    if verdict.outcome == "altered":
        return text(register, "verify_altered", number=number)
    return text(register, "verify_unknown")


def _day(at: datetime, register: str) -> str:
    return page.day(at.astimezone(CASABLANCA).date(), register)


def revoke(session: Session, typed: str, reason: str, at: datetime) -> str:
    """Staff takes a certificate back; the volunteer is told. Returns revoked, already or unknown.

    Args:
        reason: read by everybody who checks the certificate; 200 characters are kept.
    """
    row = _by_number(session, numbers.read(typed) or "")
    if row is None:
        return "unknown"
    if row.revoked_at is not None:
        return "already"
    row.revoked_at, row.revoked_reason = at, reason[:REASON_LENGTH]
    person = session.get(Person, row.person_id)
    if person.blocked_at is None:
        body = text(person.register, "certificate_revoked_told", number=numbers.shown(row.number), title=row.mission, reason=reason)
        outbox.queue(session, person.chat_id, outbox.NOTICE, f"revoked:{row.id}", [Draft(body)], at)
    return "revoked"
