"""Being on the spot: who comes, the code of a day, what it counts for; on both databases."""

from __future__ import annotations

import base64
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from bot.services import certificates, commitments, presence, promises
from bot.store.engine import Database
from bot.store.models import Mission, Participation, PresenceCode
from tests.services.test_promises import answer, apply, run
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
    outbox_rows,
    small_world,
    volunteer,
)

DAY = date(2026, 12, 5)
BEFORE, THERE, EVENING = local(2026, 12, 4, 10), local(2026, 12, 5, 14, 5), local(2026, 12, 6, 19)


@pytest.fixture
def world(store: Database) -> World:
    """Amina has a place in a mission on a Saturday from 14:00 to 17:00."""
    made = small_world(store, starts_on=DAY, ends_on=DAY, time_from="14:00", time_to="17:00")
    apply(store, made.mission_id)
    answer(store)
    return made


def code_of(store: Database, world: World, on: date = DAY) -> str:
    with store.write() as session:
        return presence.code_of(session, session.get(Mission, world.mission_id), on, NOW)


def show(store: Database, world: World, chat_id: int = OWNER, at: datetime = THERE, bot_name: str | None = None) -> dict[str, Any]:
    with store.write() as session:
        return presence.show(session, chat_id, world.mission_id, bot_name, "code:1", at)


def check_in(store: Database, code: str, chat_id: int = AMINA, at: datetime = THERE) -> str:
    with store.write() as session:
        return str(presence.check_in(session, chat_id, code, at)["outcome"])


def report(store: Database, world: World, minutes: int | None, at: datetime = EVENING) -> dict[str, Any]:
    with store.write() as session:
        return commitments.report(session, AMINA, world.mission_id, DAY, minutes, at)


def rows(store: Database) -> list[Participation]:
    with store.read() as session:
        return list(session.execute(select(Participation)).scalars())


def test_the_day_before_the_organisation_reads_who_comes_and_the_code(store: Database, world: World) -> None:
    assert run(store, BEFORE)["briefed"] == 1
    [told] = [row for row in outbox_rows(store, OWNER) if row.origin.startswith("brief:")]
    with store.read() as session:
        code = session.execute(select(PresenceCode.code)).scalar_one()
    assert presence.shown(code) in told.body["text"] and "Amina" in told.body["text"] and not told.solicited
    assert "briefed" not in run(store, BEFORE + timedelta(hours=1)), "once"
    assert show(store, world)["code"] == presence.shown(code), "the same code on the day"


def test_who_is_on_the_spot_was_there_on_the_organisations_word(store: Database, world: World) -> None:
    code = code_of(store, world)
    assert check_in(store, code) == "arrived"
    assert check_in(store, code) == "already"
    [row] = rows(store)
    assert (row.state, row.told_by, row.minutes, row.checked_in_at) == ("attended", "organisation", None, THERE)
    [told] = [row for row in outbox_rows(store, OWNER) if row.origin.startswith("arrived:")]
    assert "Amina" in told.body["text"] and "14:05" in told.body["text"]


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (local(2026, 12, 5, 12, 59), "early"),
        (local(2026, 12, 5, 13, 0), "arrived"),
        (local(2026, 12, 5, 20, 0), "arrived"),
        (local(2026, 12, 5, 20, 1), "late"),
        (local(2026, 12, 4, 14, 5), "other_day"),
        (local(2026, 12, 6, 14, 5), "other_day"),
    ],
)
def test_a_code_counts_around_its_hours_alone(store: Database, world: World, at: datetime, outcome: str) -> None:
    assert check_in(store, code_of(store, world), at=at) == outcome
    assert count(store, Participation) == (outcome == "arrived")


def test_what_ends_after_midnight_still_counts_then(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Mission, world.mission_id).time_from = "21:00"
        session.get(Mission, world.mission_id).time_to = "01:00"
    code = code_of(store, world)
    assert check_in(store, code, at=local(2026, 12, 6, 0, 30)) == "arrived"
    assert rows(store)[0].took_place_on == DAY


def test_a_code_of_another_mission_or_none_changes_nothing(store: Database, world: World) -> None:
    with store.write() as session:
        owner = organisation(session, OTHER_OWNER, "Autre")
        other = mission(session, owner, starts_on=DAY, ends_on=DAY)
        theirs = presence.code_of(session, other, DAY, NOW)
        volunteer(session, BRAHIM, "Brahim")
    code = code_of(store, world)
    assert check_in(store, theirs) == "other_mission"
    assert check_in(store, code, BRAHIM) == check_in(store, code, 999) == "other_mission", "no place, no presence"
    assert check_in(store, f"{(int(code) + 1) % 10**6:06}" if int(code) + 1 != int(theirs) else "000000") in ("unknown", "other_mission")
    assert count(store, Participation) == 0


def test_who_waits_for_an_answer_is_not_there_yet(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    apply(store, world.mission_id, BRAHIM)
    assert check_in(store, code_of(store, world), BRAHIM) == "other_mission"


@pytest.mark.parametrize(("chat_id", "outcome"), [(OWNER, "shown"), (OTHER_OWNER, "unknown"), (AMINA, "unknown"), (999, "unknown")])
def test_only_who_speaks_for_the_organisation_sees_the_code(store: Database, world: World, chat_id: int, outcome: str) -> None:
    with store.write() as session:
        organisation(session, OTHER_OWNER, "Autre")
    told = show(store, world, chat_id)
    assert told["outcome"] == outcome and ("code" in told) == (outcome == "shown")
    assert count(store, PresenceCode) == (outcome == "shown")


def test_the_code_is_there_on_its_day_alone(store: Database, world: World) -> None:
    assert show(store, world, at=BEFORE) == {"outcome": "not_today", "title": "Soutien scolaire", "day": "2026-12-05"}
    assert show(store, world, at=local(2026, 12, 6, 10))["outcome"] == "over"
    with store.write() as session:
        session.get(Mission, world.mission_id).mode = "remote"
    assert show(store, world)["outcome"] == "remote"
    assert count(store, PresenceCode) == 0


def test_the_picture_leads_into_the_bot_with_the_code(store: Database, world: World) -> None:
    told = show(store, world, bot_name="tadamon_bot")
    [file] = [row for row in outbox_rows(store, OWNER) if row.method == "document"]
    picture = Image.open(io.BytesIO(base64.b64decode(file.body["content_base64"])))
    [read] = zxingcpp.read_barcodes(picture.convert("L"))
    assert read.text == f"https://t.me/tadamon_bot?start=c_{told['code'].replace(' ', '')}"


# ---- hours


def test_hours_within_the_missions_own_need_no_other_word(store: Database, world: World) -> None:
    check_in(store, code_of(store, world))
    asked = len(outbox_rows(store, OWNER))
    assert report(store, world, 180)["is_vouched"] is True
    assert (rows(store)[0].told_by, rows(store)[0].minutes) == ("organisation", 180)
    assert len(outbox_rows(store, OWNER)) == asked, "nobody needs to be asked"
    with store.write() as session:
        assert certificates.issue(session, AMINA, world.mission_id, "fr", NOW + timedelta(days=13))["outcome"] == "issued"


def test_who_came_late_cannot_have_been_there_before(store: Database, world: World) -> None:
    check_in(store, code_of(store, world), at=local(2026, 12, 5, 16, 30))
    assert report(store, world, 180)["is_vouched"] is False
    assert rows(store)[0].told_by == "volunteer", "the organisation is asked, as without a code"
    assert any(row.origin.startswith("took_part:") for row in outbox_rows(store, OWNER))


@pytest.mark.parametrize("has_code", [False, True])
def test_no_day_of_a_mission_is_longer_than_it(store: Database, world: World, has_code: bool) -> None:
    if has_code:
        check_in(store, code_of(store, world))
    told = report(store, world, 241)
    assert (told["outcome"], told["most_minutes"]) == ("window", 240)
    assert [row.minutes for row in rows(store)] == ([None] if has_code else [])
    assert report(store, world, 240)["outcome"] == "reported"


def test_where_no_hours_are_known_a_code_vouches_for_the_day_alone(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Mission, world.mission_id).time_to = None
    check_in(store, code_of(store, world))
    assert report(store, world, 120)["is_vouched"] is False


def test_the_day_after_who_gave_the_code_is_asked_for_his_hours_alone(store: Database, world: World) -> None:
    run(store, BEFORE)
    check_in(store, code_of(store, world))
    assert run(store, local(2026, 12, 6, 18))["asked"] == 1
    question = outbox_rows(store, AMINA)[-1]
    assert "Combien d'heures" in question.body["text"]
    assert [button["text"] for line in question.body["buttons"] for button in line] == ["1", "2", "3", "4"]
    assert "asked_theirs" not in run(store, local(2026, 12, 8, 18)), "the code has said it"


def test_old_codes_go_so_that_their_digits_can_come_again(store: Database, world: World) -> None:
    code_of(store, world)
    with store.write() as session:
        assert presence.forget_old(session, local(2026, 12, 12, 3)) == 0
        assert presence.forget_old(session, local(2026, 12, 13, 3)) == 1


def test_nobody_comes_nobody_is_told(store: Database) -> None:
    made = small_world(store, starts_on=DAY, ends_on=DAY, time_from="14:00")
    assert promises.run(store, BEFORE).briefed == 0
    with store.write() as session:
        assert not presence.brief(session, made.mission_id, DAY, BEFORE)
    assert count(store, PresenceCode) == 0
