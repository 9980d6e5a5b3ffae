"""Those whom the team keeps out: the list, keeping somebody out, letting him in again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.frame import Problem, Visit, number, page, seen
from bot.services import admission, bans, conversation_marks, farewell
from bot.services.moderation import Stale, Unfit
from bot.store.models import StaffAccount

PATH = "/bans"
REASON_NAMES = {reason: f"console_ban_{reason}" for reason in bans.REASONS}
"""Keys of the texts."""


def listed(visit: Visit) -> Response:
    """Bans that are in force, or that were lifted. A person is a number, while he has a conversation."""
    query = visit.request.query_params
    state = query.get("state") or "now"
    if state not in ("now", "lifted"):
        raise Problem(400, "console_bad_filter", PATH)
    with visit.database.read() as session:
        rows = bans.listed(session, state == "now", number(query.get("before")) or None)
        shown = rows[: bans.PAGE]
        context = {
            "rows": shown,
            "before": shown[-1].id if len(rows) > bans.PAGE else None,
            "state": state,
            "numbers": conversation_marks.known_numbers(session, {row.chat_id for row in shown if row.erased_at is None}),
            "authors": dict(session.execute(select(StaffAccount.id, StaffAccount.name)).all()),
            "reason_names": REASON_NAMES,
        }
    return page(visit, "bans.html", context)


def beside(session: Session, chat_id: int) -> dict[str, Any]:
    """What a thread shows of it: the ban in force, or what one would bring with it."""
    row = admission.ban_of(session, chat_id)
    return {
        "ban": row,
        "ban_reasons": REASON_NAMES,
        "speaks_alone_for": [] if row else [one.name for one in farewell.alone_for(session, chat_id)],
    }


def ban(visit: Visit) -> Response:
    """Keep the person of a conversation out."""
    mark_id = number(visit.request.path_params["number"])
    path = f"/conversations/{mark_id}"
    try:
        with visit.database.write() as session:
            mark = conversation_marks.of_number(session, mark_id, locks=True)
            if mark is None:
                raise Problem(404, "console_not_found", "/conversations")
            subject = ("conversation", mark_id)
            bans.ban(session, visit.who.author, mark.chat_id, subject, visit.form.get("reason", ""), visit.at)
    except Stale:
        raise Problem(409, "console_ban_stale", path) from None
    except Unfit:
        raise Problem(400, "console_decision_unfit", path) from None
    return seen(path)


def lift(visit: Visit) -> Response:
    """Let him in again."""
    try:
        with visit.database.write() as session:
            bans.lift(session, visit.who.author, number(visit.request.path_params["number"]), visit.at)
    except Stale:
        raise Problem(409, "console_ban_stale", PATH) from None
    return seen(PATH)
