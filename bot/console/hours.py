"""Days of which two sides say different things: staff heard both and decides."""

from __future__ import annotations

from starlette.responses import Response

from bot.console.frame import Problem, Visit, number, page, seen
from bot.console.inbox import numbered
from bot.services import cards, settlements
from bot.services.moderation import PAGE, Stale, Unfit

PATH = "/disputes"


def disputes(visit: Visit) -> Response:
    """The days that wait, each with its form. The volunteer is a number; who he is stands in his conversation."""
    after = number(visit.request.query_params.get("after")) or None
    with visit.database.read() as session:
        rows = settlements.disputed(session, after)
    shown = rows[:PAGE]
    context = {
        "rows": shown,
        "numbers": numbered(visit.database, {one.chat_id for one in shown}),
        "after": shown[-1].row.id if len(rows) > PAGE else None,
        "day": lambda on: cards.day(on, visit.locale),
        "told_by": {side: f"console_told_by_{side}" for side in ("volunteer", "organisation", "team")},
    }
    return page(visit, "disputes.html", context)


def settle(visit: Visit) -> Response:
    """He was there, or he was not; both sides are told."""
    form, given = visit.form, visit.form.get("minutes", "").strip()
    if form.get("came") not in ("yes", "no") or (given and not number(given)):
        raise Problem(400, "console_hours_unfit", PATH)
    try:
        with visit.database.write() as session:
            settlements.settle(
                session,
                visit.who,
                number(visit.request.path_params["number"]),
                form["came"] == "yes",
                number(given) or None,
                form.get("agrees") == "yes",
                visit.at,
            )
    except Stale:
        raise Problem(409, "console_hours_stale", PATH) from None
    except Unfit:
        raise Problem(400, "console_hours_unfit", PATH) from None
    return seen(PATH)
