"""Telegram's limit on the length of a message, kept without cutting a tag or a sentence."""

from __future__ import annotations

import re

LONGEST_MESSAGE = 4096
"""Characters after parsing; counting the markup too is on the safe side."""
_TAG = re.compile(r"<[^>]*>")


def split(html: str, longest: int = LONGEST_MESSAGE) -> list[str]:
    """The text in parts that fit, parted between paragraphs, else between lines, else anywhere without markup.

    Our catalogues open and close every tag within a line.
    """
    if len(html) <= longest:
        return [html]
    parts, current = [], ""
    for piece in _pieces(html, longest):
        if current and len(current) + len(piece) > longest:
            parts.append(current.strip("\n"))
            current = ""
        current += piece
    return [*parts, current.strip("\n")]


def _pieces(html: str, longest: int) -> list[str]:
    pieces = []
    for line in html.splitlines(keepends=True):
        if len(line) <= longest:
            pieces.append(line)
        else:
            plain = _TAG.sub("", line)
            pieces += [plain[start : start + longest] for start in range(0, len(plain), longest)]
    return pieces
