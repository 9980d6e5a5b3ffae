"""Causes, skills and the short lists in what people really type."""

from __future__ import annotations

import pytest

from bot.vocabulary.gazetteer import find


def values(text: str, kind: str) -> set[str]:
    return {mention.value for mention in find(text, [kind])}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("soutien scolaire", "education"),
        ("aide aux devoirs", "education"),
        ("l'éducation", "education"),
        ("l9raya", "education"),
        ("القراية", "education"),
        ("للتعليم", "education"),
        ("السوايع للدراري", "education"),
        ("cours de maths", "education"),
        ("la santé", "health"),
        ("se77a", "health"),
        ("الصحة", "health"),
        ("don du sang", "health"),
        ("nettoyage de plage", "environment"),
        ("bghit nn9i lb7er", "environment"),
        ("البيئة", "environment"),
        ("بالتشجير", "environment"),
        ("les personnes agées", "elderly"),
        ("nas lkbar", "elderly"),
        ("الناس الكبار", "elderly"),
        ("دار العجزة", "elderly"),
        ("les enfants", "children"),
        ("drari sghar", "children"),
        ("الأيتام", "children"),
        ("ليتامى", "children"),
        ("handicap", "disability"),
        ("ذوي الاحتياجات الخاصة", "disability"),
        ("mo3a9in", "disability"),
        ("les femmes", "women"),
        ("l3yalat", "women"),
        ("النساء", "women"),
        ("théâtre", "culture"),
        ("الثقافة", "culture"),
        ("sport", "sport"),
        ("lkora", "sport"),
        ("الرياضة", "sport"),
        ("zilzal", "relief"),
        ("الزلزال", "relief"),
        ("inondations", "relief"),
        ("l9offa", "food"),
        ("distribution de repas", "food"),
        ("القفة ديال رمضان", "food"),
        ("les chats errants", "animals"),
        ("lmchach", "animals"),
        ("الحيوانات", "animals"),
        ("inclusion numérique", "digital"),
        ("الرقمنة", "digital"),
        ("insertion professionnelle", "employment"),
        ("التشغيل", "employment"),
        ("l7o9o9", "rights"),
        ("المواطنة", "rights"),
        ("migrants", "migrants"),
        ("اللاجئين", "migrants"),
        # A slip of the finger.
        ("environement", "environment"),
        ("educattion", "education"),
    ],
)
def test_cause(text: str, cause: str) -> None:
    assert cause in values(text, "cause")


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("enseigner", "teaching"),
        ("je suis prof de maths", "teaching"),
        ("n9erri", "teaching"),
        ("nqerri lmath", "teaching"),
        ("نقري الدراري", "teaching"),
        ("ندرّس", "teaching"),
        ("تدريس", "teaching"),
        ("cours de maths", "teaching"),
        ("cours d'anglais", "languages"),
        ("الإنجليزية", "languages"),
        ("je suis médecin", "medical"),
        ("ana tbib", "medical"),
        ("ممرضة", "medical"),
        ("premiers secours", "first_aid"),
        ("الإسعافات الأولية", "first_aid"),
        ("chauffeur", "driving"),
        ("n9der nsoug", "driving"),
        ("السياقة", "driving"),
        ("cuisiner", "cooking"),
        ("ntayeb", "cooking"),
        ("نطيب", "cooking"),
        ("développeur web", "it"),
        ("المعلوميات", "it"),
        ("graphiste", "design"),
        ("réseaux sociaux", "communication"),
        ("photographe", "photography"),
        ("التصوير", "photography"),
        ("comptable", "accounting"),
        ("avocate", "law"),
        ("محامي", "law"),
        ("traduction", "translation"),
        ("نترجم", "translation"),
        ("bricolage", "handyman"),
        ("plombier", "handyman"),
        ("بريكول", "handyman"),
        ("jardinage", "gardening"),
        ("mentorat", "coaching"),
        ("dessin", "arts"),
        ("animer des ateliers", "events"),
        ("collecte de fonds", "fundraising"),
        ("couture", "sewing"),
        ("الخياطة", "sewing"),
        ("écouter", "listening"),
        ("الدعم النفسي", "listening"),
    ],
)
def test_skill(text: str, skill: str) -> None:
    assert skill in values(text, "skill")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("nous sommes une association", "organisation_kind", "association"),
        ("jam3iya dyalna", "organisation_kind", "association"),
        ("جمعيتنا", "organisation_kind", "association"),
        ("une coopérative", "organisation_kind", "cooperative"),
        ("تعاونية", "organisation_kind", "cooperative"),
        ("une fondation", "organisation_kind", "institution"),
        ("مؤسسة", "organisation_kind", "institution"),
        ("en arabe svp", "language", "ar"),
        ("بالعربية", "language", "ar"),
        ("en français", "language", "fr"),
        ("بالفرنسية", "language", "fr"),
        ("b darija", "language", "ary"),
        ("بالدارجة", "language", "ary"),
        ("chaque semaine", "frequency", "weekly"),
        ("toutes les semaines", "frequency", "weekly"),
        ("كل سيمانة", "frequency", "weekly"),
        ("kol chher", "frequency", "monthly"),
        ("شهريا", "frequency", "monthly"),
        ("une fois par mois", "frequency", "monthly"),
        ("quotidien", "frequency", "daily"),
        ("يوميا", "frequency", "daily"),
        ("à distance", "mode", "remote"),
        ("mn dar", "mode", "remote"),
        ("عن بعد", "mode", "remote"),
        ("sur place", "mode", "onsite"),
        ("7odori", "mode", "onsite"),
        ("حضوريا", "mode", "onsite"),
        ("j'ai une voiture", "means", "car"),
        ("3andi tomobil", "means", "car"),
        ("عندي طوموبيل", "means", "car"),
        ("j'ai un ordinateur", "means", "computer"),
        ("machine à coudre", "means", "sewing_machine"),
        ("عندي كاميو", "means", "van"),
    ],
)
def test_short_lists(text: str, kind: str, value: str) -> None:
    assert values(text, kind) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "la",
        "wakha",
        "car je suis libre",
        "oui merci",
        "bonjour",
        "salam 3likom",
        "السلام عليكم",
        "شكرا بزاف",
        "je suis disponible",
        "je veux aider",
        "بغيت نتطوع",
        "chno had chi",
        "comment ça marche",
        "non",
        "stop",
        "kifach ntsejjel",
    ],
)
def test_everyday_words_are_no_terms(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "refused", "wanted"),
    [
        ("pas les enfants", {"children"}, set()),
        ("tout sauf le sport", {"sport"}, set()),
        ("sans enfants", {"children"}, set()),
        ("pas les enfants, le sport", {"children"}, {"sport"}),
        ("pas les enfants mais le sport", {"children"}, {"sport"}),
        ("machi lkora", {"sport"}, set()),
        ("machi lkora walakin l9raya", {"sport"}, {"education"}),
        ("ماشي الرياضة", {"sport"}, set()),
        ("ماشي الرياضة ولكن التعليم", {"sport"}, {"education"}),
        ("ليس الأطفال", {"children"}, set()),
        ("bla drari", {"children"}, set()),
        ("بلا دراري", {"children"}, set()),
        ("ma bghitch lkora", {"sport"}, set()),
        ("mabghitch lkora", {"sport"}, set()),
        ("ما بغيتش الرياضة", {"sport"}, set()),
        ("مابغيتش الرياضة", {"sport"}, set()),
        ("je ne veux pas le sport", {"sport"}, set()),
        ("ni sport ni animaux", {"sport", "animals"}, set()),
        ("anything except animals", {"animals"}, set()),
        ("لا أريد الرياضة", {"sport"}, set()),
        # Darija «غير» is "only".
        ("بغيت غير الرياضة", set(), {"sport"}),
        ("bghit ghir lkora", set(), {"sport"}),
        ("أريد أي شيء غير الرياضة", {"sport"}, set()),
        # "no" as an answer, then a wish.
        ("non, le sport", set(), {"sport"}),
        ("la, lkora", set(), {"sport"}),
        ("pourquoi pas le sport", set(), {"sport"}),
    ],
)
def test_negation(text: str, refused: set[str], wanted: set[str]) -> None:
    found = find(text, ["cause"])
    assert {mention.value for mention in found if mention.negated} == refused
    assert {mention.value for mention in found if not mention.negated} == wanted


@pytest.mark.parametrize(
    "text",
    [
        "une mission près de chez moi ?",
        "pas loin de chez moi svp",
        "شي مهمة قريبة من الدار",
        "قريبة من المنزل من فضلك",
        "السلام عليكم ورحمة الله وبركاته",
    ],
)
def test_near_home_is_not_from_home_and_a_greeting_is_no_place(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "place"), [("فولاد رحمون", "Oulad Rahmoune"), ("ولاد عيسى", "Oulad Aissa"), ("أولاد عيسى", "Oulad Aissa")]
)
def test_sons_of_are_written_as_they_are_said(text: str, place: str) -> None:
    assert [(one.kind, one.value) for one in find(text)] == [("place", place)]
