"""Effects happen once an update and action, and a repeated turn answers as the first did."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messages import effects, leases
from bot.store.engine import Database
from bot.store.models import Effect, Person
from tests.worlds import NOW, count


class Deed:
    """An effect that writes a person and counts how often it did."""

    def __init__(self, store: Database) -> None:
        self.store = store
        self.done = 0

    def __call__(self, update_id: int | None, action: str = "action_offer", then: Exception | None = None) -> dict[str, Any]:
        with self.store.write() as session:

            def effect() -> dict[str, Any]:
                self.done += 1
                session.add(Person(chat_id=self.done, first_name="A", register="fr", created_at=NOW))
                return {"outcome": "saved", "number": self.done, "name": "أمينة"}

            outcome = effects.once(session, update_id, action, effect)
            if then is not None:
                raise then
            return outcome


@pytest.fixture
def deed(store: Database) -> Deed:
    return Deed(store)


def test_a_repeated_update_changes_nothing_and_answers_the_same(deed: Deed, store: Database) -> None:
    first = deed(77)
    assert deed(77) == first == {"outcome": "saved", "number": 1, "name": "أمينة"}
    assert count(store, Person) == 1


def test_another_update_or_another_action_is_another_effect(deed: Deed, store: Database) -> None:
    assert [deed(77)["number"], deed(78)["number"], deed(77, "action_other")["number"]] == [1, 2, 3]
    assert count(store, Person) == 3


def test_an_effect_undone_by_an_error_is_not_remembered(deed: Deed, store: Database) -> None:
    with pytest.raises(RuntimeError):
        deed(77, then=RuntimeError("killed"))
    assert (count(store, Person), count(store, Effect)) == (0, 0)
    assert deed(77)["number"] == 2
    assert count(store, Person) == 1


def test_without_an_update_there_is_no_memory(deed: Deed, store: Database) -> None:
    assert [deed(None)["number"], deed(None)["number"]] == [1, 2]
    assert count(store, Effect) == 0


def taken(store: Database, holder: str, seconds: float = 60, name: str = "sender") -> bool:
    with store.write() as session:
        return leases.acquire(session, name, holder, seconds)


def test_a_lease_has_one_holder(store: Database) -> None:
    assert taken(store, "a")
    assert not taken(store, "b")
    assert taken(store, "b", name="job:digests")


def test_a_holder_renews_its_lease_and_gets_it_back_after_a_kill(store: Database) -> None:
    assert taken(store, "a")
    assert taken(store, "a")
    assert not taken(store, "b")


def test_a_lease_that_ran_out_is_free(store: Database) -> None:
    assert taken(store, "a", seconds=-1)
    assert taken(store, "b")
    assert not taken(store, "a")


def test_what_the_caller_does_with_an_outcome_changes_no_record(store: Database) -> None:
    with store.write() as session:
        effects.once(session, 7, "apply", lambda: {"outcome": "applied", "title": "x"}).pop("outcome")
    with store.write() as session:
        assert effects.once(session, 7, "apply", dict) == {"outcome": "applied", "title": "x"}
