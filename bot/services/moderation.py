"""What staff decide about organisations and about what people wrote to the team. Whoever it concerns is told in his own register.

pending ─► validated | refused      validated ─► flagged      refused | flagged ─► validated      refused ─► pending (registered again)

A decision is made about what the page showed: where the organisation has changed since, or somebody else was faster, it is not made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import audit, cards, care, organisations, takeovers
from bot.services.audit import Author
from bot.services.profiles import person_of
from bot.services.territory import within
from bot.store.models import Handoff, Message, Organisation, OrganisationReview
from bot.texts import text
from bot.vocabulary.spelling import words

VALIDATED, REFUSED, FLAGGED = "validated", "refused", "flagged"
STATES = ("pending", VALIDATED, REFUSED, FLAGGED)
"""In which an organisation stands before staff; drafts and those that left are nobody's business."""
DECISIONS: Mapping[str, tuple[str, ...]] = {
    "pending": (VALIDATED, REFUSED),
    VALIDATED: (FLAGGED,),
    REFUSED: (VALIDATED,),
    FLAGGED: (VALIDATED,),
}
"""What may be decided in which state."""
REASONS: Mapping[str, tuple[str, ...]] = {
    REFUSED: ("papers", "not_eligible", "duplicate", "unclear"),
    FLAGGED: ("reports", "misleading", "money", "safety"),
}
"""Templates of what is told: the texts moderation_<decision>_<reason>."""
CLOSINGS = ("thanks", "acted", "kept", "silent")
"""What is told to whoever wrote to the team: the texts moderation_closed_…; silent: nothing."""
LOOKED_AT = ("name", "kind", "place", "causes", "services", "representative", "receipt")
"""Columns that a decision is about."""
PAGE = 25
MOST_NEARBY = 2000
"""Organisations of the same place that are compared by name, the newest first."""
MOST_ALIKE = 5
_SHORT_NAME = 3
ALIKE = 86
"""Of 100: names that may be one organisation's."""
# What organisations are called whatever they do: alike in these, two are not alike.
_COMMON = frozenset(
    word.skeleton
    for name in (
        "association coopérative fondation institution amicale marocaine Maroc Casablanca pour de la des les du et le al el",
        "جمعية تعاونية مؤسسة ودادية مغربية المغربية المغرب الدار البيضاء من أجل و في",
    )
    for word in words(name)
)


class Stale(Exception):
    """It has changed since the form was made, or was decided before: nothing was done."""


class Unfit(ValueError):
    """A decision or a reason that there is not."""


@dataclass(frozen=True)
class Shelf:
    """A page of organisations. ``before``: where the next one goes on; None: nothing comes after it."""

    rows: list[Organisation]
    before: int | None


# ---- organisations


def snapshot(organisation: Organisation) -> dict[str, Any]:
    """What a decision is about, as JSON has it."""
    return {name: list(value) if isinstance(value := getattr(organisation, name), tuple) else value for name in LOOKED_AT}


def fingerprint(organisation: Organisation) -> str:
    """What a page showed, in short: a form brings it back."""
    return fingerprint_of(organisation.state, snapshot(organisation))


def fingerprint_of(state: str, looked_at: Mapping[str, Any]) -> str:
    """A state and what was looked at in it, in 32 hexadecimal digits."""
    shown = json.dumps([state, looked_at], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:32]


def by_id(session: Session, organisation_ids: Sequence[int]) -> list[Organisation]:
    """Organisations, locked."""
    query = select(Organisation).where(Organisation.id.in_(organisation_ids)).order_by(Organisation.id).with_for_update()
    return list(session.execute(query).scalars())


def listed(session: Session, state: str, before: int | None = None, limit: int = PAGE) -> Shelf:
    """Organisations of a state: those that wait, the oldest first; all others, the newest first.

    Args:
        before: the number with which the page before ended; None: from the beginning.
    """
    query = select(Organisation).where(Organisation.state == state)
    is_queue = state == "pending"
    if before is not None:
        query = query.where(Organisation.id > before if is_queue else Organisation.id < before)
    order = Organisation.id if is_queue else Organisation.id.desc()
    rows = list(session.execute(query.order_by(order).limit(limit + 1)).scalars())
    return Shelf(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def counts(session: Session) -> dict[str, int]:
    """How many organisations stand in each state."""
    query = select(Organisation.state, func.count()).where(Organisation.state.in_(STATES)).group_by(Organisation.state)
    return {**dict.fromkeys(STATES, 0), **dict(session.execute(query).all())}


def reviews(session: Session, organisation_id: int) -> list[OrganisationReview]:
    """Earlier decisions, the newest first."""
    query = select(OrganisationReview).where(OrganisationReview.organisation_id == organisation_id)
    return list(session.execute(query.order_by(OrganisationReview.id.desc()).limit(20)).scalars())


def differences(organisation: Organisation, earlier: Sequence[OrganisationReview]) -> list[tuple[str, Any, Any]]:
    """(column, before, now) of what changed since the last decision; nothing where there was none."""
    if not earlier:
        return []
    before, now = earlier[0].snapshot, snapshot(organisation)
    return [(name, before.get(name), now[name]) for name in LOOKED_AT if before.get(name) != now[name]]


def alike(session: Session, shown: Sequence[Organisation]) -> dict[int, list[Organisation]]:
    """Organisations with nearly the same name in the same place, by the one that is shown. One query for all of them.

    Names are compared as skeletons, so that scripts and spellings do not hide a double; words that every association has do not count.
    """
    places = {place for one in shown for place in _around(one.place)}
    query = select(Organisation).where(Organisation.place.in_(sorted(places)), Organisation.state.in_(STATES))
    nearby = [(one, _name(one)) for one in session.execute(query.order_by(Organisation.id.desc()).limit(MOST_NEARBY)).scalars()]
    found = {}
    for one in shown:
        name, around = _name(one), _around(one.place)
        same = [
            (fuzz.token_set_ratio(name, other_name), other)
            for other, other_name in nearby
            if other.id != one.id and other.place in around and _is_alike(name, other_name)
        ]
        found[one.id] = [other for _, other in sorted(same, key=lambda pair: (-pair[0], pair[1].id))[:MOST_ALIKE]]
    return found


def _is_alike(name: str, other: str) -> bool:
    """Whether two names may be one; a name of common words alone is like none, and one of few consonants only like itself."""
    if min(len(name), len(other)) < _SHORT_NAME:
        return bool(name) and name == other
    return bool(fuzz.token_set_ratio(name, other) >= ALIKE)


def _name(organisation: Organisation) -> str:
    """A name as it is compared: without the article, which one script joins to the word, and without common words."""
    keys = (
        word.skeleton.removeprefix("l") if word.normal.startswith("ال") else word.skeleton or word.normal
        for word in words(organisation.name)
    )
    return " ".join(key for key in keys if key not in _COMMON)


def _around(place: str) -> frozenset[str]:
    """A place, what lies in it, and what it lies in."""
    found, above = set(within(place)), vocabulary.place(place)
    while above is not None and above.parent:
        found.add(above.parent)
        above = vocabulary.place(above.parent)
    return frozenset(found)


def decide(session: Session, author: Author, organisation_id: int, decision: str, reason: str | None, shown: str, at: datetime) -> None:
    """Validate, refuse or flag; everybody who speaks for it is told.

    Args:
        reason: of :data:`REASONS`; None, where it is validated.
        shown: the fingerprint of what the form was made from.

    Raises Stale, Unfit.
    """
    if (reason or None) not in REASONS.get(decision, (None,)) or decision not in (VALIDATED, REFUSED, FLAGGED):
        raise Unfit(decision)
    query = select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    organisation: Organisation | None = session.execute(query).scalar_one_or_none()
    if organisation is None or fingerprint(organisation) != shown:
        raise Stale
    if decision not in DECISIONS.get(organisation.state, ()):
        raise Unfit(decision)
    if decision == VALIDATED:
        organisations.validate(session, organisation_id, at)
    else:
        organisation.state = decision
    review = OrganisationReview(
        organisation_id=organisation_id,
        account_id=author.account_id,
        decision=decision,
        reason=reason or None,
        snapshot=snapshot(organisation),
        created_at=at,
    )
    session.add(review)
    session.flush()
    audit.record(session, author, f"organisation_{decision}", at, ("organisation", organisation_id), reason=reason or None)
    _tell_members(session, organisation, review, at)


def _tell_members(session: Session, organisation: Organisation, review: OrganisationReview, at: datetime) -> None:
    key = f"moderation_{review.decision}_{review.reason}" if review.reason else f"moderation_{review.decision}"
    for member in organisations.members(session, organisation.id):
        register = member.register
        choices = [Choice(text(register, "button_handoff"), "/human_handoff")] if review.reason else []
        body = text(register, key, name=organisation.name)
        origin = f"moderation:{review.id}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)


# ---- what was written to the team


def messages(session: Session, state: str, before: int | None = None, limit: int = PAGE) -> list[Message]:
    """What people wrote to the team: what is open, the oldest first; what is closed, the newest first. One row more than ``limit`` where
    there is another page.

    Args:
        before: the number with which the page before ended.
    """
    query = select(Message).where(Message.state == state)
    if state == "open":
        later = Message.id > before if before is not None else True
        return list(session.execute(query.where(later).order_by(Message.id).limit(limit + 1)).scalars())
    earlier = Message.id < before if before is not None else True
    return list(session.execute(query.where(earlier).order_by(Message.id.desc()).limit(limit + 1)).scalars())


def close(session: Session, author: Author, message_id: int, closing: str, at: datetime) -> None:
    """It was read and dealt with; whoever wrote it is told, unless ``closing`` is silent. Raises Stale, Unfit."""
    if closing not in CLOSINGS:
        raise Unfit(closing)
    if not care.close_message(session, message_id):
        raise Stale
    message: Message = session.execute(select(Message).where(Message.id == message_id)).scalar_one()
    audit.record(session, author, "message_closed", at, ("message", message_id), kind=message.kind, closing=closing)
    if message.kind == "report":
        _close_handoff(session, message.chat_id, at)
    if closing != "silent":
        _answer(session, message, closing, at)


def _close_handoff(session: Session, chat_id: int, at: datetime) -> None:
    """Nobody is waited for any more on account of reports, once the last of them is closed."""
    if session.execute(select(Message.id).where(Message.chat_id == chat_id, Message.kind == "report", Message.state == "open")).first():
        return
    waits = update(Handoff).where(Handoff.chat_id == chat_id, Handoff.reason == "report", Handoff.state == "waiting")
    session.execute(waits.values(state="closed", closed_at=at).execution_options(synchronize_session=False))


def _answer(session: Session, message: Message, closing: str, at: datetime) -> None:
    person = person_of(session, message.chat_id)
    if person is not None and person.blocked_at is not None:
        return
    register = takeovers.register_of(session, message.chat_id)
    day = cards.day(message.created_at.astimezone(CASABLANCA).date(), register)
    draft = Draft(text(register, f"moderation_closed_{closing}", day=day), solicited=False)
    outbox.queue(session, message.chat_id, outbox.NOTICE, f"closed:{message.id}", [draft], at)
