"""What is kept of a volunteer: the offer as given, a consent with its notice, one weekly list."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import profiles
from bot.services.profiles import NOTICE_VERSION, Offer, Speaker
from bot.store.engine import Database
from bot.store.models import Consent, Person, Subscription, Volunteer
from tests.worlds import AMINA, BRAHIM, NOW, SATURDAY_MORNING, count, volunteer

SPEAKER = Speaker(AMINA, "Amina", "ary-Latn")
OFFER = Offer(
    first_name="Amina",
    place="Aïn-Chock",
    causes=("education", "health"),
    skills=("teaching",),
    slots=SATURDAY_MORNING,
    means=("car",),
    spoken_languages=("darija", "french"),
    mode="onsite",
    radius_km=25,
    latitude=33.54,
    longitude=-7.61,
)


def saved(database: Database, offer: Offer = OFFER, speaker: Speaker = SPEAKER) -> None:
    with database.write() as session:
        profiles.save_offer(session, speaker, offer, NOW)


def kept(database: Database) -> Offer:
    with database.read() as session:
        found = profiles.offer_of(session, AMINA)
    assert found is not None
    return found


def test_an_offer_is_kept_as_it_was_given(database: Database) -> None:
    saved(database)
    assert kept(database) == OFFER


def test_without_a_shared_location_the_place_gives_the_position(database: Database) -> None:
    saved(database, Offer("Amina", "Aïn-Chock", (), (), SATURDAY_MORNING))
    found = kept(database)
    assert (found.latitude, found.longitude) == pytest.approx((33.53, -7.6), abs=0.05)
    assert (found.mode, found.radius_km) == (None, profiles.DEFAULT_RADIUS_KM)


def test_a_second_offer_replaces_the_first(database: Database) -> None:
    saved(database)
    saved(database, Offer("Amina B", "Maârif", ("sport",), (), SATURDAY_MORNING))
    found = kept(database)
    assert (found.first_name, found.place, found.causes, found.skills, found.means) == ("Amina B", "Maârif", ("sport",), (), ())
    assert [count(database, model) for model in (Person, Volunteer, Subscription, Consent)] == [1, 1, 1, 1]


@pytest.mark.parametrize(("said", "kept_km"), [(0, 1), (-5, 1), (10, 10), (100_000, profiles.MAX_RADIUS_KM)])
def test_a_radius_is_kept_within_reason(database: Database, said: int, kept_km: int) -> None:
    saved(database, Offer("Amina", "Maârif", (), (), SATURDAY_MORNING, radius_km=said))
    assert kept(database).radius_km == kept_km


def test_a_long_name_is_cut_and_not_refused(store: Database) -> None:
    saved(store, Offer("أ" * 200, "Maârif", (), (), SATURDAY_MORNING), Speaker(AMINA, "x" * 200, "fr"))
    assert kept(store).first_name == "أ" * profiles.NAME_LENGTH


def test_an_unknown_place_keeps_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="Atlantis"):
        saved(database, Offer("Amina", "Atlantis", (), (), SATURDAY_MORNING))
    assert count(database, Person) == 0


def test_keeping_somebody_keeps_the_consent_with_its_notice(database: Database) -> None:
    with database.read() as session:
        assert not profiles.has_consent(session, AMINA)
    saved(database)
    with database.read() as session:
        assert profiles.has_consent(session, AMINA)
        assert not profiles.has_consent(session, BRAHIM)
        row = session.execute(select(Consent)).scalar_one()
    assert (row.purpose, row.notice_version, row.given_at, row.organisation_id) == ("profile", NOTICE_VERSION, NOW, None)


@pytest.mark.parametrize("change", [{"withdrawn_at": NOW}, {"notice_version": "2020-01"}])
def test_a_consent_that_lapsed_counts_again_once_it_is_given_anew(database: Database, change: dict[str, object]) -> None:
    saved(database)
    with database.write() as session:
        row = session.execute(select(Consent)).scalar_one()
        for name, value in change.items():
            setattr(row, name, value)
    with database.read() as session:
        assert not profiles.has_consent(session, AMINA)
    saved(database)  # after a new yes: offers are saved after it alone
    with database.read() as session:
        assert profiles.has_consent(session, AMINA)


def test_the_register_spoken_last_is_the_one_written_in(database: Database) -> None:
    saved(database)
    saved(database, speaker=Speaker(AMINA, "Amina", "ar"))
    with database.read() as session:
        person = profiles.person_of(session, AMINA)
    assert person is not None
    assert person.register == "ar"


def test_the_first_offer_starts_a_weekly_list_and_a_later_one_starts_none_again(database: Database) -> None:
    saved(database)
    with database.write() as session:
        row = session.execute(select(Subscription)).scalar_one()
        assert (row.audience, row.frequency, row.ended_at) == ("volunteer", "weekly", None)
        row.ended_at = NOW
    saved(database)
    with database.read() as session:
        assert session.execute(select(Subscription.ended_at)).scalar_one() == NOW


def test_of_a_stranger_nothing_is_known(database: Database) -> None:
    with database.write() as session:
        volunteer(session)
        assert profiles.offer_of(session, BRAHIM) is None
        assert profiles.person_of(session, BRAHIM) is None
