"""The audit log, to be read."""

from __future__ import annotations

from starlette.responses import Response

from bot.console.frame import Visit, number, page
from bot.services import audit


def entries(visit: Visit) -> Response:
    """Who did what, the newest first."""
    asked = visit.request.query_params
    wanted = {"account": asked.get("account", "")[:64].strip(), "action": asked.get("action", "")[:32].strip()}
    with visit.database.read() as session:
        rows = audit.entries(session, number(asked.get("before")) or None, wanted["account"] or None, wanted["action"] or None)
    shown = rows[: audit.PAGE]
    further = shown[-1].id if len(rows) > audit.PAGE else None
    return page(visit, "audit.html", {"rows": shown, "further": further, "asked": wanted})
