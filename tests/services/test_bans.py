"""Keeping somebody out: what he promised is given back, nothing is sent to him, nothing is his to do; and letting him in again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.services import admission, aid, applications, bans, digests, erasure, initiatives, moderation, organisations, relay
from bot.services.audit import Author
from bot.services.moderation import Stale, Unfit
from bot.services.profiles import Speaker
from bot.store.engine import Database
from bot.store.models import Application, AuditEntry, Ban, Mission, Organisation, Person, Subscription, Volunteer
from bot.texts import REGISTERS, text
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, NOW, OTHER_OWNER, OWNER, count, outbox_rows, small_world, volunteer
from tests.worlds import author as author
from tests.worlds import store as store


def ban(store: Database, author: Author, chat_id: int, reason: str = "harassment") -> int:
    with store.write() as session:
        return bans.ban(session, author, chat_id, ("conversation", 7), reason, NOW)


def said(store: Database, chat_id: int) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id)]


def test_a_volunteer_who_is_banned_gives_back_his_places_and_gets_no_lists(store: Database, author: Author) -> None:
    world = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, world.mission_id, NOW)
        applications.answer(session, OWNER, session.execute(select(Application.id)).scalar_one(), True, NOW)
    ban(store, author, AMINA)
    with store.read() as session:
        assert session.execute(select(Application.state)).scalar_one() == "withdrawn"
        assert session.execute(select(Volunteer.paused)).scalar_one()
        own = session.execute(select(Subscription).join(Person).where(Person.chat_id == AMINA)).scalars().all()
        assert [row.ended_reason for row in own] == ["banned"]
        assert admission.ban_of(session, AMINA) is not None and admission.ban_of(session, OWNER) is None
        log = session.execute(select(AuditEntry.action, AuditEntry.subject_kind, AuditEntry.detail)).all()
    assert said(store, AMINA)[-1] == text("fr", "ban_told_harassment")
    assert said(store, OWNER)[-1] == text("fr", "somebody_left", title="Soutien scolaire")
    assert [tuple(row) for row in log] == [("banned", "conversation", {"reason": "harassment"})]
    digests.run(store, NOW + timedelta(days=8))
    assert [row for row in outbox_rows(store, AMINA) if row.kind == "digest"] == []


def test_who_speaks_alone_for_an_organisation_takes_it_out_of_sight(store: Database, author: Author) -> None:
    world = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, world.mission_id, NOW)
    ban(store, author, OWNER, "fraud")
    with store.read() as session:
        assert session.get(Organisation, world.organisation_id).state == "flagged"
        assert session.get(Mission, world.mission_id).state == "cancelled"
        assert organisations.spoken_for(session, OWNER) == [] == organisations.members(session, world.organisation_id)
        assert not organisations.speaks_for(session, OWNER, world.organisation_id)
        assert initiatives.of_chat(session, OWNER) == []
        assert [row.reason for row in moderation.reviews(session, world.organisation_id)] == ["safety"]
    assert said(store, OWNER)[-1] == text("fr", "ban_told_fraud")


def test_an_organisation_with_another_voice_goes_on_without_his(store: Database, author: Author) -> None:
    world = small_world(store)
    with store.write() as session:
        organisations.register(session, Speaker(OTHER_OWNER, "Hind", "ar"), _registration("Amal"), NOW)
        owner = session.get(Organisation, world.organisation_id)
        hind = session.execute(select(Person).where(Person.chat_id == OTHER_OWNER)).scalar_one()
        organisations.add_member(session, owner, hind, NOW)
    ban(store, author, OWNER)
    with store.write() as session:
        assert session.get(Organisation, world.organisation_id).state == "validated"
        assert [person.chat_id for person in organisations.members(session, world.organisation_id)] == [OTHER_OWNER]
        applications.apply(session, AMINA, world.mission_id, NOW)
    assert len(said(store, OTHER_OWNER)) == 1 and len(said(store, OWNER)) == 1, "only the other hears of who applies"


def _registration(name: str) -> organisations.Registration:
    return organisations.Registration("association", name, "Maârif", ("education",), "Soutien")


def test_who_asked_for_help_and_who_was_to_help_are_set_free(store: Database, author: Author) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        wanted = aid.Wanted("médicaments à chercher", "Maârif", "today")
        aid.ask(session, Speaker(AMINA, "Amina", "fr"), wanted, NOW, None)
    ban(store, author, AMINA, "misuse")
    with store.read() as session:
        assert aid.open_request(session, AMINA) is None


def test_nothing_more_is_passed_on_to_him(store: Database, author: Author) -> None:
    world = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, world.mission_id, NOW)
        number = session.execute(select(Application.id)).scalar_one()
        applications.answer(session, OWNER, number, True, NOW)
        session.get(Mission, world.mission_id).ends_on = session.get(Mission, world.mission_id).starts_on = NOW.date() - timedelta(days=1)
    ban(store, author, AMINA)
    told = len(said(store, AMINA))
    with store.write() as session:
        assert relay.send(session, OWNER, number, "Bonjour", NOW) == {"outcome": "unknown"}
    assert len(said(store, AMINA)) == told


def test_banned_twice_or_for_nothing_changes_nothing(store: Database, author: Author) -> None:
    small_world(store)
    with pytest.raises(Unfit):
        ban(store, author, AMINA, "because")
    ban(store, author, AMINA)
    with pytest.raises(Stale):
        ban(store, author, AMINA, "fraud")
    assert count(store, Ban) == 1 and len(said(store, AMINA)) == 1


def test_let_in_again_he_begins_with_nothing_promised(store: Database, author: Author) -> None:
    world = small_world(store)
    number = ban(store, author, OWNER)
    with store.write() as session:
        bans.lift(session, author, number, NOW + timedelta(days=3))
    with pytest.raises(Stale), store.write() as session:
        bans.lift(session, author, number, NOW + timedelta(days=3))
    with store.read() as session:
        assert admission.ban_of(session, OWNER) is None
        assert [one.id for one in organisations.spoken_for(session, OWNER)] == [world.organisation_id]
        assert session.get(Organisation, world.organisation_id).state == "flagged", "the team looks at it anew"
    assert said(store, OWNER)[-1] == text("fr", "ban_lifted")
    assert ban(store, author, OWNER, "danger") != number, "and may be banned again"


def test_a_ban_outlives_what_is_forgotten_for_a_year(store: Database, author: Author, tmp_path: Path) -> None:
    small_world(store)
    number = ban(store, author, AMINA)
    with store.write() as session:
        erasure.wish(session, AMINA, "fr", NOW)
    erasure.run(store.write, Events(store, tmp_path).tracker, NOW + timedelta(hours=1))
    with store.write() as session:
        assert session.execute(select(Person).where(Person.chat_id == AMINA)).first() is None
        assert admission.ban_of(session, AMINA) is not None
        bans.forget_old(session, NOW + timedelta(days=365))
        assert admission.ban_of(session, AMINA) is not None
        bans.lift(session, author, number, NOW + timedelta(days=365))
    assert said(store, AMINA) == [text("fr", "erasure_done")], "nobody writes to whom he was asked to forget"
    with store.write() as session:
        bans.forget_old(session, NOW + timedelta(days=366))
    assert count(store, Ban) == 0


@pytest.mark.parametrize("register", REGISTERS)
def test_each_reason_has_its_words_in_the_persons_register(database: Database, register: str) -> None:
    author = Author()
    for place, reason in enumerate(bans.REASONS):
        chat_id = 7000 + place
        with database.write() as session:
            volunteer(session, chat_id, "Salma", register=register)
        ban(database, author, chat_id, reason)
        assert said(database, chat_id) == [text(register, f"ban_told_{reason}")]
        assert outbox_rows(database, chat_id)[0].body["buttons"][0][0]["text"] == text(register, "button_handoff")
