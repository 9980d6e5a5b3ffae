"""Which words of a message count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlu.counting import LONGEST_TEXT, MOST_OF_A_WORD, MOST_WORDS, counted, spelled


def test_the_two_spellings_of_a_text() -> None:
    assert spelled("Bghit nt3awen!") == ("bghit nt3awen", "bGt ntEn")
    assert spelled("بغيت نتعاون")[1] == spelled("bghit nt3awen")[1]
    assert spelled("🙂") == ("", "")


def test_repeating_oneself_is_no_stronger_wish() -> None:
    assert len(list(counted("aide " * 800))) == MOST_OF_A_WORD


@given(st.text(max_size=6000))
def test_offsets_are_true_and_what_counts_is_bounded(text: str) -> None:
    found = list(counted(text))
    assert len(found) <= MOST_WORDS
    assert all(text[word.start : word.end] == word.text and 0 <= word.start < word.end <= LONGEST_TEXT for word in found)
