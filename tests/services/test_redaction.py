"""What tells of a person goes out of a sentence; the rest, and what is meant, stays; spans move along."""

from __future__ import annotations

import pytest

from bot.services.redaction import LONGEST, Private, redacted
from bot.services.training_files import Span
from tests.services.samples import samples
from tests.worlds import NOW

NAMES = ("Amina", "Ali")


def without(text: str, *spans: Span, names: tuple[str, ...] = NAMES, by_hand: tuple[tuple[int, int], ...] = ()) -> str:
    made = redacted(text, spans, names, NOW, by_hand)
    for before, after in zip(spans, made.spans, strict=True):
        assert made.words[after.start : after.end] == text[before.start : before.end]
        assert (after.entity, after.value) == (before.entity, before.value)
    return made.words


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("je m'appelle Karim Benali et je cherche", "je m'appelle Salma et je cherche"),
        ("je m’appelle karim benali et je cherche", "je m’appelle Salma et je cherche"),
        ("smiti fatima zahra o bghit n3awen", "smiti Salma o bghit n3awen"),
        ("smiti karim bghit n3awen", "smiti Salma bghit n3awen"),
        ("اسمي كريم وأسكن في المعاريف", "اسمي سلمى وأسكن في المعاريف"),
        ("سميتي هي خديجة", "سميتي هي سلمى"),
        ("Mme Alaoui m'a dit oui", "Mme Salma m'a dit oui"),
        ("madame, bonjour", "madame, bonjour"),
        ("ma soeur khadija veut aider", "ma soeur Salma veut aider"),
        ("أختي خديجة بغات تعاون", "أختي سلمى بغات تعاون"),
        ("ana amina", "ana Salma"),
        ("أنا أمينة", "أنا سلمى"),  # the name is known in the other script
        ("ali m'a dit", "Salma m'a dit"),
        ("عالي", "عالي"),
        ("mon numéro 06 12 34 56 78 merci", "mon numéro 0600000000 merci"),
        ("0661-234-567", "0600000000"),
        ("+212 6 61 23 45 67", "0600000000"),
        ("(0522) 12.34.56", "0600000000"),
        ("هاتفي ٠٦١٢٣٤٥٦٧٨", "هاتفي 0600000000"),
        ("a.b-c@gmail.com svp", "nom@exemple.ma svp"),
        ("voir www.monsite.ma/x?y=1 ou https://t.me/abc", "voir https://exemple.ma ou https://exemple.ma"),
        ("écris-moi sur facebook.com/karim", "écris-moi sur https://exemple.ma"),
        ("insta @karim_b", "insta @exemple"),
        ("CIN BE123456", "CIN AB123456"),
        ("RIB 007780000123456789012345", "RIB 0600000000"),
        ("12 bis rue Ibn Sina à Maârif", "rue des Orangers à Maârif"),
        ("bd. j'habite boulevard Zerktouni, imm 5 appt 12", "bd. j'habite rue des Orangers, immeuble 1 immeuble 1"),
        ("أسكن في شارع محمد الخامس رقم 12 قرب المسجد", "أسكن في شارع الزيتون قرب المسجد"),
        ("زنقة 14 حدا المدرسة", "شارع الزيتون حدا المدرسة"),
        ("عمارة 7", "عمارة 1"),
        ("bghit f derb sultan zn9a 14", "bghit f derb sultan rue des Orangers"),
    ],
)
def test_what_is_private_is_replaced_by_what_is_natural(said: str, kept: str) -> None:
    assert without(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "je cherche une mission à Hay Mohammadi samedi",
        "bghit n3awen f derb sultan",
        "kayn chi 7aja f sidi moumen wla moulay rachid",
        "du 20/12/2026 au 31/12/2026 de 10:00 à 12:30",
        "الأطفال في الشارع",
        "je cherche dans la rue",
        "le 24 novembre à 15h30, 20 personnes",
        "بغيت نعاون نهار السبت من 10 ل 12",
        "المهمة رقم 5",
        "من بعد غدا إن شاء الله",
        "3afak 3tini 2 wla 3 d les missions",
        "500 dh l chher",
        "c'est gratuit.merci",
        "السبت حسن ليا من الأحد",
        "تجربة جميلة جدا، ليلة سعيدة",
        "رجاء أوقفوا الرسائل",
        "أعطونا أسماء المشاركين",
        "إلى أي عمر تقبلون",
        "انس الأمر، نجاة هؤلاء أهم",
        "نحتاج إلى دعم بشري",
        "fikra jamila bzaf",
    ],
)
def test_what_tells_nothing_of_anybody_stays(said: str) -> None:
    made = redacted(said, (), NAMES, NOW)
    assert (made.words, made.replaced) == (said, ())


def test_the_projects_own_sentences_stay_as_they_are() -> None:
    changed = [lesson.words for _, lesson in samples(400) if redacted(lesson.words, lesson.spans, NAMES, NOW).words != lesson.words]
    assert changed == []


def test_spans_move_along() -> None:
    text = "ana amina 0612345678 f lm3arif nhar sebt"
    place = Span("place", "Maârif", text.index("lm3arif"), text.index("lm3arif") + 7)
    day = Span("day", "sat", text.index("nhar"), len(text))
    assert without(text, place, day) == "ana Salma 0600000000 f lm3arif nhar sebt"


def test_a_street_ends_where_an_entity_begins() -> None:
    text = "rue Ibn Sina Maârif"
    assert without(text, Span("place", "Maârif", 13, 19)) == "rue des Orangers Maârif"


def test_a_number_that_was_marked_stays() -> None:
    assert without("la 12345", Span("mission_ref", "12345", 3, 8)) == "la 12345"


def test_what_is_private_inside_an_entity_is_refused() -> None:
    with pytest.raises(Private, match="entity"):
        redacted("chez amina", [Span("place", "Maârif", 0, 10)], NAMES, NOW)
    with pytest.raises(Private, match="entity"):
        redacted("0612345678", [Span("number", "612345678", 0, 10)], NAMES, NOW)


def test_a_story_is_refused() -> None:
    with pytest.raises(Private, match="long"):
        redacted("a" * (LONGEST + 1), (), (), NOW)


def test_what_staff_mark_goes_too() -> None:
    text = "mon voisin Ziyad et son frère"
    assert without(text, by_hand=((11, 16),)) == "mon voisin Salma et son frère"
    assert redacted(text, (), (), NOW, ((11, 16),)).replaced == ("name",)


def test_nothing_that_was_replaced_is_left() -> None:
    said = "smiti amina, 0612345678, a@b.ma, 12 rue Ibn Sina, BE123456, 🙏🏽"
    made = redacted(said, (), NAMES, NOW)
    assert made.replaced == ("name", "phone", "mail", "street", "identity")
    assert not any(part in made.words for part in ("amina", "0612345678", "a@b.ma", "Ibn Sina", "BE123456"))
    again = redacted(made.words, (), NAMES, NOW)
    assert again.words == made.words
