"""Questions that stand open in a chat: what was asked with a "yes" and a "no" to tap, and was answered by neither yet.

Who answers in words instead ("oui, avec plaisir") has tapped the button: the same payload, used up the same way. Only what was asked since
the person's last turn counts, its own answer included: older questions keep their buttons, but a plain yes is not about them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages.outbox import REPLY
from bot.store.models import Button, OutboxMessage
from bot.vocabulary import replies

LOOKED_AT = 12
"""Messages: a chat that was sent more since its last turn has old questions among them."""
ANSWERS = {"yes": replies.YES, "accepted": replies.YES, "no": replies.NO, "declined": replies.NO, "absent": replies.NO}
"""What a button says, by the value of "answer" in its payload."""
_ON_TERMS = "/counter_offer"
_OF_A_FORM = ("/affirm", "/delete_my_data")
"""What a form asks: its yes is the form's own."""
WHICH = '/which_question{{"answer": "{}"}}'


@dataclass(frozen=True)
class Question:
    """One that stands open: how it begins (Telegram HTML), and its payloads and tokens by reply (yes, no, terms)."""

    words: str
    payloads: Mapping[str, str]
    tokens: Mapping[str, str]


def unanswered(session: Session, chat_id: int, at: datetime) -> list[Question]:
    """The open questions of a chat, the newest first. Two queries."""
    return [one for one in _since_last_turn(session, chat_id, at) if one is not None]


def answered_by(session: Session, chat_id: int, words: str, update_id: int, at: datetime) -> tuple[str | None, str | None]:
    """What a message in words answers: the token of a button, or a payload that no button holds; (None, None) where it answers nothing.

    Worked on again after a kill, the same update answers the same: a button that it has used up itself is not used up for it.

    Terms ("only from three o'clock?") are repeated before they go, since nobody asked for them; where several questions stand open, it is
    asked which one is meant.
    """
    reply = replies.read(words)
    if reply is None:
        return None, None
    found = _since_last_turn(session, chat_id, at, update_id)
    meant = [one for one in found if one is not None and reply in one.payloads]
    if reply == replies.TERMS:
        return (None, _with_words(meant[0].payloads[reply], words)) if len(meant) == 1 and len(found) == 1 else (None, None)
    if not meant:
        return None, None
    return (meant[0].tokens[reply], None) if len(found) == 1 else (None, WHICH.format(reply))


def _with_words(payload: str, words: str) -> str:
    intent, brace, rest = payload.partition("{")
    return intent + json.dumps({**json.loads(brace + rest), "words": " ".join(words.split())}, ensure_ascii=False)


def _since_last_turn(session: Session, chat_id: int, at: datetime, update_id: int | None = None) -> list[Question | None]:
    """Open questions, the newest first; None stands for the summary of a form, which is a question of its own."""
    query = (
        select(OutboxMessage.origin, OutboxMessage.kind, OutboxMessage.body)
        .where(OutboxMessage.chat_id == chat_id, OutboxMessage.state.in_(("sending", "sent", "unknown")))
        .order_by(OutboxMessage.id.desc())
        .limit(LOOKED_AT)
    )
    rows: list[dict[str, Any]] = []
    last_turn = None
    for origin, kind, body in session.execute(query):
        if last_turn not in (None, origin):
            break
        if kind == REPLY and origin.startswith("update:"):
            last_turn = origin
        rows.append(body)
    tokens = [button["token"] for body in rows for row in body.get("buttons") or () for button in row if button.get("token")]
    known = {one.token: one for one in session.execute(select(Button).where(Button.token.in_(tokens))).scalars()} if tokens else {}
    found: list[Question | None] = []
    for body in rows:
        of_this = [known[b["token"]] for row in body.get("buttons") or () for b in row if b.get("token") in known]
        if any(one.payload.startswith(_OF_A_FORM) for one in of_this):
            found.append(None)
        elif question := _question(body.get("text", ""), of_this, at, update_id):
            found.append(question)
    return found


def _question(shown: str, of_this: list[Button], at: datetime, update_id: int | None) -> Question | None:
    """The question that a message asks; None where it asks none of this kind, or was answered."""
    if any(one.used_by not in (None, update_id) or one.expires_at < at for one in of_this):
        return None
    payloads: dict[str, str] = {}
    tokens: dict[str, str] = {}
    for one in of_this:
        reply = _said_by(one.payload)
        if reply is None:
            continue
        if reply in payloads:
            return None  # several to choose from: a plain yes says none of them
        payloads[reply], tokens[reply] = one.payload, one.token
    # With a yes alone ("I cannot come", under a reminder) the button says more than yes.
    return Question(shown, payloads, tokens) if {replies.YES, replies.NO} <= payloads.keys() else None


def _said_by(payload: str) -> str | None:
    """What the button of a payload says: yes, no, terms; None: something else."""
    intent, brace, rest = payload.partition("{")
    if intent == "/decline_consent":
        return replies.NO
    answer = json.loads(brace + rest).get("answer") if brace else None
    if intent == _ON_TERMS and answer is None:
        return replies.TERMS
    return ANSWERS.get(str(answer))
