"""The closed lists are whole: the contract's values, labels in four registers, places with parents and positions."""

from __future__ import annotations

import pytest

from bot import vocabulary
from bot.vocabulary.gazetteer import find
from bot.vocabulary.spelling import normalise

CONTRACT = {
    "cause": "education health environment elderly children disability women culture sport relief food animals digital"
    " employment rights migrants",
    "skill": "teaching languages medical first_aid driving cooking it design communication photography accounting law"
    " translation handyman gardening coaching arts events fundraising sewing listening",
    "day": "mon tue wed thu fri sat sun",
    "time_of_day": "morning afternoon evening night",
    "organisation_kind": "association cooperative institution",
    "language": "ar fr ary",
    "frequency": "daily weekly monthly",
    "mode": "onsite remote",
}
REGISTERS = ("ar", "fr", "ary-Arab", "ary-Latn")


@pytest.mark.parametrize("kind", CONTRACT)
def test_values_are_those_of_the_contract(kind: str) -> None:
    assert [term.id for term in vocabulary.terms(kind)] == CONTRACT[kind].split()


def test_every_term_has_a_short_label_in_every_register() -> None:
    for kind in vocabulary.kinds():
        for term in vocabulary.terms(kind):
            for register in REGISTERS:
                assert 0 < len(vocabulary.label(kind, term.id, register)) <= 30, (kind, term.id, register)


def test_every_label_and_alias_of_a_term_is_found() -> None:
    for kind in ("cause", "skill", "organisation_kind", "language", "frequency", "mode", "means"):
        for term in vocabulary.terms(kind):
            for said in (*term.labels.values(), *term.aliases):
                assert term.id in {mention.value for mention in find(said, [kind])}, (kind, term.id, said)


def test_every_name_of_a_place_is_found() -> None:
    """Two communes of one name are told apart by nobody: the first listed holds."""
    names: dict[str, str] = {}
    for place in vocabulary.places():
        for said in (place.id, place.arabic, place.darija, *place.aliases):
            names.setdefault(normalise(said), place.id)
    for said, value in names.items():
        assert [mention.value for mention in find(said, ["place"])] == [value], said


def test_no_name_stands_for_two_places() -> None:
    names: dict[str, set[str]] = {}
    for place in vocabulary.places():
        for said in (place.id, *place.aliases):
            names.setdefault(normalise(said), set()).add(place.id)
    assert {said: values for said, values in names.items() if len(values) > 1} == {}


def test_all_arrondissements_and_communes_are_there() -> None:
    kinds = [place.kind for place in vocabulary.places()]
    assert kinds.count("arrondissement") == 16
    # 153 communes of the HCP, of which Casablanca is the city.
    assert kinds.count("commune") + kinds.count("city") == 153
    assert kinds.count("quarter") >= 80


def test_every_place_lies_in_the_region_and_in_its_parent() -> None:
    for place in vocabulary.places():
        assert 32.2 < place.latitude < 33.95 and -9.1 < place.longitude < -6.7, place.id
        if place.kind in ("quarter", "arrondissement"):
            assert place.parent is not None
            parent = vocabulary.place(place.parent)
            assert parent is not None, place.id
            near = vocabulary.distance_km(place.latitude, place.longitude, parent.latitude, parent.longitude)
            assert near < 16, (place.id, near)


@pytest.mark.parametrize(
    ("latitude", "longitude", "limits"),
    [(33.53, -7.6, "Aïn-Chock"), (33.573, -7.633, "Maârif"), (33.686, -7.383, "Mohammadia"), (33.0, -7.617, "Settat")],
)
def test_nearest_place(latitude: float, longitude: float, limits: str) -> None:
    nearest = vocabulary.nearest_place(latitude, longitude)
    assert nearest is not None and limits in (nearest.id, nearest.parent)


@pytest.mark.parametrize(("latitude", "longitude"), [(34.02, -6.83), (48.85, 2.35), (0.0, 0.0), (33.6, -8.2)])
def test_nothing_is_near_outside_the_region(latitude: float, longitude: float) -> None:
    assert vocabulary.nearest_place(latitude, longitude) is None


def test_distance() -> None:
    assert vocabulary.distance_km(33.59, -7.62, 33.59, -7.62) == 0
    assert vocabulary.distance_km(33.59, -7.62, 34.02, -6.83) == pytest.approx(87, abs=3)


@pytest.mark.parametrize(
    ("register", "label"), [("fr", "Aïn Chock"), ("ar", "عين الشق"), ("ary-Arab", "عين الشق"), ("ary-Latn", "3in Cho9")]
)
def test_label_of_a_place(register: str, label: str) -> None:
    assert vocabulary.label("place", "Aïn-Chock", register) == label


def test_what_is_not_there() -> None:
    assert vocabulary.place("Rabat") is None
    assert vocabulary.term("cause", "nothing") is None
    assert vocabulary.label("place", "Rabat", "fr") == "Rabat"
    assert vocabulary.label("cause", "nothing", "fr") == "nothing"
