"""Whether somebody came: the organisation's word, his own, and the team's where they differ; on both databases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import attendance, certificates, commitments, confirmations, disputes, presence
from bot.store.engine import Database
from bot.store.models import Application, Certificate, Handoff, Mission, Participation
from tests.services.test_promises import answer, apply, number_of, run
from tests.worlds import AMINA, OTHER_OWNER, OWNER, World, count, local, organisation, outbox_rows, small_world

DAY = date(2026, 12, 5)
ASKED, LATER = local(2026, 12, 8, 18), local(2026, 12, 9, 10)


@pytest.fixture
def world(store: Database) -> World:
    """Amina had a place on a Saturday from 14:00 to 17:00, and has said nothing since."""
    made = small_world(store, starts_on=DAY, ends_on=DAY, time_from="14:00", time_to="17:00")
    apply(store, made.mission_id)
    answer(store)
    for at in (local(2026, 12, 4, 10), local(2026, 12, 6, 18)):
        run(store, at)
    return made


def says(store: Database, came: bool, chat_id: int = OWNER, at: datetime = LATER, on: date = DAY) -> str:
    number = number_of(store)
    with store.write() as session:
        return str(attendance.answer(session, chat_id, number, on, came, at)["outcome"])


def reports(store: Database, world: World, minutes: int | None = None) -> str:
    with store.write() as session:
        return str(commitments.report(session, AMINA, world.mission_id, DAY, minutes, LATER)["outcome"])


def day(store: Database) -> Participation:
    with store.read() as session:
        return session.execute(select(Participation)).scalar_one()


def settle(store: Database, attended: bool, minutes: int | None = None, agreed: bool = False) -> str:
    with store.write() as session:
        return str(disputes.settle(session, day(store).id, attended, minutes, LATER, agreed)["outcome"])


def heard(store: Database, chat_id: int) -> str:
    return str(outbox_rows(store, chat_id)[-1].body["text"])


def test_where_he_says_nothing_the_organisation_is_asked_once(store: Database, world: World) -> None:
    assert run(store, ASKED) == {"asked_theirs": 1}
    assert "Amina" in heard(store, OWNER) and (day(store).state, day(store).told_by) == ("confirmed", "nobody")
    assert run(store, LATER) == {}


def test_its_yes_is_a_day_and_he_is_asked_for_his_hours(store: Database, world: World) -> None:
    run(store, ASKED)
    assert says(store, True) == "came" and says(store, True) == "answered"
    assert (day(store).state, day(store).told_by) == ("attended", "organisation")
    assert "Combien d'heures" in heard(store, AMINA)


def test_its_no_is_a_no_show_and_he_may_say_otherwise(store: Database, world: World) -> None:
    run(store, ASKED)
    assert says(store, False) == "absent"
    assert day(store).state == "no_show" and "Que s'est-il passé" in heard(store, AMINA)
    assert reports(store, world, 180) == "disputed" and day(store).state == "disputed"
    with store.read() as session:
        handoff = session.execute(select(Handoff)).scalar_one()
    assert (handoff.chat_id, handoff.reason) == (AMINA, "disputed")
    assert says(store, True) == "answered", "now the team decides"
    assert reports(store, world, 180) == "disputed"


def test_who_owns_up_is_not_asked_again(store: Database, world: World) -> None:
    run(store, ASKED)
    says(store, False)
    with store.write() as session:
        assert commitments.report_absence(session, AMINA, world.mission_id, DAY, LATER)["outcome"] == "absent"
    assert day(store).state == "no_show", "said after the organisation's word, it is noted and changes nothing"


def test_its_word_against_the_code_is_its_own_word_taken_back(store: Database, world: World) -> None:
    with store.write() as session:
        code = presence.code_of(session, session.get(Mission, world.mission_id), DAY, ASKED)
        assert presence.check_in(session, AMINA, code, local(2026, 12, 5, 14))["outcome"] == "arrived"
    assert says(store, False) == "absent" and day(store).state == "no_show"


def test_hours_that_were_vouched_for_are_not_undone_by_a_button(store: Database, world: World) -> None:
    with store.write() as session:
        code = presence.code_of(session, session.get(Mission, world.mission_id), DAY, ASKED)
        presence.check_in(session, AMINA, code, local(2026, 12, 5, 14))
    reports(store, world, 180)
    assert says(store, False) == "disputed" and (day(store).state, day(store).minutes) == ("disputed", 180)


def test_its_no_against_hours_he_told_is_disputed(store: Database, world: World) -> None:
    reports(store, world, 120)
    assert says(store, False) == "disputed"
    assert "équipe" in heard(store, AMINA)


@pytest.mark.parametrize("chat_id", [OTHER_OWNER, AMINA, 999])
def test_nobody_else_answers(store: Database, world: World, chat_id: int) -> None:
    with store.write() as session:
        organisation(session, OTHER_OWNER, "Autre")
    run(store, ASKED)
    assert says(store, True, chat_id) == "unknown" and day(store).state == "confirmed"
    assert says(store, True, on=date(2026, 12, 6)) == "unknown", "nor of a day that was none"


# ---- the team


@pytest.fixture
def disputed(store: Database, world: World) -> World:
    run(store, ASKED)
    says(store, False)
    reports(store, world, 180)
    return world


@pytest.mark.parametrize(("attended", "state", "minutes"), [(True, "attended", 180), (False, "no_show", None)])
def test_the_team_decides_and_both_are_told(store: Database, disputed: World, attended: bool, state: str, minutes: int | None) -> None:
    assert settle(store, attended) == "settled"
    row = day(store)
    assert (row.state, row.minutes, row.told_by) == (state, minutes, "team")
    assert "équipe" in heard(store, AMINA) and "équipe" in heard(store, OWNER) and "Amina" in heard(store, OWNER)
    assert settle(store, not attended) == "gone", "decided is decided"
    assert reports(store, disputed, 60) == "settled" and says(store, not attended) == "answered"
    with store.write() as session:
        code = presence.code_of(session, session.get(Mission, disputed.mission_id), DAY, LATER)
        assert presence.check_in(session, AMINA, code, local(2026, 12, 5, 15))["outcome"] == "settled"
    assert (day(store).state, day(store).told_by) == (state, "team")


def test_time_that_the_team_believes_counts_and_is_on_no_certificate(store: Database, disputed: World) -> None:
    settle(store, True, 120)
    with store.write() as session:
        assert commitments.total_minutes(session, AMINA) == 120
        assert certificates.issue(session, AMINA, disputed.mission_id, "fr", LATER)["outcome"] != "issued"
    assert count(store, Certificate) == 0


def test_where_the_organisation_agrees_in_the_end_a_certificate_says_so(store: Database, disputed: World) -> None:
    settle(store, True, 120, agreed=True)
    with store.write() as session:
        told: dict[str, Any] = certificates.issue(session, AMINA, disputed.mission_id, "fr", LATER)
    assert (told["outcome"], told["minutes"]) == ("issued", 120)


@pytest.mark.parametrize("minutes", [0, -5, 1441])
def test_no_day_has_so_many_minutes(store: Database, disputed: World, minutes: int) -> None:
    with pytest.raises(ValueError):
        settle(store, True, minutes)
    assert day(store).state == "disputed"


def test_hours_that_an_organisation_does_not_confirm_are_settled_the_same(store: Database, world: World) -> None:
    reports(store, world, 120)
    with store.write() as session:
        number, row = number_of(store), session.execute(select(Participation)).scalar_one()
        application = row.application_id
        read = confirmations.told(session, session.get(Application, application), [row])
        assert number == application
        assert confirmations.confirm(session, OWNER, application, read, False, LATER)["outcome"] == "disputed"
    assert settle(store, True) == "settled" and day(store).minutes == 120
