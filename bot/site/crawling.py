"""For search engines: robots.txt, and a sitemap in pages that stay small however many missions there are."""

from __future__ import annotations

from xml.sax.saxutils import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot import clock
from bot.services import public
from bot.site.asked import number
from bot.site.shared import Site, link
from bot.texts import REGISTERS

KINDS = ("missions", "organisations")
OF_ONE_PAGE = 1000
"""Numbers that one page of the sitemap covers, each in four registers; 50,000 addresses is the most that is allowed."""
PAGES = ("/", "/missions", "/organisations", "/map", "/statistics", "/privacy")
_KEPT = {"Cache-Control": "public, max-age=3600"}
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def robots(site: Site, request: Request) -> Response:
    """Everything may be read; lists with filters say themselves that they need not be kept."""
    words = f"User-agent: *\nDisallow: /health/\nDisallow: /api/v1/\n\nSitemap: {site.base(request)}/sitemap.xml\n"
    return PlainTextResponse(words, headers=_KEPT)


def index(site: Site, request: Request) -> Response:
    """The list of the sitemap's pages."""
    with site.database.read() as session:
        largest = {kind: public.largest(session, kind) for kind in KINDS}
    base = site.base(request)
    pages = [f"{base}/sitemap/{kind}-{n}.xml" for kind in KINDS for n in range(1, -(-largest[kind] // OF_ONE_PAGE) + 1)]
    return _xml("sitemapindex", "sitemap", [f"{base}/sitemap/pages-1.xml", *pages])


def one(site: Site, request: Request) -> Response:
    """One page of the sitemap: KIND-NUMBER."""
    kind, _, given = request.path_params["name"].partition("-")
    page = number(given)
    if kind == "pages" and page == 1:
        return _addresses(site, request, PAGES)
    if kind not in KINDS or not page:
        raise HTTPException(404)
    with site.database.read() as session:
        if (page - 1) * OF_ONE_PAGE >= public.largest(session, kind):
            raise HTTPException(404)
        first = (page - 1) * OF_ONE_PAGE + 1
        found = public.numbers(session, kind, clock.local_now().date(), first, page * OF_ONE_PAGE)
    return _addresses(site, request, [f"/{kind}/{n}" for n in found])


def _addresses(site: Site, request: Request, paths: list[str] | tuple[str, ...]) -> Response:
    return _xml("urlset", "url", [site.base(request) + link(path, register) for path in paths for register in REGISTERS])


def _xml(root: str, entry: str, addresses: list[str]) -> Response:
    inside = "".join(f"<{entry}><loc>{escape(address)}</loc></{entry}>\n" for address in addresses)
    content = f'<?xml version="1.0" encoding="utf-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{inside}</{root}>\n'
    return Response(content.encode("utf-8"), media_type="application/xml", headers=_KEPT)
