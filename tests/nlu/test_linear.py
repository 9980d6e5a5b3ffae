"""The linear model: it learns, ranks, is as sure as it is right, and never fails on what it is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.counting import spelled
from nlu.linear import LinearModel, views_of_spelling, views_of_wishes

SENTENCES = {
    "greet": ["salam", "salam khouya", "bonjour", "bonjour à tous", "السلام عليكم", "سلام"],
    "thank": ["merci", "merci beaucoup", "chokran bzaf", "chokran", "شكرا", "شكرا بزاف"],
    "offer": ["je veux aider", "bghit n3awen", "bghit nt3awen m3akom", "بغيت نعاون", "بغيت نتطوع", "je voudrais être bénévole"],
}
TEXTS = [text for texts in SENTENCES.values() for text in texts]
LABELS = [label for label, texts in SENTENCES.items() for _ in texts]


@pytest.fixture(scope="module")
def model() -> LinearModel:
    return LinearModel(views_of_wishes()).fit([spelled(text) for text in TEXTS], LABELS)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("merci bien", "thank"),
        ("bghit n3awn", "offer"),
        ("بغيت نعاونكم", "offer"),
        ("Salaam", "greet"),
        ("شكراً", "thank"),
        ("bghyt nt3awn", "offer"),
    ],
)
def test_what_is_like_it_is_understood_in_both_scripts(model: LinearModel, text: str, label: str) -> None:
    assert model.ranking(spelled(text))[0][0] == label


def test_a_word_learnt_in_one_script_is_known_in_the_other() -> None:
    learnt = {"offer": ["بغيت نتطوع", "نتطوع معاكم", "بغيت نعاون"], "greet": ["السلام", "صباح الخير", "مساء الخير"]}
    texts = [text for some in learnt.values() for text in some]
    model = LinearModel(views_of_wishes()).fit([spelled(t) for t in texts], [label for label, some in learnt.items() for _ in some])
    assert model.ranking(spelled("bghit ntatawe3"))[0][0] == "offer"


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_confidences_of_anything_are_probabilities(model: LinearModel, text: str) -> None:
    ranking = model.ranking(spelled(text))
    assert {label for label, _ in ranking} == set(SENTENCES)
    assert sum(confidence for _, confidence in ranking) == pytest.approx(1, abs=1e-4)
    assert [c for _, c in ranking] == sorted((c for _, c in ranking), reverse=True)


def test_two_labels_are_enough_and_one_is_not() -> None:
    two = LinearModel(views_of_spelling()).fit(["aaa", "aab", "aba", "zzz", "zzy", "zyz"], ["a", "a", "a", "z", "z", "z"])
    assert two.ranking("aaaa")[0][0] == "a"
    assert two.ranking("zzzz")[0][0] == "z"
    with pytest.raises(ValueError):
        LinearModel(views_of_spelling()).fit(["a b", "b a"], ["one", "one"])


def test_it_is_less_sure_of_labels_that_nobody_can_tell_apart() -> None:
    """Calibrated: where the same words bear either label, it must not be sure."""
    chance = np.random.default_rng(0)
    words = ["salam", "merci", "bghit", "aider", "chokran", "labas"]
    texts = [" ".join(chance.choice(words, 3)) for _ in range(120)]
    model = LinearModel(views_of_spelling()).fit(texts, list(chance.choice(["x", "y"], 120)))
    assert model.confidences(texts).max(axis=1).mean() < 0.75


def test_the_same_sentences_make_the_same_model(model: LinearModel) -> None:
    again = LinearModel(views_of_wishes()).fit([spelled(text) for text in TEXTS], LABELS)
    assert again.ranking(spelled("bghit")) == model.ranking(spelled("bghit"))
