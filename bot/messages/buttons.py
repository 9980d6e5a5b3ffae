"""Buttons: Telegram sees an opaque token; what it stands for stays here, bound to its chat, for a while."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.store.models import Button, OutboxMessage
from bot.vocabulary.spelling import words

LIFETIME_DAYS = 30
"""A button of a digest must outlive the digest's rhythm; older ones get a kind answer and a fresh list."""
LONGEST_TITLE = 64
TITLES_LOOKED_AT = 30
SHORTEST_BEGINNING = 4
"""Letters; less is the beginning of too much."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24}")
SINGLE_USE_INTENTS = (
    "/delete_my_data",
    "/withdraw_application",
    "/close_initiative",
    "/answer_application",
    "/answer_proposal",
    "/answer_place",
    "/answer_counter",
    "/answer_help_call",
    "/confirm_participation",
    "/attendance",
    "/close_help_request",
)


def issue(session: Session, chat_id: int, payload: str, at: datetime) -> str:
    """Keep a payload and return the token that stands for it: 24 characters, far below Telegram's 64 bytes."""
    token = secrets.token_urlsafe(18)
    session.add(
        Button(
            token=token,
            chat_id=chat_id,
            payload=payload,
            single_use=payload.startswith(SINGLE_USE_INTENTS),
            created_at=at,
            expires_at=at + timedelta(days=LIFETIME_DAYS),
        )
    )
    return token


def typed(session: Session, chat_id: int, text: str) -> str | None:
    """The token of the button whose title somebody typed, of those under the last message to the chat; None where it is none.

    The beginning of a title will do ("j'accepte" for "✅ J'accepte, enregistrer"), where it is the beginning of one alone.
    """
    said = [word.normal for word in words(text[:LONGEST_TITLE])]
    if not said or len(text) > LONGEST_TITLE:
        return None
    query = select(OutboxMessage.body).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id.desc()).limit(1)
    body = session.execute(query).scalar_one_or_none() or {}
    shown = [(button, [word.normal for word in words(button["text"])]) for row in body.get("buttons") or () for button in row]
    meant = [button for button, title in shown if title == said]
    if not meant and sum(map(len, said)) >= SHORTEST_BEGINNING:
        meant = [button for button, title in shown if title[: len(said)] == said]
    return meant[0].get("token") if len(meant) == 1 else None


def title(session: Session, chat_id: int, token: str) -> str | None:
    """What a button of the latest messages to a chat shows; None where it is none of these."""
    query = select(OutboxMessage.body).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id.desc()).limit(TITLES_LOOKED_AT)
    for body in session.execute(query).scalars():
        for button in (one for row in body.get("buttons") or () for one in row):
            if button.get("token") == token:
                return str(button["text"])
    return None


def redeem(session: Session, chat_id: int, token: str, update_id: int, at: datetime) -> str | None:
    """The payload behind a tapped button, or None where it is forged, another chat's, too old or used up.

    A tap that is worked on again, after a kill, is the same tap: a button used by its own update is not used up for it.
    """
    if not _TOKEN.fullmatch(token):
        # Whatever a client of its own making sends (Telegram passes it on unread) is no question for the database.
        return None
    button = session.get(Button, token)
    if button is None or button.chat_id != chat_id or button.expires_at < at:
        return None
    if button.single_use:
        # One UPDATE decides between two taps at once.
        taken = session.execute(
            update(Button)
            .where(Button.token == token, (Button.used_by.is_(None)) | (Button.used_by == update_id))
            .values(used_by=update_id)
        ).rowcount
        if not taken:
            return None
    payload: str = button.payload
    return payload


def forget_expired(session: Session, at: datetime) -> int:
    """Delete what no tap can redeem any more; returns how many."""
    deleted: int = session.execute(delete(Button).where(Button.expires_at < at)).rowcount
    return deleted
