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
from bot.vocabulary.spelling import Word, words

MAX_WORDS = 6
SKELETON_LENGTH = 4
FUZZY_LETTERS = 6
FUZZY_SCORE = 86
FUZZY_KINDS = ("place", "cause", "skill", "organisation_kind")
LONGEST_TEXT = 4096
"""Telegram's own limit; more is not read."""

_ARABIC_PROCLITICS = re.compile(r"(و?(?:لل|[فبك]ال|ال|[فبلك])|و)(?=\w{3})")
_LATIN_PROCLITICS = re.compile(r"((?:w|ou?)?(?:fl|bl|dl|lel|li|fe|be|f|b|d|l|el|w))(?=\w{3})")
# Words of daily speech that a skeleton or a typo would turn into a place or a cause.
_COMMON = frozenset(
    """bonjour bonsoir merci besoin cherche chercher recherche aider aide aimer aimerais voudrais veux peux pouvez
    disponible disponibilite benevole benevoles benevolat volontaire volontaires mission missions semaine personne
    personnes quelque quelques chose quelle comment combien toujours inscrire inscription participer proposer
    salam labas bghit kan9eleb nhar simana nchallah wakha mataw3in motatawi3in mission lmission m3akom
    السلام بغيت نتطوع متطوع متطوعين التطوع المتطوعين محتاج محتاجين نساعد مساعدة المساعدة نهار سيمانة
    كيفاش شنو علاش واخا صافي مزيان شكرا عندي ديال ديالي ممكن اريد أريد المشاركة مهمة مهمات المهمات""".split()
)

Key = tuple[str, ...]
Values = tuple[tuple[str, str], ...]
_K = TypeVar("_K")


class _Index:
    """Aliases of all kinds by normalised words and by skeletons."""

    def __init__(self) -> None:
        self.normal: dict[Key, Values] = {}
        self.skeleton: dict[str, Values] = {}
        for kind, value, alias in _aliases():
            found = words(alias)
            if not found:
                continue
            self._add(self.normal, tuple(word.normal for word in found), (kind, value))
            bare = found[0].normal.removeprefix("ال")
            if bare != found[0].normal and len(bare) > 2:
                self._add(self.normal, (bare, *(word.normal for word in found[1:])), (kind, value))
            joined = " ".join(word.skeleton for word in found)
            if len(joined.replace(" ", "")) >= SKELETON_LENGTH and all(word.skeleton for word in found):
                self._add(self.skeleton, joined, (kind, value))
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
    for kind in lists.kinds():
        if kind in ("day", "time_of_day", "spoken_language"):
            continue  # times have a reader of their own
        for term in lists.terms(kind):
            spoken = () if kind == "outside_place" else term.labels.values()
            for alias in (*spoken, *term.aliases):
                yield kind, term.id, alias


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
        mentions += [Mention(kind, value, start, last.end, negated) for kind, value in _one_place(values)]
        position += length
    wanted = kinds if kinds is not None else {m.kind for m in mentions} - {"means", "outside_place"}
    return [mention for mention in mentions if mention.kind in wanted]


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
        for normal, cut in _variants(part[0].normal):
            values = index.normal.get((normal, *(word.normal for word in part[1:])))
            if values:
                return length, values, cut
    for length in range(min(3, len(found) - position), 0, -1):
        part = found[position : position + length]
        if any(word.normal in _COMMON for word in part) or not all(word.skeleton for word in part):
            continue
        values = index.skeleton.get(" ".join(word.skeleton for word in part)) or _fuzzy(index, part)
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


def _fuzzy(index: _Index, part: Sequence[Word]) -> Values:
    """The alias that differs by a slip of the finger: same first letter, nearly the same length and letters."""
    typed = " ".join(word.normal for word in part)
    if len(typed.replace(" ", "")) < FUZZY_LETTERS or any(character.isdigit() for character in typed[:1]):
        return ()
    best = process.extractOne(typed, index.fuzzy_by_words.get(len(part), ()), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
    if best is None or best[0][0] != typed[0] or abs(len(best[0]) - len(typed)) > (2 if len(typed) > 8 else 1):
        return ()
    return tuple(value for value in index.normal[tuple(best[0].split())] if value[0] in FUZZY_KINDS)
