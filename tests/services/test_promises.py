"""What is kept by the clock: nudges, expiries, waiting lists, the day before and the day after, covers, the end of a mission."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import applications, commitments, initiatives, occasions, promises, proposals, waiting
from bot.services.promises import Kept
from bot.store.engine import Database
from bot.store.models import Application, Mission, Participation, Person, Proposal, Volunteer
from bot.texts import REGISTERS
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OWNER,
    SALMA,
    World,
    count,
    local,
    mission,
    organisation,
    outbox_rows,
    person_id,
    small_world,
    volunteer,
)

MISSION_DAY = date(2026, 12, 5)
"""A Saturday, eleven days after NOW."""


@pytest.fixture
def world(store: Database) -> World:
    return small_world(store)


@pytest.fixture
def dated(store: Database) -> World:
    return small_world(store, starts_on=MISSION_DAY, ends_on=MISSION_DAY, time_from="10:00", time_to="12:00", capacity=1)


def run(store: Database, at: datetime) -> dict[str, int]:
    """What a look at an instant did, by step, the idle ones left out."""
    return {name: number for name, number in vars(promises.run(store, at)).items() if number}


def apply(store: Database, mission_id: int, chat_id: int = AMINA, at: datetime = NOW, waits: bool = False) -> str:
    with store.write() as session:
        return str(applications.apply(session, chat_id, mission_id, at, waits=waits)["outcome"])


def number_of(store: Database, chat_id: int = AMINA) -> int:
    with store.read() as session:
        return int(applications.of_person(session, chat_id)[0][0].id)


def answer(store: Database, accepted: bool = True, chat_id: int = AMINA, at: datetime = NOW) -> str:
    number = number_of(store, chat_id)
    with store.write() as session:
        return str(applications.answer(session, OWNER, number, accepted, at)["outcome"])


def withdraw(store: Database, mission_id: int, chat_id: int = AMINA, at: datetime = NOW) -> None:
    with store.write() as session:
        assert commitments.withdraw(session, chat_id, mission_id, at)["outcome"] == "withdrawn"


def state(store: Database, chat_id: int = AMINA) -> str:
    with store.read() as session:
        return str(applications.of_person(session, chat_id)[0][0].state)


def told(store: Database, chat_id: int) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id)]


def people(store: Database, *chats: int) -> None:
    with store.write() as session:
        for number, chat_id in enumerate(chats):
            volunteer(session, chat_id, f"V{number}")


# ---- the organisation's answer


def test_an_organisation_is_nudged_after_three_days_once_and_the_wish_ends_after_seven(store: Database, world: World) -> None:
    apply(store, world.mission_id)
    assert run(store, NOW + timedelta(days=2, hours=23)) == {}
    assert run(store, NOW + timedelta(days=3)) == {"nudged": 1}
    assert run(store, NOW + timedelta(days=4)) == {}
    nudge = outbox_rows(store, OWNER)[-1]
    assert "Amina" in nudge.body["text"] and len([b for row in nudge.body["buttons"] for b in row]) == 2
    assert run(store, NOW + timedelta(days=7)) == {"expired": 1}
    assert run(store, NOW + timedelta(days=8)) == {}
    assert state(store) == "expired"
    assert len(told(store, OWNER)) == 3 and len(told(store, AMINA)) == 1


@pytest.mark.parametrize("register", REGISTERS)
def test_whoever_was_left_without_an_answer_gets_alternatives(store: Database, world: World, register: str) -> None:
    with store.write() as session:
        session.get(Person, person_id(session, AMINA)).register = register
        other = organisation(session, 905, "Autre")
        for number in range(5):
            mission(session, other, title=f"Mission {number}")
    apply(store, world.mission_id)
    run(store, NOW + timedelta(days=8))
    [row] = outbox_rows(store, AMINA)
    assert [f"Mission {number}" in row.body["text"] for number in range(5)].count(True) == 3
    assert [button["text"] for line in row.body["buttons"] for button in line][:3] == ["1", "2", "3"]


def test_what_was_answered_is_neither_nudged_nor_ended(store: Database, world: World) -> None:
    apply(store, world.mission_id)
    answer(store, False)
    assert run(store, NOW + timedelta(days=9)) == {}


def test_an_answer_after_the_end_changes_nothing(store: Database, world: World) -> None:
    apply(store, world.mission_id)
    run(store, NOW + timedelta(days=8))
    assert answer(store, at=NOW + timedelta(days=8)) == "answered"
    assert state(store) == "expired"


def test_who_asks_again_is_promised_another_week(store: Database, world: World) -> None:
    apply(store, world.mission_id)
    run(store, NOW + timedelta(days=7))
    again = NOW + timedelta(days=10)
    assert apply(store, world.mission_id, at=again) == "applied"
    assert run(store, again + timedelta(days=3)) == {"nudged": 1}
    assert run(store, again + timedelta(days=7)) == {"expired": 1}
    assert len(told(store, AMINA)) == 2


# ---- the waiting list


def full(store: Database, world: World) -> None:
    """The one place is Amina's; Brahim and Salma wait, in this order."""
    people(store, BRAHIM, SALMA)
    apply(store, world.mission_id)
    answer(store)
    assert apply(store, world.mission_id, BRAHIM) == "full"
    assert apply(store, world.mission_id, BRAHIM, NOW + timedelta(hours=1), waits=True) == "waiting"
    assert apply(store, world.mission_id, SALMA, NOW + timedelta(hours=2), waits=True) == "waiting"


def place(store: Database, chat_id: int, accepted: bool, at: datetime) -> str:
    number = number_of(store, chat_id)
    with store.write() as session:
        return str(waiting.answer(session, chat_id, number, accepted, at)["outcome"])


def test_a_free_place_is_kept_for_who_waited_longest_and_must_be_confirmed(store: Database, dated: World) -> None:
    full(store, dated)
    before = len(told(store, OWNER))
    withdraw(store, dated.mission_id, at=NOW + timedelta(days=1))
    assert (state(store, BRAHIM), state(store, SALMA)) == ("offered", "waiting")
    assert len(told(store, BRAHIM)) == 1 and told(store, SALMA) == []
    assert apply(store, dated.mission_id, AMINA, NOW + timedelta(days=1)) == "full", "a place that is kept is nobody else's"
    assert place(store, BRAHIM, True, NOW + timedelta(days=1, hours=3)) == "accepted"
    assert state(store, BRAHIM) == "accepted"
    assert "V0" in told(store, OWNER)[-1] and len(told(store, OWNER)) == before + 2
    assert place(store, BRAHIM, True, NOW + timedelta(days=1, hours=4)) == "answered"


def test_a_place_left_or_not_confirmed_goes_to_the_next(store: Database, dated: World) -> None:
    full(store, dated)
    at = NOW + timedelta(days=1)
    withdraw(store, dated.mission_id, at=at)
    assert place(store, BRAHIM, False, at) == "declined"
    assert (state(store, BRAHIM), state(store, SALMA)) == ("withdrawn", "offered")
    assert run(store, at + timedelta(hours=23)) == {}
    assert run(store, at + timedelta(hours=24)) == {"passed_on": 1}
    assert state(store, SALMA) == "expired"
    assert place(store, SALMA, True, at + timedelta(hours=25)) == "late"
    assert apply(store, dated.mission_id, SALMA, at + timedelta(hours=26)) == "applied"


def test_more_places_are_offered_at_once(store: Database, dated: World) -> None:
    full(store, dated)
    with store.write() as session:
        need = initiatives.need_of(session.get(Mission, dated.mission_id))
        initiatives.change(session, OWNER, dated.mission_id, type(need)(**{**vars(need), "capacity": 3}), NOW)
    assert {state(store, BRAHIM), state(store, SALMA)} == {"offered"}


def test_nobody_takes_the_place_of_somebody_else(store: Database, dated: World) -> None:
    full(store, dated)
    withdraw(store, dated.mission_id, at=NOW + timedelta(days=1))
    number = number_of(store, BRAHIM)
    with store.write() as session:
        assert waiting.answer(session, SALMA, number, True, NOW + timedelta(days=1)) == {"outcome": "unknown"}
    assert state(store, BRAHIM) == "offered"


def test_who_waits_and_leaves_is_nobody_s_news(store: Database, dated: World) -> None:
    full(store, dated)
    before = len(told(store, OWNER))
    withdraw(store, dated.mission_id, BRAHIM)
    assert len(told(store, OWNER)) == before


# ---- the day before and the day after


def test_a_word_the_day_before_at_ten_and_the_day_after_at_six(store: Database, dated: World) -> None:
    apply(store, dated.mission_id)
    answer(store)
    assert run(store, local(2026, 12, 4, 9, 59)) == {}
    assert run(store, local(2026, 12, 4, 10)) == {"reminded": 1, "briefed": 1}
    assert run(store, local(2026, 12, 4, 19)) == {}
    [*_, reminder] = outbox_rows(store, AMINA)
    assert "Maârif" in reminder.body["text"] and "10:00" in reminder.body["text"] and not reminder.solicited
    assert any("url" in button and "openstreetmap" in button["url"] for line in reminder.body["buttons"] for button in line)
    assert run(store, local(2026, 12, 6, 17, 59)) == {"finished": 1}
    assert run(store, local(2026, 12, 6, 18)) == {"asked": 1}
    assert run(store, local(2026, 12, 7, 18)) == {}
    assert run(store, local(2026, 12, 8, 17, 59)) == {}
    assert run(store, local(2026, 12, 8, 18)) == {"asked_theirs": 1}, "nobody has said anything: the organisation is asked, once"
    assert run(store, local(2026, 12, 20, 18)) == {}


def test_after_a_night_without_workers_the_reminder_says_today(store: Database, dated: World) -> None:
    apply(store, dated.mission_id)
    answer(store)
    assert run(store, local(2026, 12, 5, 9, 0)) == {"reminded": 1, "briefed": 1}
    assert "aujourd'hui" in told(store, AMINA)[-1]


def test_what_has_begun_is_not_reminded_of(store: Database, dated: World) -> None:
    apply(store, dated.mission_id)
    answer(store)
    assert run(store, local(2026, 12, 5, 10, 30)) == {}


def test_who_was_accepted_since_has_just_read_when_it_is(store: Database, dated: World) -> None:
    apply(store, dated.mission_id, at=local(2026, 12, 3, 12))
    answer(store, at=local(2026, 12, 4, 15))
    assert run(store, local(2026, 12, 4, 16)) == {}


def test_a_mission_that_goes_on_is_reminded_of_the_first_time(store: Database, world: World) -> None:
    apply(store, world.mission_id)
    answer(store)
    assert run(store, local(2026, 11, 27, 10)) == {"reminded": 1, "briefed": 1}
    assert run(store, local(2026, 11, 29, 18)) == {"asked": 1}
    assert run(store, local(2026, 12, 1, 18)) == {"asked_theirs": 1}
    assert run(store, local(2026, 12, 5, 10)) == run(store, local(2026, 12, 6, 18)) == {}


def test_i_was_not_there_is_excused_and_can_be_corrected(store: Database, dated: World) -> None:
    apply(store, dated.mission_id)
    answer(store)
    at = local(2026, 12, 6, 19)
    with store.write() as session:
        assert commitments.report_absence(session, AMINA, dated.mission_id, MISSION_DAY, at)["outcome"] == "absent"
        assert session.execute(select(Participation.state)).scalars().all() == ["excused"]
        assert commitments.report(session, AMINA, dated.mission_id, MISSION_DAY, 120, at)["outcome"] == "reported"
        assert session.execute(select(Participation.state)).scalars().all() == ["attended"]
        assert commitments.report_absence(session, BRAHIM, dated.mission_id, MISSION_DAY, at)["outcome"] == "unknown"


# ---- somebody steps in


def test_who_falls_out_shortly_before_is_covered_in_small_waves(store: Database, dated: World) -> None:
    chats = [9_001 + number for number in range(8)]
    people(store, *chats)
    apply(store, dated.mission_id)
    answer(store)
    at = local(2026, 12, 4, 11)
    withdraw(store, dated.mission_id, at=at)
    assert count(store, Proposal) == 3
    assert run(store, at + timedelta(hours=1)) == {}
    assert run(store, at + timedelta(hours=2)) == {"covered": 1}
    assert count(store, Proposal) == 6
    asked = [chat_id for chat_id in chats if told(store, chat_id)]
    with store.write() as session:
        number = session.execute(select(Proposal.id).where(Proposal.person_id == person_id(session, asked[-1]))).scalar_one()
        assert proposals.answer(session, asked[-1], number, True, at + timedelta(hours=2, minutes=5))["outcome"] == "accepted"
    assert run(store, at + timedelta(hours=5)) == {}, "the place is taken: nobody else is asked"
    with store.write() as session:
        number = session.execute(select(Proposal.id).where(Proposal.person_id == person_id(session, asked[0]))).scalar_one()
        assert proposals.answer(session, asked[0], number, True, at + timedelta(hours=6))["outcome"] == "full"


def test_the_least_recently_asked_is_asked_first(store: Database, dated: World) -> None:
    chats = [9_001 + number for number in range(5)]
    people(store, *chats)
    with store.write() as session:
        old = mission(session, organisation(session, 905, "Autre"), title="Autrefois").id
        for chat_id, days in zip(chats, (80, 60, 50, 40, 35), strict=True):
            session.add(
                Proposal(mission_id=old, person_id=person_id(session, chat_id), state="expired", created_at=NOW - timedelta(days=days))
            )
    apply(store, dated.mission_id)
    answer(store)
    withdraw(store, dated.mission_id, at=local(2026, 12, 4, 11))
    assert [chat_id for chat_id in chats if told(store, chat_id)] == chats[:3]


def test_long_before_nobody_is_woken_and_the_waiting_list_comes_first(store: Database, dated: World) -> None:
    full(store, dated)
    people(store, 9_001, 9_002)
    withdraw(store, dated.mission_id, at=local(2026, 12, 4, 11))
    assert count(store, Proposal) == 0 and state(store, BRAHIM) == "offered"
    other = small_world_far(store)
    apply(store, other)
    answer(store)
    withdraw(store, other)
    assert count(store, Proposal) == 0


def small_world_far(store: Database) -> int:
    with store.write() as session:
        owner = initiatives.own(session, OWNER, session.execute(select(Mission.id)).scalars().first())
        far = NOW.date() + timedelta(days=30)
        return int(mission(session, owner.initiative.organisation, title="Loin", starts_on=far, ends_on=far).id)


# ---- the end


def test_a_mission_that_is_over_is_finished_and_whoever_waits_is_told(store: Database, dated: World) -> None:
    full(store, dated)
    people(store, 9_001)
    with store.write() as session:
        session.get(Mission, dated.mission_id).capacity = 2
    late = local(2026, 12, 5, 8)
    assert apply(store, dated.mission_id, 9_001, late) == "applied"
    assert run(store, local(2026, 12, 6, 9)) == {"finished": 1}
    with store.read() as session:
        found = session.get(Mission, dated.mission_id)
        assert (found.state, found.initiative.state) == ("finished", "finished")
    assert [state(store, chat_id) for chat_id in (AMINA, BRAHIM, SALMA, 9_001)] == ["accepted", "expired", "expired", "expired"]
    assert all("Soutien scolaire" in told(store, chat_id)[-1] for chat_id in (BRAHIM, SALMA, 9_001))
    assert apply(store, dated.mission_id, 9_001, local(2026, 12, 6, 10)) == "gone"


def test_the_last_day_still_counts(store: Database, dated: World) -> None:
    assert run(store, local(2026, 12, 5, 23, 59)) == {}
    assert run(store, local(2026, 12, 6, 0, 1)) == {"finished": 1}


def test_two_at_once_do_it_once(store: Database, dated: World) -> None:
    apply(store, dated.mission_id)
    at = NOW + timedelta(days=3)
    number = number_of(store)
    with store.write() as session:
        assert promises.nudge(session, number, at)
    with store.write() as session:
        assert not promises.nudge(session, number, at)
    with store.write() as session:
        assert not promises.expire(session, number, at)
    assert promises.run(store, at) == Kept()


def test_nobody_who_blocked_the_bot_is_written_to(store: Database, dated: World) -> None:
    full(store, dated)
    with store.write() as session:
        for chat_id in (AMINA, BRAHIM):
            session.get(Person, person_id(session, chat_id)).blocked_at = NOW
    before = {chat_id: len(told(store, chat_id)) for chat_id in (AMINA, BRAHIM)}
    run(store, local(2026, 12, 4, 10))
    run(store, local(2026, 12, 6, 18))
    assert {chat_id: len(told(store, chat_id)) for chat_id in (AMINA, BRAHIM)} == before


def test_whoever_erased_the_offer_leaves_nothing_half(store: Database, world: World) -> None:
    apply(store, world.mission_id)
    with store.write() as session:
        session.delete(session.get(Volunteer, person_id(session, AMINA)))
    assert run(store, NOW + timedelta(days=3)) == {"nudged": 1}
    assert run(store, NOW + timedelta(days=7)) == {"expired": 1}
    assert count(store, Application) == 1


def test_the_first_day_after_a_place_was_given() -> None:
    weekly: Any = Mission(slots=1 << 20, starts_on=None, ends_on=None)
    assert occasions.occurrence(weekly, date(2026, 11, 24)) == date(2026, 11, 28)
    assert occasions.occurrence(weekly, date(2026, 11, 28)) == date(2026, 11, 28)
    camp = Mission(slots=1, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 4))
    assert occasions.occurrence(camp, date(2026, 12, 3)) == date(2026, 12, 3)
    assert occasions.occurrence(camp, date(2026, 12, 5)) is None
