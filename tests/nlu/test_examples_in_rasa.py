"""Rasa itself reads the examples of the console code point by code point as they were kept."""

from __future__ import annotations

import pytest

from bot.services.training_files import Lesson, Span, Unwritable, rendered
from tests.services.samples import samples
from tests.services.test_training_files import ODDITIES


def as_rasa_reads(content: str) -> list[Lesson]:
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    return [
        Lesson(
            example.get("text"),
            example.get("intent_response_key") or example.get("intent"),
            tuple(Span(e["entity"], e["value"], e["start"], e["end"]) for e in example.get("entities") or ()),
        )
        for example in RasaYAMLReader().reads(content).training_examples
    ]


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore")
def test_a_thousand_sentences_and_all_oddities_come_back_exactly() -> None:
    lessons = [lesson for _, lesson in samples(1000)]
    lessons += [Lesson(text, "deny", () if "]" in text else (Span("place", "Maârif", 0, len(text)),)) for text in ODDITIES]
    read = [lesson for content in rendered(lessons) for lesson in as_rasa_reads(content)]
    wanted = sorted(lessons, key=lambda lesson: lesson.intent)
    assert len(read) == len(wanted) == 1000 + len(ODDITIES)
    for was, meant in zip(read, wanted, strict=True):
        assert was == meant


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("text", ["[Maârif](place)", '[Maârif]{"entity": "place"}', "[un][{deux}]"])
def test_what_is_refused_would_be_read_otherwise(text: str) -> None:
    from rasa.shared.exceptions import RasaException

    with pytest.raises(Unwritable):
        rendered([Lesson(text, "greet")])
    try:
        read = as_rasa_reads(f'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - {text}\n')
    except RasaException:
        return
    assert read != [Lesson(text, "greet")]
