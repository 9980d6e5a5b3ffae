"""A volunteer's path: what he takes from a day, the next step because of it, missions for a first day; on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import commitments, next_steps, paths, record, rights, subscriptions
from bot.store.engine import Database
from bot.store.models import Mission, Reflection, Subscription, Volunteer
from bot.store.tracker import Tracker
from bot.texts import REGISTERS
from tests.dialogues.expectations import starts
from tests.services.test_promises import answer, apply
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    World,
    count,
    local,
    mission,
    organisation,
    person_id,
    small_world,
    volunteer,
)

DAY = date(2026, 11, 28)
AFTER = local(2026, 11, 29, 19)


@pytest.fixture
def world(store: Database) -> World:
    """Amina took part in a dated mission, which is not over as long as its day has come."""
    made = small_world(store, starts_on=DAY, ends_on=DAY, skills=["teaching"], skills_welcome=["first_aid"])
    apply(store, made.mission_id)
    answer(store)
    with store.write() as session:
        assert commitments.report(session, AMINA, made.mission_id, DAY, 120, AFTER)["outcome"] == "reported"
    return made


def reflect(store: Database, world: World, chat_id: int = AMINA, **said: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"learned": None, "skill": None, "wish": None}
    with store.write() as session:
        return paths.reflect(session, chat_id, world.mission_id, at=AFTER, **{**usual, **said})


def after(store: Database, world: World, wish: str | None, register: str = "fr") -> str | None:
    with store.write() as session:
        found = next_steps.after(session, AMINA, world.mission_id, wish, register, AFTER)
        return found.text if found else None


def test_what_he_says_is_kept_once_and_the_last_word_counts(store: Database, world: World) -> None:
    assert reflect(store, world, learned="la patience", wish="again")["missions"] == 1
    reflect(store, world, learned="la patience, et rire")
    with store.read() as session:
        row = session.execute(select(Reflection)).scalar_one()
        assert (row.learned, row.wish) == ("la patience, et rire", "again")
        path = paths.of_chat(session, AMINA)
    assert (path.missions, path.minutes, list(path.learned.values())) == (1, 120, ["la patience, et rire"])


def test_a_skill_he_has_now_is_in_his_offer(store: Database, world: World) -> None:
    assert reflect(store, world, learned="Premiers secours", skill="first_aid")["is_new_skill"] is True
    assert reflect(store, world, skill="first_aid")["is_new_skill"] is False
    with store.read() as session:
        assert session.get(Volunteer, person_id(session, AMINA)).skills == ("teaching", "first_aid")


def test_a_rest_makes_the_lists_monthly(store: Database, world: World) -> None:
    reflect(store, world, wish="pause")
    with store.read() as session:
        lists = session.execute(select(Subscription.organisation_id, Subscription.frequency)).all()
    assert sorted(lists, key=str) == [(world.organisation_id, "weekly"), (None, "monthly")], "an organisation's list is no part of his rest"


def test_a_rest_begins_no_list_that_was_stopped(store: Database, world: World) -> None:
    with store.write() as session:
        subscriptions.end(session, AMINA, None, AFTER)
    reflect(store, world, wish="pause")
    with store.read() as session:
        assert subscriptions.running(session, AMINA) == []


@pytest.mark.parametrize("chat_id", [BRAHIM, OWNER, 999])
def test_who_was_not_there_has_nothing_to_say_of_it(store: Database, world: World, chat_id: int) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    assert reflect(store, world, chat_id, learned="x") == {"outcome": "unknown"}
    assert count(store, Reflection) == 0


@pytest.mark.parametrize("said", [{"learned": "a" * 301}, {"wish": "kaboom"}])
def test_what_cannot_be_kept_raises(store: Database, world: World, said: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        reflect(store, world, **said)


def test_his_words_are_in_his_copy(store: Database, world: World, tmp_path: Path) -> None:
    reflect(store, world, learned="la patience", wish="more")
    with store.read() as session:
        [one] = rights.collect(session, Tracker(f"sqlite:///{tmp_path}/none.db"), AMINA)["applications"]
    assert [(day["learned"], day["next"], day["arrived"]) for day in one["took_part"]] == [("la patience", "more", None)]


# ---- what follows


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(
    ("wish", "title", "key"),
    [("again", "Bibliothèque", "next_again"), ("similar", "Cours du soir", "next_similar"), ("more", "Chaque samedi", "next_more")],
)
def test_the_next_step_follows_from_the_wish(store: Database, world: World, register: str, wish: str, title: str, key: str) -> None:
    with store.write() as session:
        volunteer(session, causes=["education", "culture", "sport"])
        own = session.get(Mission, world.mission_id).initiative.organisation
        other = organisation(session, OTHER_OWNER, "Autre", causes=("sport",))
        later = NOW.date() + timedelta(days=11)
        mission(session, own, "Bibliothèque", cause="culture", starts_on=later, ends_on=later)
        mission(session, other, "Cours du soir", cause="education", starts_on=later + timedelta(days=7), ends_on=later + timedelta(days=7))
        mission(session, other, "Chaque samedi", cause="sport")
    shown = after(store, world, wish, register) or ""
    assert starts(register, key, shown)
    assert [one for one in ("Bibliothèque", "Cours du soir", "Chaque samedi") if one in shown] == [title]


def test_a_place_that_goes_on_is_its_own_next_step(store: Database) -> None:
    made = small_world(store)
    apply(store, made.mission_id)
    answer(store)
    with store.write() as session:
        commitments.report(session, AMINA, made.mission_id, DAY, 60, AFTER)
    assert "Jossour vous attend toujours" in (after(store, made, "again") or "")


def test_where_nothing_follows_nothing_is_shown(store: Database, world: World) -> None:
    assert [after(store, world, wish) for wish in ("again", "similar", "more", None)] == [None] * 4


def test_missions_for_a_first_day(store: Database) -> None:
    with store.write() as session:
        own = organisation(session)
        day = NOW.date() + timedelta(days=11)
        mission(session, own, "Fête", starts_on=day, ends_on=day, capacity=3)
        mission(session, own, "À deux", starts_on=day, ends_on=day, capacity=2)
        mission(session, own, "Avec savoir", starts_on=day, ends_on=day, skills=["teaching"])
        mission(session, own, "Camp", starts_on=day, ends_on=day + timedelta(days=7))
        mission(session, own, "Chaque semaine")
        volunteer(session)
    with store.write() as session:
        profile = record.volunteer_profiles(session)[0]
        shown = next_steps.for_a_first_time(session, AMINA, profile, "fr", NOW)
        assert record.is_beginning(session, profile.person_id or 0)
    assert shown is not None and shown.text.count("<b>") == 1 and "Fête" in shown.text


def test_who_took_part_is_no_beginner(store: Database, world: World) -> None:
    with store.read() as session:
        assert not record.is_beginning(session, person_id(session, AMINA))
