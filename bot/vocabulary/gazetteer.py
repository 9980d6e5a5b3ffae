"""Finding places, causes, skills and the other closed lists in what people type.

Longest match over words: by normalised form, then by skeleton, then a guarded fuzzy step. Proclitics are stripped from the first word
of a match (فكازا, للتعليم, flm3arif, l'education). Short keys match only letter by letter: a skeleton of three consonants or less
means too many things.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

from rapidfuzz import fuzz, process

from bot.vocabulary import lists
from bot.vocabulary.mentions import Mention, is_negated
from bot.vocabulary.registers import script_of
from bot.vocabulary.spelling import Word, words

MAX_WORDS = 6
_SONS_OF = "أولاد "
SKELETON_LENGTH = 4
FUZZY_LETTERS = 6
FUZZY_SCORE = 86
SAME_SCRIPT_SCORE = 86
FUZZY_KINDS = ("place", "cause", "skill", "organisation_kind")
NOT_OF_THE_CONTRACT = {"means", "outside_place", "idiom"}
LONGEST_TEXT = 4096
"""Telegram's own limit; more is not read."""

_ARABIC_PROCLITICS = re.compile(r"(و?(?:لل|[فبك]ال|ال|[فبلك])|و)(?=\w{3})")
_LATIN_PROCLITICS = re.compile(r"((?:w|ou?)?(?:fl|bl|dl|lel|li|fe|be|f|b|d|l|el|w))(?=\w{3})")
_PLACE_LEADS = frozenset("f fi fe a de d mn men min sur vers l li dyal dial fin ف في من ل ديال حدا 7da nwa7i ب b".split())

Key = tuple[str, ...]
Values = tuple[tuple[str, str], ...]
_K = TypeVar("_K")


class _Index:
    """Aliases of all kinds by normalised words and by skeletons."""

    def __init__(self) -> None:
        self.normal: dict[Key, Values] = {}
        self.skeleton: dict[str, Values] = {}
        self.arabic: dict[str, list[str]] = {}
        """The Arabic spellings behind a skeleton."""
        for kind, value, alias in _aliases():
            found = words(alias)
            if not found:
                continue
            self._add(self.normal, tuple(word.normal for word in found), (kind, value))
            bare = found[0].normal.removeprefix("ال")
            # With its article a name is a name: الجديدة is a town, جديدة is "new".
            if bare != found[0].normal and len(bare) > 2 and bare not in lists.everyday():
                self._add(self.normal, (bare, *(word.normal for word in found[1:])), (kind, value))
            joined = " ".join(word.skeleton for word in found)
            if len(joined.replace(" ", "")) >= SKELETON_LENGTH and all(word.skeleton for word in found):
                self._add(self.skeleton, joined, (kind, value))
                if script_of(alias) == "arabic":
                    self.arabic.setdefault(joined, []).append(" ".join(word.normal for word in found))
        self.longest = max(map(len, self.normal))
        self.fuzzy = [
            " ".join(key)
            for key, values in self.normal.items()
            if len("".join(key)) >= FUZZY_LETTERS and any(kind in FUZZY_KINDS for kind, _ in values)
        ]
        self.fuzzy_by_words: dict[int, list[str]] = {}
        for key in self.fuzzy:
            self.fuzzy_by_words.setdefault(key.count(" ") + 1, []).append(key)

    @staticmethod
    def _add(index: dict[_K, Values], key: _K, value: tuple[str, str]) -> None:
        known = index.get(key, ())
        if value not in known:
            # A place that lies in another of the same name comes first; the rest keep the order of the lists.
            index[key] = (*known, value)


def _aliases() -> Iterator[tuple[str, str, str]]:
    for place in lists.places():
        for alias in (place.id, place.arabic, place.darija, *place.aliases):
            yield "place", place.id, alias
            if alias.startswith(_SONS_OF):
                # As it is said: ولاد رحمون.
                yield "place", place.id, alias[1:]
    for kind in lists.kinds():
        if kind in ("day", "time_of_day", "spoken_language"):
            continue  # times have a reader of their own
        for term in lists.terms(kind):
            spoken = () if kind == "outside_place" else term.labels.values()
            for alias in (*spoken, *term.aliases):
                yield kind, term.id, alias
                if kind == "skill":
                    for form in conjugated(alias):
                        yield kind, term.id, form


def conjugated(alias: str) -> Iterator[str]:
    """The forms of a Darija verb that is listed in the first person (نطيب, ntyeb): he and they cook, she is cooking, we will cook.

    A noun that begins like one (نجارة) gets forms that nobody says, which do no harm.
    """
    if " " in alias or len(alias) < 4:
        return
    arabic = re.fullmatch(r"ك?ن([\u0600-\u06ff]+)", alias)
    latin = re.fullmatch(r"(?:ka)?n([a-z0-9]+)", alias)
    if arabic:
        stem = arabic[1]
        plural = stem + ("" if stem.endswith("و") else "و")
        for person in ("ن", "ي", "ت", "كن", "كي", "كت", "كان", "كاي", "كات", "غن", "غي", "غت", "غان"):
            yield person + stem
            yield person + plural
    elif latin:
        stem = latin[1]
        for person in ("n", "y", "i", "t", "kan", "kay", "kat", "ki", "ghan", "ghay", "ghat", "gha n"):
            yield person + stem
            for plural in ("o", "ou", "w", "iw"):
                yield person + stem + plural


@lru_cache(maxsize=1)
def _index() -> _Index:
    return _Index()


def find(text: str, kinds: Collection[str] | None = None) -> list[Mention]:
    """The values of the closed lists in a text, in the order in which they stand.

    Args:
        text: as typed; what goes beyond Telegram's limit is not read.
        kinds: only these (place, cause, skill, organisation_kind, language, frequency, mode, means, outside_place);
            None: the entities of the contract, that is all but means and outside_place.
    """
    text = text[:LONGEST_TEXT]
    found = words(text)
    mentions: list[Mention] = []
    position = 0
    while position < len(found):
        length, values, cut = _longest(found, position)
        if not length:
            position += 1
            continue
        first, last = found[position], found[position + length - 1]
        start = first.start + cut if len(first.text) == len(first.normal) else first.start
        negated = is_negated(text, found, position)
        if length == 1 and first.normal in lists.everyday() and len(found) > 1 and _before(found, position) not in _PLACE_LEADS:
            # "f jdida" is a town, "jam3iya jdida" a new association.
            values = tuple(value for value in values if value[0] != "place")
        mentions += [Mention(kind, value, start, last.end, negated) for kind, value in _one_place(values)]
        position += length
    wanted = kinds if kinds is not None else {m.kind for m in mentions} - NOT_OF_THE_CONTRACT
    return [mention for mention in mentions if mention.kind in wanted]


def _before(found: Sequence[Word], position: int) -> str:
    return found[position - 1].normal if position else ""


def _one_place(values: Values) -> Values:
    """One alias may name a cause and a skill, but not two places: the first listed holds."""
    kept: dict[str, str] = {}
    for kind, value in values:
        kept.setdefault(kind, value)
    return tuple(kept.items())


def _longest(found: Sequence[Word], position: int) -> tuple[int, Values, int]:
    """The longest match that starts at a word: how many words, the values, and the letters of a proclitic to cut."""
    index = _index()
    for length in range(min(index.longest, MAX_WORDS, len(found) - position), 0, -1):
        part = found[position : position + length]
        is_everyday = part[0].normal in lists.everyday()
        for normal, cut in _variants(part[0].normal):
            if cut and is_everyday:
                break
            values = index.normal.get((normal, *(word.normal for word in part[1:])))
            if values:
                return length, values, cut
    for length in range(min(3, len(found) - position), 0, -1):
        part = found[position : position + length]
        if any(word.normal in lists.everyday() for word in part) or not all(word.skeleton for word in part):
            continue
        values = _by_skeleton(index, part) or _fuzzy(index, part)
        if values:
            return length, values, 0
    return 0, (), 0


def _variants(word: str) -> Iterator[tuple[str, int]]:
    """The word as it stands, and without the proclitics it may carry, the longest first."""
    yield word, 0
    for pattern in (_ARABIC_PROCLITICS, _LATIN_PROCLITICS):
        if match := pattern.match(word):
            prefix = match.group(1)
            for size in range(len(prefix), 0, -1):
                rest = word[size:]
                yield rest, size
                # للتعليم is ل + ال + تعليم, written with one ل: the article is part of the name in the index.
                yield "ال" + rest, size


def _by_skeleton(index: _Index, part: Sequence[Word]) -> Values:
    """The values behind the skeleton of some words.

    Long vowels are written in Arabic: there, what has a skeleton in common with an alias in the same letters must look like it, too.
    """
    key = " ".join(word.skeleton for word in part)
    typed = " ".join(word.normal for word in part)
    spellings = index.arabic.get(key, ())
    if spellings and script_of(typed) == "arabic" and all(fuzz.ratio(typed, known) < SAME_SCRIPT_SCORE for known in spellings):
        return ()
    return index.skeleton.get(key, ())


def _fuzzy(index: _Index, part: Sequence[Word]) -> Values:
    """The alias that differs by a slip of the finger: same first letter, nearly the same length and letters."""
    typed = " ".join(word.normal for word in part)
    if len(typed.replace(" ", "")) < FUZZY_LETTERS or any(character.isdecimal() for character in typed[:1]):
        return ()
    best = process.extractOne(typed, index.fuzzy_by_words.get(len(part), ()), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
    if best is None or best[0][0] != typed[0] or abs(len(best[0]) - len(typed)) > (2 if len(typed) > 8 else 1):
        return ()
    return tuple(value for value in index.normal[tuple(best[0].split())] if value[0] in FUZZY_KINDS)
