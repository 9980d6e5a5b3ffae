"""Who may speak to a server that acts for anybody: programs, no web page that somebody on this machine looks at."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

NAMES = ("127.0.0.1", "localhost", "::1")


def is_local(host: str | None, origin: str | None, urls: Collection[str] = ()) -> bool:
    """Whether a request comes from a program that may ask: by its headers Host, which a rebound name gives away, and Origin, which only
    browsers send. A page may send what it likes to loopback, it only cannot read the answer.

    Args:
        urls: under which the server is reached by our own programs on other machines, beside loopback.
    """
    named = urlsplit(f"//{host or ''}").hostname
    return origin is None and named is not None and named in {*NAMES, *(urlsplit(url).hostname for url in urls)}
