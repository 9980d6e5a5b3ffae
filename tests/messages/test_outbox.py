"""The outbox: written once with what it tells, leaves in order, answers before lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.messages import buttons, outbox
from bot.messages.lengths import LONGEST_MESSAGE
from bot.messages.outbox import DIGEST, NOTICE, REPLY, Choice, Draft
from bot.store.engine import Database
from bot.store.models import Button, OutboxMessage
from tests.worlds import NOW, count, outbox_rows

APPLY = '/apply_to_mission{"mission": "41"}'


def queued(store: Database, *texts: str, chat_id: int = 10, kind: str = REPLY, origin: str = "update:1", **draft: Any) -> None:
    with store.write() as session:
        outbox.queue(session, chat_id, kind, origin, [Draft(text, **draft) for text in texts], NOW)


def heads(store: Database, at: datetime = NOW, quiet: bool = False, limit: int = 10, busy: Sequence[int] = ()) -> list[str]:
    """The texts that may leave now, in order."""
    with store.read() as session:
        return [row.body["text"] for row in outbox.heads(session, at, quiet, limit, busy)]


def set_row(store: Database, text: str, **values: Any) -> None:
    [row] = [row for row in outbox_rows(store) if row.body["text"] == text]
    with store.write() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(**values))


def test_messages_are_queued_in_order(store: Database) -> None:
    queued(store, "سلام", "b")
    rows = outbox_rows(store)
    assert [(row.position, row.body["text"], row.state, row.attempts) for row in rows] == [(0, "سلام", "queued", 0), (1, "b", "queued", 0)]
    assert {(row.chat_id, row.kind, row.origin, row.method, row.solicited) for row in rows} == {(10, REPLY, "update:1", "send", True)}
    assert {row.created_at for row in rows} == {NOW}


def test_what_an_origin_said_is_not_said_again(store: Database) -> None:
    queued(store, "a", "b")
    queued(store, "a", "b", "c")
    assert [row.body["text"] for row in outbox_rows(store)] == ["a", "b", "c"]


def test_a_repeated_message_issues_no_new_buttons(store: Database) -> None:
    for _ in range(2):
        queued(store, "a", choices=[Choice("1", APPLY)])
    assert count(store, Button) == 1


def test_the_database_itself_keeps_an_origin_from_being_written_twice(store: Database) -> None:
    queued(store, "a")
    [row] = outbox_rows(store)
    again = {column.key: getattr(row, column.key) for column in OutboxMessage.__table__.columns if column.key != "id"}
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(OutboxMessage(**again))


def test_a_message_goes_with_the_transaction_that_wrote_it(store: Database) -> None:
    def fail() -> None:
        with store.write() as session:
            outbox.queue(session, 10, REPLY, "update:1", [Draft("a", [Choice("1", APPLY)])], NOW)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError):
        fail()
    assert (count(store, OutboxMessage), count(store, Button)) == (0, 0)


def test_a_long_text_parts_and_its_buttons_stand_under_the_last_part(database: Database) -> None:
    queued(database, "\n".join(["m" * 100] * 100), "short", choices=[Choice("1", APPLY)])
    *first, last, short = outbox_rows(database)
    assert first
    assert all(len(row.body["text"]) <= LONGEST_MESSAGE for row in [*first, last])
    assert {str(row.body["buttons"]) for row in first} == {"None"}
    assert last.body["buttons"] and short.body["buttons"]
    assert [row.position for row in outbox_rows(database)] == list(range(len(first) + 2))


def test_telegram_sees_a_token_that_leads_to_the_payload(database: Database) -> None:
    queued(database, "a", choices=[Choice("Oui", APPLY), Choice("Page", url="https://example.org/")])
    [row] = outbox_rows(database)
    [[yes, page]] = row.body["buttons"]
    assert yes["text"] == "Oui"
    assert page == {"text": "Page", "url": "https://example.org/"}
    with database.write() as session:
        assert buttons.redeem(session, 10, yes["token"], 1, NOW) == APPLY
        assert buttons.redeem(session, 11, yes["token"], 1, NOW) is None


@pytest.mark.parametrize(
    ("titles", "rows"),
    [
        (["1", "2", "3", "4", "5"], [5]),
        (["1", "2", "3", "4", "5", "6"], [5, 1]),
        (["Oui", "Non"], [2]),
        (["✅ Accepter", "Décliner"], [2]),
        (["Un titre assez long ici", "Oui"], [1, 1]),
        (["1", "2", "Changer le rythme"], [3]),
        (["1", "2", "3", "Changer le rythme"], [3, 1]),
    ],
)
def test_buttons_stand_in_rows_that_a_phone_shows_whole(database: Database, titles: list[str], rows: list[int]) -> None:
    queued(database, "a", choices=[Choice(title, APPLY) for title in titles])
    [row] = outbox_rows(database)
    assert [len(line) for line in row.body["buttons"]] == rows
    assert [button["text"] for line in row.body["buttons"] for button in line] == titles


def test_a_keyboard_is_kept_in_its_rows(database: Database) -> None:
    queued(database, "Où ?", keyboard=[[{"text": "📍", "location": True}], [{"text": "Maârif", "location": False}]])
    [row] = outbox_rows(database)
    assert row.body["keyboard"] == [[{"text": "📍", "location": True}], [{"text": "Maârif", "location": False}]]
    assert row.body["buttons"] is None


def test_one_message_a_chat_leaves_at_a_time_and_the_oldest_first(store: Database) -> None:
    queued(store, "a1", "a2", chat_id=10, origin="update:1")
    queued(store, "b1", chat_id=20, origin="update:2")
    assert heads(store) == ["a1", "b1"]
    assert heads(store, busy=[10]) == ["b1"]
    set_row(store, "a1", state="sent")
    assert heads(store) == ["a2", "b1"]


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "unknown"])
def test_only_what_is_queued_leaves(database: Database, state: str) -> None:
    queued(database, "a1")
    set_row(database, "a1", state=state)
    assert heads(database) == []


def test_replies_leave_before_notices_and_notices_before_digests(store: Database) -> None:
    queued(store, "digest", chat_id=10, kind=DIGEST, origin="digest:1")
    queued(store, "notice", chat_id=20, kind=NOTICE, origin="application:1:1")
    queued(store, "reply", chat_id=30, kind=REPLY, origin="update:1")
    assert heads(store) == ["reply", "notice", "digest"]
    assert heads(store, limit=1) == ["reply"]
    # In one chat too.
    queued(store, "answer", chat_id=10, kind=REPLY, origin="update:2")
    assert heads(store, limit=4) == ["reply", "answer", "notice"]


def test_quiet_hours_hold_back_what_nobody_asked_for(store: Database) -> None:
    queued(store, "list", chat_id=10, kind=DIGEST, origin="digest:1", solicited=False)
    queued(store, "asked", chat_id=20, kind=DIGEST, origin="digest:2", solicited=True)
    queued(store, "reply", chat_id=10)
    assert heads(store, quiet=True) == ["reply", "asked"]
    set_row(store, "reply", state="sent")
    assert heads(store, quiet=True) == ["asked"]
    assert heads(store, quiet=False) == ["list", "asked"]


def test_a_chat_whose_message_must_wait_waits_whole(store: Database) -> None:
    queued(store, "a1", "a2", chat_id=10)
    later = NOW + timedelta(seconds=30)
    set_row(store, "a1", not_before=later)
    assert heads(store) == []
    assert heads(store, at=later) == ["a1"]


def test_a_chat_that_waits_takes_no_place_from_others(store: Database) -> None:
    for number in range(1, 4):
        queued(store, f"m{number}", chat_id=number, origin=f"update:{number}")
    for waiting in ("m1", "m2"):
        set_row(store, waiting, not_before=NOW + timedelta(seconds=30))
    assert heads(store, limit=1) == ["m3"]


@pytest.mark.parametrize(("kind", "state"), [(DIGEST, "unknown"), (REPLY, "queued"), (NOTICE, "queued")])
def test_a_send_cut_off_is_settled_by_its_kind(store: Database, kind: str, state: str) -> None:
    queued(store, "cut", kind=kind)
    set_row(store, "cut", state="sending")
    with store.write() as session:
        assert outbox.recover(session) == 1
    [row] = outbox_rows(store)
    assert row.state == state


@pytest.mark.parametrize("state", ["queued", "sent", "failed", "unknown"])
def test_recovery_leaves_everything_else_alone(database: Database, state: str) -> None:
    queued(database, "a", kind=DIGEST)
    set_row(database, "a", state=state)
    with database.write() as session:
        assert outbox.recover(session) == 0
        assert session.execute(select(OutboxMessage.state)).scalar_one() == state


def test_a_sender_does_not_recover_what_it_has_on_its_way_itself(store: Database) -> None:
    queued(store, "own", "left behind")
    for text in ("own", "left behind"):
        set_row(store, text, state="sending")
    own, _left = outbox_rows(store)
    with store.write() as session:
        assert outbox.recover(session, [own.id]) == 1
    assert [row.state for row in outbox_rows(store)] == ["sending", "queued"]


@pytest.mark.parametrize(("kind", "hours"), outbox.KEEP_TRYING_HOURS.items())
def test_what_cannot_be_delivered_comes_to_an_end(store: Database, kind: str, hours: int) -> None:
    queued(store, "never left", "may have arrived", "sent", kind=kind)
    set_row(store, "never left", error="not reached: ConnectError")
    set_row(store, "may have arrived", error=f"{outbox.UNCLEAR}: TimedOut")
    set_row(store, "sent", state="sent")
    with store.write() as session:
        assert outbox.give_up_old(session, NOW + timedelta(hours=hours)) == 0
        assert outbox.give_up_old(session, NOW + timedelta(hours=hours, seconds=1)) == 2
    assert [row.state for row in outbox_rows(store)] == ["failed", "unknown", "sent"]


def test_urgent_messages_can_be_asked_for_alone(store: Database) -> None:
    queued(store, "digest", chat_id=10, kind=DIGEST, origin="digest:1")
    queued(store, "reply", chat_id=20)
    with store.read() as session:
        assert [row.body["text"] for row in outbox.heads(session, NOW, False, 10, (), urgent_only=True)] == ["reply"]


def test_the_look_for_the_next_message_follows_an_index_and_stops(database: Database) -> None:
    """A plan that sorts or groups all that waits would show here."""
    statements: list[str] = []
    sqlalchemy.event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    heads(database)
    [statement] = [one for one in statements if "FROM outbox" in one]
    with database.read() as session:
        rows = session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + statement.replace("?", "1")).fetchall()
    plan = "\n".join(str(row[3]) for row in rows)
    assert "ix_outbox_state_urgency_id (state=?)" in plan, plan
    assert "TEMP B-TREE" not in plan, plan
