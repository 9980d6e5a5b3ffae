"""Certificates: on the organisation's word alone, the same again, replaced, revoked, checked, forgotten; on both databases."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.certificates import numbers
from bot.messages.buttons import LIFETIME_DAYS, SINGLE_USE_INTENTS
from bot.services import applications, attested, certificates, commitments, confirmations, copies, erasure, organisations, profiles, rights
from bot.services.profiles import Offer, Speaker
from bot.store.engine import Database
from bot.store.models import Application, Button, Certificate, Handoff, Mission, Organisation, OutboxMessage, Participation
from bot.store.tracker import Tracker
from bot.texts import REGISTERS, catalogue, text
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    SATURDAY_MORNING,
    World,
    count,
    day,
    mission,
    organisation,
    outbox_rows,
    small_world,
    volunteer,
)

LATER = NOW + timedelta(days=20)
FIRST, SECOND = day("2026-11-28"), day("2026-12-05")


@pytest.fixture
def world(store: Database) -> World:
    """Amina has a place, and says that she gave three hours on a Saturday."""
    made = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, made.mission_id, NOW)
        number = session.execute(select(Application.id)).scalar_one()
        applications.answer(session, OWNER, number, True, NOW)
    report(store, made)
    return made


def report(store: Database, world: World, on: Any = FIRST, minutes: int | None = 180) -> None:
    with store.write() as session:
        assert commitments.report(session, AMINA, world.mission_id, on, minutes, LATER)["outcome"] == "reported"


def issue(store: Database, world: World, at: Any = LATER, chat_id: int = AMINA) -> dict[str, Any]:
    with store.write() as session:
        return certificates.issue(session, chat_id, world.mission_id, "fr", at)


def asked(store: Database, chat_id: int = OWNER) -> list[str]:
    """Payloads of the questions that reached somebody of the organisation, yes and no."""
    with store.read() as session:
        query = select(Button.payload).where(Button.chat_id == chat_id, Button.payload.startswith("/confirm_participation"))
        return list(session.execute(query).scalars())


def read_number(payload: str) -> str:
    return payload.split('"number": "')[1].split('"')[0]


def confirm(store: Database, agrees: bool = True, chat_id: int = OWNER, number: str | None = None) -> dict[str, Any]:
    with store.write() as session:
        application = session.execute(select(Application.id)).scalar_one()
        read = number if number is not None else read_number(asked(store)[-1])
        return confirmations.confirm(session, chat_id, application, read, agrees, LATER)


def certificate(store: Database, number: str) -> Certificate:
    with store.read() as session:
        return session.execute(select(Certificate).where(Certificate.number == number)).scalar_one()


def verdict(store: Database, typed: str) -> certificates.Verdict:
    with store.read() as session:
        return certificates.verify(session, typed)


def certified(store: Database, world: World) -> str:
    issue(store, world)
    assert confirm(store)["outcome"] == "confirmed"
    outcome = issue(store, world)
    assert outcome["outcome"] == "issued"
    return str(outcome["number"])


# ---- the organisation's word


def test_told_by_the_volunteer_alone_it_waits_and_the_organisation_is_asked_once(store: Database, world: World) -> None:
    assert issue(store, world) == {"outcome": "waits", "title": "Soutien scolaire", "organisation": "Jossour"}
    assert issue(store, world)["outcome"] == "waits"
    assert count(store, Certificate) == 0
    [question] = [row for row in outbox_rows(store, OWNER) if row.origin.startswith("took_part:")]
    assert "Amina" in question.body["text"] and "3 heures" in question.body["text"] and not question.solicited
    assert len(asked(store)) == 2 and all(payload.startswith(SINGLE_USE_INTENTS) for payload in asked(store))


def test_after_the_buttons_are_too_old_it_is_asked_again(store: Database, world: World) -> None:
    issue(store, world)
    issue(store, world, LATER + timedelta(days=LIFETIME_DAYS - 1))
    assert len(asked(store)) == 2
    issue(store, world, LATER + timedelta(days=LIFETIME_DAYS + 1))
    assert len(asked(store)) == 4


def test_with_the_organisations_yes_it_is_handed_out(store: Database, world: World) -> None:
    number = certified(store, world)
    row = certificate(store, number)
    assert (row.name, row.organisation, row.mission, row.place) == ("Amina", "Jossour", "Soutien scolaire", "Maârif")
    assert (row.minutes, row.first_on, row.last_on, row.confirmed_by) == (180, FIRST, FIRST, "organisation")
    assert row.issued_at == LATER, "never dated back"
    [told] = [row for row in outbox_rows(store, AMINA) if row.origin.startswith("took_part_told:")]
    assert "Jossour" in told.body["text"] and told.body["buttons"]


def test_asked_again_with_nothing_new_it_is_the_same(store: Database, world: World) -> None:
    number = certified(store, world)
    assert issue(store, world, LATER + timedelta(days=3))["number"] == number
    assert count(store, Certificate) == 1


def test_more_hours_make_a_new_one_that_replaces_the_old(store: Database, world: World) -> None:
    old = certified(store, world)
    report(store, world, SECOND, 120)
    outcome = issue(store, world)
    assert (outcome["number"], outcome["minutes"], outcome["waiting_minutes"]) == (old, 180, 120)
    assert confirm(store)["outcome"] == "confirmed"
    new = issue(store, world)
    assert new["number"] != old and new["minutes"] == 300 and new["waiting_minutes"] == 0
    row = certificate(store, new["number"])
    assert (row.first_on, row.last_on) == (FIRST, SECOND)
    assert (verdict(store, old).outcome, verdict(store, old).reason) == ("revoked", attested.REPLACED)
    assert verdict(store, new["number"]).outcome == "true"


def test_told_anew_the_certified_hours_stay_until_that_is_confirmed(store: Database, world: World) -> None:
    report(store, world, SECOND, 120)
    old = certified(store, world)
    report(store, world, SECOND, 240)
    assert issue(store, world)["number"] == old and verdict(store, old).outcome == "true"
    confirm(store)
    assert issue(store, world)["minutes"] == 420


def test_a_yes_is_a_yes_to_what_was_read(store: Database, world: World) -> None:
    issue(store, world)
    before = read_number(asked(store)[0])
    report(store, world, FIRST, 1_000)
    assert confirm(store, number=before)["outcome"] == "changed"
    assert count(store, Certificate) == 0 and len(asked(store)) == 4
    assert confirm(store)["outcome"] == "confirmed"
    assert confirm(store)["outcome"] == "answered"


def test_a_no_goes_to_the_team_and_the_volunteer_hears_it_kindly(store: Database, world: World) -> None:
    issue(store, world)
    assert confirm(store, agrees=False)["outcome"] == "disputed"
    with store.read() as session:
        row = session.execute(select(Participation)).scalar_one()
        handoff = session.execute(select(Handoff)).scalar_one()
    assert (row.state, row.told_by, row.minutes) == ("disputed", "organisation", 180)
    assert (handoff.chat_id, handoff.reason, handoff.state) == (AMINA, "disputed", "waiting")
    [told] = [row for row in outbox_rows(store, AMINA) if row.origin.startswith("disputed:")]
    assert "équipe" in told.body["text"]
    assert issue(store, world)["outcome"] == "disputed"
    assert count(store, Certificate) == 0


@pytest.mark.parametrize("chat_id", [AMINA, BRAHIM, OTHER_OWNER, 999])
def test_only_the_missions_own_organisation_answers(store: Database, world: World, chat_id: int) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        organisation(session, OTHER_OWNER, "Autre")
    issue(store, world)
    assert confirm(store, chat_id=chat_id) == {"outcome": "unknown"}
    with store.write() as session:
        assert confirmations.confirm(session, OWNER, 987_654, "1", True, LATER) == {"outcome": "unknown"}


def test_nobody_confirms_his_own_hours(store: Database, world: World) -> None:
    with store.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        organisations.add_member(session, owner, profiles.person_of(session, AMINA), NOW)
    issue(store, world)
    assert not asked(store, AMINA) and asked(store, OWNER)
    assert confirm(store, chat_id=AMINA)["outcome"] == "own"


def test_where_nobody_can_be_asked_it_says_so(store: Database, world: World) -> None:
    with store.write() as session:
        profiles.person_of(session, OWNER).blocked_at = NOW  # type: ignore[union-attr]
    assert issue(store, world)["outcome"] == "silent"


def test_an_organisation_that_staff_has_not_seen_vouches_for_nobody(store: Database, world: World) -> None:
    before = asked(store)  # when the hours were told
    with store.write() as session:
        session.get(Organisation, world.organisation_id).state = "pending"
    assert issue(store, world)["outcome"] == "unvalidated"
    assert asked(store) == before
    with store.write() as session:
        commitments.report(session, AMINA, world.mission_id, None, 60, LATER + timedelta(days=7))
    assert asked(store) == before


def test_another_name_needs_another_word(store: Database, world: World) -> None:
    """Hours are not handed on by a change of name."""
    old = certified(store, world)
    with store.write() as session:
        offer = Offer("Somebody Else", "Aïn-Chock", ["education"], ["teaching"], SATURDAY_MORNING)
        profiles.save_offer(session, Speaker(AMINA, "Amina", "fr"), offer, LATER)
    assert issue(store, world)["outcome"] in ("waits", "issued")
    assert certificate(store, old).name == "Amina" and count(store, Certificate) == 1
    assert any("Somebody Else" in row.body["text"] for row in outbox_rows(store, OWNER))
    confirm(store)
    assert verdict(store, old).outcome == "revoked"
    found = verdict(store, issue(store, world)["number"])
    assert found.content is not None and found.content.name == "Somebody Else"


# ---- what is missing


def test_a_mission_of_somebody_else_is_like_none(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        assert certificates.issue(session, BRAHIM, world.mission_id, "fr", LATER) == {"outcome": "unknown"}
        assert certificates.issue(session, BRAHIM, 987_654, "fr", LATER) == {"outcome": "unknown"}
        assert certificates.issue(session, 999, world.mission_id, "fr", LATER) == {"outcome": "unknown"}


def test_without_a_part_or_without_hours_there_is_nothing_to_certify(store: Database) -> None:
    made = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, made.mission_id, NOW)
        applications.answer(session, OWNER, session.execute(select(Application.id)).scalar_one(), True, NOW)
    assert issue(store, made)["outcome"] == "none"
    report(store, made, minutes=None)
    assert issue(store, made)["outcome"] == "hours"
    assert not asked(store)


def test_a_name_that_no_font_has_is_not_printed_wrong(store: Database, world: World) -> None:
    with store.write() as session:
        offer = Offer("李雷", "Aïn-Chock", ["education"], ["teaching"], SATURDAY_MORNING)
        profiles.save_offer(session, Speaker(AMINA, "Amina", "fr"), offer, LATER)
    assert issue(store, world)["outcome"] == "name"


# ---- checking and revoking


def test_a_check_tells_what_the_certificate_says(store: Database, world: World) -> None:
    number = certified(store, world)
    for typed in (number, numbers.shown(number), numbers.shown(number).lower(), f" {number[:4]} {number[4:]} "):
        found = verdict(store, typed)
        assert found.outcome == "true" and found.content is not None
    assert {"name", "organisation", "mission", "place", "minutes", "first_on", "last_on", "issued_at", "number"} == set(vars(found.content))


@pytest.mark.parametrize("at", range(numbers.LENGTH))
def test_an_altered_number_is_noticed_without_a_look(store: Database, world: World, at: int) -> None:
    number = certified(store, world)
    letter = "Z" if number[at] != "Z" else "Y"
    found = verdict(store, number[:at] + letter + number[at + 1 :])
    assert (found.outcome, found.content) == ("altered", None)


@pytest.mark.parametrize("typed", ["", "hello", "2026", numbers.new(2026), "' OR 1=1 --", "\0" * 13])
def test_a_number_that_nobody_handed_out_is_unknown(store: Database, world: World, typed: str) -> None:
    assert verdict(store, typed).outcome == "unknown"


def test_staff_revokes_with_a_reason_that_all_may_read(store: Database, world: World) -> None:
    number = certified(store, world)
    with store.write() as session:
        assert certificates.revoke(session, numbers.shown(number).lower(), "Heures <fausses>", LATER) == "revoked"
        assert certificates.revoke(session, number, "encore", LATER) == "already"
        assert certificates.revoke(session, numbers.new(2026), "x", LATER) == "unknown"
        assert certificates.revoke(session, "x", "x", LATER) == "unknown"
    found = verdict(store, number)
    assert (found.outcome, found.reason, found.revoked_at, found.content) == ("revoked", "Heures <fausses>", LATER, None)
    [told] = [row for row in outbox_rows(store, AMINA) if row.origin.startswith("revoked:")]
    assert "Heures &lt;fausses&gt;" in told.body["text"]
    assert issue(store, world)["outcome"] == "revoked"
    report(store, world, SECOND, 60)
    assert issue(store, world)["outcome"] == "waits"


@pytest.mark.parametrize("register", REGISTERS)
def test_verdicts_in_words(store: Database, world: World, register: str) -> None:
    number = certified(store, world)
    assert "Amina" in certificates.in_words(verdict(store, number), register)
    assert certificates.in_words(verdict(store, "x"), register) == catalogue(register)["verify_unknown"]
    altered = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert numbers.shown(altered) in certificates.in_words(verdict(store, altered), register)
    with store.write() as session:
        session.execute(select(Certificate)).scalar_one().revoked_at = LATER
    assert numbers.shown(number) in certificates.in_words(verdict(store, number), register)


# ---- the file, the copy, and being forgotten


def test_the_file_is_queued_once_and_holds_the_page(store: Database, world: World) -> None:
    number = certified(store, world)
    with store.read() as session:
        content = certificates.content_of(session, AMINA, number)
        assert certificates.content_of(session, BRAHIM, number) is None
    assert content is not None
    made = certificates.document(content, "ar")
    for _ in range(2):
        with store.write() as session:
            certificates.send(session, AMINA, made, "certificate:1", LATER)
    [row] = [row for row in outbox_rows(store, AMINA) if row.method == "document"]
    assert base64.b64decode(row.body["content_base64"]).startswith(b"%PDF")
    assert row.body["file_name"] == f"tadamon-{numbers.shown(number)}.pdf"
    assert f"/c/{numbers.shown(number)}" in row.body["text"] and len(row.body["text"]) < 1024


def test_a_copy_of_what_is_kept_names_certificates(store: Database, world: World, tmp_path: Any) -> None:
    number = certified(store, world)
    with store.read() as session:
        kept = rights.collect(session, Tracker(f"sqlite:///{tmp_path}/tracker.db"), AMINA)
    [row] = kept["certificates"]
    assert (row["number"], row["minutes"], row["revoked"]) == (numbers.shown(number), 180, None)
    assert numbers.shown(number) in copies.readable(kept, "fr", "2026-12-14")
    assert text("fr", "export_certificates").upper() in copies.readable(kept, "fr", "2026-12-14")


def test_whoever_is_forgotten_takes_his_certificates_along(store: Database, world: World) -> None:
    number = certified(store, world)
    with store.write() as session:
        erasure.erase(session, AMINA)
    assert count(store, Certificate) == 0
    assert verdict(store, number).outcome == "unknown"
    with store.read() as session:
        left = session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == AMINA)).scalars().all()
    assert not left


def test_an_organisation_that_left_keeps_its_word(store: Database, world: World) -> None:
    number = certified(store, world)
    with store.write() as session:
        erasure.erase(session, OWNER)
    assert verdict(store, number).outcome == "true"
    assert issue(store, world)["number"] == number


def test_each_mission_has_its_own(store: Database, world: World) -> None:
    number = certified(store, world)
    with store.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        other = mission(session, owner, "Plage propre", mode="remote")
        applications.apply(session, AMINA, other.id, NOW)
        applied = session.execute(select(Application).where(Application.mission_id == other.id)).scalar_one()
        applications.answer(session, OWNER, applied.id, True, NOW)
        commitments.report(session, AMINA, other.id, FIRST, 60, LATER)
        for row in attested.attended(session, applied):
            row.told_by = "organisation"
        found = certificates.issue(session, AMINA, other.id, "ar", LATER)
        assert found["number"] != number and found["minutes"] == 60
        row = session.execute(select(Certificate).where(Certificate.number == found["number"])).scalar_one()
        assert (row.place, row.register, row.mission) == (None, "ar", session.get(Mission, other.id).title)
