"""What all pages share: the templates, the register, links that keep it, static files with their hash in the name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bot.services.figures import Board
from bot.services.links import start_link
from bot.site.asked import register_of
from bot.store.engine import Database
from bot.texts import REGISTERS, RIGHT_TO_LEFT, text, unmarked

FOLDER = Path(__file__).parent
FRESH = "public, max-age=60"
"""Pages: a mission that has just been closed is not shown for long."""
FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
NARROW_SPACE = "\u202f"


@dataclass(frozen=True)
class Site:
    """What the pages are made of. ``site_url``: the public address, None: the host asked for. ``bot_name``: on Telegram, None: unknown."""

    database: Database
    board: Board
    sandbox_url: str | None
    site_url: str | None
    bot_name: str | None

    def base(self, request: Request) -> str:
        """The address before any path. A host that is no name of one is not repeated to anybody."""
        if self.site_url:
            return self.site_url
        host = request.headers.get("host", "")
        return f"{request.url.scheme}://{host if _HOST.fullmatch(host) else 'localhost'}"

    def chat(self, payload: str | None = None) -> str | None:
        """The link into the conversation; None where the bot's name is not known."""
        if self.bot_name is None:
            return None
        return start_link(self.bot_name, payload) if payload else f"https://t.me/{self.bot_name}"


def counted(value: int) -> str:
    """A number with its thousands apart."""
    return f"{value:,}".replace(",", NARROW_SPACE)


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """Static files by the name they are served under: content and type. A change of content is a change of name."""
    return {named: (content, kind) for named, content, kind in _static().values()}


@cache
def _static() -> dict[str, tuple[str, bytes, str]]:
    found: dict[str, tuple[str, bytes, str]] = {}
    for path in sorted((FOLDER / "static").iterdir(), key=lambda path: path.suffix == ".css"):
        content = path.read_bytes()
        for name, (named, _, _) in found.items():
            content = content.replace(f'url("{name}")'.encode(), f'url("{named}")'.encode())
        named = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        found[path.name] = (named, content, _TYPES[path.suffix])
    return found


def static_path(name: str) -> str:
    return f"/static/{_static()[name][0]}"


def link(path: str, register: str, **query: object) -> str:
    """A link within the site that keeps the register."""
    return f"{path}?{urlencode({name: value for name, value in query.items() if value} | {'lang': register}, quote_via=quote)}"


_PAGES = Environment(
    loader=FileSystemLoader(FOLDER / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PAGES.filters["unmarked"] = unmarked
_PAGES.filters["counted"] = counted
_PAGES.globals["static"] = static_path


def page(
    site: Site, request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200, repeats: bool = True
) -> Response:
    """A page in the register that is asked for.

    Args:
        repeats: whether links to the other registers may repeat the parameters: they were read, and made sense.
    """
    register = register_of(request)
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"] if repeats else []
    shown = _PAGES.get_template(template).render(
        t=lambda key, *given, **arguments: Markup(text(register, key, *given, **arguments)),  # noqa: S704 - made by bot.texts, which escapes
        to=lambda path, **query: link(path, register, **query),
        register=register,
        registers=[(name, unmarked(text(name, "register_name")), "?" + urlencode([*kept, ("lang", name)])) for name in REGISTERS],
        direction="rtl" if register in RIGHT_TO_LEFT else "ltr",
        address=f"{site.base(request)}{quote(request.url.path)}?lang={register}",
        is_canonical=site.site_url is not None,
        path=request.url.path,
        chat=site.chat(),
        **(context or {}),
    )
    headers = {"Vary": "Accept-Language", "Content-Language": register}
    return HTMLResponse(shown, status, headers={**headers, "Cache-Control": FRESH} if status == 200 else headers)


def static(request: Request) -> Response:
    """A static file, for a year: its name changes with its content."""
    found = static_files().get(request.path_params["name"])
    if found is None:
        return PlainTextResponse("not found", 404)
    return Response(found[0], media_type=found[1], headers={"Cache-Control": FOR_EVER})
