"""Telegram's HTML, checked as strictly as Telegram does."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_TAGS = frozenset("b strong i em u ins s strike del code pre a tg-spoiler blockquote span".split())
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class MarkupError(ValueError):
    """The text cannot be parsed; the message is worded like Telegram's."""


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise MarkupError(f'unsupported start tag "{tag}" at byte offset {self.getpos()[1]}')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise MarkupError(f"unmatched end tag at byte offset {self.getpos()[1]}")


def plain_text(html: str) -> str:
    """The text that a reader sees. Raises MarkupError where Telegram would refuse the markup."""
    if "<" in _TAG.sub("", html):
        raise MarkupError("unsupported start tag")
    checker = _Checker()
    checker.feed(html)
    checker.close()
    if checker.open:
        raise MarkupError(f'can\'t find end tag corresponding to start tag "{checker.open[-1]}"')
    return unescape(re.sub(r"<[^>]*>", "", html))
