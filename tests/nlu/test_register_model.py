"""The register of a message, learnt from the training sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.evaluation.sentences import learnt
from nlu.register_model import RegisterModel


@pytest.fixture(scope="module")
def model() -> RegisterModel:
    sentences = learnt()
    return RegisterModel().fit([s.text for s in sentences], [s.register for s in sentences])


@pytest.mark.parametrize(
    ("register", "text"),
    [
        ("fr", "Bonjour, je voudrais devenir bénévole"),
        ("fr", "g besoin d aide svp"),
        ("fr", "jve aidé les enfants le samedi"),
        ("fr", "cherche mission soutien scolaire"),
        ("fr", "c koi cette appli"),
        ("fr", "dispo le week end"),
        ("fr", "oui"),
        ("fr", "merci bcp"),
        ("fr", "je suis à Hay Mohammadi, dispo à 15h30"),
        ("fr", "2 ou 3 personnes"),
        ("fr", "annuler ma participation"),
        ("fr", "slt jveux m'inscrire"),
        ("ary-Latn", "salam bghit nt3awen"),
        ("ary-Latn", "wach kayn chi 7aja f casa"),
        ("ary-Latn", "ma bghitch nqerri"),
        ("ary-Latn", "3afak kifach ntsejjel"),
        ("ary-Latn", "fin kayna lmission"),
        ("ary-Latn", "chno ndir daba"),
        ("ary-Latn", "mn ba3d"),
        ("ary-Latn", "bghit naffaire le samedi"),
        ("ary-Latn", "ana disponible f weekend"),
        ("ary-Latn", "wakha"),
        ("ary-Latn", "iyeh"),
        ("ary-Latn", "makanfhemch"),
        ("ary-Latn", "ghadi nji ghedda inchallah"),
        ("ary-Latn", "chokran bzaf"),
        ("ary-Latn", "hadchi machi m9ad"),
        ("ary-Latn", "mab9itch baghi had lmission"),
        ("ar", "أريد أن أتطوع في جمعية"),
        ("ar", "هل يمكنني المشاركة يوم السبت؟"),
        ("ar", "أرغب في مساعدة الأطفال"),
        ("ar", "كيف يمكنني التسجيل"),
        ("ar", "نبحث عن متطوعين لجمعيتنا"),
        ("ar", "لا أستطيع الحضور غدا"),
        ("ar", "ما هي المهام المتاحة"),
        ("ar", "شكرا جزيلا لكم"),
        ("ary-Arab", "بغيت نتطوع معاكم"),
        ("ary-Arab", "واش كاين شي حاجة فكازا"),
        ("ary-Arab", "ما بغيتش هادشي"),
        ("ary-Arab", "كيفاش نتسجل عفاك"),
        ("ary-Arab", "فين كاينة المهمة"),
        ("ary-Arab", "غادي نجي غدا"),
        ("ary-Arab", "ماكنفهمش"),
        ("ary-Arab", "شنو ندير دابا"),
        ("ary-Arab", "كنقلب على خدمة تطوعية"),
        ("ary-Arab", "ماقدرتش نجي"),
        ("ary-Arab", "الجمعية ديالنا محتاجة متطوعين"),
        ("ary-Arab", "غانعاون الناس"),
        # Both scripts in one message: the script of most letters counts.
        ("ary-Arab", "بغيت نعاون f casa"),
        # Darija with French is Darija.
        ("ary-Latn", "bghit ndir bénévolat f une association"),
    ],
)
def test_register(model: RegisterModel, register: str, text: str) -> None:
    assert model.detect(text)[0] == register


@pytest.mark.parametrize("text", ["", "   ", "123", "😀", "?!", '/inform{"place": "Anfa"}', "/start", "#41", "15:30"])
def test_nothing_to_tell(model: RegisterModel, text: str) -> None:
    assert model.detect(text) == (None, 0.0)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_confidence_is_a_probability(model: RegisterModel, text: str) -> None:
    name, confidence = model.detect(text)
    assert 0.0 <= confidence <= 1.0 + 1e-6
    assert (name is None) == (confidence == 0.0)


def test_untrained_it_goes_by_the_script() -> None:
    assert RegisterModel().detect("salam") == ("ary-Latn", 0.5)
    assert RegisterModel().detect("سلام") == ("ary-Arab", 0.5)
