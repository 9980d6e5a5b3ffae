"""Normalisation, skeletons, and offsets that are true for any Unicode."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.vocabulary.spelling import normalise, skeleton, words

# Letters of all four registers, marks, digits and separators: what breaks offsets, more often than plain text() finds it.
TYPED = st.text(alphabet="abchikgh3579éÀœﬁلاأإىةؤگڤـ\u064b\u0651٢۳ '’-:/h.,\n😀\u200f", max_size=60)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Éducation", "education"),
        ("L'ÉCOLE", "l ecole"),
        ("l’école", "l ecole"),
        ("cœur", "coeur"),
        ("مُتَطَوِّع", "متطوع"),
        ("تـــطوع", "تطوع"),
        ("أإآٱ", "اا"),
        ("مستشفى", "مستشفي"),
        ("بيئة", "بييه"),
        ("مؤسسة", "موسسه"),
        ("گازا ڤيلا", "كازا فيلا"),
        ("٢٠ متطوع", "20 متطوع"),
        ("saaaalam", "saalam"),
        ("بزااااف", "بزااف"),
        ("SALAM 😀!!", "salam"),
        ("15h30", "15h30"),
        ("10:00", "10:00"),
        ("20/12/2026", "20/12/2026"),
        ("-5", "-5"),
        ("3in-cho9", "3in cho9"),
        ("", ""),
        ("؟!… 👍", ""),
    ],
)
def test_one_spelling_for_many(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("bghit", "بغيت"),
        ("b8it", "بغيت"),
        ("ntatawa3", "نتطوع"),
        ("jam3iya", "جمعية"),
        ("jam3iyyah", "جمعية"),
        ("khdma", "خدمة"),
        ("5dma", "خدمة"),
        ("mo7ammadi", "محمدي"),
        ("9raya", "قراية"),
        ("l3chiya", "العشية"),
        ("3afak", "عفاك"),
        ("ch7al", "شحال"),
        ("drari", "دراري"),
        ("mosa3ada", "مساعدة"),
        ("ta3awniya", "تعاونية"),
    ],
)
def test_both_scripts_share_a_skeleton(latin: str, arabic: str) -> None:
    assert skeleton(normalise(latin)) == skeleton(normalise(arabic))


def test_numbers_and_times_have_no_skeleton() -> None:
    assert [skeleton(normalise(number)) for number in ("20", "15h30", "10:00", "20/12/2026", "-5")] == [""] * 5


@given(st.text(max_size=200) | TYPED)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=200) | TYPED)
def test_offsets_point_into_the_text_as_typed(text: str) -> None:
    end = 0
    for word in words(text):
        assert end <= word.start < word.end <= len(text)
        assert text[word.start : word.end] == word.text
        end = word.end


@given(st.text(max_size=60) | TYPED)
def test_a_word_alone_is_the_same_word(text: str) -> None:
    for word in words(text):
        assert normalise(word.text).split() == [word.normal]


@settings(deadline=None, max_examples=40)
@given(st.text(min_size=1, max_size=4))
def test_ten_times_as_many_letters_take_about_ten_times_as_long(part: str) -> None:
    """Quadratic work would take a hundred times as long. The shorter text is long enough to be measured."""

    def seconds(letters: int) -> float:
        text = (part * letters)[:letters]
        return min(_taken(text) for _ in range(3))

    assert seconds(20_000) < 40 * max(seconds(2_000), 0.001)


def _taken(text: str) -> float:
    began = time.process_time()
    words(text)
    return time.process_time() - began
