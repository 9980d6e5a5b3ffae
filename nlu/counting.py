"""Which words of a message count, and its two spellings. Knows no Rasa."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.vocabulary.spelling import Word, words

LONGEST_TEXT = 4096
MOST_OF_A_WORD = 3
MOST_WORDS = 150
"""What is counted of a long message: a hundred times the same word is no stronger wish than three times."""

Spelled = tuple[str, str]
"""A sentence as its normalised words and as its skeletons, each with blanks between."""


def counted(text: str) -> Iterator[Word]:
    """The words of a message that count, with offsets into the text as typed."""
    seen: Counter[str] = Counter()
    kept = 0
    for word in words(text[:LONGEST_TEXT]):
        seen[word.normal] += 1
        if seen[word.normal] <= MOST_OF_A_WORD and kept < MOST_WORDS:
            kept += 1
            yield word


def key(word: Word) -> str:
    """The skeleton of a word; one without consonants (a number, "oui") is its own."""
    return word.skeleton or word.normal


def spelled(text: str) -> Spelled:
    """The two spellings of a text."""
    found = list(counted(text))
    return " ".join(word.normal for word in found), " ".join(map(key, found))
