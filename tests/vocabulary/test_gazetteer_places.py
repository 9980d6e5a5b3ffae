"""Places as people name them in the four registers, and names that must not be taken for one another."""

from __future__ import annotations

import pytest

from bot.vocabulary.gazetteer import find


def named(text: str) -> list[str]:
    return [mention.value for mention in find(text, ["place"])]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        # Aïn Chock, Aïn Sebaâ, Aïn Diab and Ain Harrouda are four places.
        ("à Aïn Chock", "Aïn-Chock"),
        ("AIN CHOCK", "Aïn-Chock"),
        ("ain-chock", "Aïn-Chock"),
        ("f'ain chock", "Aïn-Chock"),
        ("ana f ain cho9", "Aïn-Chock"),
        ("3in cho9", "Aïn-Chock"),
        ("3ein cho9", "Aïn-Chock"),
        ("aïn chok", "Aïn-Chock"),
        ("بعين الشق", "Aïn-Chock"),
        ("فعين الشق", "Aïn-Chock"),
        ("في عين الشّق", "Aïn-Chock"),
        ("Aïn Sebaâ", "Aïn-Sebaâ"),
        ("ain sebaa", "Aïn-Sebaâ"),
        ("f 3in sba3", "Aïn-Sebaâ"),
        ("عين السبع", "Aïn-Sebaâ"),
        ("ain diab", "Aïn Diab"),
        ("عين الذئاب", "Aïn Diab"),
        ("ain harrouda", "Ain Harrouda"),
        ("عين حرودة", "Ain Harrouda"),
        # Hay Mohammadi is no Mohammedia.
        ("Hay Mohammadi", "Hay-Mohammadi"),
        ("7ay mo7ammadi", "Hay-Mohammadi"),
        ("l7ay lmo7ammadi", "Hay-Mohammadi"),
        ("الحي المحمدي", "Hay-Mohammadi"),
        ("فالحي المحمدي", "Hay-Mohammadi"),
        ("Mohammedia", "Mohammadia"),
        ("mohammadia", "Mohammadia"),
        ("f mo7ammadiya", "Mohammadia"),
        ("المحمدية", "Mohammadia"),
        ("فالمحمدية", "Mohammadia"),
        # The other arrondissements.
        ("maarif", "Maârif"),
        ("Maârif", "Maârif"),
        ("flm3arif", "Maârif"),
        ("lma3arif", "Maârif"),
        ("f ma3arif", "Maârif"),
        ("المعاريف", "Maârif"),
        ("فالمعاريف", "Maârif"),
        ("anfa", "Anfa"),
        ("أنفا", "Anfa"),
        ("sidi belyout", "Sidi Belyout"),
        ("سيدي بليوط", "Sidi Belyout"),
        ("al fida", "Al-Fida"),
        ("الفداء", "Al-Fida"),
        ("mers sultan", "Mers-Sultan"),
        ("مرس السلطان", "Mers-Sultan"),
        ("roches noires", "Asoukhour Assawda"),
        ("الصخور السوداء", "Asoukhour Assawda"),
        ("hay hassani", "Hay-Hassani"),
        ("hay l7assani", "Hay-Hassani"),
        ("الحي الحسني", "Hay-Hassani"),
        ("bernoussi", "Sidi Bernoussi"),
        ("berno si", "Sidi Bernoussi"),
        ("sidi bernousi", "Sidi Bernoussi"),
        ("flbernoussi", "Sidi Bernoussi"),
        ("البرنوصي", "Sidi Bernoussi"),
        ("sidi moumen", "Sidi Moumen"),
        ("sidi moumn", "Sidi Moumen"),
        ("sidi momen", "Sidi Moumen"),
        ("سيدي مومن", "Sidi Moumen"),
        ("سيدي مؤمن", "Sidi Moumen"),
        ("ben m'sick", "Ben-M'sick"),
        ("ben msik", "Ben-M'sick"),
        ("بن مسيك", "Ben-M'sick"),
        ("sbata", "Sbata"),
        ("سباتة", "Sbata"),
        ("moulay rachid", "Moulay Rachid"),
        ("my rachid", "Moulay Rachid"),
        ("مولاي رشيد", "Moulay Rachid"),
        ("sidi othmane", "Sidi Othmane"),
        ("sidi 3otman", "Sidi Othmane"),
        ("سيدي عثمان", "Sidi Othmane"),
        # Quarters.
        ("derb sultan", "Derb Sultan"),
        ("f derb soltan", "Derb Sultan"),
        ("درب السلطان", "Derb Sultan"),
        ("derb ghalef", "Derb Ghallef"),
        ("bourgogne", "Bourgogne"),
        ("gautier", "Gauthier"),
        ("l'oulfa", "Oulfa"),
        ("f l'oulfa", "Oulfa"),
        ("الألفة", "Oulfa"),
        ("sidi maarouf", "Sidi Maârouf"),
        ("سيدي معروف", "Sidi Maârouf"),
        ("lissasfa", "Lissasfa"),
        ("ليساسفة", "Lissasfa"),
        ("californie", "Californie"),
        ("l'oasis", "Oasis"),
        ("les habous", "Habous"),
        ("الأحباس", "Habous"),
        ("ancienne médina", "Ancienne Médina"),
        ("lmdina l9dima", "Ancienne Médina"),
        ("belvédère", "Belvédère"),
        ("inara", "Inara"),
        ("le CIL", "CIL"),
        ("quartier 2 mars", "2 Mars"),
        ("bachkou", "Bachkou"),
        ("bournazel", "Bournazel"),
        ("errahma", "Errahma"),
        ("الرحمة", "Errahma"),
        ("ville verte", "Ville Verte"),
        ("beauséjour", "Beauséjour"),
        ("zenata", "Zenata"),
        # Communes and seats of provinces, which give the commune.
        ("bouskoura", "Bouskoura"),
        ("بوسكورة", "Bouskoura"),
        ("dar bouazza", "Dar Bouazza"),
        ("دار بوعزة", "Dar Bouazza"),
        ("nouaceur", "Nouaceur"),
        ("النواصر", "Nouaceur"),
        ("médiouna", "Mediouna"),
        ("مديونة", "Mediouna"),
        ("tit mellil", "Tit Mellil"),
        ("province de settat", "Settat"),
        ("سطات", "Settat"),
        ("benslimane", "Benslimane"),
        ("بنسليمان", "Benslimane"),
        ("berrechid", "Berrechid"),
        ("برشيد", "Berrechid"),
        ("el jadida", "El Jadida"),
        ("jdida", "El Jadida"),
        ("الجديدة", "El Jadida"),
        ("sidi bennour", "Sidi Bennour"),
        ("سيدي بنور", "Sidi Bennour"),
        ("azemmour", "Azemmour"),
        ("أزمور", "Azemmour"),
        ("bouznika", "Bouznika"),
        ("بوزنيقة", "Bouznika"),
        ("deroua", "Deroua"),
        # The city as a whole.
        ("casa", "Casablanca"),
        ("f casa", "Casablanca"),
        ("kaza", "Casablanca"),
        ("فكازا", "Casablanca"),
        ("كازا", "Casablanca"),
        ("dar lbida", "Casablanca"),
        ("lbida", "Casablanca"),
        ("فالبيضاء", "Casablanca"),
        ("الدار البيضاء", "Casablanca"),
        ("والدار البيضاء", "Casablanca"),
        # A slip of the finger.
        ("casablnca", "Casablanca"),
        ("mohamedia", "Mohammadia"),
        ("bouskora", "Bouskoura"),
        ("moulay rachidd", "Moulay Rachid"),
    ],
)
def test_place(text: str, place: str) -> None:
    assert named(text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "sebta",
        "سبتة",
        "samedi",
        "السبت",
        "je suis à Rabat",
        "ana men tanja",
        "la",
        "merci beaucoup",
        "bonjour, je veux aider",
        "bghit nt3awen m3akom",
        "كنبغي نعاون الناس",
        "je suis disponible car je ne travaille pas",
        "la maison est verte",
        "je cherche une mission",
        "انا محتاج مساعدة",
        "la ville",
        "mars",
        "le 3 mars",
        "salam",
        "واخا مزيان",
        "les personnes âgées",
    ],
)
def test_no_place(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize("text", ["Sebta", "je suis à Rabat", "ana f marrakech", "فالرباط", "من طنجة", "paris", "سبتة"])
def test_outside_the_region_is_told_only_to_those_who_ask(text: str) -> None:
    assert [mention.kind for mention in find(text, ["outside_place"])] == ["outside_place"]
    assert all(mention.kind != "outside_place" for mention in find(text))


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("فكازا", "كازا"),
        ("بعين الشق مزيان", "عين الشق"),
        ("flm3arif", "m3arif"),
        ("f'ain chock !", "ain chock"),
        ("😀 à Aïn Chock", "Aïn Chock"),
        ("Bonjour, Hay Mohammadi.", "Hay Mohammadi"),
        ("سيدي مُومن", "سيدي مُومن"),
    ],
)
def test_the_span_covers_the_name_as_typed(text: str, typed: str) -> None:
    (mention,) = find(text, ["place"])
    assert text[mention.start : mention.end] == typed


def test_two_places_keep_their_order() -> None:
    assert named("Maârif ou Gauthier, walla f derb soltan") == ["Maârif", "Gauthier", "Derb Sultan"]
