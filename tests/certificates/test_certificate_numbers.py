"""Numbers of certificates: altered by one letter or by two exchanged, they say so; typed in any way, they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.certificates import numbers
from bot.certificates.numbers import LENGTH, LETTERS, find, is_sound, new, read, shown, with_check

sound = st.builds(
    lambda year, drawn: with_check(f"{year}{''.join(drawn)}"),
    st.integers(2026, 2099),
    st.lists(st.sampled_from(LETTERS), min_size=8, max_size=8),
)


@given(sound, st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_one_letter_altered_is_noticed(number: str, place: int, letter: str) -> None:
    altered = number[:place] + letter + number[place + 1 :]
    assert is_sound(altered) == (altered == number)


@given(sound, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_two_letters_exchanged_are_noticed(number: str, one: int, other: int) -> None:
    letters = list(number)
    letters[one], letters[other] = letters[other], letters[one]
    assert is_sound("".join(letters)) == (letters == list(number))


def test_every_alteration_of_one_number() -> None:
    number = new(2026)
    altered = {number[:at] + letter + number[at + 1 :] for at in range(LENGTH) for letter in LETTERS} - {number}
    swapped = {number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in range(LENGTH - 1)} - {number}
    assert len(altered) == LENGTH * 31
    assert not any(is_sound(one) for one in altered | swapped)


def test_numbers_are_not_guessed() -> None:
    made = {new(2026) for _ in range(500)}
    assert len(made) == 500 and all(number.startswith("2026") and is_sound(number) for number in made)
    assert len({number[4:7] for number in made}) > 400


@given(sound)
def test_what_is_shown_is_read(number: str) -> None:
    assert read(shown(number)) == read(shown(number).lower()) == read(f" {number[:4]} {number[4:9]}  {number[9:]} ") == number


@pytest.mark.parametrize(
    "typed",
    [
        "2026-7K3M-9QTX-G",
        "2026 7k3m 9qtx g",
        "20267k3m9qtxg",
        "٢٠٢٦-٧K٣M-٩QTX-G",
        "۲۰۲۶-7K3M-9QTX-G",
        "2O26-7K3M-9QTX-G",
        "\u20682026-7K3M-9QTX-G\u2069",
        "2026–7K3M–9QTX–G",
        " 2026-7K3M-9QTX-G\n",
    ],
)
def test_ways_of_typing(typed: str) -> None:
    assert read(typed) == "20267K3M9QTXG" and is_sound("20267K3M9QTXG")


@pytest.mark.parametrize("pair", ["O0", "o0", "I1", "i1", "L1", "l1"])
def test_what_looks_alike_is_the_same(pair: str) -> None:
    number = with_check("2026" + pair[1] * 3 + "ABCDE")
    assert read(number.replace(pair[1] * 3, pair[0] * 3)) == number


@pytest.mark.parametrize("typed", ["", "2026", "2026-7K3M-9QTX", "2026-7K3M-9QTX-GG", "2026-7K3M-9QUX-G", "u" * 13, "²" * 13, "\0" * 13])
def test_what_is_no_number(typed: str) -> None:
    assert read(typed) is None


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("2026-7K3M-9QTX-G", "2026-7K3M-9QTX-G"),
        ("wach s7i7a had 2026-7k3m-9qtx-g ?", "2026-7k3m-9qtx-g"),
        ("n°20267K3M9QTXG", "20267K3M9QTXG"),
        ("x20267K3M9QTXG", None),
        ("رقم ٢٠٢٦-7K3M-9QTX-G", "2026-7K3M-9QTX-G"),
        ("2026 7K3M 9QTX G", "2026 7K3M 9QTX G"),
        ("2026-7K3M-9QTX-H", "2026-7K3M-9QTX-H"),
        ("2026 7K3M 9QTX H", None),
        ("le 5 décembre 2026 avec deux amis", None),
        ("2026 avec amis x", None),
        ("mission 2026", None),
        ("0612345678", None),
    ],
)
def test_a_number_among_words(words: str, number: str | None) -> None:
    assert find(words) == number


def test_a_sum_is_that_of_the_field() -> None:
    """Multiplying by the generator 31 times comes back to one, and not before."""
    powers = numbers._WEIGHTS[::-1]
    assert powers[0] == 1 and len(set(powers)) == LENGTH and numbers._product(powers[1], powers[-1]) not in powers
    value, steps = powers[1], 1
    while value != 1:
        value, steps = numbers._product(value, powers[1]), steps + 1
    assert steps == 31
