"""What every answer carries: headers that keep browsers strict, and an ETag so that nothing is sent twice."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""What an answer gets that does not say otherwise itself."""
_OF_304 = ("cache-control", "etag", "vary", "content-security-policy")


class Guard:
    """An ASGI middleware around all routes. Answers are small, and held whole until their ETag is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await self._app(scope, receive, keep)
        if not start:
            return
        headers = MutableHeaders(raw=list(start["headers"]))
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if start["status"] == 200 and scope["method"] in ("GET", "HEAD") and headers["Cache-Control"] != "no-store":
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            if _is_known(Headers(scope=scope).get("if-none-match", ""), headers["ETag"]):
                start["status"] = 304
                headers = MutableHeaders(raw=[pair for pair in headers.raw if pair[0].decode("latin-1") in _OF_304])
        silent = start["status"] == 304 or scope["method"] == "HEAD"
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b"" if silent else bytes(body)})


def _is_known(sent: str, etag: str) -> bool:
    """Whether If-None-Match names an ETag; a cache may have made a weak one of it."""
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in sent.split(","))
