"""Numbers of certificates: the year, eight letters that nobody guesses, and one that tells whether a letter was altered.

The letters are Crockford's 32 (no I, L, O, U). Taken as elements of the field of 32, each weighed by another power of a generator, they
sum to nothing: one letter changed, or two exchanged wherever they stand, and they do not.
"""

from __future__ import annotations

import re
import secrets

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
YEAR, UNGUESSABLE = 4, 8
LENGTH = YEAR + UNGUESSABLE + 1
_POLYNOMIAL = 0b100101
"""x⁵ + x² + 1, primitive: x itself is a generator of the field."""
# What people write for a letter: digits of other scripts, small letters, what looks alike.
_MEANT = str.maketrans("OIL٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "011" + "0123456789" * 2)
_DASHES = r"[\s.·_/\-\u2010-\u2015\u2212\u200e\u200f\u2066-\u2069]"
_IN_WORDS = re.compile(r"(?<!\w)20\d\d(?:[-\u2010-\u2015. ]?\w{4}){2}[-\u2010-\u2015. ]?\w(?!\w)")


def _weights() -> list[int]:
    found = [1]
    while len(found) < LENGTH:
        doubled = found[-1] << 1
        found.append(doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled)
    return found


def _product(one: int, other: int) -> int:
    total = 0
    for bit in range(5):
        if other >> bit & 1:
            total ^= one << bit
    for bit in range(8, 4, -1):
        if total >> bit & 1:
            total ^= _POLYNOMIAL << (bit - 5)
    return total


_WEIGHTS = _weights()[::-1]
"""That of the check letter is one, so that it is the sum of the others."""


def _sum(letters: str) -> int:
    total = 0
    for letter, weight in zip(letters, _WEIGHTS, strict=False):
        total ^= _product(LETTERS.index(letter), weight)
    return total


def new(year: int) -> str:
    """A number for a certificate of this year, without hyphens; 40 random bits."""
    while True:
        drawn = "".join(secrets.choice(LETTERS) for _ in range(UNGUESSABLE))
        if any(letter.isdigit() for letter in drawn):
            # Words of a sentence have no digits: a number typed among them is told from them.
            return with_check(f"{year:04}{drawn}")


def with_check(letters: str) -> str:
    """Year and letters with the check letter at the end."""
    return letters + LETTERS[_sum(letters)]


def read(typed: str) -> str | None:
    """The number as it is kept, however it was typed: spaces, hyphens, small letters, Arabic digits, O for 0, I and L for 1.

    None where it has not the form of a number; whether its letters agree says :func:`is_sound`.
    """
    letters = re.sub(_DASHES, "", typed).upper().translate(_MEANT)
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None


def is_sound(number: str) -> bool:
    """Whether no letter of a number was altered, as far as the number itself tells."""
    return _sum(number) == 0 and number[:YEAR].isdecimal()


def shown(number: str) -> str:
    """A number as people read it: 2026-7K3M-9QTX-C."""
    return "-".join((number[:4], number[4:8], number[8:12], number[12:]))


def find(words: str) -> str | None:
    """The number of a certificate in a message, as it was typed there; None where there is none.

    One whose letters do not agree counts where it is written in groups with hyphens, as certificates show it.
    """
    plain = words.translate(str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2))
    for match in _IN_WORDS.finditer(plain):
        number = read(match[0])
        has_digits = any(letter.isdigit() for letter in match[0][YEAR:])
        if number and has_digits and (is_sound(number) or re.fullmatch(r"\w{4}[-\u2010-\u2015]\w{4}[-\u2010-\u2015]\w{4}.\w", match[0])):
            return match[0]
    return None
