"""What all pages of the console share: who visits, templates, redirects, static files with their hash in the name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.clock import CASABLANCA
from bot.services.staff_accounts import LOCALES
from bot.services.staff_sessions import Staff
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.tracker import Tracker
from bot.texts import RIGHT_TO_LEFT, Html, text, unmarked

FOLDER = Path(__file__).parent
ROOT = "/staff"
FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_HEADER_READ = 200
"""Characters of Accept-Language that are looked at."""


@dataclass(frozen=True)
class Console:
    """What the pages work with."""

    database: Database
    tracker: Tracker
    settings: Settings


@dataclass(frozen=True)
class Visit:
    """One request, once it was let in."""

    console: Console
    request: Request
    staff: Staff | None
    """None on the pages that everybody may see."""
    at: datetime
    """Business time, UTC."""
    form: ImmutableMultiDict[str, str] = field(default_factory=ImmutableMultiDict)
    """The fields of an unsafe request, empty for others."""

    @property
    def who(self) -> Staff:
        """Whoever is signed in; a page that is not for everybody has somebody."""
        if self.staff is None:
            raise HTTPException(403)
        return self.staff

    @property
    def database(self) -> Database:
        return self.console.database

    @property
    def locale(self) -> str:
        """fr or ar: of the account, or asked for, or the browser's; else fr."""
        return self.staff.locale if self.staff else asked_locale(self.request)

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"


View = Callable[[Visit], Response]


class Problem(Exception):
    """Something that a page cannot do, told in plain words.

    Args:
        status: of HTTP.
        key: of the text, ``console_…``.
        back: where the page leads back to; None: the first page.
    """

    def __init__(self, status: int, key: str, back: str | None = None) -> None:
        super().__init__(key)
        self.status, self.key, self.back = status, key, back


def asked_locale(request: Request) -> str:
    """The language of somebody who is not signed in."""
    asked = request.query_params.get("lang")
    if asked in LOCALES:
        return asked
    header = request.headers.get("accept-language", "")[:_HEADER_READ].lower()
    first = (tag.split(";")[0].strip().split("-")[0] for tag in header.split(","))
    return next(("ar" if tag == "ary" else tag for tag in first if tag in (*LOCALES, "ary")), LOCALES[0])


def number(value: str | None) -> int:
    """A number from outside; 0, which nothing has, where it is none."""
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) <= 9 else 0


def whole(value: str | None) -> int | None:
    """A whole number from outside, 0 among them; None where it is none."""
    return number(value) if value == "0" or number(value) else None


def version(value: str | None) -> int:
    """The version that a form was made from; -1, which nothing has, where it is none."""
    found = whole(value)
    return -1 if found is None else found


# ---- pages


MENU: tuple[tuple[str, str, str], ...] = (
    ("/conversations", "console_conversations", "view"),
    ("/handoffs", "console_handoffs", "view"),
    ("/learning", "console_learning", "annotate"),
    ("/annotate", "console_annotate", "annotate"),
    ("/models", "console_models", "train"),
    ("/organisations", "console_organisations", "moderate"),
    ("/missions", "console_missions", "moderate"),
    ("/reports", "console_reports", "moderate"),
    ("/disputes", "console_disputes", "moderate"),
    ("/bans", "console_bans", "moderate"),
    ("/figures", "console_figures", "view"),
    ("/audit", "console_audit", "audit"),
)
"""Path, name, permission: what leads through the console, in this order."""


@cache
def _static() -> dict[str, tuple[str, bytes, str]]:
    found = {}
    for path in sorted((FOLDER / "static").iterdir()):
        content = path.read_bytes()
        named = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        found[path.name] = (named, content, _TYPES[path.suffix])
    return found


def static_path(name: str) -> str:
    return f"{ROOT}/static/{_static()[name][0]}"


def static(visit: Visit) -> Response:
    """A static file, for a year: its name changes with its content."""
    wanted = visit.request.path_params["name"]
    found = next(((content, kind) for named, content, kind in _static().values() if named == wanted), None)
    if found is None:
        raise HTTPException(404)
    return Response(found[0], media_type=found[1], headers={"Cache-Control": FOR_EVER})


def moment(instant: datetime | None) -> str:
    """An instant in legal time, to the minute; empty for None."""
    return instant.astimezone(CASABLANCA).strftime("%Y-%m-%d %H:%M") if instant else ""


_PAGES = Environment(
    loader=FileSystemLoader(FOLDER / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PAGES.filters.update(unmarked=unmarked, moment=moment)
_PAGES.globals.update(static=static_path, root=ROOT)


def words(locale: str, key: str, count: int | None = None, **arguments: object) -> Markup:
    """A text of the catalogues as HTML; bot.texts renders and escapes it."""
    given: dict[str, Any] = {name: Html(value) if isinstance(value, Markup) else value for name, value in arguments.items()}
    return Markup(text(locale, key, count, **given))  # noqa: S704


def link(path: str, **query: object) -> str:
    """An address within the console; what is None or empty is left out."""
    given = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{ROOT}{path}" + (f"?{urlencode(given, quote_via=quote)}" if given else "")


def page(visit: Visit, template: str, context: Mapping[str, Any] | None = None, status: int = 200) -> Response:
    """A page in the language of whoever sees it."""
    locale, staff = visit.locale, visit.staff
    shown = _PAGES.get_template(template).render(
        t=partial(words, locale),
        to=link,
        locale=locale,
        direction="rtl" if locale in RIGHT_TO_LEFT else "ltr",
        staff=staff,
        may=staff.may if staff else lambda _permission: False,
        role_key=f"console_role_{staff.role}" if staff else "",
        csrf=staff.csrf if staff else "",
        menu=[(path, key) for path, key, permission in MENU if staff and staff.may(permission)],
        here=visit.request.url.path.removeprefix(ROOT),
        languages=_languages(visit),
        **(context or {}),
    )
    return HTMLResponse(shown, status, headers={"Content-Language": locale})


def _languages(visit: Visit) -> list[tuple[str, str, str]]:
    """Each language of the console: its code, its own name, and the way to this page in it, wherever that was to lead."""
    after = [("next", visit.request.query_params["next"])] if "next" in visit.request.query_params else []
    return [(one, unmarked(text(one, "register_name")), "?" + urlencode([*after, ("lang", one)])) for one in LOCALES]


def problem(visit: Visit, status: int, key: str, back: str | None = None) -> Response:
    """A page that says plainly what was not done."""
    return page(visit, "problem.html", {"key": key, "back": back or "/"}, status)


def seen(path: str, **query: object) -> Response:
    """After a change: go and see; a reload of what is seen then repeats nothing."""
    return RedirectResponse(link(path, **query), 303)
