"""A request for help as a machine: whatever asker, neighbours and clock do, one helps, one reads the address, and it comes to an end."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from bot.services import aid, aid_clock, states
from bot.services.waves import MOST_WAVES, WAVE_SIZE
from bot.store.engine import Database
from bot.store.models import HelpCall, HelpRequest, OutboxMessage, Person
from tests.services.test_aid import CANARY, HALIMA, QUIET, ask, neighbours
from tests.services.test_states import Relation
from tests.worlds import NOW

NEIGHBOURS = st.integers(0, 6)


class Help(RuleBasedStateMachine):
    """Halima asks; seven people live near her."""

    @initialize(urgency=st.sampled_from(["now", "today", "week"]))
    def begin(self, urgency: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tadamon-help-"))
        shutil.copy(Relation._made(), self._folder / "tadamon.db")
        self.store = Database(f"sqlite:///{self._folder}/tadamon.db")
        self.at: datetime = NOW
        self.chats = neighbours(self.store, 7)
        ask(self.store, urgency)
        self._before = self._request().state

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self.time_goes_on(24 * 60)
        request = self._request()
        assert request.state == "closed" and request.outcome in ("fulfilled", "failed", "irrelevant"), "everything comes to an end"
        assert request.address is None, "and the address is forgotten"
        self.store.close()
        shutil.rmtree(self._folder)

    def _request(self) -> HelpRequest:
        with self.store.read() as session:
            return session.execute(select(HelpRequest)).scalar_one()

    def _call_of(self, chat_id: int) -> HelpCall | None:
        query = select(HelpCall).join(Person, Person.id == HelpCall.person_id).where(Person.chat_id == chat_id)
        with self.store.read() as session:
            return session.execute(query).scalar_one_or_none()

    @rule(who=NEIGHBOURS, answer=st.sampled_from(["yes", "no", "done", "cannot"]))
    def a_neighbour_answers(self, who: int, answer: str) -> None:
        self.at += timedelta(seconds=1)
        call, before = self._call_of(self.chats[who]), self._request()
        if call is None:
            return
        with self.store.write() as session:
            outcome = aid.answer_call(session, self.chats[who], call.id, answer, self.at)["outcome"]
        after = self._request()
        if outcome == "accepted":
            assert after.helper_id == call.person_id, "who reads that he helps, helps"
        if outcome in ("too_late", "closed"):
            assert (after.state, after.helper_id) == (before.state, before.helper_id)

    @rule(reason=st.sampled_from([*aid.OUTCOMES, "kaboom"]))
    def she_says_how_it_ended(self, reason: str) -> None:
        self.at += timedelta(seconds=1)
        with self.store.write() as session:
            aid.finish(session, HALIMA, None, reason, self.at)

    @rule()
    def she_gives_her_address(self) -> None:
        self.at += timedelta(seconds=1)
        helper = self._request().helper_id
        with self.store.write() as session:
            outcome = aid.give_address(session, HALIMA, CANARY, self.at)["outcome"]
        assert (outcome == "given") == (helper is not None and self._request().state == "helper_found")

    @rule(hours=st.sampled_from([1, 3, 9, 26, 75]))
    def time_goes_on(self, hours: int) -> None:
        end = self.at + timedelta(hours=hours)
        while self.at < end:
            self.at = min(self.at + timedelta(hours=6), end)
            aid_clock.run(self.store.write, self.at, QUIET)
            self.what_always_holds()

    @invariant()
    def what_always_holds(self) -> None:
        if not hasattr(self, "store"):
            return
        request = self._request()
        if request.state != self._before:
            assert states.may(states.HELP_REQUEST, self._before, request.state), (self._before, request.state)
            self._before = request.state
        with self.store.read() as session:
            accepted = session.execute(select(HelpCall.person_id).where(HelpCall.state == "accepted")).scalars().all()
            asked = session.execute(select(func.count(HelpCall.id))).scalar_one()
            told = session.execute(select(OutboxMessage.chat_id, OutboxMessage.body)).all()
        if request.state == "helper_found":
            assert accepted == [request.helper_id], "one helps, and no other"
        else:
            assert request.address is None, "without a helper nobody has the address"
        assert asked <= MOST_WAVES * WAVE_SIZE
        knows = {chat_id for chat_id, body in told if CANARY in str(body)}
        assert not knows or request.state == "helper_found", "what was told of the door goes with the help"
        assert len(knows) <= 1


TestHelp = Help.TestCase
TestHelp.settings = settings(max_examples=15, stateful_step_count=20, deadline=None, phases=(Phase.explicit, Phase.generate))
