"""All mentions of a text together: what several readers claim is settled here."""

from __future__ import annotations

from datetime import datetime

from bot.vocabulary.gazetteer import find
from bot.vocabulary.mentions import Mention
from bot.vocabulary.numbers import number_of
from bot.vocabulary.references import find_mission_refs
from bot.vocabulary.spelling import normalise, words
from bot.vocabulary.times import find_times

_HOURS = frozenset(normalise(word) for word in "sway3 swaye3 sswaye3 sway3at السوايع سوايع".split())
_OF = frozenset("d dyal dial de ديال د".split())
_HOW_MANY = frozenset("ch7al bch7al chhal bchhal شحال بشحال ina anahiya ina2".split())


def extract(text: str, now: datetime) -> list[Mention]:
    """The entities of the contract in a text, in the order in which they stand.

    Where two overlap: a date beats the quarter "2 Mars", a weekday the commune of its sound (التلات, Toualet),
    the longer beats the shorter, a name beats a number inside it.
    "Every day" is both a frequency and days: the question that is open knows which.
    """
    if text.startswith("/"):
        return []
    references = find_mission_refs(text)
    times = find_times(text, now)
    names = find(text)
    dates = [mention for mention in times if mention.kind in ("date", "day")]
    names = [name for name in names if name.kind == "frequency" or not _covered(name, dates)]
    names = [name for name in names if not _is_counted(text, name)]
    places = [name for name in names if name.kind == "place"]
    rhythms = [name for name in names if name.kind == "frequency"]
    above = {"date": references, "day": [*references, *places]}
    kept = [time for time in times if not _covered(time, above.get(time.kind, [*references, *places, *rhythms]))]
    return sorted([*references, *names, *kept], key=lambda mention: (mention.start, mention.end, mention.kind))


def _is_counted(text: str, mention: Mention) -> bool:
    """Whether a lesson is an hour: "jouj d swaye3", "شحال ديال السوايع"; the word is the same."""
    if mention.kind not in ("cause", "skill") or normalise(text[mention.start : mention.end]) not in _HOURS:
        return False
    before = [word.normal for word in words(text[: mention.start])]
    while before and before[-1] in _OF:
        before.pop()
    return bool(before) and (before[-1] in _HOW_MANY or number_of(before[-1]) is not None)


def _covered(mention: Mention, others: list[Mention]) -> bool:
    """Whether another mention of at least the same length lies over this one."""
    return any(
        other.start < mention.end and mention.start < other.end and other.end - other.start >= mention.end - mention.start
        for other in others
    )
