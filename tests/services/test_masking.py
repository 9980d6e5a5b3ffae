"""What is covered of a text: names in either script, numbers however they are grouped, addresses; the rest stays where it stood."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.services import aid, masking
from bot.services.aid import Wanted
from bot.services.masking import COVER, Mask
from bot.services.profiles import Speaker
from bot.store.engine import Database
from bot.store.models import Application, Organisation
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, SALMA, person_id, small_world, statements, volunteer
from tests.worlds import store as store


@pytest.mark.parametrize(
    ("said", "covered"),
    [
        ("Merci Amal !", "Merci •••• !"),
        ("merci AMAL, amal", "merci ••••, ••••"),
        ("Amalgame et Amalia", "Amalgame et Amalia"),
        ("مرحبا إبراهيم", "مرحبا •••••••"),
        ("مع ابراهيم ولإبراهيم", "مع ••••••• •••••••••"),
        ("appelez le 0661 23 45 67", "appelez le •••• •• •• ••"),
        ("+212-661-234567 ou 0661.23.45.67", "••••••••••••••• ou •••••••••••••"),
        ("٠٦٦١٢٣٤٥٦٧ رقمي", "•••••••••• رقمي"),
        ("le 12/12/2026 à 10h", "le •••••••••• à 10h"),
        ("12 enfants, 45 minutes", "12 enfants, 45 minutes"),
        ("amal.b+x@mail.ma svp", "•••••••••••••••• svp"),
        ("https://t.me/amal et t.me/x", "••••••••••••••••• et ••••••"),
        ("@amal_casa", "••••••••••"),
        ("Fatima et Youssef viennent", "•••••• et ••••••• viennent"),
        ("au 12  rue des Fleurs, merci", "au ••  ••• ••• ••••••, merci"),
        ("", ""),
    ],
)
def test_what_is_personal_is_covered(said: str, covered: str) -> None:
    assert Mask(["Amal", "إبراهيم", "12 rue des Fleurs", "x", ""]).covered(said) == covered


@given(st.text(), st.lists(st.text(max_size=12), max_size=4))
def test_a_text_keeps_its_length_and_what_is_left_its_place(said: str, names: list[str]) -> None:
    covered = Mask(names).covered(said)
    assert len(covered) == len(said)
    assert all(now in (was, COVER) for was, now in zip(said, covered, strict=True))
    assert Mask(names).covered(covered) == covered


def test_a_thousand_names_and_long_texts_take_no_longer_than_a_page_may() -> None:
    mask = Mask([f"nom{number} prénom{number}" for number in range(2000)] + [f"x{number}y" for number in range(2000)])
    texts = ["bonjour x77y, je viens samedi avec nom12 prénom12 " * 20] * 100
    began = time.process_time()
    covered = [mask.covered(said) for said in texts]
    assert "x77y" not in covered[0] and "prénom12" not in covered[0]
    assert time.process_time() - began < 20, "minutes would be the way it must not be done"


@pytest.mark.parametrize("word", ["http://" + "a" * 20_000, "1 " * 20_000, "@" * 20_000, "a@" * 10_000, "٠-" * 20_000])
def test_no_text_keeps_it_busy(word: str) -> None:
    began = time.process_time()
    Mask(["Amal"]).covered(word)
    assert time.process_time() - began < 10


def test_those_around_somebody_are_known(store: Database) -> None:
    world = small_world(store)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahimovic")
        volunteer(session, SALMA, "Salmaraki")
        session.flush()
        session.execute(select(Organisation)).scalar_one().representative = "Hajja Tamou"
        person = person_id(session, BRAHIM)
        session.add(Application(mission_id=world.mission_id, person_id=person, state="pending", note="après trois heures", created_at=NOW))
        aid.ask(
            session, Speaker(AMINA, "Amina", "fr"), Wanted("des courses pour ma mère", "Aïn-Chock", "today"), NOW + timedelta(hours=1), None
        )
    said = "Brahimovic, Salmaraki, Hajja Tamou, après trois heures, des courses pour ma mère"
    with store.read() as session:
        masks = {chat: masking.around(session, chat).covered(said) for chat in (OWNER, BRAHIM, AMINA, SALMA)}
    assert masks[OWNER] == f"{COVER * 10}, Salmaraki, ••••• •••••, ••••• ••••• ••••••, des courses pour ma mère"
    assert "Brahimovic" not in masks[BRAHIM] and "Tamou" not in masks[BRAHIM]
    assert "courses" not in masks[AMINA]
    assert "Salmaraki" not in masks[SALMA] and "Tamou" in masks[SALMA]


def test_looking_around_is_four_queries(store: Database) -> None:
    small_world(store)
    with store.read() as session, statements(store) as heard:
        masking.around(session, OWNER)
    assert len(heard) == 4
