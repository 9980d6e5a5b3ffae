"""The console put together: one table of who may do what where. What is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.console import access, annotate, bans, figures, gate, hours, inbox, learning, log, missions, models, moderation, takeover, thread
from bot.console.frame import ROOT, Console, static
from bot.console.gate import OWN, PUBLIC, Entry
from bot.services.staff_roles import ANNOTATE, AUDIT, MARK, MODERATE, REPLY, TRAIN, UNMASK, VIEW
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.tracker import Tracker

ROUTES = (
    Entry("GET", "/static/{name}", PUBLIC, static),
    Entry("GET", "/login", PUBLIC, access.login_form),
    Entry("POST", "/login", PUBLIC, access.login),
    Entry("POST", "/logout", OWN, access.logout),
    Entry("GET", "/", OWN, access.front),
    Entry("GET", "/account", OWN, access.account),
    Entry("POST", "/account/locale", OWN, access.change_locale),
    Entry("POST", "/account/sessions", OWN, access.end_others),
    Entry("POST", "/account/password", OWN, access.change_password),
    Entry("GET", "/conversations", VIEW, inbox.inbox),
    Entry("GET", "/conversations/{number}", VIEW, thread.thread),
    Entry("POST", "/conversations/{number}/assign", MARK, thread.assign),
    Entry("POST", "/conversations/{number}/review", MARK, thread.review),
    Entry("POST", "/conversations/{number}/tags", MARK, thread.tag),
    Entry("POST", "/conversations/{number}/notes", MARK, thread.note),
    Entry("POST", "/conversations/{number}/unmask", UNMASK, thread.unmask),
    Entry("GET", "/handoffs", VIEW, takeover.waiting),
    Entry("POST", "/conversations/{number}/take", REPLY, takeover.take),
    Entry("POST", "/conversations/{number}/reply", REPLY, takeover.reply),
    Entry("POST", "/conversations/{number}/hand-back", REPLY, takeover.hand_back),
    Entry("GET", "/learning", ANNOTATE, learning.desk),
    Entry("GET", "/annotate", ANNOTATE, annotate.annotate),
    Entry("POST", "/annotate/{number}/keep", ANNOTATE, annotate.keep),
    Entry("POST", "/annotate/{number}/skip", ANNOTATE, annotate.skip),
    Entry("POST", "/annotate/{number}/undo", ANNOTATE, annotate.undo),
    Entry("POST", "/annotate/examples/{number}/revoke", ANNOTATE, annotate.revoke),
    Entry("GET", "/models", TRAIN, models.models),
    Entry("POST", "/models/start", TRAIN, models.start),
    Entry("POST", "/models/export", TRAIN, models.export),
    Entry("POST", "/models/{number}/promote", TRAIN, models.promote),
    Entry("POST", "/models/{number}/rollback", TRAIN, models.roll_back),
    Entry("GET", "/organisations", MODERATE, moderation.organisations),
    Entry("GET", "/organisations/{number}", MODERATE, moderation.organisation),
    Entry("POST", "/organisations/{number}/decide", MODERATE, moderation.decide),
    Entry("GET", "/missions", MODERATE, missions.missions),
    Entry("GET", "/missions/{number}", MODERATE, missions.mission),
    Entry("POST", "/missions/{number}/decide", MODERATE, missions.decide),
    Entry("GET", "/reports", MODERATE, moderation.reports),
    Entry("GET", "/reports/{number}", MODERATE, moderation.report),
    Entry("POST", "/reports/{number}/close", MODERATE, moderation.close),
    Entry("GET", "/disputes", MODERATE, hours.disputes),
    Entry("POST", "/disputes/{number}/settle", MODERATE, hours.settle),
    Entry("GET", "/bans", MODERATE, bans.listed),
    Entry("POST", "/conversations/{number}/ban", MODERATE, bans.ban),
    Entry("POST", "/bans/{number}/lift", MODERATE, bans.lift),
    Entry("GET", "/figures", VIEW, figures.figures),
    Entry("GET", "/figures/{name}", VIEW, figures.download),
    Entry("GET", "/audit", AUDIT, log.entries),
)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
"""All of them reach the gate: it alone refuses."""


def by_path(table: Sequence[Entry]) -> dict[str, dict[str, Entry]]:
    """The table by path and method."""
    found: dict[str, dict[str, Entry]] = {}
    for entry in table:
        found.setdefault(entry.path, {})[entry.method] = entry
    return found


def routes(database: Database, tracker: Tracker, settings: Settings, table: Sequence[Entry] = ROUTES) -> list[BaseRoute]:
    """The console at ``/staff``, to be mounted beside the public site."""
    console = Console(database, tracker, settings)

    def route(path: str, entries: Mapping[str, Entry]) -> Route:
        return Route(path, partial(gate.answer, console, entries), methods=_METHODS)

    inside = Starlette(routes=[*(route(path, entries) for path, entries in by_path(table).items()), route("/{rest:path}", {})])
    return [Route(ROOT, _to_front), Mount(ROOT, app=inside)]


async def _to_front(_request: Request) -> Response:
    return RedirectResponse(f"{ROOT}/", 308, headers=gate.HEADERS)
