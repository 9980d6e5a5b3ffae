"""Rasa's YAML of training sentences: what is written is read again code point by code point; what could not be is refused."""

from __future__ import annotations

import random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.training_files import MOST_LINES, Lesson, Span, Unwritable, annotated, parted, read, rendered
from tests.services.samples import samples

ODDITIES = [
    "- bonjour", "# un", "[un] (deux) {trois}", "a: b", "'a'", '"a"', "\\u0041 \\n \\\\", "${HOME}", "%TAG !", "&a *b !c |", "...", "---",
    "؟؟", "\u200fسلام\u200f", "\u2067salam\u2069", "👩🏽‍🚒🇲🇦", "سَلَامٌ", "]", "[", "intent: greet", "examples: |", "true", "~", "12:30", "*",
    "\ufeffbonjour", "a\tb", "x" * 3000,
]  # fmt: skip
MARKS = [
    "\u200e",
    "\u200f",
    "\u202b",
    "\u202c",
    "\u2067",
    "\u2069",
    "\u2068",
    "\ufeff",
    "\u0640",
    "\u064e",
    "\u0651",
    "\u0301",
    "\u200d",
    "\ufe0f",
]


def test_a_thousand_sentences_of_all_registers_come_back_exactly() -> None:
    given_samples = samples(1000)
    assert len(given_samples) == 1000
    lessons = [lesson for _, lesson in given_samples]
    assert sum(len(lesson.spans) > 0 for lesson in lessons) > 500
    files = rendered(lessons)
    assert [lesson for content in files for lesson in read(content)] == sorted(lessons, key=lambda lesson: lesson.intent)
    for lesson in lessons:
        for span in lesson.spans:
            assert parted(annotated(lesson))[0][span.start : span.end] == lesson.words[span.start : span.end]


def test_files_are_short_and_intents_stand_together() -> None:
    files = rendered([lesson for _, lesson in samples(1000)])
    assert len(files) > 2
    for content in files:
        assert len(content.splitlines()) <= MOST_LINES
        assert content.count("\n- intent: ") == len({line for line in content.splitlines() if line.startswith("- intent: ")})
        assert not content.isascii()  # Rasa reads backslashes in an ASCII file


words = st.text(
    st.one_of(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\x85\ufffe\uffff"),
        st.sampled_from([*MARKS, *"[](){}:\"'\\#-–|>&*!%@`,?/ "]),
    ),
    min_size=1,
    max_size=40,
)


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    text = draw(words)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = [
        Span("place", draw(st.sampled_from(["Maârif", "Hay Mohammadi", "L'Hermitage"])), a, b)
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    kept: list[Span] = []
    for span in spans:
        if span.start < span.end and not (kept and span.start < kept[-1].end):
            kept.append(span)
    return Lesson(text, "greet", tuple(kept))


@given(lessons())
@settings(max_examples=500, deadline=None)
def test_whatever_is_typed_comes_back_exactly_or_is_refused(lesson: Lesson) -> None:
    try:
        [content] = rendered([lesson])
    except Unwritable:
        return
    assert read(content) == [lesson]
    assert yaml.safe_load(content)["nlu"][0]["intent"] == "greet"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends"),
        ("  ", "ends"),
        (" a", "ends"),
        ("a\u00a0", "ends"),
        ("a\nb", "signs"),
        ("a\u2028b", "signs"),
        ("a\x00b", "signs"),
        ("a\x1bb", "signs"),
        ("[Maârif](place)", "brackets"),
        ('[Maârif]{"entity": "place"}', "brackets"),
        ("[un]{deux}", "brackets"),
        ("[un][deux]", "brackets"),
        ("a\ud800b", "signs"),
    ],
)
def test_what_would_break_the_training_data_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Unwritable, match=reason):
        rendered([Lesson("bonjour", "greet"), Lesson(text, "greet")])


@pytest.mark.parametrize("text", ODDITIES, ids=lambda text: text[:12])
def test_oddities_come_back_exactly(text: str) -> None:
    whole = Lesson(text, "greet", () if "]" in text else (Span("place", "Maârif", 0, len(text)),))
    [content] = rendered([whole, Lesson(text + " x", "deny")])
    assert read(content) == [Lesson(text + " x", "deny"), whole]


def test_what_people_wrote_by_hand_is_read_as_rasa_reads_it() -> None:
    assert parted("à [Maârif](place) ou [casa](place:Casablanca)") == (
        "à Maârif ou casa",
        (Span("place", "Maârif", 2, 8), Span("place", "Casablanca", 12, 16)),
    )
    assert parted('[samedi][{"entity": "day", "value": "sat"}, {"entity": "date"}]')[1] == (
        Span("day", "sat", 0, 6),
        Span("date", "samedi", 0, 6),
    )
    with pytest.raises(ValueError):
        read("nlu: [")
    assert read("version: '3.1'") == []


def test_random_samples_are_the_same_each_time() -> None:
    assert samples(20) == samples(20)
    assert random.Random(0).random() == random.Random(0).random()
