"""Services asked by the wrong person: who may is decided in SQL, in the transaction of the change; on both databases."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from bot import services
from bot.matching.model import VolunteerProfile
from bot.services import applications, cards, organisations, profiles, recommendations
from bot.services.certificates import Document
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.services.staff_sessions import Staff
from bot.store.engine import Database
from bot.store.models import OrganisationMember, Person
from bot.store.tracker import Tracker
from tests.conftest import NOW
from tests.security.ids import FOREIGN
from tests.security.worlds import (
    ANSWERED,
    APPLICATION,
    ATTACKER_MANAGER,
    ATTACKERS,
    CANARY,
    DRAFT,
    HIDDEN,
    NOBODYS,
    PRIVATE_MISSIONS,
    PUBLIC,
    PUBLISHED,
    UNVALIDATED,
    VALIDATED,
    VICTIM,
    VICTIM_MANAGER,
    changes,
    dump,
    not_allowed,
    populate,
)

NEED = Need("Annonce", "education", "Maârif", 1, 1)
OFFER = Offer("Mallory", "Maârif", ["education"], [], 1)


@pytest.fixture
def populated(store: Database, standing_still: None) -> Database:
    populate(store)
    return store


@pytest.mark.parametrize("role", ATTACKERS)
def test_an_application_is_answered_by_its_own_organisation_alone(populated: Database, role: str) -> None:
    before = dump(populated)
    for application_id in (APPLICATION, ANSWERED, NOBODYS, 0, -1, 2**31 - 1):
        for accepted in (True, False):
            with populated.write() as session:
                told = applications.answer(session, ATTACKERS[role], application_id, accepted, NOW)
            assert told == {"outcome": "unknown"}
    assert not changes(before, dump(populated))


def test_a_mission_that_is_not_open_is_gone_and_nothing_more(populated: Database) -> None:
    before = dump(populated)
    for mission_id in (*PRIVATE_MISSIONS.values(), NOBODYS, 2**31 - 1):
        with populated.write() as session:
            assert applications.apply(session, ATTACKERS["volunteer"], mission_id, NOW) == {"outcome": "gone"}
            assert applications.apply(session, ATTACKERS["stranger"], mission_id, NOW) == {"outcome": "no_profile"}
    assert not changes(before, dump(populated))


def test_a_number_finds_what_everybody_sees_and_nothing_else(populated: Database) -> None:
    with populated.read() as session:
        for mission_id in (*PRIVATE_MISSIONS.values(), NOBODYS):
            assert recommendations.mission_named(session, ATTACKERS["volunteer"], str(mission_id)) is None
        assert recommendations.mission_named(session, ATTACKERS["volunteer"], str(PUBLISHED)) == PUBLISHED
        assert recommendations.mission_named(session, ATTACKERS["volunteer"], "1") != PUBLISHED, "a place in the victim's list"
        assert recommendations.mission_named(session, VICTIM, "1") == PUBLISHED


@pytest.mark.parametrize("role", ATTACKERS)
def test_who_does_not_speak_for_an_organisation_publishes_nothing(populated: Database, role: str) -> None:
    before = dump(populated)
    for organisation_id in (VALIDATED, UNVALIDATED, NOBODYS):
        with pytest.raises(PermissionError) as refused, populated.write() as session:
            organisations.publish(session, ATTACKERS[role], organisation_id, NEED, NOW)
        assert CANARY not in str(refused.value) and PUBLIC not in str(refused.value)
    assert not changes(before, dump(populated))


def test_who_no_longer_speaks_for_it_is_a_stranger_at_once(populated: Database) -> None:
    with populated.write() as session:
        session.execute(delete(OrganisationMember).where(OrganisationMember.organisation_id == VALIDATED))
    with populated.write() as session:
        assert applications.answer(session, VICTIM_MANAGER, APPLICATION, True, NOW) == {"outcome": "unknown"}
        assert [organisation.id for organisation in organisations.spoken_for(session, VICTIM_MANAGER)] == [UNVALIDATED]
    with pytest.raises(PermissionError), populated.write() as session:
        organisations.publish(session, VICTIM_MANAGER, VALIDATED, NEED, NOW)


def test_a_name_that_another_organisation_bears_makes_an_organisation_of_its_own(world: Database) -> None:
    before = dump(world)
    name = f"{PUBLIC} organisation"
    with world.write() as session:
        made = organisations.register(
            session, Speaker(ATTACKER_MANAGER, "Eve", "fr"), Registration("association", name, "Maârif", ["education"], ""), NOW
        )
        assert made.id != VALIDATED
    assert not not_allowed(world, ATTACKER_MANAGER, changes(before, dump(world)))


ARGUMENTS: dict[str, Any] = {
    "accepted": True,
    "at": NOW,
    "digest_id": None,
    "entries": [DRAFT],
    "frequency": "daily",
    "headline": "missions_found",
    "kind": "missions",
    "made": Document("x.pdf", b"%PDF", "x"),
    "minor": Person(chat_id=VICTIM),
    "minutes": 60,
    "need": NEED,
    "on": None,
    "purpose": "member",
    "token": "F" * 20,
    "reason": "other",
    "register": "fr",
    "said": (),
    "staff": Staff(0, "nobody", "viewer", "fr", "0" * 64, "", False),
    "today": NOW.date(),
    "tracker": Tracker("sqlite:////nowhere/at/all.db"),
    "volunteer": VolunteerProfile(person_id=None, causes=("education",)),
    "words": "rien",
}
"""What services are called with beside chat and id, by the names of their parameters."""
BY_KIND: dict[str, Any] = {"str": "x", "int": 1, "bool": True, "datetime": NOW, "date": NOW.date(), "str | None": None, "int | None": None}
"""What else they are called with, by annotation."""
CALLER_HAS_ASKED = {
    "lists.volunteers": "the organisation is one that the person speaks for: the action and the digest look first",
    "lists.some": "the selection was made for that person, of missions that everybody may see",
    "takeovers.take": "staff, not the person of the chat: the console's table of routes asks for the permission (tests/console)",
    "takeovers.reply": "the same",
    "takeovers.hand_back": "the same",
    "bans.ban": "the same",
    "erasure.erase": "the chat is that of a wish, which is locked; whose the rows were, nobody can tell afterwards (tests/services does)",
    "erased.note": "the same wish's; it changes nothing in the database",
}


def _services() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The services that act for the person of a chat, by their name."""
    for path in sorted(Path(services.__path__[0]).glob("*.py")):
        module = importlib.import_module(f"{services.__name__}.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_") and {"session", "chat_id"} <= _parameters(function):
                yield f"{path.stem}.{name}", function


def _parameters(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters)


SERVICES = {name: function for name, function in _services() if name not in CALLER_HAS_ASKED}


def _takes_a_row(service: str) -> bool:
    return any(
        name == "reference" or (name.endswith("_id") and name not in ("chat_id", *ARGUMENTS)) for name in _parameters(SERVICES[service])
    )


def _asked(database: Database, service: str, chat_id: int, row_id: int) -> str:
    """What a service answers, or raises, for a chat with the id of a row wherever it takes one."""
    function = SERVICES[service]
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ("session", "chat_id"):
            continue
        if name == "reference":
            given[name] = str(row_id)
        elif name.endswith("_id") and name not in ARGUMENTS:
            given[name] = row_id
        elif parameter.default is inspect.Parameter.empty:
            kind = str(parameter.annotation)
            assert name in ARGUMENTS or kind in BY_KIND, f"{service}: say in ARGUMENTS what is passed for {name}"
            given[name] = ARGUMENTS.get(name, BY_KIND.get(kind))
    with database.write() as session:
        try:
            return repr(function(session, chat_id=chat_id, **given)).replace(str(row_id), "ID")
        except PermissionError as error:
            session.rollback()
            return f"refused: {error}"


@pytest.mark.parametrize("role", ATTACKERS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_asked_for_others_does_and_tells_nothing(world: Database, service: str, role: str) -> None:
    """Every service that acts for a person, with the ids of others': changes are to rows of his own, answers like for no row at all."""
    chat_id = ATTACKERS[role]
    before = dump(world)
    for_nobody = _asked(world, service, chat_id, NOBODYS)
    for what, number in FOREIGN.items():
        told = _asked(world, service, chat_id, number)
        assert CANARY not in told
        if _takes_a_row(service):
            assert re.sub("0x[0-9a-f]+", "", told) == re.sub("0x[0-9a-f]+", "", for_nobody), what
    assert not not_allowed(world, chat_id, changes(before, dump(world)))


@pytest.mark.parametrize("role", ATTACKERS)
def test_an_offer_is_kept_for_its_own_chat(world: Database, role: str) -> None:
    before = dump(world)
    with world.write() as session:
        profiles.save_offer(session, Speaker(ATTACKERS[role], "Mallory", "fr"), OFFER, NOW)
    assert not not_allowed(world, ATTACKERS[role], changes(before, dump(world)))


@pytest.mark.parametrize("role", ATTACKERS)
def test_what_is_read_is_ones_own(world: Database, role: str) -> None:
    chat_id = ATTACKERS[role]
    with world.read() as session:
        offer = profiles.offer_of(session, chat_id)
        assert (offer is None) == (role != "volunteer")
        assert applications.of_person(session, chat_id) == []
        assert profiles.has_consent(session, chat_id) == (role != "stranger")
        assert len(organisations.spoken_for(session, chat_id)) == (1 if role == "manager" else 0)
        for organisation_id in (VALIDATED, UNVALIDATED, NOBODYS):
            assert not organisations.speaks_for(session, chat_id, organisation_id)


@pytest.mark.parametrize("register", ["fr", "ar"])
def test_an_anonymous_card_names_nobody(world: Database, register: str) -> None:
    """What an organisation reads of a volunteer who has not applied to it."""
    with world.read() as session:
        person = profiles.person_of(session, VICTIM)
        assert person is not None
        assert CANARY not in cards.volunteer_facts(person.volunteer, register)


def test_the_world_hides_something() -> None:
    """That the states above are what they are called: a test that looks for nothing finds nothing."""
    assert len({*PRIVATE_MISSIONS.values(), HIDDEN, PUBLISHED}) == 5
