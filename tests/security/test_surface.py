"""Whatever the product can be asked has a case here: what is added without one fails."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.store.base import Base
from bot.store.engine import Database
from tests.actions.chat import ACTIONS, RULES
from tests.security import surface, worlds
from tests.security.ids import NAMES_ROWS, NAMES_VALUES, SERVED


def test_every_entity_is_known_to_name_a_row_or_a_value() -> None:
    assert set(NAMES_ROWS) | NAMES_VALUES == surface.entities()
    assert not set(NAMES_ROWS) & NAMES_VALUES


def test_every_name_in_a_payload_is_an_entity() -> None:
    named = set().union(*surface.payloads().values()) - {"*"}
    assert named <= surface.entities()
    assert {"mission", "application", "answer"} <= named


def test_every_action_of_the_domain_can_be_run_here() -> None:
    own = {action for action in surface.actions() if not action.startswith("utter_")}
    assert own == set(ACTIONS)


def test_every_action_is_asked_with_the_ids_of_others() -> None:
    """By its own intent; three that have none take over from others, and are run by those."""
    assert set(ACTIONS) - {"action_default_fallback"} == {surface.rules()[intent] for intent in SERVED}


def test_every_intent_has_a_rule_or_is_served_inside_forms() -> None:
    without = surface.intents() - set(RULES)
    assert not without, "an intent without a rule is answered by nobody"


def test_replies_that_rules_name_hold_nothing_of_anybody() -> None:
    """utter_… texts are the same for all: they have no place for a value."""
    from bot.texts import REGISTERS, catalogue, placeholders

    for register in REGISTERS:
        holes = {key for key, text in catalogue(register).items() if key.startswith("utter_") and placeholders(text)}
        assert not holes


@pytest.mark.parametrize("column", list(worlds.columns_of_words()))
def test_every_column_of_words_holds_a_canary_of_the_victims(world: Database, column: str) -> None:
    table_name, _, name = column.partition(".")
    table = Base.metadata.tables[table_name]
    with world.read() as session:
        values = [value for value in session.execute(select(table.c[name])).scalars() if value]
    assert any(worlds.CANARY in value for value in values), "a column of people's words: give the victims one in worlds.py"


def test_columns_that_are_said_to_hold_no_words_exist() -> None:
    known = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    assert known >= worlds.CLOSED_LISTS
