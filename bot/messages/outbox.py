"""The outbox: messages are written with the effect they tell, and leave in order, each with a final state.

States: queued → sending → sent | failed | unknown. A row found in ``sending`` when a sender starts was cut off in the middle:
Telegram may have it or not. Digests are then left ``unknown`` (at most once), replies and notices are sent again (at least once).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any

from sqlalchemy import bindparam, case, delete, select, update
from sqlalchemy.orm import Session, aliased

from bot.messages import buttons
from bot.messages.lengths import split
from bot.store import news
from bot.store.models import OutboxMessage

SEND, EDIT, DOCUMENT = "send", "edit", "document"
"""Methods: a new message, an earlier one in place (body: "message_id"), or a file (body: "file_name" and "content", or
"content_base64" where the file is no text; "text" is its caption, 1,024 letters at most). A file is forgotten once it has its final
state."""
REPLY, NOTICE, DIGEST = "reply", "notice", "digest"
_URGENCY = {REPLY: 0, NOTICE: 1, DIGEST: 2}
MAX_ATTEMPTS = 8
"""Of a message that we cannot even put together; one that Telegram does not take for other reasons is tried by the hour."""
KEEP_TRYING_HOURS = {REPLY: 24, NOTICE: 72, DIGEST: 48}
"""So long a message waits for a Telegram that is away, or a sender that is. Then an answer helps nobody any more, and a list is stale."""
UNCLEAR = "unclear"
"""Begins the error of an attempt that may have arrived."""
LAST_WORD = "erased:"
"""Begins the origin of what is said to somebody who was erased; such a row goes once it has its final state."""
TAKEN_BACK = "taken back"
"""The error of a message that was no longer needed before it left."""


@dataclass(frozen=True)
class Choice:
    """A button: what it shows, and the payload (Rasa's /intent{…}) or the URL behind it."""

    title: str
    payload: str = ""
    url: str = ""


@dataclass(frozen=True)
class Draft:
    """A message before it is queued. ``text`` is Telegram HTML; ``keyboard`` a reply keyboard as rows of
    {"text", "location"}; choices and keyboard exclude each other."""

    text: str
    choices: Sequence[Choice] = ()
    keyboard: Sequence[Sequence[dict[str, Any]]] = ()
    solicited: bool = True
    method: str = SEND
    extra: dict[str, Any] = field(default_factory=dict)


def queue(session: Session, chat_id: int, kind: str, origin: str, drafts: Sequence[Draft], at: datetime) -> list[OutboxMessage]:
    """Queue messages under their origin; those of an origin that stand there already are not written again."""
    known = set(session.execute(select(OutboxMessage.position).where(OutboxMessage.origin == origin)).scalars())
    rows = []
    parts = [part for whole in drafts for part in _parts(whole)]
    for position, draft in enumerate(parts):
        if position in known:
            continue
        body: dict[str, Any] = {"text": draft.text, "buttons": None, "keyboard": None, **draft.extra}
        if draft.choices:
            body["buttons"] = _rows(session, chat_id, draft.choices, at)
        elif draft.keyboard:
            body["keyboard"] = [list(row) for row in draft.keyboard]
        row = OutboxMessage(
            chat_id=chat_id,
            origin=origin,
            position=position,
            kind=kind,
            urgency=_URGENCY[kind],
            solicited=draft.solicited,
            method=draft.method,
            body=body,
            state="queued",
            attempts=0,
            created_at=at,
        )
        session.add(row)
        rows.append(row)
    if rows:
        news.tell(session, news.OUTBOX)
    return rows


def _parts(draft: Draft) -> list[Draft]:
    """A message in parts that Telegram takes; what can be tapped stands under the last."""
    *first, last = split(draft.text)
    bare = replace(draft, choices=(), keyboard=())
    return [*(replace(bare, text=part) for part in first), replace(draft, text=last)]


def _rows(session: Session, chat_id: int, choices: Sequence[Choice], at: datetime) -> list[list[dict[str, str]]]:
    """Buttons in rows that a phone shows whole: five of 3 characters, two of 18, else one."""
    rows: list[list[dict[str, str]]] = []
    room = 0
    for choice in choices:
        button = {"text": choice.title}
        if choice.url:
            button["url"] = choice.url
        else:
            button["token"] = buttons.issue(session, chat_id, choice.payload, at)
        width = 12 if len(choice.title) <= 3 else 30 if len(choice.title) <= 18 else 60
        if not rows or room < width:
            rows.append([])
            room = 60
        rows[-1].append(button)
        room -= width
    return rows


def recover(session: Session, except_ids: Collection[int] = ()) -> int:
    """Settle what a sender left in the middle; returns how many rows. Only safe while no other sender runs.

    Args:
        except_ids: messages that the caller itself has on their way.
    """
    cut_off = (OutboxMessage.state == "sending") & OutboxMessage.id.not_in(except_ids)
    lost = session.execute(
        update(OutboxMessage)
        .where(cut_off, OutboxMessage.kind == DIGEST)
        .values(state="unknown", error=UNCLEAR)
        .execution_options(synchronize_session=False)
    ).rowcount
    again = session.execute(
        update(OutboxMessage).where(cut_off).values(state="queued", error=UNCLEAR).execution_options(synchronize_session=False)
    ).rowcount
    return int(lost + again)


def give_up_old(session: Session, at: datetime) -> int:
    """Bring what could not be delivered for too long to a final state; returns how many messages.

    ``unknown`` where an attempt broke off after the request had left, else ``failed``.
    """
    given_up = 0
    for kind, hours in KEEP_TRYING_HOURS.items():
        given_up += session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.state == "queued", OutboxMessage.kind == kind, OutboxMessage.created_at < at - timedelta(hours=hours))
            .values(state=case((OutboxMessage.error.like(f"{UNCLEAR}%"), "unknown"), else_="failed"), not_before=None)
            .execution_options(synchronize_session=False)
        ).rowcount
    return given_up


def take_back(session: Session, chat_id: int, origins: str) -> int:
    """Keep messages to a chat from leaving that nobody needs any more; returns how many had not left yet.

    Args:
        origins: how their origins begin.
    """
    taken: int = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.chat_id == chat_id, OutboxMessage.origin.startswith(origins, autoescape=True), OutboxMessage.state == "queued")
        .values(state="failed", error=TAKEN_BACK, not_before=None, body={})
        .execution_options(synchronize_session=False)
    ).rowcount
    return taken


def forget_texts(session: Session, chat_id: int, origins: str) -> None:
    """Empty messages to a chat, those that wait too, whose origins begin so: what they said is over."""
    take_back(session, chat_id, origins)
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.chat_id == chat_id,
            OutboxMessage.origin.startswith(origins, autoescape=True),
            OutboxMessage.state.in_(("sent", "failed", "unknown")),
        )
        .values(body={})
        .execution_options(synchronize_session=False)
    )


def forget_last_words(session: Session) -> int:
    """Delete what was said to people who were erased, once it has its final state; returns how many messages."""
    deleted: int = session.execute(
        delete(OutboxMessage)
        .where(OutboxMessage.origin.startswith(LAST_WORD), OutboxMessage.state.in_(("sent", "failed", "unknown")))
        .execution_options(synchronize_session=False)
    ).rowcount
    return deleted


def forget_words(session: Session, chat_id: int, said: str, since: datetime) -> None:
    """Empty messages to a chat that have their final state and quote these words (as typed), from an instant on."""
    query = select(OutboxMessage).where(
        OutboxMessage.chat_id == chat_id, OutboxMessage.created_at >= since, OutboxMessage.state.in_(("sent", "failed", "unknown"))
    )
    for row in session.execute(query).scalars():
        if escape(said, quote=False) in row.body.get("text", ""):
            row.body = {}


def heads(
    session: Session, at: datetime, quiet: bool, limit: int, busy_chats: Collection[int], urgent_only: bool = False
) -> list[OutboxMessage]:
    """The next message of each chat that may leave now: the oldest of the most urgent kind, replies before broadcasts.

    Args:
        at: real time, against ``not_before``.
        quiet: whether unsolicited messages must wait.
        limit: at most so many chats.
        busy_chats: chats whose last message is still on its way, or that had their share for now.
        urgent_only: leave digests where they are.

    A chat whose head must wait (after ``retry_after``) waits whole, so that order holds. What it costs grows with the messages that
    must wait, not with those that may leave: the index gives them in order, and the look stops at the limit.
    """
    asked = {"at": at, "busy": list(busy_chats), "limit": limit}
    return list(session.execute(_heads(quiet, urgent_only), asked).scalars())


def has_head(session: Session, at: datetime, quiet: bool, busy_chats: Collection[int], urgent_only: bool = False) -> bool:
    """Whether :func:`heads` would find any: a look that takes nothing out."""
    asked = {"at": at, "busy": list(busy_chats), "limit": 1}
    return session.execute(_heads(quiet, urgent_only).with_only_columns(OutboxMessage.id), asked).first() is not None


@lru_cache(maxsize=4)
def _heads(quiet: bool, urgent_only: bool) -> Any:
    """The query of :func:`heads`, with ``at``, ``busy`` and ``limit`` left open: putting it together takes longer than its answer."""
    earlier = aliased(OutboxMessage)
    is_earlier = (earlier.urgency < OutboxMessage.urgency) | ((earlier.urgency == OutboxMessage.urgency) & (earlier.id < OutboxMessage.id))
    before = select(earlier.id).where(earlier.chat_id == OutboxMessage.chat_id, earlier.state == "queued", is_earlier)
    query = select(OutboxMessage).where(
        OutboxMessage.state == "queued",
        (OutboxMessage.not_before.is_(None)) | (OutboxMessage.not_before <= bindparam("at")),
        OutboxMessage.chat_id.not_in(bindparam("busy", expanding=True)),
    )
    if quiet:
        query = query.where(OutboxMessage.solicited.is_(True))
        before = before.where(earlier.solicited.is_(True))
    if urgent_only:
        query = query.where(OutboxMessage.urgency < _URGENCY[DIGEST])
    return query.where(~before.exists()).order_by(OutboxMessage.urgency, OutboxMessage.id).limit(bindparam("limit"))
