"""Decisions of the staff: which state follows which, who is told in which words, twice and at once; doubles by name and place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.services import care, moderation, organisations
from bot.services.moderation import DECISIONS, FLAGGED, REASONS, REFUSED, STATES, VALIDATED, Stale, Unfit
from bot.services.organisations import Registration
from bot.services.profiles import Speaker, person_of
from bot.services.staff_sessions import Staff
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import AuditEntry, Handoff, Message, Organisation, OrganisationReview, OutboxMessage, Person, StaffAccount
from bot.texts import REGISTERS, text
from tests.worlds import AMINA, NOW, OTHER_OWNER, OWNER, count, organisation, outbox_rows, statements, volunteer
from tests.worlds import store as store


@pytest.fixture(autouse=True)
def _staff_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()


@pytest.fixture
def staff(store: Database) -> Staff:
    with store.write() as session:
        row = StaffAccount(name="salma", password_hash="-", totp_secret="-", role="moderator", locale="fr", created_at=NOW)
        session.add(row)
        session.flush()
        return Staff(row.id, "salma", "moderator", "fr", "session", "csrf", False)


def pending(store: Database, name: str = "Jossour", chat_id: int = OWNER, **changes: Any) -> int:
    with store.write() as session:
        row = organisation(session, chat_id, name, validated=False)
        for column, value in changes.items():
            setattr(row, column, value)
        session.flush()
        return int(row.id)


def shown(store: Database, organisation_id: int) -> str:
    with store.read() as session:
        return moderation.fingerprint(session.get(Organisation, organisation_id))


def decide(store: Database, staff: Staff, organisation_id: int, decision: str, reason: str | None = None, seen: str | None = None) -> None:
    seen = seen or shown(store, organisation_id)
    with store.write() as session:
        moderation.decide(session, staff.author, organisation_id, decision, reason, seen, NOW)


def state(store: Database, organisation_id: int) -> str:
    with store.read() as session:
        return str(session.get(Organisation, organisation_id).state)


def test_a_decision_is_kept_told_and_written_down(store: Database, staff: Staff) -> None:
    number = pending(store)
    decide(store, staff, number, REFUSED, "papers")
    assert state(store, number) == REFUSED
    (told,) = outbox_rows(store, OWNER)
    assert told.body["text"] == text("fr", "moderation_refused_papers", name="Jossour") and not told.solicited
    decide(store, staff, number, VALIDATED)
    assert [row.body["text"] for row in outbox_rows(store, OWNER)][1:] == [text("fr", "moderation_validated", name="Jossour")]
    decide(store, staff, number, FLAGGED, "money")
    with store.read() as session:
        assert session.execute(select(Organisation.validated_at)).scalar_one() == NOW
        found = [(row.decision, row.reason, row.account_id) for row in moderation.reviews(session, number)]
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
    assert found == [(FLAGGED, "money", staff.account_id), (VALIDATED, None, staff.account_id), (REFUSED, "papers", staff.account_id)]
    assert actions == ["organisation_refused", "organisation_validated", "organisation_flagged"]


@pytest.mark.parametrize("register", REGISTERS)
def test_each_reason_has_its_words_in_the_members_register(database: Database, register: str) -> None:
    for decision, reasons in REASONS.items():
        for reason in reasons:
            assert "Jossour" in text(register, f"moderation_{decision}_{reason}", name="Jossour")
    number = pending(database)
    with database.write() as session:
        session.execute(update(Person).values(register=register))
        row = StaffAccount(name="salma", password_hash="-", totp_secret="-", role="moderator", locale="fr", created_at=NOW)
        session.add(row)
        session.flush()
        author = Staff(row.id, "salma", "moderator", "fr", "session", "csrf", False)
    decide(database, author, number, REFUSED, "duplicate")
    (told,) = outbox_rows(database, OWNER)
    assert told.body["text"] == text(register, "moderation_refused_duplicate", name="Jossour")
    assert told.body["buttons"][0][0]["text"] == text(register, "button_handoff")


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("decision", [VALIDATED, REFUSED, FLAGGED])
def test_only_what_may_follow_follows(database: Database, before: str, decision: str) -> None:
    author = Staff(0, "salma", "moderator", "fr", "session", "csrf", False)
    with database.write() as session:
        session.add(StaffAccount(id=1, name="salma", password_hash="-", totp_secret="-", role="moderator", locale="fr", created_at=NOW))
    author = Staff(1, "salma", "moderator", "fr", "session", "csrf", False)
    number = pending(database, state=before)
    reason = REASONS[decision][0] if decision in REASONS else None
    if decision in DECISIONS[before]:
        decide(database, author, number, decision, reason)
        assert state(database, number) == decision
    else:
        with pytest.raises(Unfit):
            decide(database, author, number, decision, reason)
        assert state(database, number) == before and count(database, OutboxMessage) == count(database, OrganisationReview) == 0


@pytest.mark.parametrize(
    ("decision", "reason"),
    [(REFUSED, None), (REFUSED, "money"), (REFUSED, ""), (VALIDATED, "papers"), ("", None), ("withdrawn", None), ("flagged", "x")],
)
def test_a_decision_without_its_reason_is_none(store: Database, staff: Staff, decision: str, reason: str | None) -> None:
    number = pending(store)
    with pytest.raises(Unfit):
        decide(store, staff, number, decision, reason)
    assert state(store, number) == "pending"


def test_what_changed_since_the_page_was_shown_is_looked_at_again(store: Database, staff: Staff) -> None:
    number = pending(store)
    seen = shown(store, number)
    with store.write() as session:
        registration = Registration("association", "Jossour", "Maârif", ["education"], "Autre chose", receipt="77/2020")
        organisations.register(session, Speaker(OWNER, "Karim", "fr"), registration, NOW)
    with pytest.raises(Stale):
        decide(store, staff, number, VALIDATED, seen=seen)
    assert state(store, number) == "pending"
    decide(store, staff, number, REFUSED, "papers")
    with store.write() as session:
        session.execute(update(Organisation).values(receipt="78/2020", causes=["health"]))
    with store.read() as session:
        row = session.get(Organisation, number)
        assert moderation.differences(row, moderation.reviews(session, number)) == [
            ("causes", ["education"], ["health"]),
            ("receipt", "77/2020", "78/2020"),
        ]


def at_once(work: Callable[[], None]) -> list[str]:
    """Four at once: the outcome of each."""
    ready = threading.Barrier(4)

    def one(_number: int) -> str:
        ready.wait()
        try:
            work()
        except (Stale, Unfit) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(4) as pool:
        return sorted(pool.map(one, range(4)))


def test_decided_by_four_at_once_it_is_decided_once(store: Database, staff: Staff) -> None:
    number = pending(store)
    seen = shown(store, number)
    assert at_once(lambda: decide(store, staff, number, REFUSED, "unclear", seen)) == ["Stale"] * 3 + ["done"]
    assert len(outbox_rows(store, OWNER)) == count(store, OrganisationReview) == count(store, AuditEntry) == 1


def test_lists_by_state_page_by_page(store: Database) -> None:
    numbers = [pending(store, f"Organisation {number}", 9000 + number) for number in range(5)]
    with store.write() as session:
        session.execute(update(Organisation).where(Organisation.id.in_(numbers[:2])).values(state="refused"))
    with store.read() as session:
        first = moderation.listed(session, "pending", limit=2)
        assert [row.id for row in first.rows] == numbers[2:4] and first.before == numbers[3]
        assert [row.id for row in moderation.listed(session, "pending", first.before, 2).rows] == numbers[4:]
        assert [row.id for row in moderation.listed(session, "refused").rows] == numbers[:2][::-1]
        assert moderation.counts(session) == {"pending": 3, "validated": 0, "refused": 2, "flagged": 0}


# ---- doubles


@pytest.mark.parametrize(
    ("name", "other", "place", "is_double"),
    [
        ("Jossour", "Association Jossour", "Maârif", True),
        ("Jossour", "جمعية جسور", "Maârif", True),
        ("Association Al Amal", "جمعية الأمل", "Maârif", True),
        ("Dar Zhor", "Dar Zhour", "Maârif", True),
        ("Jossour", "JOSSOUR!", "Casablanca", True),
        ("Jossour", "Jossour", "Mohammedia", False),
        ("Jossour", "Basma", "Maârif", False),
        ("Association des jeunes", "Association des femmes", "Maârif", False),
        ("Association", "جمعية", "Maârif", False),
    ],
)
def test_doubles_by_name_in_the_same_place(database: Database, name: str, other: str, place: str, is_double: bool) -> None:
    one, two = pending(database, name), pending(database, other, OTHER_OWNER, place=place)
    with database.read() as session:
        rows = [session.get(Organisation, one), session.get(Organisation, two)]
        found = moderation.alike(session, rows)
    assert [row.id for row in found[one]] == ([two] if is_double else [])
    assert [row.id for row in found[two]] == ([one] if is_double else [])


def test_who_left_is_nobodys_double_and_a_page_of_doubles_is_one_query(database: Database) -> None:
    one = pending(database)
    pending(database, "Association Jossour", OTHER_OWNER, state="withdrawn")
    for number in range(20):
        pending(database, f"Jossour {number}", 9000 + number)
    with database.read() as session:
        rows = moderation.listed(session, "pending").rows
        with statements(database) as heard:
            found = moderation.alike(session, rows)
    assert len(heard) == 1
    assert len(found[one]) == moderation.MOST_ALIKE and all(row.state == "pending" for row in found[one])


# ---- what was written to the team


def written(store: Database, kind: str = "report", chat_id: int = AMINA) -> int:
    with store.write() as session:
        care.write_to_team(session, chat_id, kind, "words", None, NOW)
        session.flush()
        return int(session.execute(select(Message.id).order_by(Message.id.desc())).scalars().first())


def close(store: Database, staff: Staff, number: int, closing: str = "acted") -> None:
    with store.write() as session:
        moderation.close(session, staff.author, number, closing, NOW + timedelta(days=1))


@pytest.mark.parametrize("closing", moderation.CLOSINGS)
def test_closing_tells_who_wrote_it_in_his_register(store: Database, staff: Staff, closing: str) -> None:
    with store.write() as session:
        volunteer(session, AMINA, register="ary-Latn")
    number = written(store)
    close(store, staff, number, closing)
    told = [row.body["text"] for row in outbox_rows(store, AMINA)]
    assert len(told) == (closing != "silent")
    assert all("novembre" in words and words == text("ary-Latn", f"moderation_closed_{closing}", day="mardi 24 novembre") for words in told)
    with store.read() as session:
        assert session.execute(select(Message.state)).scalar_one() == "closed"


def test_closed_by_four_at_once_it_is_told_once(store: Database, staff: Staff) -> None:
    number = written(store)
    assert at_once(lambda: close(store, staff, number)) == ["Stale"] * 3 + ["done"]
    assert len(outbox_rows(store, AMINA)) == count(store, AuditEntry) == 1


def test_nobody_is_waited_for_any_more_once_the_last_report_is_closed(store: Database, staff: Staff) -> None:
    first, second, other = written(store), written(store), written(store, "feedback")
    with store.write() as session:
        care.hand_over(session, AMINA, "report", NOW)
    states = []
    for number in (other, first, second):
        close(store, staff, number)
        with store.read() as session:
            states.append(session.execute(select(Handoff.state)).scalar_one())
    assert states == ["waiting", "waiting", "closed"]


def test_somebody_who_left_is_told_nothing_and_a_stranger_is(store: Database, staff: Staff) -> None:
    with store.write() as session:
        volunteer(session, AMINA)
        session.flush()
        person_of(session, AMINA).blocked_at = NOW
    close(store, staff, written(store))
    close(store, staff, written(store, chat_id=777))
    assert outbox_rows(store, AMINA) == []
    assert [row.body["text"] for row in outbox_rows(store, 777)] == [text("ary-Arab", "moderation_closed_acted", day=day_in("ary-Arab"))]


def day_in(register: str) -> str:
    from bot.services import cards

    return cards.day(NOW.date(), register)


@pytest.mark.parametrize("closing", ["", "banned", "closed"])
def test_a_word_that_there_is_not_closes_nothing(store: Database, staff: Staff, closing: str) -> None:
    number = written(store)
    with pytest.raises(Unfit):
        close(store, staff, number, closing)
    with pytest.raises(Stale):
        close(store, staff, number + 1)
    with store.read() as session:
        assert session.execute(select(Message.state)).scalar_one() == "open"


def test_messages_page_by_page(store: Database, staff: Staff) -> None:
    numbers = [written(store, chat_id=800 + number) for number in range(5)]
    close(store, staff, numbers[0], "silent")
    with store.read() as session:
        first = moderation.messages(session, "open", limit=2)
        assert [row.id for row in first] == numbers[1:4], "one more: there is another page"
        assert [row.id for row in moderation.messages(session, "open", first[1].id, 2)] == numbers[3:]
        assert [row.id for row in moderation.messages(session, "closed")] == numbers[:1]
