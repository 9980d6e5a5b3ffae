"""Insults, despair and danger in four registers, and what only sounds like them."""

from __future__ import annotations

import pytest

from bot.vocabulary.ages import band_of, find_own_age
from bot.vocabulary.moods import is_despair, is_insult, tells_danger
from bot.vocabulary.telling import only_wishes


@pytest.mark.parametrize("text", ["connard", "T'es con ou quoi", "bot de merde !", "nta 7mar", "weld l9a7ba", "أنت غبي", "يا كلب", "زامل"])
def test_insults(text: str) -> None:
    assert is_insult(text)


@pytest.mark.parametrize(
    "text",
    [
        "j'aime les chiens",
        "عندي كلب",
        "3endi kelb f dar",
        "un concert",
        "Sidi Moumen",
        "le président de l'association m'a traité d'idiot devant tout le monde samedi",
    ],
)
def test_no_insults(text: str) -> None:
    assert not is_insult(text)


@pytest.mark.parametrize(
    "text",
    [
        "je veux mourir",
        "j'ai envie d'en finir",
        "bghit nmout",
        "n9tel rassi",
        "بغيت نموت",
        "عييت من حياتي",
        "أفكر في الانتحار",
        "أريد أن أموت",
    ],
)
def test_despair(text: str) -> None:
    assert is_despair(text)


@pytest.mark.parametrize("text", ["je suis mort de rire", "prévention du suicide", "الوقاية من الانتحار", "mat bba lm3am li fat"])
def test_no_despair(text: str) -> None:
    assert not is_despair(text)


@pytest.mark.parametrize(
    "text", ["un homme m'a harcelée", "ils ont frappé un enfant", "wa7ed drebni", "كيضرب الدراري", "تعرضت للتحرش", "t7errech biya"]
)
def test_danger(text: str) -> None:
    assert tells_danger(text)


@pytest.mark.parametrize("text", ["le bouton ne marche pas", "lbouton ma khddamch", "الزر لا يعمل", "une journée touchante"])
def test_no_danger(text: str) -> None:
    assert not tells_danger(text)


@pytest.mark.parametrize(
    "text",
    ["je veux signaler un problème", "donner mon avis", "3endi mochkil", "bghit n3ti ra2yi", "بغيت نبلغ على مشكل", "أريد تقديم شكوى"],
)
def test_wishes_that_hold_nothing_yet(text: str) -> None:
    assert only_wishes(text)


@pytest.mark.parametrize(
    "text", ["ils m'ont demandé de l'argent", "c'était super", "10/10", "⭐⭐⭐", "talbo menni lflous", "طلبو مني الفلوس", "كانت رائعة"]
)
def test_words_that_hold_something(text: str) -> None:
    assert not only_wishes(text)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("j'ai 17 ans", 17),
        ("3ndi 17 3am", 17),
        ("f 3mri 16 3am", 16),
        ("عندي 16 عام", 16),
        ("عمري ١٥ سنة", 15),
        ("je veux aider des enfants de 10 ans", None),
        ("à partir de 16 ans", None),
        ("17", None),
    ],
)
def test_ones_own_age(text: str, age: int | None) -> None:
    assert find_own_age(text) == age


@pytest.mark.parametrize(("text", "age"), [("17", 17), ("16 ans", 16), ("15 3am", 15), ("le 17 mai", None)])
def test_an_age_that_was_asked_for(text: str, age: int | None) -> None:
    assert find_own_age(text, asked=True) == age


def test_bands() -> None:
    assert [band_of(age) for age in (12, 15, 16, 17, 18, 70)] == ["child", "child", "teen", "teen", "adult", "adult"]
