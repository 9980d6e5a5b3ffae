"""The evaluation set: well formed, large enough, true to the vocabulary, and apart from what the model learns."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from bot import vocabulary
from bot.settings import PROJECT
from bot.vocabulary.spelling import normalise
from nlu.evaluation.noise import NOISES
from nlu.evaluation.sentences import REGISTERS, Sentence, learnt, parted, read, unseen

SENTENCES = read()
TRAINING = learnt()
DOMAIN = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
_OF_BUTTONS = (
    "start share_location unsupported answer_application answer_help_call tell_address close_help_request decline_consent dismiss_mission "
    "invite_volunteer answer_proposal answer_place write_message end_thread counter_offer answer_counter calendar certificate "
    "confirm_participation verify_certificate which_question show_code check_in attendance reflect"
).split()
SPOKEN = [name for name in DOMAIN["intents"] if name not in ("faq", *_OF_BUTTONS)]
QUESTIONS = (
    "what_is is_free who_runs minimum_age certificate insurance time_commitment no_experience personal_data how_matching remote expenses"
).split()
LABELS = [*SPOKEN, *(f"faq/{name}" for name in QUESTIONS)]


def test_there_are_46_labels() -> None:
    assert len(LABELS) == 46
    assert {sentence.label for sentence in SENTENCES} == set(LABELS)
    assert {sentence.label for sentence in TRAINING} == set(LABELS)


@pytest.mark.parametrize("register", REGISTERS[:-1])
def test_there_are_enough_sentences_to_measure_and_to_learn(register: str) -> None:
    asked = Counter(s.label for s in SENTENCES if s.register == register)
    learnt = Counter(s.label for s in TRAINING if s.register == register)
    many = ("inform", "offer_volunteering", "search_missions", "publish_initiative", "out_of_scope")
    for label in LABELS:
        is_question = label.startswith("faq/")
        assert asked[label] >= (5 if is_question else 10), label
        assert learnt[label] >= (8 if is_question else 40 if label in many else 20), label


def test_no_sentence_is_learnt_and_asked() -> None:
    """Two words and less are said alike by everybody ("merci", "oui"); those that are learnt are not asked."""
    known = {normalise(sentence.text) for sentence in TRAINING}
    assert [s.text for s in SENTENCES if normalise(s.text) in known and len(s.text.split()) > 2] == []
    assert {normalise(s.text) for s in unseen(SENTENCES)} & known == set()


def test_no_sentence_is_learnt_with_two_meanings() -> None:
    meanings: dict[str, set[str]] = {}
    for sentence in TRAINING:
        if text := normalise(sentence.text):
            meanings.setdefault(text, set()).add(sentence.label)
    assert {text: labels for text, labels in meanings.items() if len(labels) > 1} == {}


@pytest.mark.parametrize("sentence", [s for s in SENTENCES if s.entities], ids=lambda s: s.text[:40])
def test_annotations_are_canonical(sentence: Sentence) -> None:
    for entity in sentence.entities:
        assert entity.kind in DOMAIN["entities"]
        assert sentence.text[entity.start : entity.end].strip()
        if entity.kind == "place":
            assert vocabulary.place(entity.value), entity
        elif entity.kind in ("cause", "skill", "organisation_kind", "language", "frequency", "mode"):
            assert vocabulary.term(entity.kind, entity.value), entity


def test_reading_an_annotated_line() -> None:
    text, (place, day) = parted('bghit f [lm3arif]{"entity": "place", "value": "Maârif"} [nhar sebt]{"entity": "day", "value": "sat"} svp')
    assert text == "bghit f lm3arif nhar sebt svp"
    assert (place.kind, place.value, text[place.start : place.end]) == ("place", "Maârif", "lm3arif")
    assert (day.value, text[day.start : day.end]) == ("sat", "nhar sebt")


@pytest.mark.parametrize("name", list(NOISES))
def test_noise_changes_sentences_and_is_repeatable(name: str) -> None:
    import random

    noisy = [NOISES[name](s.text, random.Random(1)) for s in SENTENCES[:200]]
    assert noisy == [NOISES[name](s.text, random.Random(1)) for s in SENTENCES[:200]]
    assert sum(worse != s.text for worse, s in zip(noisy, SENTENCES, strict=False)) > 100
