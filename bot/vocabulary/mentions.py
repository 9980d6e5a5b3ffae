"""A value found in a text, and whether it was refused there ("not on Sundays")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.vocabulary.spelling import Word


@dataclass(frozen=True)
class Mention:
    """A canonical value and its code points [start, end) in the text as typed."""

    kind: str
    value: str
    start: int
    end: int
    negated: bool = False


_REACH = 3
"""How many words back a negation reaches: "je ne suis pas disponible le dimanche"."""
_NEGATIONS = frozenset(
    """pas sauf sans ni non aucun jamais except not machi mchi mashi bla ila
    ماشي مشي ليس ليست بلا الا سوي عدا ماعدا ma3ada باستثناء دون لا""".split()
)
_NEGATED_VERB = re.compile(r"(?:ما?\w{2,}ش|ma?[bcdfghjklmnqrstvwxyz3579]\w{2,}ch|\w{2,}(?:itch|derch|9derch))")
_REFUSAL = re.compile(r"\w{3,}(?:ش|ch)")
"""The second half of ما … ش where the first is a word of its own: ما بغيتش."""
_ANYTHING = frozenset("شيء شي كلشي kolchi chay chi".split())
_BUT = _ANYTHING | frozenset("من mn men".split())
_NOT_HERE = frozenset(
    "mais walakin welakin wlakin lakin ولكن لكن غير بل plutot ghir probleme souci pourquoi 3lach علاش mouchkil مشكل".split()
)
_SEPARATOR = re.compile(r"[,;.!?،؛؟\n]")


def is_negated(text: str, words: Sequence[Word], first: int) -> bool:
    """Whether the mention that starts at the word ``first`` is refused by a negation shortly before it in its clause."""
    for index in range(first - 1, max(first - 1 - _REACH, -1), -1):
        if _SEPARATOR.search(text[words[index].end : words[index + 1].start]):
            return False
        normal = words[index].normal
        before = words[index - 1].normal if index else ""
        if normal in ("غير", "ghir") and before in _BUT:
            return True  # "anything but", "except"; elsewhere in Darija it is "only"
        if normal in _NOT_HERE:
            return False
        if normal in _NEGATIONS or _NEGATED_VERB.fullmatch(normal):
            return before not in ("pourquoi", "3lach", "علاش")
        if before in ("ما", "ma") and _REFUSAL.fullmatch(normal):
            return True
    return False
