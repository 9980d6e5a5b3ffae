"""Applications as a machine: whatever both sides and the clock do, places hold, everybody concerned hears, all comes to an end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import applications, commitments, counters, initiatives, promises, proposals, states, waiting
from bot.store import migrate
from bot.store.engine import Database
from bot.store.models import Application, Mission, OutboxMessage, Person, Proposal
from tests.worlds import NOW, OWNER, mission, organisation, person_id, volunteer

TABLES = {
    "application": states.APPLICATION,
    "participation": states.PARTICIPATION,
    "proposal": states.PROPOSAL,
    "help request": states.HELP_REQUEST,
}
CHATS = tuple(range(9_001, 9_007))
PEOPLE = st.sampled_from(CHATS)
MISSIONS = st.sampled_from([0, 1])
YES = st.booleans()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_state_that_follows_is_a_state_and_can_be_reached(table: dict[str, frozenset[str]]) -> None:
    following = frozenset().union(*table.values())
    assert following <= set(table)
    assert len(set(table) - following) <= 2, "what nothing leads to is where it begins"


def test_what_a_table_does_not_know_is_impossible() -> None:
    row = Application(state="declined")
    with pytest.raises(states.Impossible):
        states.move(row, states.APPLICATION, "accepted")
    with pytest.raises(KeyError):
        states.may(states.APPLICATION, "declined", "nonsense")
    assert row.state == "declined"


class Relation(RuleBasedStateMachine):
    """An organisation with a dated mission of two places and a weekly one of one, and six people whom both suit."""

    _template: Path | None = None

    @initialize()
    def begin(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tadamon-states-"))
        shutil.copy(self._made(), self._folder / "tadamon.db")
        self.store = Database(f"sqlite:///{self._folder}/tadamon.db")
        self.at: datetime = NOW
        with self.store.write() as session:
            owner = organisation(session)
            day = NOW.date() + timedelta(days=11)
            self.numbers = [
                mission(session, owner, title="Fête", starts_on=day, ends_on=day, time_from="10:00", capacity=2).id,
                mission(session, owner, title="Chaque samedi", capacity=1).id,
            ]
            for number, chat_id in enumerate(CHATS):
                volunteer(session, chat_id, f"V{number}")
            self._owner = OWNER

    @classmethod
    def _made(cls) -> Path:
        if cls._template is None:
            cls._template = Path(tempfile.mkdtemp(prefix="tadamon-template-")) / "empty.db"
            made = Database(f"sqlite:///{cls._template}")
            migrate.upgrade(made)
            made.close()
        return cls._template

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self._until(self.at + timedelta(days=60))
        with self.store.read() as session:
            open_ones = session.execute(select(Application.id, Application.state).where(Application.state.in_(states.UNANSWERED))).all()
            asked = session.execute(select(Proposal.id).where(Proposal.state == "open")).all()
        assert not open_ones and not asked, "everything comes to an end"
        self.store.close()
        shutil.rmtree(self._folder)

    # ---- what is seen around each step

    def _step(self, work: Callable[[Session], Any], concerned: Callable[[Any], set[int]]) -> Any:
        """Do something; whoever is written to must be exactly who is concerned, each once."""
        # Nobody does two things in one second.
        self.at += timedelta(seconds=1)
        before, offered, proposed = self._written(), self._in_state("offered"), self._proposed()
        with self.store.write() as session:
            outcome = work(session)
        heard = self._written()[len(before) :]
        expected = concerned(outcome) | (self._in_state("offered") - offered) | (self._proposed() - proposed)
        assert set(heard) == expected, (outcome, heard, expected)
        assert len(heard) == len(set(heard)), "nobody hears the same twice"
        return outcome

    def _written(self) -> list[int]:
        with self.store.read() as session:
            return list(session.execute(select(OutboxMessage.chat_id).order_by(OutboxMessage.id)).scalars())

    def _in_state(self, state: str) -> set[int]:
        query = select(Person.chat_id).join(Application, Application.person_id == Person.id).where(Application.state == state)
        with self.store.read() as session:
            return set(session.execute(query).scalars())

    def _proposed(self) -> set[int]:
        query = select(Person.chat_id).join(Proposal, Proposal.person_id == Person.id).where(Proposal.state == "open")
        with self.store.read() as session:
            return set(session.execute(query).scalars())

    def _open_applicants(self, mission_id: int) -> set[int]:
        query = select(Person.chat_id).join(Application, Application.person_id == Person.id)
        with self.store.read() as session:
            return set(session.execute(query.where(Application.mission_id == mission_id, Application.state.in_(states.OPEN))).scalars())

    def _application(self, chat_id: int, which: int) -> tuple[int, str] | None:
        query = (
            select(Application.id, Application.state)
            .join(Person, Person.id == Application.person_id)
            .where(Person.chat_id == chat_id, Application.mission_id == self.numbers[which])
        )
        with self.store.read() as session:
            row = session.execute(query).one_or_none()
        return (int(row[0]), str(row[1])) if row else None

    # ---- what people do

    @rule(chat_id=PEOPLE, which=MISSIONS, waits=YES)
    def apply(self, chat_id: int, which: int, waits: bool) -> None:
        number = self.numbers[which]
        self._step(
            lambda session: applications.apply(session, chat_id, number, self.at, waits=waits)["outcome"],
            lambda outcome: {self._owner} if outcome == "applied" else set(),
        )

    @rule(chat_id=PEOPLE, which=MISSIONS, accepted=YES)
    def answer(self, chat_id: int, which: int, accepted: bool) -> None:
        found = self._application(chat_id, which)
        if found is None:
            return
        self._step(
            lambda session: applications.answer(session, self._owner, found[0], accepted, self.at)["outcome"],
            lambda outcome: {chat_id} if outcome in ("accepted", "declined") else set(),
        )

    @rule(chat_id=PEOPLE, which=MISSIONS)
    def withdraw(self, chat_id: int, which: int) -> None:
        found = self._application(chat_id, which)
        is_news = found is not None and found[1] in ("pending", "accepted", "offered")
        self._step(
            lambda session: commitments.withdraw(session, chat_id, self.numbers[which], self.at)["outcome"],
            lambda outcome: {self._owner} if outcome == "withdrawn" and is_news else set(),
        )

    @rule(chat_id=PEOPLE, which=MISSIONS, accepted=YES)
    def answer_place(self, chat_id: int, which: int, accepted: bool) -> None:
        found = self._application(chat_id, which)
        if found is None:
            return
        self._step(
            lambda session: waiting.answer(session, chat_id, found[0], accepted, self.at)["outcome"],
            lambda outcome: {self._owner} if outcome == "accepted" else set(),
        )

    @rule(chat_id=PEOPLE, which=MISSIONS)
    def name_terms(self, chat_id: int, which: int) -> None:
        found = self._application(chat_id, which)
        if found is None:
            return
        self._step(
            lambda session: counters.counter(session, self._owner, found[0], "à 15h", self.at)["outcome"],
            lambda outcome: {chat_id} if outcome == "countered" else set(),
        )

    @rule(chat_id=PEOPLE, which=MISSIONS, agrees=YES)
    def answer_terms(self, chat_id: int, which: int, agrees: bool) -> None:
        found = self._application(chat_id, which)
        if found is None:
            return
        self._step(
            lambda session: counters.answer(session, chat_id, found[0], agrees, self.at)["outcome"],
            lambda outcome: {self._owner} if outcome in ("accepted", "declined") else set(),
        )

    @rule(chat_id=PEOPLE, which=MISSIONS)
    def invite(self, chat_id: int, which: int) -> None:
        self._step(
            lambda session: proposals.propose(session, self._owner, person_id(session, chat_id), self.numbers[which], self.at)["outcome"],
            lambda outcome: {chat_id} if outcome == "proposed" else set(),
        )

    @rule(chat_id=PEOPLE, accepted=YES)
    def answer_invitation(self, chat_id: int, accepted: bool) -> None:
        with self.store.read() as session:
            found = proposals.open_ones(session, chat_id)
            kinds = [session.get(Proposal, number).kind for number in found]
        if not found:
            return

        def concerned(outcome: str) -> set[int]:
            return {self._owner} if outcome == "accepted" or (outcome == "declined" and kinds[0] == proposals.INVITE) else set()

        self._step(lambda session: proposals.answer(session, chat_id, found[0], accepted, self.at)["outcome"], concerned)

    @rule(which=MISSIONS, capacity=st.integers(1, 4))
    def change_places(self, which: int, capacity: int) -> None:
        def change(session: Session) -> str:
            found = session.get(Mission, self.numbers[which])
            need = initiatives.need_of(found)
            changed = type(need)(**{**vars(need), "capacity": capacity})
            return str(initiatives.change(session, self._owner, found.id, changed, self.at)["outcome"])

        self._step(change, lambda _outcome: set())

    @rule(which=MISSIONS)
    @precondition(lambda self: self.at > NOW + timedelta(days=6))
    def close(self, which: int) -> None:
        told = self._open_applicants(self.numbers[which])
        self._step(
            lambda session: initiatives.close(session, self._owner, self.numbers[which], self.at)["outcome"],
            lambda outcome: told if outcome == "closed" else set(),
        )

    @rule(hours=st.sampled_from([1, 5, 24, 26, 73, 170]))
    def time_goes_on(self, hours: int) -> None:
        self._until(self.at + timedelta(hours=hours))

    def _until(self, end: datetime) -> None:
        while self.at < end:
            self.at = min(self.at + timedelta(hours=12), end)
            promises.run(self.store, self.at)

    # ---- what always holds

    @invariant()
    def places_hold(self) -> None:
        if not hasattr(self, "store"):
            return
        held = (
            select(Mission.capacity, func.count(Application.id))
            .join(Application, Application.mission_id == Mission.id)
            .where(Application.state.in_(states.HOLDS_PLACE))
            .group_by(Mission.id)
        )
        with self.store.read() as session:
            assert all(count <= capacity for capacity, count in session.execute(held))

    @invariant()
    def states_are_known(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as session:
            assert set(session.execute(select(Application.state)).scalars()) <= set(states.APPLICATION)
            kept = select(Application.id).where((Application.state == "offered") != Application.offered_until.is_not(None))
            assert not session.execute(kept).all(), "a place that is kept has its end, and no other"


TestRelation = Relation.TestCase
TestRelation.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)


@pytest.mark.heavy
class TestRelationForLong(Relation.TestCase):  # type: ignore[name-defined, misc]
    settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
