"""Which of the missions shown is meant: "la deuxième", "n°3", "رقم 2", "tanya", as digits."""

from __future__ import annotations

import re

from bot.vocabulary.mentions import Mention
from bot.vocabulary.numbers import number_of
from bot.vocabulary.spelling import Word, normalise, words
from bot.vocabulary.time_words import MONTHS

_ORDINALS = """
1: première premier 1ère 1er lawla lowla louwla loula lewla lwla الأولى الأول الاولة لولا اللولة اللولى
2: deuxième second seconde 2ème 2eme 2e tanya ttanya lttanya tania ettanya الثانية الثاني التانية التاني
3: troisième 3ème 3eme 3e talta ttalta tlta الثالثة الثالث التالتة التالت
4: quatrième 4ème 4eme 4e rab3a rrab3a الرابعة الرابع
5: cinquième 5ème 5eme 5e khamsa_l lkhamsa الخامسة الخامس
"""
_BEFORE_NUMBER = frozenset(
    "n no num numero nemra nmra ra9m raqm mission lmission mohima lmohima mohimma lmohimma initiative annonce l3lan i3lan "
    "رقم نمره النمره المهمه للمهمه مهمه المبادره للمبادره الاعلان".split()
)
_ARTICLES = frozenset("la le celle celui dik hadik dak hadak ديك هاديك داك".split())
_TOWARDS = frozenset("a pour dans sur f fi l b ف ل ب".split())
_PROCLITICS = re.compile(r"^(?:و?[فبل](?=ال)|لل)")
"""Prepositions written in one with the word: فالمهمة, بالمهمة, للمهمة; "لل" stands for "ل" and "ال"."""
_AT_FIRST = frozenset(normalise(word) for word in "الأول الاول lowel louwel".split())
"""With a preposition these say "at first", not "the first one"."""
_SIGN = re.compile(r"(?:#|n°|nº|№)\s?(\d{1,9})", re.IGNORECASE)


def _ordinals() -> dict[str, str]:
    found = {}
    for line in _ORDINALS.strip().splitlines():
        digit, _, names = line.partition(": ")
        found.update({normalise(name): digit for name in names.split()})
    return found


ORDINALS = _ordinals()


def find_mission_refs(text: str) -> list[Mention]:
    """References to a mission of the last list, or by public number. A bare number is none: the dialogue decides what it is."""
    signs = [Mention("mission_ref", found[1], found.start(), found.end()) for found in _SIGN.finditer(text[:4096])]
    if signs:
        return signs
    found = words(text[:4096])
    mentions = []
    for index, word in enumerate(found):
        before = _bare(found[index - 1].normal) if index else ""
        bare = _bare(word.normal)
        ordinal = ORDINALS.get(bare)
        number = number_of(word.normal)
        is_towards = bare != word.normal or before in _TOWARDS
        says_at_first = is_towards and bare in _AT_FIRST
        if ordinal and not says_at_first and (len(found) <= 6 or before in _ARTICLES or is_towards):
            mentions.append(Mention("mission_ref", ordinal, word.start, word.end))
        elif number is not None and number > 0 and (before in _BEFORE_NUMBER or _is_article_of(found, index, number)):
            mentions.append(Mention("mission_ref", str(number), word.start, word.end))
    return mentions


def _bare(normal: str) -> str:
    """A word without the preposition written in one with it."""
    return _PROCLITICS.sub(lambda found: "ال" if found.group() == "لل" else "", normal)


def _is_article_of(found: list[Word], index: int, number: int) -> bool:
    """Whether "le 2" names one of a short list, and is no date or hour: "le 2 mars", "le 15 à 10h"."""
    before = found[index - 1].normal if index else ""
    following = found[index + 1].normal if index + 1 < len(found) else ""
    earlier = found[index - 2].normal if index > 1 else ""
    return (
        before in _ARTICLES
        and (len(found) <= 5 or earlier in _TOWARDS)
        and number <= 10
        and following not in MONTHS
        and following not in ("a", "h")
    )
