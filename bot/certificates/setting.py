"""Setting a line of type that mixes scripts and directions: Unicode's bidirectional order, a font for each script, shapes by HarfBuzz.

fpdf2 orders and shapes a whole line with one script; a name in Arabic letters inside a French line would fall apart. So a line is cut
into runs of one direction and one font, put in order here, and each is shaped as what it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

FONTS = Path(__file__).parent / "fonts"
LATIN, ARABIC, TIFINAGH = "latin", "arabic", "tifinagh"
_FILES = {
    (LATIN, ""): "NotoSans-Regular.ttf",
    (LATIN, "B"): "NotoSans-Bold.ttf",
    (ARABIC, ""): "NotoNaskhArabic-Regular.ttf",
    (ARABIC, "B"): "NotoNaskhArabic-Bold.ttf",
    (TIFINAGH, ""): "NotoSansTifinagh-Regular.ttf",
    # There is no bold one.
    (TIFINAGH, "B"): "NotoSansTifinagh-Regular.ttf",
}
ISOLATE, POP = "\u2068", "\u2069"
_UNSEEN = set("\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e")
"""Marks of direction: they have done their work once the line is in order."""
_JOINERS = "\u200c\u200d"


@cache
def letters(family: str) -> frozenset[int]:
    """The code points for which a font has a shape."""
    with TTFont(FONTS / _FILES[family, ""], lazy=True) as font:
        return frozenset(font.getBestCmap())


def font_of(character: str, before: str) -> str | None:
    """The font for a character: that of its script; what belongs to none goes on in the one before. None: no font has it."""
    if unicodedata.combining(character) or character in _JOINERS:
        return before
    order = (before, LATIN, ARABIC, TIFINAGH)
    return next((family for family in order if ord(character) in letters(family)), None)


@contextmanager
def with_fonts(sheet: FPDF) -> Iterator[FPDF]:
    """The sheet with all fonts at hand, until it is done; only the letters used are embedded."""
    for (family, style), file_name in _FILES.items():
        sheet.add_font(family, style, FONTS / file_name)
    try:
        yield sheet
    finally:
        # fpdf2 leaves the files open.
        fonts: Any = sheet.fonts.values()
        for font in fonts:
            font.ttfont.close()


@dataclass(frozen=True)
class Style:
    """size in points; direction: rtl or ltr, of the line as a whole."""

    size: float
    bold: bool = False
    direction: str = "ltr"

    def of_size(self, size: float) -> Style:
        return Style(size, self.bold, self.direction)


@dataclass(frozen=True)
class _Run:
    words: str
    family: str
    level: int


def _runs(words: str, direction: str) -> list[_Run]:
    """A line cut into runs of one direction and one font, in the order in which they stand from left to right."""
    base = TextDirection.RTL if direction == "rtl" else TextDirection.LTR
    family = ARABIC if direction == "rtl" else LATIN
    placed = []
    for one in BidiParagraph(text=words, base_direction=base, preserve_bn_chars=True).get_characters_with_embedding_level():
        if one.character in _UNSEEN:
            continue
        family = font_of(one.character, family) or family
        placed.append((one.character, family, one.embedding_level))
    runs = [
        _Run("".join(character for character, _, _ in group), family, level)
        for (family, level), group in ((key, list(group)) for key, group in groupby(placed, key=lambda one: (one[1], one[2])))
    ]
    return _in_order(runs)


def _in_order(runs: list[_Run]) -> list[_Run]:
    """Rule L2 of the algorithm: from the deepest level on, each stretch of that level and deeper is turned round."""
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        turned: list[_Run] = []
        for is_deep, group in groupby(runs, key=lambda run: run.level >= level):
            stretch = list(group)
            turned += stretch[::-1] if is_deep else stretch
        runs = turned
    return runs


def _shaped(sheet: FPDF, run: _Run, style: Style) -> tuple[Any, Sequence[dict[str, Any]], float]:
    """The font of a run, its glyphs from left to right, and millimetres to a unit of theirs."""
    sheet.set_font(run.family, "B" if style.bold else "", style.size)
    font: Any = sheet.current_font
    direction = TextDirection.RTL if run.level % 2 else TextDirection.LTR
    glyphs = font.shape_text(run.words, style.size, {"features": {}, "fragment_direction": direction})
    return font, [glyph for glyph in glyphs if glyph["mapped_char"] is not None], font.scale * style.size / 1000 / sheet.k


def width(sheet: FPDF, words: str, style: Style) -> float:
    """The width of a line in millimetres."""
    total = 0.0
    for run in _runs(words, style.direction):
        _, glyphs, unit = _shaped(sheet, run, style)
        total += sum(glyph["x_advance"] for glyph in glyphs) * unit
    return total


def draw(sheet: FPDF, words: str, style: Style, left: float, baseline: float) -> None:
    """Set a line from a left edge on; both in millimetres.

    Glyph by glyph where they are moved: fpdf2's own cells part a word at each vowel sign, and its letters no longer join.
    """
    for run in _runs(words, style.direction):
        font, glyphs, unit = _shaped(sheet, run, style)
        shown, together = [sheet._set_font_for_page(font, style.size, wrap_in_text_object=False)], ""
        for glyph in glyphs:
            is_moved = glyph["x_offset"] or glyph["y_offset"] or glyph["force_positioning"]
            if together and is_moved:
                shown.append(f"({together}) Tj")
                together = ""
            if not together:
                across, up = left + glyph["x_offset"] * unit, sheet.h - baseline + glyph["y_offset"] * unit
                shown.append(f"1 0 0 1 {across * sheet.k:.3f} {up * sheet.k:.3f} Tm")
            together += font.escape_text(chr(glyph["mapped_char"]))
            left += glyph["x_advance"] * unit
            if is_moved:
                shown.append(f"({together}) Tj")
                together = ""
        if together:
            shown.append(f"({together}) Tj")
        colour: Any = sheet.text_color
        sheet._out(f"q {colour.serialize().lower()} BT {' '.join(shown)} ET Q")


def wrapped(sheet: FPDF, words: str, style: Style, room: float) -> list[str]:
    """Words in lines no wider than so many millimetres; an isolate that is cut is closed and opened again."""
    lines: list[str] = []
    line = ""
    for word in words.split(" "):
        longer = f"{line} {word}" if line else word
        if width(sheet, longer, style) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _broken(sheet, word, style, room)
        lines += whole
    return _closed([*lines, line])


def _broken(sheet: FPDF, word: str, style: Style, room: float) -> list[str]:
    """A word in pieces that fit, where it is wider than the line."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width(sheet, pieces[-1] + character, style) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _closed(lines: Sequence[str]) -> list[str]:
    closed, is_open = [], False
    for line in lines:
        whole = (ISOLATE if is_open else "") + line
        is_open = whole.count(ISOLATE) > whole.count(POP)
        closed.append(whole + (POP if is_open else ""))
    return closed


def fitted(sheet: FPDF, words: str, style: Style, room: float, most_lines: int, smallest: float) -> tuple[list[str], Style]:
    """Words in lines at the largest size at which there are few enough; at the smallest size in as many as it takes."""
    while True:
        lines = wrapped(sheet, words, style, room)
        if len(lines) <= most_lines or style.size <= smallest:
            return _even(sheet, words, style, room, lines), style
        style = style.of_size(max(style.size - 1, smallest))


def _even(sheet: FPDF, words: str, style: Style, room: float, lines: list[str]) -> list[str]:
    """The same words in as many lines of about the same length: no last word alone."""
    if len(lines) == 1:
        return lines
    narrowest, widest = room / len(lines), room
    while widest - narrowest > 1:
        tried = wrapped(sheet, words, style, (narrowest + widest) / 2)
        if len(tried) > len(lines):
            narrowest = (narrowest + widest) / 2
        else:
            lines, widest = tried, (narrowest + widest) / 2
    return lines
