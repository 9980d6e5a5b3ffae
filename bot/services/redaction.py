"""Taking out of a sentence what tells who wrote it, so that it may become an example: natural words take the place, spans move along.

What is found by its form (phones, addresses of all kinds, long numbers), by what stands before it ("je m'appelle"), or by being known
(the person's own names, usual first names). What staff see beside it they mark by hand. It cannot find everything: staff read the
result once it is kept, beside the button that takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.services.training_files import Span
from bot.vocabulary.extraction import extract
from bot.vocabulary.lists import first_names
from bot.vocabulary.registers import script_of
from bot.vocabulary.spelling import Word, words

NAME, PHONE, NUMBER, MAIL, LINK, HANDLE, STREET, HOUSE, IDENTITY = (
    "name", "phone", "number", "mail", "link", "handle", "street", "house", "identity"
)  # fmt: skip
LONGEST = 400
"""A longer message is a story, and stories tell of people."""
_STAND_INS = {
    NAME: ("Salma", "سلمى"),
    PHONE: ("0600000000", "0600000000"),
    NUMBER: ("12345", "12345"),
    MAIL: ("nom@exemple.ma", "nom@exemple.ma"),
    LINK: ("https://exemple.ma", "https://exemple.ma"),
    HANDLE: ("@exemple", "@exemple"),
    STREET: ("rue des Orangers", "شارع الزيتون"),
    HOUSE: ("immeuble 1", "عمارة 1"),
    IDENTITY: ("AB123456", "AB123456"),
}
"""In Latin and in Arabic letters."""
_FORMS = (
    (MAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (LINK, re.compile(r"(?:https?://|www\.)\S+|(?<![\w@])(?:[\w-]+\.)+(?:com|org|net|ma|fr|info|io|me|app|eu)(?![\w.])(?:/\S*)?", re.I)),
    (HANDLE, re.compile(r"(?<![\w@])@\w{3,}")),
    (IDENTITY, re.compile(r"(?<!\w)(?:[A-Za-z]{1,2}|[A-Z]{1,2} )\d{5,7}(?!\w)")),
    (PHONE, re.compile(r"(?<!\w)(?:\+|00)?\(?\d(?:[\s.\-/()]{0,2}\d){7,40}(?!\w)")),
    (NUMBER, re.compile(r"\d{5,}")),
)
_STREETS = r"rue|avenue|av\.|bd|bld|blvd|boulevard|impasse|ruelle|zn9a|zan9a|zan[kq]a|zen[kq]a|derb|cha?ri3|char3|زنقة|زنقه|شارع|درب|نهج"
_NOT_IN_A_NAME = (
    "à|a|au|aux|dans|près|pres|sur|et|pour|en|le|les|je|nous|qui|où|f|fi|b|o|w|ou|m3a|7da|hda|bach|ana|li|"
    "في|ف|ب|و|مع|حدا|قرب|عند|من|باش|أنا|انا|التي|الذي|لي|اللي"
)
_STREET = re.compile(
    rf"(?<!\w)(?:\d{{1,4}} ?(?:bis|ter)?,? ?)?(?:{_STREETS})(?:\s+(?!(?:{_NOT_IN_A_NAME})(?!\w))[^\s,;.!?،؛؟\n]+){{1,4}}", re.IGNORECASE
)
_LEAD = re.compile(rf"(?:{_STREETS})(?!\w)", re.IGNORECASE)
_HOUSE = re.compile(
    r"(?<!\w)(?:imm(?:euble)?|appt?|appartement|villa|bloc|lot|résidence|residence|étage|3imara|عمارة|عماره|شقة|شقه|بلوك|الطابق)"
    r"\.? ?(?:n°|numéro|num|رقم)? ?\d{1,4}\w?(?!\w)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?<!\w)(?:je m['’ ]?app?ell?e|mon (?:pré)?nom (?:c['’])?est|moi,? c['’]est|smi[yt]+i|sm[iy]+ti|ismi|ismy|mme|mlle|mr|monsieur|madame"
    r"|m\.|اسمي|إسمي|سميتي|سميتى|السيدة|السيد|سيدي|لالة|للا)(?: هو| هي| hiya| howa)?\s*:?\s+",
    re.IGNORECASE,
)
_NAMELESS = re.compile(rf"(?:{_NOT_IN_A_NAME})", re.IGNORECASE)
_NEW = re.compile(rf"\s*(?:$|[^\w\s]|(?:{_NOT_IN_A_NAME}|و\w+)(?!\w))", re.IGNORECASE)
"""After a name: the end, a sign, or a word that is part of none."""
_SHORT_TITLES = ("mme", "mlle", "mr", "monsieur", "madame", "m.")
_SAFE = ("place", "date", "time_from", "time_to", "time_of_day", "number", "day")
"""What the vocabulary knows is nobody's: "Hay Mohammadi" holds a first name, a range of dates looks like a phone."""
_LONGEST_NUMBER = 8
"""Digits of a number, date or reference that staff marked and that may stay."""
_CROSS_SCRIPT = 4
"""Letters of a name that is also found in the other script, by its skeleton: Ali would be found in many words."""


class Private(ValueError):
    """The sentence cannot become an example; the message is one word: long or entity."""


@dataclass(frozen=True)
class Redacted:
    """A sentence that tells nothing of anybody, and what was replaced (kinds, in order)."""

    words: str
    spans: tuple[Span, ...]
    replaced: tuple[str, ...]


@dataclass(frozen=True)
class _Find:
    kind: str
    start: int
    end: int


def redacted(text: str, spans: Sequence[Span], names: Collection[str], at: datetime, by_hand: Iterable[tuple[int, int]] = ()) -> Redacted:
    """The sentence without what is private in it.

    Args:
        names: what the person is called, as far as it is known.
        at: the instant from which dates are read.
        by_hand: code points [start, end) that staff marked as somebody's name.

    Raises Private where something private is part of an entity, or the text is too long.
    """
    if len(text) > LONGEST:
        raise Private("long")
    safe = [Span(m.kind, m.value, m.start, m.end) for m in extract(text, at) if m.kind in _SAFE]
    finds = [one for one in [*_found(text, names), *_streets(text, safe)] if not _is_inside(one, safe)]
    marked = [_Find(NAME, start, end) for start, end in by_hand]
    kept: list[_Find] = []
    for find in sorted([*finds, *marked], key=lambda one: (one.start, -one.end)):
        settled = _beside(text, find, spans)
        if settled is not None and kept and settled.start < kept[-1].end:
            rest = text[kept[-1].end : settled.end]
            settled = replace(settled, start=settled.end - len(rest.lstrip(" ,.")))
        if settled is not None and text[settled.start : settled.end].strip(" ,."):
            kept.append(settled)
    return _replaced(text, spans, kept)


def _found(text: str, names: Collection[str]) -> list[_Find]:
    found = [_Find(kind, match.start(), match.end()) for kind, pattern in _FORMS for match in pattern.finditer(text)]
    found += [_Find(HOUSE, match.start(), match.end()) for match in _HOUSE.finditer(text)]
    here = words(text)
    found += _called(text, here)
    found += [_Find(NAME, word.start, word.end) for word in here if word.normal in first_names()]
    for name in names:
        found += _named(here, words(name))
    return found


def _streets(text: str, safe: Iterable[Span]) -> list[_Find]:
    """Streets, but for quarters that are called like one: what stands behind "Derb Sultan" is a street of its own."""
    for span in safe:
        if span.entity == "place" and _LEAD.match(text[span.start : span.end]):
            text = text[: span.start] + "," * (span.end - span.start) + text[span.end :]
    return [_Find(STREET, match.start(), match.end()) for match in _STREET.finditer(text)]


def _called(text: str, here: Sequence[Word]) -> list[_Find]:
    """Names by what stands before them: "je m'appelle …", "السيدة …"."""
    found = []
    for match in _AFTER.finditer(text):
        after = [word for word in here if word.start >= match.end()][:2]
        if not after or after[0].start != match.end():
            continue
        first = after[0]
        is_title = match.group().split()[0].lower() in _SHORT_TITLES
        if is_title and not text[first.start].isupper():
            continue  # "madame, bonjour" names nobody
        end = first.end
        if len(after) > 1 and _goes_on(text, first, after[1]):
            end = after[1].end
        found.append(_Find(NAME, first.start, end))
    return found


def _goes_on(text: str, first: Word, second: Word) -> bool:
    """Whether a second word is the family's name: written with a capital, or followed by what begins something new."""
    if text[first.end : second.start] != " " or len(second.text) < 3 or text[second.end : second.end + 1] in ("'", "’"):
        return False
    if text[second.start].isupper():
        return True
    return not second.text.startswith("و") and not _NAMELESS.fullmatch(second.text) and bool(_NEW.match(text[second.end :]))


def _named(here: Sequence[Word], name: Sequence[Word]) -> list[_Find]:
    """Where the words of a name stand, in either script."""
    found = []
    for part in name:
        if len(part.normal) < 2:
            continue
        for word in here:
            same_script = script_of(word.text) == script_of(part.text)
            by_sound = not same_script and min(len(part.normal), len(word.normal)) >= _CROSS_SCRIPT and part.skeleton == word.skeleton != ""
            if word.normal == part.normal or by_sound:
                found.append(_Find(NAME, word.start, word.end))
    return found


def _is_inside(find: _Find, safe: Iterable[Span]) -> bool:
    """Whether what was found is no more than what the vocabulary knows."""
    if find.kind in (MAIL, LINK, HANDLE):
        return False
    return any(span.start <= find.start and find.end <= span.end for span in safe)


def _beside(text: str, find: _Find, spans: Sequence[Span]) -> _Find | None:
    """A find apart from the entities; None where it is one that may stay. Raises Private where it cannot be parted from one."""
    for span in spans:
        if find.end <= span.start or span.end <= find.start:
            continue
        is_inside = find.kind in (PHONE, NUMBER) and span.start <= find.start and find.end <= span.end
        digits = sum(map(str.isdigit, text[span.start : span.end]))
        if is_inside and digits <= _LONGEST_NUMBER and span.entity in ("number", "date", "mission_ref"):
            return None
        if find.kind == STREET and find.start < span.start:
            return replace(find, end=span.start)
        raise Private("entity")
    return find


def _replaced(text: str, spans: Sequence[Span], finds: Sequence[_Find]) -> Redacted:
    parts: list[str] = []
    moves: list[tuple[int, int]] = []
    done = 0
    for find in finds:
        end = find.end
        while end > find.start and text[end - 1].isspace():
            end -= 1
        latin, arabic = _STAND_INS[find.kind]
        stand_in = arabic if script_of(text[find.start : end]) == "arabic" or _is_arabic_around(text, find) else latin
        parts += [text[done : find.start], stand_in]
        moves.append((find.start, len(stand_in) - (end - find.start)))
        done = end
    shifted = []
    for span in spans:
        by = sum(length for start, length in moves if start < span.start)
        shifted.append(replace(span, start=span.start + by, end=span.end + by))
    return Redacted("".join(parts) + text[done:], tuple(shifted), tuple(find.kind for find in finds))


def _is_arabic_around(text: str, find: _Find) -> bool:
    """For what has no letters of its own: which script the sentence is in."""
    return script_of(text[find.start : find.end]) is None and script_of(text) == "arabic"
