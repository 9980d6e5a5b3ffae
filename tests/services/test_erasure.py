"""Forgetting somebody: nothing of him is left in any table, others are told, and a kill anywhere changes nothing; on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.messages import buttons, effects, inbox, outbox
from bot.messages.outbox import Draft
from bot.services import (
    aid,
    applications,
    care,
    commitments,
    erasure,
    guardians,
    invitations,
    organisations,
    profiles,
    recommendations,
    rights,
    transcripts,
)
from bot.services.organisations import Registration
from bot.services.profiles import Speaker
from bot.store.base import Base
from bot.store.engine import Database
from bot.store.models import (
    Application,
    Erasure,
    HelpRequest,
    InboxUpdate,
    Mission,
    Organisation,
    OutboxMessage,
    Participation,
    Person,
)
from bot.texts import text
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, NOW, OTHER_OWNER, OWNER, SALMA, count, mission, organisation, outbox_rows, volunteer

CANARY = "Kanari"
SOON = NOW + timedelta(minutes=3)
LATER = NOW + timedelta(days=5)


@pytest.fixture
def events(store: Database, tmp_path: Path) -> Events:
    return Events(store, tmp_path)


def said(session: Session, chat_id: int, update_id: int, words: str) -> None:
    """A turn of the past: the update is done, the answer has left."""
    inbox.store(session, [(update_id, chat_id, {"message": {"text": words}})], NOW)
    inbox.finish(session, update_id, "done")
    [row] = outbox.queue(session, chat_id, outbox.REPLY, f"update:{update_id}", [Draft(f"{words}, bien noté")], NOW)
    row.state = "sent"


@pytest.fixture
def numbers(store: Database, events: Events) -> dict[str, int]:
    """Amina, whose every word is a canary, has used everything there is to use; ids of what she touched."""
    with store.write() as session:
        theirs = organisation(session)
        wanted, taken = mission(session, theirs, "Lecture"), mission(session, theirs, "Plage")
        volunteer(session, AMINA, f"{CANARY} A")
        volunteer(session, BRAHIM, "Brahim", skills=["cooking"])
        session.flush()
        applications.apply(session, AMINA, wanted.id, NOW, f"seulement {CANARY}")
        applications.apply(session, AMINA, taken.id, NOW)
        number = session.execute(select(Application.id).where(Application.mission_id == taken.id)).scalar_one()
        effects.once(session, 77, "answer", lambda: applications.answer(session, OWNER, number, True, NOW))
        commitments.report(session, AMINA, taken.id, None, 60, LATER)
        recommendations.remember_list(session, AMINA, "missions", [wanted.id], NOW)
        said(session, AMINA, 1, f"salam ana {CANARY}")
        said(session, OWNER, 77, f"{CANARY} A est des vôtres")
        effects.once(session, 1, "offer_form", lambda: {"name": f"{CANARY} A"})
        buttons.issue(session, AMINA, f'/inform{{"place": "{CANARY}"}}', NOW)
        care.write_to_team(session, AMINA, "report", f"rapport de {CANARY}", wanted.id, NOW)
        care.hand_over(session, AMINA, "asked", NOW)
        invitations.create(session, AMINA, invitations.GUARDIAN, None, NOW)
        host = invitations.create(session, OWNER, invitations.MEMBER, theirs.id, NOW)
        invitations.join(session, Speaker(AMINA, f"{CANARY} A", "fr"), str(host), NOW)
        own = organisations.register(
            session,
            Speaker(AMINA, f"{CANARY} A", "fr"),
            Registration("association", "Nour", "Maârif", ["food"], f"fondée par {CANARY}"),
            NOW,
        )
        own.representative, own.receipt = f"{CANARY} B", f"{CANARY} 12"
        organisations.validate(session, own.id, NOW)
        kitchen = mission(session, own, "Cuisine", cause="food")
        applications.apply(session, BRAHIM, kitchen.id, NOW)
        near = {"place": "Aïn-Chock", "urgency": "now"}
        aid.ask(session, Speaker(AMINA, f"{CANARY} A", "fr"), aid.Wanted(need=f"courses pour {CANARY}", **near), NOW, None)
        for call, _ in aid.open_calls(session, BRAHIM):
            aid.answer_call(session, BRAHIM, call.id, "yes", NOW)
        aid.give_address(session, AMINA, f"rue {CANARY} 5", NOW)
        made = {"organisation": theirs.id, "own": own.id, "kitchen": kitchen.id}
    for chat_id, words in ((AMINA, f"ana {CANARY}"), (BRAHIM, "salut")):
        events.add(chat_id, "user", text=words, metadata={"first_name": f"{CANARY} A" if chat_id == AMINA else "Brahim"})
    events.add(AMINA, "slot", name="offer", value={"first_name": CANARY})
    events.add(AMINA, "slot", name="aid_address", value={"name": "Brahim", "address": f"rue {CANARY} 5"})
    events.add(AMINA, "slot", name="aid", value={"need": f"courses pour {CANARY}"})
    events.add(BRAHIM, "slot", name="aid_address", value={"name": f"{CANARY} A"})
    events.add(OWNER, "bot", text=f"\u2068{CANARY} A\u2069 est prévenue", data={"buttons": [{"title": f"{CANARY} A"}]})
    events.add(BRAHIM, "bot", text=f"Merci ! {CANARY} A : courses pour {CANARY}, rue {CANARY} 5", data={})
    # Staff read it, too.
    transcripts.run(store.write, events.tracker)
    return made


def wish(store: Database, chat_id: int = AMINA) -> None:
    with store.write() as session:
        erasure.wish(session, chat_id, "fr", NOW)


def run(store: Database, events: Events) -> int:
    return erasure.run(store.write, events.tracker, SOON)


def everything(store: Database, events: Events) -> str:
    """All that stands in all tables, ours and Rasa's."""
    with store.read() as session:
        rows = [(table.name, dict(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(table)).mappings().all()]
    return json.dumps([rows, events.all()], default=str, ensure_ascii=False)


@pytest.mark.usefixtures("numbers")
def test_nothing_of_a_person_is_left_in_any_table(store: Database, events: Events) -> None:
    before = everything(store, events)
    assert before.count(CANARY) > 20 and str(AMINA) in before
    wish(store)
    assert run(store, events) == 1
    [last] = outbox_rows(store, AMINA)
    assert last.body["text"] == text("fr", "erasure_done")
    with store.write() as session:
        session.get(OutboxMessage, last.id).state = "sent"
        assert outbox.forget_last_words(session) == 1
    after = everything(store, events)
    assert CANARY not in after
    assert f"{AMINA}" not in after.replace(f'"id": {AMINA}', "")
    with store.read() as session:
        [tombstone] = session.execute(select(Erasure)).scalars()
        assert (tombstone.chat_id, tombstone.done_at) == (None, SOON)


def test_others_are_told_without_a_name(store: Database, events: Events, numbers: dict[str, int]) -> None:
    wish(store)
    run(store, events)
    told = {chat_id: [row.body.get("text", "") for row in outbox_rows(store, chat_id)] for chat_id in (OWNER, BRAHIM)}
    assert text("fr", "somebody_left", title="Lecture") in told[OWNER]
    assert any("Cuisine" in words for words in told[BRAHIM]), "the mission that nobody runs any more is closed"
    assert text("fr", "aid_helper_freed", name="…") in told[BRAHIM], "whoever was to help is free"


def test_an_organisation_without_anybody_is_closed_and_keeps_what_others_did(
    store: Database, events: Events, numbers: dict[str, int]
) -> None:
    with store.write() as session:
        session.add(
            Participation(
                application_id=session.execute(select(Application.id).where(Application.mission_id == numbers["kitchen"])).scalar_one(),
                took_place_on=NOW.date(),
                state="attended",
                told_by="volunteer",
                created_at=NOW,
                changed_at=NOW,
            )
        )
    wish(store)
    run(store, events)
    with store.read() as session:
        own = session.get(Organisation, numbers["own"])
        assert (own.state, own.services, own.representative, own.receipt) == ("withdrawn", "", None, None)
        assert session.get(Mission, numbers["kitchen"]).state in ("cancelled", "finished")
        [done] = commitments.of_chat(session, BRAHIM)
        assert (done.application.state, done.organisation.name) == ("declined", "Nour")
        assert session.execute(select(func.count(Participation.id))).scalar_one() == 1
        theirs = session.get(Organisation, numbers["organisation"])
        assert theirs.state == "validated", "somebody else still speaks for it"
        assert not session.execute(select(HelpRequest)).first()


def test_an_organisation_that_nobody_applied_to_goes_with_its_founder(store: Database, events: Events) -> None:
    with store.write() as session:
        mission(session, organisation(session, SALMA, "Seule"))
    wish(store, SALMA)
    run(store, events)
    assert count(store, Organisation) == count(store, Mission) == count(store, Person) == 0


class Killed(BaseException):
    """kill -9, as far as a test can do it."""


@contextmanager
def _dying(store: Database, after: int, before_commit: bool) -> Iterator[list[int]]:
    """Transactions of which the given one is the last."""
    made = [0]
    write = store.write

    @contextmanager
    def counted() -> Iterator[Any]:
        with write() as session:
            yield session
            made[0] += 1
            if made[0] == after and before_commit:
                raise Killed
        if made[0] == after:
            raise Killed

    store.write = counted  # type: ignore[method-assign]
    try:
        yield made
    finally:
        store.write = write  # type: ignore[method-assign]


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("before_commit", [True, False])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_kill_between_any_two_steps_is_made_good(store: Database, events: Events, after: int, before_commit: bool) -> None:
    wish(store)
    with _dying(store, after, before_commit), pytest.raises(Killed):
        run(store, events)
    run(store, events)
    run(store, events)
    left = [row.body.get("text") for row in outbox_rows(store, OWNER)].count(text("fr", "somebody_left", title="Lecture"))
    assert left == 1, "told once"
    assert [row.body["text"] for row in outbox_rows(store, AMINA)] == [text("fr", "erasure_done")]
    assert CANARY not in everything(store, events)


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("step", ["forget", "blot"])
def test_a_tracker_that_fails_is_asked_again(store: Database, events: Events, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> int:
        raise Killed

    wish(store)
    with monkeypatch.context() as patched:
        patched.setattr(events.tracker, step, fails)
        with pytest.raises(Killed):
            run(store, events)
    assert run(store, events) == 1
    assert CANARY not in everything(store, events)


@pytest.mark.usefixtures("numbers")
def test_it_waits_for_the_turn_and_for_the_answer_to_leave(store: Database, events: Events) -> None:
    wish(store)
    with store.write() as session:
        inbox.store(session, [(500, AMINA, {"message": {"text": "oui"}})], NOW)
    assert run(store, events) == 0, "the turn is not closed"
    with store.write() as session:
        outbox.queue(session, AMINA, outbox.REPLY, "update:500", [Draft("cela commence")], NOW)
        inbox.finish(session, 500, "done")
    at = NOW + timedelta(seconds=5)
    assert erasure.run(store.write, events.tracker, at) == 0, "the answer has not left"
    assert erasure.run(store.write, events.tracker, SOON) == 1, "but it is not waited for without end"


@pytest.mark.usefixtures("numbers")
def test_what_is_said_meanwhile_is_erased_the_next_time(store: Database, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    def speaks(chat_id: int) -> int:
        with store.write() as session:
            said(session, chat_id, 600, f"encore {CANARY}")
        events.add(chat_id, "user", text=f"encore {CANARY}")
        return 0

    wish(store)
    with monkeypatch.context() as patched:
        patched.setattr(events.tracker, "forget", speaks)
        assert run(store, events) == 0
    assert run(store, events) == 1
    assert CANARY not in everything(store, events)


@pytest.mark.usefixtures("numbers")
def test_a_repeated_update_is_still_known(store: Database, events: Events) -> None:
    wish(store)
    run(store, events)
    with store.write() as session:
        assert inbox.store(session, [(1, AMINA, {"message": {"text": "salam"}})], NOW) == 0
        row = session.get(InboxUpdate, 1)
        assert (row.chat_id, row.payload, row.state) == (erasure.NOBODYS_CHAT, {}, "done")


@pytest.mark.usefixtures("numbers")
def test_whoever_comes_back_is_a_stranger(store: Database, events: Events) -> None:
    wish(store)
    run(store, events)
    with store.write() as session:
        assert profiles.person_of(session, AMINA) is None
        assert commitments.of_chat(session, AMINA) == [] and not profiles.has_consent(session, AMINA)
        volunteer(session, AMINA, "Amina")
    assert run(store, events) == 0
    with store.read() as session:
        assert profiles.person_of(session, AMINA) is not None, "an old wish is done"


def test_somebody_of_whom_nothing_is_kept_but_words(store: Database, events: Events) -> None:
    events.add(SALMA, "user", text=CANARY)
    wish(store, SALMA)
    wish(store, SALMA)
    assert count(store, Erasure) == 1
    assert run(store, events) == 1
    assert events.all() == []


@pytest.mark.usefixtures("numbers")
def test_nobody_else_loses_anything(store: Database, events: Events) -> None:
    wish(store, OTHER_OWNER)
    before = everything(store, events)
    run(store, events)
    with store.read() as session:
        assert count(store, Person) == 3 and profiles.offer_of(session, BRAHIM) is not None
    assert before.count(CANARY) == everything(store, events).count(CANARY)


def test_without_rasas_table_there_is_nothing_to_forget(store: Database, tmp_path: Path) -> None:
    from bot.store.tracker import Tracker

    nowhere = Tracker(f"sqlite:///{tmp_path}/none.db") if store.is_sqlite else Tracker(store.url)
    assert (nowhere.forget(1), nowhere.blot([1], str), nowhere.said(1)) == (0, 0, [])


def test_a_name_inside_another_word_stays() -> None:
    traces = erasure.Traces(("Ali",), frozenset())
    assert traces.without("Ali, Alia et \u2068Ali\u2069") == "…, Alia et \u2068…\u2069"


@pytest.mark.usefixtures("numbers")
def test_a_guardian_who_leaves_leaves_the_yes(store: Database, events: Events) -> None:
    with store.write() as session:
        volunteer(session, SALMA, "Salma", age_band="teen")
        token = guardians.token_for(session, SALMA, NOW)
        assert guardians.agree(session, OTHER_OWNER, str(token), NOW)["outcome"] == "agreed"
    wish(store, OTHER_OWNER)
    run(store, events)
    assert str(OTHER_OWNER) not in everything(store, events).replace(f'"chat_id": {OTHER_OWNER}, "origin": "erased', "")
    with store.read() as session:
        minor = profiles.person_of(session, SALMA)
        assert minor is not None and guardians.has_agreed(session, minor.id)


@pytest.mark.usefixtures("numbers")
def test_a_copy_holds_all_of_the_person_and_nobody_else(store: Database, events: Events) -> None:
    with store.read() as session:
        kept = rights.collect(session, events.tracker, AMINA)
    whole = json.dumps(kept, ensure_ascii=False)
    for own in (f"{CANARY} A", f"seulement {CANARY}", f"rapport de {CANARY}", f"ana {CANARY}", f"rue {CANARY} 5", f"courses pour {CANARY}"):
        assert own in whole, own
    assert "Brahim" not in whole and "Karim" not in whole
    assert {"Nour", "Jossour"} <= {row["organisation"] for row in kept["speaks_for"]}
    assert [row["minutes"] for one in kept["applications"] for row in one["took_part"]] == [60]
    assert kept["drafts"] == {"offer": {"first_name": CANARY}, "aid": {"need": f"courses pour {CANARY}"}}
    assert kept["offer"]["changed"].endswith("+00:00"), "legal time"
