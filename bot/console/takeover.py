"""Answering instead of the bot: who waits for a person, taking a conversation, writing in it, handing it back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.frame import Problem, Visit, number, page, seen
from bot.console.inbox import numbered
from bot.services import audit, conversation_marks, takeovers
from bot.services.takeovers import NotYours, Unfit
from bot.store.models import ConversationMark, StaffAccount

PATH = "/handoffs"
_FORM = re.compile(r"[0-9a-f]{16}", re.ASCII)
REASON_NAMES = {reason: f"console_handoff_{reason}" for reason in ("asked", "not_understood", "report", "disputed")}
"""Keys of the texts: why a person is waited for."""
_REASON = "handoff"
"""Why somebody who answers sees personal details."""


def waiting(visit: Visit) -> Response:
    """The conversations in which a person is waited for, the longest first, with how long."""
    with visit.database.read() as session:
        rows = takeovers.queue(session)
    numbers = numbered(visit.database, {one.chat_id for one in rows})
    context = {
        "rows": [(one, numbers[one.chat_id], *_waited(visit.at - one.opened_at)) for one in rows if one.chat_id in numbers],
        "reasons": REASON_NAMES,
    }
    return page(visit, "handoffs.html", context)


def _waited(since: timedelta) -> tuple[str, int]:
    """How long in the largest unit that says it: the key of the text and the number."""
    minutes = max(int(since.total_seconds()) // 60, 0)
    if minutes < 60:
        return "console_waits_minutes", minutes
    hours = minutes // 60
    return ("console_waits_hours", hours) if hours < 48 else ("console_waits_days", hours // 24)


def beside(visit: Visit, session: Session, mark: ConversationMark) -> dict[str, Any]:
    """What a thread shows of who answers in it."""
    row = takeovers.running(session, mark.chat_id)
    holder = session.get(StaffAccount, row.account_id) if row else None
    register = takeovers.register_of(session, mark.chat_id)
    return {
        "takeover": row,
        "holder": holder.name if holder else None,
        "is_mine": row is not None and row.account_id == visit.who.account_id,
        "canned": takeovers.canned(register),
        "reply_register": register,
        "form_name": secrets.token_hex(8),
        "longest_reply": takeovers.WORDS_LENGTH,
    }


def _do(visit: Visit, action: str, change: Callable[[Session, ConversationMark], bool]) -> Response:
    """Do something in a conversation; whoever has it not is told so, and nothing is changed.

    Args:
        change: says whether it did anything: a form that comes twice does not.
    """
    path = f"/conversations/{number(visit.request.path_params['number'])}"
    try:
        with visit.database.write() as session:
            mark = conversation_marks.of_number(session, number(visit.request.path_params["number"]), locks=True)
            if mark is None:
                raise Problem(404, "console_not_found", PATH)
            is_new = change(session, mark)
            if action != "hand_back":
                conversation_marks.unmask(session, visit.who, mark, _REASON, visit.at)
            if is_new:
                audit.record(session, visit.who.author, action, visit.at, ("conversation", mark.id))
    except NotYours:
        raise Problem(409, "console_not_yours", path) from None
    except Unfit:
        raise Problem(400, "console_reply_unfit", path) from None
    return seen(f"{path}#newest")


def take(visit: Visit) -> Response:
    """Answer instead of the bot from now on."""
    return _do(visit, "take", lambda session, mark: takeovers.take(session, visit.who.account_id, mark.chat_id, visit.at))


def reply(visit: Visit) -> Response:
    """Write to the person; the same form sent twice is one message."""
    form = visit.form.get("form", "")
    if not _FORM.fullmatch(form):
        raise Problem(400, "console_bad_form", PATH)
    words = visit.form.get("words", "")
    return _do(visit, "reply", lambda session, mark: takeovers.reply(session, visit.who.account_id, mark.chat_id, words, form, visit.at))


def hand_back(visit: Visit) -> Response:
    """Let the bot answer again."""
    return _do(visit, "hand_back", lambda session, mark: takeovers.hand_back(session, visit.who.account_id, mark.chat_id, visit.at))
