"""What housekeeping forgets of the staff: sessions, failed attempts, looks behind the mask."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot import clock
from bot.scheduler import jobs
from bot.services import login_throttle, staff_sessions
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import LoginThrottle, StaffAccount, StaffSession, Unmasking
from tests.worlds import AMINA, count


def test_what_is_over_goes_and_the_rest_stays(database: Database) -> None:
    now = clock.now()
    with database.write() as session:
        row = StaffAccount(name="salma", password_hash="-", totp_secret="-", role="agent", locale="fr", created_at=now)
        session.add(row)
        session.flush()
        staff_sessions.begin(session, row.id, now - timedelta(hours=13))
        kept = staff_sessions.digest(staff_sessions.begin(session, row.id, now))
        login_throttle.take(session, login_throttle.keys("salma", "x"), now - timedelta(hours=25))
        login_throttle.take(session, login_throttle.keys("karim", "y"), now)
        session.add(Unmasking(session_id=kept, chat_id=AMINA, until_at=now - timedelta(seconds=1)))
        session.add(Unmasking(session_id=kept, chat_id=AMINA + 1, until_at=now + timedelta(minutes=5)))
    jobs.keep_house(database, settings())
    assert [count(database, model) for model in (StaffSession, LoginThrottle, Unmasking)] == [1, 2, 1]
    with database.read() as session:
        assert session.execute(select(StaffSession.id)).scalar_one() == kept
