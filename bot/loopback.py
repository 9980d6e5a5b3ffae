"""Who may speak to a server that acts for anybody: programs of this machine, no web page that somebody on it looks at."""

from __future__ import annotations

from urllib.parse import urlsplit

NAMES = ("127.0.0.1", "localhost", "::1")


def is_local(host: str | None, origin: str | None) -> bool:
    """Whether a request comes from a program here: by its headers Host, which a rebound name gives away, and Origin, which only
    browsers send. A page may send what it likes to loopback, it only cannot read the answer."""
    return origin is None and urlsplit(f"//{host or ''}").hostname in NAMES
