"""Accounts of the staff: passwords, codes, sessions, waits, the log; on both databases where the database decides."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from bot import clock
from bot.services import audit, login_throttle, staff_accounts, staff_sessions
from bot.services.audit import Author
from bot.services.staff_accounts import AccountError, Entered
from bot.services.staff_roles import ROLES, may
from bot.store.engine import Database
from bot.store.models import AuditEntry, LoginThrottle, StaffAccount, StaffSession
from tests.worlds import NOW, count
from tests.worlds import store as store

PASSWORD, OTHER = "kefta-tangia-2026", "zellige-andalous-7"


class Watch:
    """Real time, as the phone that shows the codes knows it."""

    at = NOW


@pytest.fixture(autouse=True)
def _real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes hold for 30 s: no test shall stand at the end of one."""
    monkeypatch.setattr(Watch, "at", NOW)
    monkeypatch.setattr(clock, "real_now", lambda: Watch.at)


def account(store: Database, name: str = "salma", role: str = "moderator") -> str:
    """Makes an account; returns its secret."""
    with store.write() as session:
        return str(staff_accounts.add(session, name, PASSWORD, role, "fr", NOW).totp_secret)


def enter(store: Database, secret: str, name: str = "salma", password: str = PASSWORD, at: datetime = NOW, **changed: Any) -> Entered:
    code = changed.get("code") or pyotp.TOTP(secret).at(at)
    Watch.at = at
    return staff_accounts.sign_in(store.write, name, password, code, changed.get("address", "198.51.100.7"), at)


def signed_in(store: Database, token: str | None, at: datetime = NOW) -> staff_sessions.Staff | None:
    with store.read() as session:
        return staff_sessions.find(session, token or "", at)


def actions(store: Database) -> list[str]:
    with store.read() as session:
        return list(session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars())


def test_the_right_three_open_and_what_is_kept_opens_nothing(store: Database) -> None:
    secret = account(store)
    found = enter(store, secret, name="  SALMA ")
    staff = signed_in(store, found.token)
    assert staff is not None and (staff.name, staff.role, staff.locale) == ("salma", "moderator", "fr")
    with store.read() as session:
        row = session.execute(select(StaffSession)).scalar_one()
        kept = session.execute(select(StaffAccount.password_hash)).scalar_one()
    assert found.token not in (row.id, row.csrf) and signed_in(store, row.id) is None
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$") and PASSWORD not in kept
    assert actions(store) == ["account_added", "login"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "nobody"},
        {"password": OTHER},
        {"password": ""},
        {"password": "x" * 10_000},
        {"code": "000000"},
        {"code": "abc"},
        {"name": ""},
    ],
    ids=str,
)
def test_whatever_is_wrong_the_answer_is_the_same(database: Database, wrong: dict[str, str]) -> None:
    secret = account(database)
    assert enter(database, secret, **wrong) == Entered(None, 0)
    assert count(database, StaffSession) == 0
    assert actions(database)[-1] == "login_refused"


def test_a_name_that_is_nobodys_is_the_same_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = account(database)
    hashes: list[str] = []
    checked = staff_accounts._matches
    monkeypatch.setattr(staff_accounts, "_matches", lambda kept, typed: hashes.append(kept[:30]) or checked(kept, typed))
    enter(database, secret, password=OTHER)
    enter(database, secret, name="nobody")
    assert len(hashes) == 2 and hashes[0] == hashes[1]


def test_a_code_opens_once_and_an_older_one_never_again(store: Database) -> None:
    secret = account(store)
    later = NOW + timedelta(seconds=30)
    assert enter(store, secret, at=later).token
    assert enter(store, secret, at=later).token is None
    # The code of the step before is still shown on a slow phone; it was not used, but is older than one that was.
    assert enter(store, secret, at=later, code=pyotp.TOTP(secret).at(NOW)).token is None
    assert enter(store, secret, at=later + timedelta(seconds=30)).token


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_off(database: Database, steps: int, opens: bool) -> None:
    secret = account(database)
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * steps))
    assert bool(enter(database, secret, code=code).token) is opens


def test_one_code_at_once_in_two_browsers_opens_one(store: Database) -> None:
    secret = account(store)
    ready = threading.Barrier(2)

    def try_it(_number: int) -> Entered:
        ready.wait()
        return staff_accounts.sign_in(store.write, "salma", PASSWORD, pyotp.TOTP(secret).at(NOW), "198.51.100.7", NOW)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(try_it, range(2)))
    assert sorted(bool(one.token) for one in found) == [False, True]


# ---- waits


@pytest.mark.parametrize("name", ["salma", "nobody"])
def test_waits_grow_by_name_from_wherever_it_is_tried_and_for_names_of_nobody(store: Database, name: str) -> None:
    secret, at, waits = account(store), NOW, []
    for attempt in range(9):
        assert enter(store, secret, name=name, password=OTHER, at=at, address=f"203.0.113.{attempt}") == Entered(None, 0)
        with store.read() as session:
            key, _ = login_throttle.keys(name, "")
            waits.append((session.get(LoginThrottle, key).not_before - at).total_seconds())
        at += timedelta(seconds=waits[-1])
    assert waits == [0, 0, 0, 5, 10, 20, 40, 80, 160]


def test_while_a_name_waits_the_right_ones_wait_too_and_open_afterwards(store: Database) -> None:
    secret = account(store)
    for _ in range(4):
        enter(store, secret, password=OTHER)
    assert enter(store, secret, address="203.0.113.1") == Entered(None, 6)
    assert enter(store, secret, at=NOW + timedelta(seconds=4)) == Entered(None, 2)
    assert enter(store, secret, at=NOW + timedelta(seconds=5)).token


def test_waits_grow_by_address_over_many_names(database: Database) -> None:
    secret = account(database)
    waits = [enter(database, secret, name=f"name{number}").wait_seconds for number in range(14)]
    assert waits == [0] * 12 + [6, 6]
    assert enter(database, secret, name="name99", address="203.0.113.5").wait_seconds == 0


def test_the_longest_wait_is_a_quarter_of_an_hour() -> None:
    assert [login_throttle.wait_seconds("name:x", failures) for failures in (0, 3, 4, 5, 11, 12, 10_000)] == [0, 0, 5, 10, 640, 900, 900]


def test_the_right_ones_forget_what_was_wrong_before(store: Database) -> None:
    secret = account(store)
    for _ in range(3):
        enter(store, secret, password=OTHER)
    assert enter(store, secret).token
    with store.read() as session:
        rows = {row.key.split(":")[0]: row.failures for row in session.execute(select(LoginThrottle)).scalars()}
    assert rows == {"address": 3, "name": 0}


def test_many_attempts_at_once_get_no_further_than_one_after_the_other(store: Database) -> None:
    secret = account(store)
    ready = threading.Barrier(8)

    def guess(_number: int) -> int:
        ready.wait()
        return staff_accounts.sign_in(store.write, "salma", OTHER, pyotp.TOTP(secret).at(NOW), "198.51.100.7", NOW).wait_seconds

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(guess, range(8)))
    assert sum(wait == 0 for wait in waits) == login_throttle.FREE["name"]


def test_after_a_day_attempts_are_forgotten(database: Database) -> None:
    secret = account(database)
    for _ in range(4):
        enter(database, secret, password=OTHER)
    with database.write() as session:
        assert login_throttle.forget_old(session, NOW + timedelta(hours=23)) == 0
        assert login_throttle.forget_old(session, NOW + timedelta(hours=25)) == 2


# ---- sessions


def test_a_session_ends_when_idle_and_at_its_absolute_end(store: Database) -> None:
    token = enter(store, account(store)).token or ""
    assert signed_in(store, token, NOW + timedelta(minutes=29, seconds=59))
    assert signed_in(store, token, NOW + timedelta(minutes=30)) is None
    at = NOW
    while at < NOW + timedelta(hours=11, minutes=40):
        at += timedelta(minutes=20)
        with store.write() as session:
            staff = staff_sessions.find(session, token, at)
            assert staff is not None and staff.is_stale
            staff_sessions.touch(session, staff.session_id, at)
    assert signed_in(store, token, NOW + timedelta(hours=12) - timedelta(seconds=1))
    assert signed_in(store, token, NOW + timedelta(hours=12)) is None


def test_an_idle_session_is_not_woken_up(database: Database) -> None:
    token = enter(database, account(database)).token or ""
    late = NOW + timedelta(minutes=31)
    with database.write() as session:
        staff_sessions.touch(session, staff_sessions.digest(token), late)
    assert signed_in(database, token, late) is None
    with database.write() as session:
        assert staff_sessions.forget_old(session, late) == 1


@pytest.mark.parametrize("change", ["disable", "role", "reset"])
def test_a_change_of_the_account_ends_its_sessions_and_no_others(store: Database, change: str) -> None:
    tokens = {name: enter(store, account(store, name), name=name).token for name in ("salma", "karim")}
    with store.write() as session:
        if change == "disable":
            staff_accounts.disable(session, "Salma", NOW)
        elif change == "role":
            staff_accounts.change_role(session, "salma", "viewer", NOW)
        else:
            staff_accounts.reset(session, "salma", OTHER, NOW)
    assert signed_in(store, tokens["salma"]) is None
    assert signed_in(store, tokens["karim"]) is not None


def test_a_disabled_account_does_not_open_until_it_is_reset(database: Database) -> None:
    secret = account(database)
    with database.write() as session:
        staff_accounts.disable(session, "salma", NOW)
    assert enter(database, secret).token is None
    with database.write() as session:
        secret = staff_accounts.reset(session, "salma", OTHER, NOW).totp_secret
    assert enter(database, secret).token is None
    assert enter(database, secret, password=OTHER).token


def test_ten_sessions_at_most_and_the_oldest_makes_room(database: Database) -> None:
    secret = account(database)
    tokens = [enter(database, secret, at=NOW + timedelta(seconds=31 * number)).token for number in range(11)]
    at = NOW + timedelta(minutes=6)
    assert [signed_in(database, token, at) is not None for token in tokens] == [False] + [True] * 10


def test_changing_the_password_ends_every_session_but_the_new_one(store: Database) -> None:
    token = enter(store, account(store)).token
    staff = signed_in(store, token)
    assert staff is not None
    assert staff_accounts.change_password(store.write, staff, OTHER, OTHER, "198.51.100.7", NOW) == Entered(None, 0)
    assert signed_in(store, token) is not None
    found = staff_accounts.change_password(store.write, staff, PASSWORD, OTHER, "198.51.100.7", NOW)
    assert signed_in(store, token) is None and signed_in(store, found.token) is not None
    assert actions(store)[-2:] == ["password_refused", "password_changed"]


# ---- making accounts


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": ""}, "name"),
        ({"name": "a"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "<b>"}, "name"),
        ({"role": "root"}, "role"),
        ({"locale": "en"}, "locale"),
        ({"password": "x" * 11}, "short"),
        ({"password": "abcde" * 26}, "long"),
        ({"password": "aaaaaaaaaaaaaa"}, "weak"),
        ({"password": "my-SALMA-pass"}, "weak"),
    ],
    ids=str,
)
def test_an_account_that_cannot_be_is_not_made(database: Database, given: dict[str, str], problem: str) -> None:
    wanted = {"name": "salma", "password": PASSWORD, "role": "viewer", "locale": "fr", **given}
    with pytest.raises(AccountError, match=problem), database.write() as session:
        staff_accounts.add(session, wanted["name"], wanted["password"], wanted["role"], wanted["locale"], NOW)
    assert count(database, StaffAccount) == count(database, AuditEntry) == 0


def test_a_name_is_taken_however_it_is_typed(database: Database) -> None:
    account(database)
    with pytest.raises(AccountError, match="taken"), database.write() as session:
        staff_accounts.add(session, "SALMA", PASSWORD, "viewer", "fr", NOW)


def test_roles_hold_what_lower_ones_do_and_unknown_ones_nothing() -> None:
    assert list(ROLES) == ["viewer", "annotator", "moderator", "agent", "admin"]
    assert all(ROLES["viewer"] <= ROLES[role] <= ROLES["admin"] for role in ROLES)
    assert not may("root", "view") and not may("admin", "everything")


# ---- the log


def test_the_log_is_only_added_to(store: Database) -> None:
    with store.write() as session:
        audit.record(session, Author(1, "salma"), "unmask", NOW, ("conversation", 7), reason="report", words="x" * 1000)
    for statement in (
        update(AuditEntry).values(action="nothing"),
        delete(AuditEntry),
        "INSERT OR REPLACE INTO audit_entries (id, at, action, detail) VALUES (1, '2026-01-01', 'nothing', '{}')",
        "TRUNCATE audit_entries",
    ):
        if isinstance(statement, str):
            if statement.startswith("TRUNCATE") is store.is_sqlite:
                continue
            with pytest.raises(DBAPIError, match="only added to"), store.engine.begin() as connection:
                connection.exec_driver_sql(statement)
        else:
            with pytest.raises(DBAPIError, match="only added to"), store.write() as session:
                session.execute(statement.execution_options(synchronize_session=False))
    with store.read() as session:
        entry = session.execute(select(AuditEntry)).scalar_one()
    assert (entry.action, entry.subject_kind, entry.subject_id, len(entry.detail["words"])) == ("unmask", "conversation", "7", 300)


def test_an_entry_goes_with_what_it_tells(store: Database) -> None:
    def half() -> None:
        with store.write() as session:
            audit.record(session, Author(), "unmask", NOW)
            session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half()
    assert count(store, AuditEntry) == 0


def test_the_log_is_read_page_by_page(database: Database) -> None:
    with database.write() as session:
        for number in range(audit.PAGE + 5):
            audit.record(session, Author(1, "salma" if number % 2 else "karim"), "view", NOW, ("conversation", number))
            session.flush()
    with database.read() as session:
        first = audit.entries(session)
        assert len(first) == audit.PAGE + 1 and first[0].subject_id == str(audit.PAGE + 4)
        assert [row.subject_id for row in audit.entries(session, before=first[-2].id)] == [str(number) for number in range(4, -1, -1)]
        assert {row.account_name for row in audit.entries(session, account="karim")} == {"karim"}
        assert audit.entries(session, action="other") == []
