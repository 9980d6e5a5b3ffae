"""The page of a certificate: A4 across, in standard Arabic or French."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from datetime import date, datetime

import segno
from babel.dates import format_date
from fpdf import FPDF

from bot import vocabulary
from bot.certificates import numbers, setting
from bot.certificates.setting import ISOLATE, POP, Style
from bot.clock import CASABLANCA
from bot.texts import Html, text

WIDE, HIGH = 297.0, 210.0
"""A4 across, in millimetres."""
ROOM = 236.0
"""Of a line across the page."""
NOTE_ROOM = 178.0
"""Of the lines beside the QR code."""
MARGIN = 26.0
CODE = 30.0
INK, LEAF, GREY, LINE = (23, 48, 43), (13, 107, 87), (91, 107, 102), (200, 188, 158)
MINUTES = 60
_LOCALES = {"ar": "ar_MA", "fr": "fr_MA"}
_REGISTERS = {"ar": "ar", "fr": "fr", "ary-Arab": "ar", "ary-Latn": "fr"}


@dataclass(frozen=True)
class Content:
    """What a certificate says.

    place is a canonical place, None: from home; days are legal time; issued_at an aware instant.
    """

    number: str
    name: str
    organisation: str
    mission: str
    place: str | None
    minutes: int
    first_on: date
    last_on: date
    issued_at: datetime


def document_register(register: str) -> str:
    """The register in which a document is written for whoever speaks this one: formal papers are in standard Arabic or French."""
    return _REGISTERS[register]


def printable(words: str) -> str:
    """Words without what no font has (emoji), in one line."""
    kept = "".join(
        character
        for character in " ".join(words.split())
        if character not in setting._UNSEEN and setting.font_of(character, setting.LATIN) is not None
    )
    return " ".join(kept.split())


def is_printable(name: str) -> bool:
    """Whether a name has its letters in our fonts: Latin, Arabic, Tifinagh, Greek or Cyrillic."""
    kept = printable(name)
    return any(map(str.isalpha, kept)) and sum(map(str.isalpha, kept)) == sum(map(str.isalpha, name))


def duration(minutes: int, register: str) -> str:
    """A duration in words: "3 heures", "1 heure et 30 minutes"."""
    hours, rest = divmod(minutes, MINUTES)
    parts = [text(register, "paper_hours", count=hours)] if hours else []
    parts += [text(register, "paper_minutes", count=rest)] if rest else []
    if len(parts) == 1:
        return parts[0]
    return text(register, "paper_and", hours=Html(parts[0]), minutes=Html(parts[1]))


def day(on: date, register: str) -> str:
    """A date with its year, as papers write it."""
    return format_date(on, "d MMMM y", locale=_LOCALES[document_register(register)])


def period(content: Content, register: str) -> str:
    """From the first day to the last, or the one day."""
    if content.first_on == content.last_on:
        return text(register, "paper_on", day=Html(day(content.first_on, register)))
    return text(register, "paper_from_to", first=Html(day(content.first_on, register)), last=Html(day(content.last_on, register)))


def place(content: Content, register: str) -> str:
    """Where it was: the place, or from home."""
    return vocabulary.label("place", content.place, register) if content.place else text(register, "paper_from_home")


def _plain(register: str, key: str, **values: str) -> str:
    """A text of the catalogue without HTML; values are kept apart, whichever way the sentence runs."""
    said = html.unescape(text(register, key, None, **{name: Html(_isolated(value)) for name, value in values.items()}))
    # French signs that stand apart never begin a line.
    return re.sub(r"(?<=«) | (?=[»:])", "\u00a0", said)


def _isolated(value: str) -> str:
    return f"{ISOLATE}{value}{POP}"


class _Page:
    """A sheet and what is said on it, from top to bottom."""

    def __init__(self, sheet: FPDF, content: Content, register: str, verify_url: str) -> None:
        self.content = content
        self.register = register
        self.verify_url = verify_url
        self.direction = "rtl" if register == "ar" else "ltr"
        self.sheet = sheet
        self.sheet.set_auto_page_break(False)
        self.sheet.c_margin = 0
        # Written with the day it was issued, the same certificate is the same file, byte for byte.
        self.sheet.set_creation_date(content.issued_at)
        self.sheet.set_producer("Tadamon")
        self.sheet.set_author("Tadamon")
        self.sheet.set_lang(register)
        self.sheet.set_title(f"{_plain(register, 'paper_title')} {numbers.shown(content.number)}")
        self.sheet.add_page()

    def style(self, size: float, bold: bool = False) -> Style:
        return Style(size, bold, self.direction)

    def centred(
        self, words: str, middle: float, style: Style, most_lines: int = 1, smallest: float = 9, colour: tuple[int, int, int] = INK
    ) -> None:
        """Lines around a height of the page, each in the middle of it."""
        self.sheet.set_text_color(*colour)
        lines, style = setting.fitted(self.sheet, words, style, ROOM, most_lines, smallest)
        step = style.size * 0.3528 * 1.32
        baseline = middle - step * (len(lines) - 1) / 2 + style.size * 0.3528 * 0.35
        for number, line in enumerate(lines):
            wide = setting.width(self.sheet, line, style)
            setting.draw(self.sheet, line, style, (WIDE - wide) / 2, baseline + number * step)

    def note(self, words: str, top: float, style: Style, colour: tuple[int, int, int]) -> float:
        """Lines beside the code, from the side where reading begins; returns where the next may stand."""
        self.sheet.set_text_color(*colour)
        lines, style = setting.fitted(self.sheet, words, style, NOTE_ROOM, 2, 8)
        step = style.size * 0.3528 * 1.4
        for line in lines:
            top += step
            left = WIDE - MARGIN - setting.width(self.sheet, line, style) if self.direction == "rtl" else MARGIN
            setting.draw(self.sheet, line, style, left, top)
        return top

    def frame(self) -> None:
        self.sheet.set_draw_color(*LEAF)
        for inset, thick in ((8.0, 0.9), (10.4, 0.25)):
            self.sheet.set_line_width(thick)
            self.sheet.rect(inset, inset, WIDE - 2 * inset, HIGH - 2 * inset)
        self.star(WIDE / 2, 27, 8.5)

    def star(self, x: float, y: float, radius: float) -> None:
        """The eight-pointed star of Moroccan tiles: two squares, one turned."""
        self.sheet.set_line_width(0.6)
        for turn in (0.0, math.pi / 4):
            corners = [
                (x + radius * math.cos(turn + math.pi / 2 * corner), y + radius * math.sin(turn + math.pi / 2 * corner))
                for corner in range(4)
            ]
            self.sheet.polygon(corners, style="D")
        self.sheet.set_fill_color(*LEAF)
        self.sheet.circle(x, y, radius * 0.22, style="F")

    def body(self) -> None:
        content, register = self.content, self.register
        self.centred("Tadamon · كازا تضامن", 42, self.style(11), colour=GREY)
        self.centred(_plain(register, "paper_title"), 55, self.style(30, True), colour=LEAF)
        self.centred(_plain(register, "paper_to"), 69, self.style(13), colour=GREY)
        name = _isolated(printable(content.name))
        is_short = setting.width(self.sheet, name, self.style(24, True)) <= ROOM
        self.centred(name, 84, self.style(34 if is_short else 25, True), 1 if is_short else 2, smallest=18)
        self.sheet.set_draw_color(*LINE)
        self.sheet.set_line_width(0.4)
        self.sheet.line(WIDE / 2 - 40, 99, WIDE / 2 + 40, 99)
        hours = _plain(register, "paper_for", hours=duration(content.minutes, register))
        self.centred(f"{hours} – {period(content, register)}", 108, self.style(15), smallest=11)
        self.centred(_plain(register, "paper_mission"), 117, self.style(11), colour=GREY)
        self.centred(_isolated(printable(content.mission)), 129, self.style(19, True), most_lines=2, smallest=7)
        organisation, where = _isolated(printable(content.organisation)), _isolated(place(content, register))
        self.centred(f"{_plain(register, 'paper_with')} {organisation} – {where}", 145, self.style(15), most_lines=2, smallest=8)

    def foot(self) -> None:
        content, register = self.content, self.register
        issued_on = content.issued_at.astimezone(CASABLANCA).date()
        self.sheet.set_draw_color(*LINE)
        self.sheet.line(MARGIN, 157, WIDE - MARGIN, 157)
        word = _plain(register, "paper_issued", day=day(issued_on, register), organisation=printable(content.organisation))
        top = self.note(word, 160, self.style(11), INK)
        top = self.note(_plain(register, "paper_no_more"), top + 1, self.style(9.5), GREY)
        shown = numbers.shown(content.number)
        top = self.note(_plain(register, "paper_number", number=shown), top + 2, self.style(12, True), INK)
        self.note(_plain(register, "paper_check", url=self.verify_url), top + 0.5, self.style(9.5), GREY)
        left = MARGIN if self.direction == "rtl" else WIDE - MARGIN - CODE
        self.code(left, 163)

    def code(self, left: float, top: float) -> None:
        """The address of the check as a QR code of whole squares, so that it stays sharp on any printer."""
        rows = [list(row) for row in segno.make(self.verify_url, error="m", micro=False).matrix]
        module = CODE / len(rows)
        self.sheet.set_fill_color(*INK)
        for y, row in enumerate(rows):
            for x, is_dark in enumerate(row):
                if is_dark:
                    # A little wider than its place: no hair lines between neighbours.
                    self.sheet.rect(left + x * module, top + y * module, module * 1.02, module * 1.02, style="F")
        self.sheet.link(left, top, CODE, CODE, self.verify_url)


def render(content: Content, register: str, verify_url: str) -> bytes:
    """A certificate as PDF, one page; the same input gives the same bytes.

    Args:
        register: of whoever reads it; the page is in standard Arabic or in French.
        verify_url: where anybody may see whether it holds, in the QR code and in words.
    """
    with setting.with_fonts(FPDF("L", "mm", "A4")) as sheet:
        page = _Page(sheet, content, document_register(register), verify_url)
        page.frame()
        page.body()
        page.foot()
        return bytes(sheet.output())
