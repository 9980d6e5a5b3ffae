"""Near me, now, why, and yes on terms: as people write them, and what only looks like it."""

from __future__ import annotations

import pytest

from bot.vocabulary import ages, wishes


@pytest.mark.parametrize(
    "words",
    ["près de moi", "a cote de chez moi", "pas loin de moi", "7daya", "chi 7aja 9riba mni", "حدايا", "شي حاجة قريبة مني", "قريب من بيتي"],
)
def test_near(words: str) -> None:
    assert wishes.is_near(words)


@pytest.mark.parametrize("words", ["près de la gare", "9rib l casa", "قريب من المعاريف", "les proches", "ça approche"])
def test_not_near_me(words: str) -> None:
    assert not wishes.is_near(words)


@pytest.mark.parametrize("words", ["maintenant", "tout de suite !", "daba", "دابا", "الآن", "j'ai 1h la maintenant"])
def test_now(words: str) -> None:
    assert wishes.is_now(words)


@pytest.mark.parametrize("words", ["la maintenance", "dabaz", "demain", "غدا", "دابازي"])
def test_not_now(words: str) -> None:
    assert not wishes.is_now(words)


@pytest.mark.parametrize("words", ["pourquoi je la vois pas", "3lach makatbanch", "علاش", "لماذا لا تظهر"])
def test_why(words: str) -> None:
    assert wishes.asks_why(words)


@pytest.mark.parametrize(
    "words",
    [
        "oui mais pas avant 15h",
        "je viens, seulement deux heures",
        "wakha walakin ghir sa3a",
        "واخا ولكن غير ساعة",
        "أوافق لكن بعد الظهر",
        "ok à condition de finir tôt",
    ],
)
def test_a_yes_on_terms(words: str) -> None:
    assert wishes.sets_terms(words)


@pytest.mark.parametrize(
    "words", ["juste la première", "ghir lwla", "je prends la deuxième", "bghit nji nhar sebt", "غير الأولى", "la 3 merci"]
)
def test_a_plain_yes(words: str) -> None:
    assert not wishes.sets_terms(words)


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("à partir de 16 ans", 16),
        ("j'ai 17 ans", 17),
        ("3ndi 15 3am", 15),
        ("عندي ١٦ سنة", 16),
        ("من 18 عام لفوق", 18),
        ("20 bénévoles", None),
        ("à 16h", None),
        ("depuis 200 ans", None),
        ("dans 2 mois", None),
    ],
)
def test_ages(words: str, years: int | None) -> None:
    assert ages.find_age(words) == years
