"""A day of a mission as a machine: whatever the two sides and the team say, the table holds, and who is concerned hears, once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import (
    applications,
    attendance,
    attested,
    certificates,
    commitments,
    confirmations,
    disputes,
    presence,
    settlements,
    states,
)
from bot.store.engine import Database
from bot.store.models import Application, Certificate, Mission, OutboxMessage, Participation
from tests.services.test_states import Relation
from tests.worlds import AMINA, NOW, OWNER, local, small_world

DAY = date(2026, 12, 5)
YES = st.booleans()


class DayOfAMission(RuleBasedStateMachine):
    """Amina has a place on a Saturday from 14:00 to 17:00; it is Sunday evening."""

    @initialize(gave_code=YES)
    def begin(self, gave_code: bool) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tadamon-day-"))
        shutil.copy(Relation._made(), self._folder / "tadamon.db")
        self.store = Database(f"sqlite:///{self._folder}/tadamon.db")
        self.at: datetime = local(2026, 12, 6, 19)
        self.world = small_world(self.store, starts_on=DAY, ends_on=DAY, time_from="14:00", time_to="17:00")
        with self.store.write() as session:
            applications.apply(session, AMINA, self.world.mission_id, NOW)
            self.number = int(applications.of_person(session, AMINA)[0][0].id)
            applications.answer(session, OWNER, self.number, True, NOW)
            code = presence.code_of(session, session.get(Mission, self.world.mission_id), DAY, NOW)
            if gave_code:
                presence.check_in(session, AMINA, code, local(2026, 12, 5, 14))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self._folder)

    def _day(self) -> tuple[str | None, str | None, int | None]:
        with self.store.read() as session:
            row = session.execute(select(Participation)).scalar_one_or_none()
            return (row.state, row.told_by, row.minutes) if row else (None, None, None)

    def _step(self, work: Callable[[Session], str], concerned: Callable[[str], set[int]], may_ask: bool = False) -> None:
        """Do something; whoever is written to must be who is concerned; ``may_ask``: the organisation may be asked to confirm hours."""
        self.at += timedelta(seconds=1)
        before = self._day()[0]
        with self.store.read() as session:
            last = max(session.execute(select(OutboxMessage.id)).scalars(), default=0)
        with self.store.write() as session:
            outcome = work(session)
        with self.store.read() as session:
            heard = list(session.execute(select(OutboxMessage.chat_id).where(OutboxMessage.id > last)).scalars())
        assert len(heard) == len(set(heard)), "nobody hears the same twice"
        expected = concerned(outcome)
        assert set(heard) == expected or (may_ask and set(heard) == expected | {OWNER}), (outcome, heard, expected)
        after = self._day()[0]
        assert after == before or before is None or states.may(states.PARTICIPATION, before, str(after)), (before, after)

    @rule(minutes=st.sampled_from([None, 60, 180, 240, 241, 1440]))
    def he_says_he_was_there(self, minutes: int | None) -> None:
        was = self._day()
        self._step(
            lambda session: str(commitments.report(session, AMINA, self.world.mission_id, DAY, minutes, self.at)["outcome"]),
            lambda _outcome: set(),
            may_ask=True,
        )
        if was[1] == states.TEAM or was[0] == states.DISPUTED or (minutes or 0) > 240:
            assert self._day() == was, "what the team decides, and what no day holds, changes nothing"

    @rule()
    def he_says_he_was_not(self) -> None:
        was = self._day()
        self._step(
            lambda session: str(commitments.report_absence(session, AMINA, self.world.mission_id, DAY, self.at)["outcome"]),
            lambda _outcome: set(),
        )
        if was[1] in ("organisation", states.TEAM) or was[0] == states.DISPUTED:
            assert self._day() == was

    @rule(came=YES)
    def it_says_whether_he_came(self, came: bool) -> None:
        self._step(
            lambda session: str(attendance.answer(session, OWNER, self.number, DAY, came, self.at)["outcome"]),
            lambda outcome: {AMINA} if outcome in ("came", "absent", "disputed") else set(),
        )

    @rule(agrees=YES)
    def it_confirms_his_hours(self, agrees: bool) -> None:
        def confirm(session: Session) -> str:
            application = session.get(Application, self.number)
            read = confirmations.told(session, application, attested.unconfirmed(attested.attended(session, application)))
            return str(confirmations.confirm(session, OWNER, self.number, read, agrees, self.at)["outcome"])

        self._step(confirm, lambda outcome: {AMINA} if outcome in ("confirmed", "disputed") else set())

    @rule(attended=YES, agrees=YES, minutes=st.sampled_from([None, 90]))
    def the_team_decides(self, attended: bool, agrees: bool, minutes: int | None) -> None:
        with self.store.read() as session:
            waits = [found.row.id for found in settlements.disputed(session)]
        if waits:
            self._step(
                lambda session: str(disputes.settle(session, waits[0], attended, minutes, self.at, agrees)["outcome"]),
                lambda _outcome: {AMINA, OWNER},
            )

    @rule()
    def he_asks_for_his_certificate(self) -> None:
        def issue(session: Session) -> str:
            return str(certificates.issue(session, AMINA, self.world.mission_id, "fr", self.at)["outcome"])

        state, told_by, minutes = self._day()
        self._step(issue, lambda _outcome: set(), may_ask=True)
        if (state, told_by) == ("attended", "organisation") and minutes:
            with self.store.read() as session:
                valid = select(Certificate.minutes).where(Certificate.revoked_at.is_(None))
                assert session.execute(valid).scalars().all() == [minutes], "one, and it says what was confirmed"

    @invariant()
    def what_is_no_attendance_has_no_hours(self) -> None:
        if hasattr(self, "store"):
            state, told_by, minutes = self._day()
            assert state in (None, *states.PARTICIPATION) and told_by in (
                None,
                "volunteer",
                "organisation",
                states.TEAM,
                attendance.NOBODY,
            )
            assert state in ("attended", states.DISPUTED) or minutes is None
            assert minutes is None or minutes <= 240


TestDay = DayOfAMission.TestCase
TestDay.settings = settings(max_examples=20, stateful_step_count=20, deadline=None, phases=(Phase.explicit, Phase.generate))


@pytest.mark.heavy
class TestDayForLong(DayOfAMission.TestCase):  # type: ignore[name-defined, misc]
    settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
