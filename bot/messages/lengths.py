"""Telegram's limit on the length of a message, kept without cutting a tag or a sentence."""

from __future__ import annotations

import re

LONGEST_MESSAGE = 4096
"""Characters after parsing; counting the markup too is on the safe side."""
_TAG = re.compile(r"<[^>]*>")
_PARAGRAPH = re.compile(r".+?(?:\n{2,}|\Z)", re.DOTALL)
_LETTER = re.compile(r"&#?\w+;|.", re.DOTALL)
"""One letter as a reader sees it: an escaped one is not cut in two."""


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
    parts.append(current.strip("\n"))
    # Telegram refuses a message of nothing but white space.
    return [part for part in parts if part.strip()] or [""]


def _pieces(html: str, longest: int) -> list[str]:
    """Paragraphs that fit; of longer ones their lines, of longer lines their letters."""
    pieces: list[str] = []
    for paragraph in _PARAGRAPH.findall(html):
        for piece in [paragraph] if len(paragraph) <= longest else paragraph.splitlines(keepends=True):
            pieces += [piece] if len(piece) <= longest else _LETTER.findall(_TAG.sub("", piece))
    return pieces
