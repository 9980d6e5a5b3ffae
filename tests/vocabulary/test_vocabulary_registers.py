"""Which script a message is in, and which register answers."""

from __future__ import annotations

import pytest

from bot.vocabulary.registers import next_register, script_of, starting_register


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("bonjour", "latin"),
        ("Éléphant", "latin"),
        ("سلام", "arabic"),
        ("گاع", "arabic"),
        ("بغيت نعاون f casa", "arabic"),
        ("bghit n3awen فكازا", "latin"),
        *((text, None) for text in ("", "   ", "123", "😀", "?!", "#41", "15:30", "你好")),
    ],
)
def test_script(text: str, script: str | None) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("text", "current", "held", "detected", "confidence", "answer"),
    [
        # A change of script counts at once, even in one word.
        ("merci", "ary-Arab", False, "fr", 0.9, "fr"),
        ("شكرا", "fr", False, "ary-Arab", 0.5, "ary-Arab"),
        # Within a script a confident message of three words and more decides, shorter ones change nothing.
        ("oui", "ary-Latn", False, "fr", 0.99, "ary-Latn"),
        ("je voudrais aider les enfants", "ary-Latn", False, "fr", 0.95, "fr"),
        ("je voudrais aider les enfants", "ary-Latn", False, "fr", 0.55, "ary-Latn"),
        ("أريد أن أتطوع في جمعية", "ary-Arab", False, "ar", 0.9, "ar"),
        # What was chosen is held.
        ("je voudrais aider les enfants", "ary-Latn", True, "fr", 0.95, "ary-Latn"),
        ("👍", "fr", False, None, 0.0, "fr"),
        # What all say the same, and the number of a certificate, tell nothing.
        ("السلام عليكم ورحمة الله وبركاته", "ar", False, "ary-Arab", 0.99, "ar"),
        ("السلام عليكم خوتي لاباس عليكم", "ar", False, "ary-Arab", 0.99, "ary-Arab"),
        ("2026-WS01-H6GZ-7 ؟", "ar", False, "fr", 0.9, "ar"),
        ("2026-ws01-h6gz-7", "ary-Arab", False, "ary-Latn", 0.9, "ary-Arab"),
        ("tout-a-fait", "ar", False, "fr", 0.9, "fr"),
        ("wach 2026-WS01-H6GZ-7 s7i7a", "ar", False, "ary-Latn", 0.9, "ary-Latn"),
    ],
)
def test_which_register_answers(text: str, current: str, held: bool, detected: str | None, confidence: float, answer: str) -> None:
    assert next_register(text, current, held, detected, confidence) == answer


@pytest.mark.parametrize(
    ("code", "register"), [("fr", "fr"), ("fr-FR", "fr"), ("ar", "ar"), ("en", "ary-Arab"), ("", "ary-Arab"), (None, "ary-Arab")]
)
def test_starting_register(code: str | None, register: str) -> None:
    assert starting_register(code) == register
