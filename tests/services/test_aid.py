"""Mutual aid: who is asked, in which waves, who wins, what is forgotten when; on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.matching.slots import slots_of
from bot.messages import outbox
from bot.services import aid, aid_clock, profiles, waves
from bot.services.aid import Wanted
from bot.services.profiles import Offer, Speaker
from bot.services.waves import MOST_CALLS, MOST_WAVES, WAVE_SIZE, waking
from bot.store.engine import Database
from bot.store.models import Consent, HelpCall, HelpRequest, OutboxMessage, Person, Volunteer
from tests.worlds import NOW, local, outbox_rows, utc, volunteer

HALIMA = 701
"""Asks for help in Hay-Mohammadi."""
NEAR = range(711, 731)
"""Chats of people who live there."""
QUIET = (20, 9)
CANARY = "derb kanari 12, tab9a 3"


def neighbours(store: Database, count: int, **changes: Any) -> list[int]:
    """So many volunteers of the same quarter; returns their chats."""
    chats = list(NEAR)[:count]
    with store.write() as session:
        for number, chat_id in enumerate(chats):
            volunteer(session, chat_id, f"Voisine{number}", **{"place": "Hay-Mohammadi", **changes})
    return chats


def ask(
    store: Database, urgency: str = "now", at: datetime = NOW, quiet: tuple[int, int] | None = QUIET, chat: int = HALIMA
) -> dict[str, Any]:
    with store.write() as session:
        wanted = Wanted("monter mes courses", "Hay-Mohammadi", urgency)
        return aid.ask(session, Speaker(chat, "Halima", "fr"), wanted, at, QUIET)


def run(store: Database, at: datetime) -> tuple[int, int, int]:
    done = aid_clock.run(store.write, at, QUIET)
    return done.asked, done.told, done.closed


def request_of(store: Database, chat_id: int = HALIMA) -> HelpRequest:
    with store.read() as session:
        query = select(HelpRequest).join(Person, Person.id == HelpRequest.person_id).where(Person.chat_id == chat_id)
        return session.execute(query.order_by(HelpRequest.id.desc())).scalars().first()


def calls(store: Database) -> dict[int, tuple[int, str, int]]:
    """(id, state, wave) of each call by chat, the last one of each chat."""
    with store.read() as session:
        query = select(Person.chat_id, HelpCall).join(HelpCall, HelpCall.person_id == Person.id).order_by(HelpCall.id)
        return {chat_id: (call.id, call.state, call.wave) for chat_id, call in session.execute(query)}


def answer(store: Database, chat_id: int, said: str, at: datetime = NOW, call_id: int | None = None) -> str:
    number = call_id or calls(store)[chat_id][0]
    with store.write() as session:
        return str(aid.answer_call(session, chat_id, number, said, at)["outcome"])


def told(store: Database, chat_id: int) -> str:
    rows = outbox_rows(store, chat_id)
    return str(rows[-1].body.get("text", "")) if rows else ""


# ---- who is asked


def test_the_first_wave_asks_a_few_and_shows_area_and_need_alone(store: Database) -> None:
    chats = neighbours(store, 5)
    outcome = ask(store)
    assert (outcome["outcome"], outcome["asked"]) == ("asked", WAVE_SIZE)
    assert list(calls(store)) == chats[:WAVE_SIZE]
    for chat_id in chats[:WAVE_SIZE]:
        [row] = outbox_rows(store, chat_id)
        assert (row.kind, row.solicited) == ("notice", False)
        assert "monter mes courses" in row.body["text"] and "Hay Mohammadi" in row.body["text"]
        assert "Halima" not in row.body["text"]
        assert len([button for line in row.body["buttons"] for button in line]) == 2


@pytest.mark.parametrize(
    "change",
    ["blocked", "paused", "remote", "far", "own_radius", "minor", "no_consent", "withdrawn_consent"],
)
def test_people_who_do_not_come_into_question_are_not_asked(store: Database, change: str) -> None:
    places = {"far": {"place": "Settat"}, "own_radius": {"place": "Mohammadia", "radius_km": 5}}
    neighbours(store, 1, **({"mode": "remote"} if change == "remote" else places.get(change, {})))
    with store.write() as session:
        person = session.execute(select(Person)).scalar_one()
        row = session.get(Volunteer, person.id)
        if change == "blocked":
            person.blocked_at = NOW
        elif change == "paused":
            row.paused = True
        elif change == "minor":
            row.age_band = "teen"
        elif change == "no_consent":
            for consent in session.execute(select(Consent)).scalars():
                session.delete(consent)
        elif change == "withdrawn_consent":
            session.execute(update(Consent).values(withdrawn_at=NOW))
    assert ask(store)["outcome"] == "nobody"
    assert request_of(store).outcome == "failed"
    assert not calls(store)


def test_a_wider_radius_of_ones_own_counts(store: Database) -> None:
    neighbours(store, 1, place="Mohammadia", radius_km=40)
    assert ask(store)["asked"] == 1


def test_nobody_asks_himself(store: Database) -> None:
    with store.write() as session:
        volunteer(session, HALIMA, "Halima", place="Hay-Mohammadi")
    assert ask(store)["outcome"] == "nobody"


def test_nearer_people_come_first_and_among_neighbours_whose_turn_it_is(store: Database) -> None:
    near = neighbours(store, 4)
    with store.write() as session:
        volunteer(session, 740, "Loin", place="Aïn-Chock", radius_km=30)
    ask(store, chat=790)
    assert sorted(calls(store)) == near[:3]
    ask(store, chat=791)
    # The fourth neighbour was never asked; then those who were asked, before anybody farther away.
    with store.read() as session:
        latest = session.execute(select(HelpRequest.id).order_by(HelpRequest.id.desc()).limit(1)).scalar_one()
        query = select(Person.chat_id).join(HelpCall, HelpCall.person_id == Person.id).where(HelpCall.help_request_id == latest)
        assert sorted(session.execute(query).scalars()) == [near[0], near[1], near[3]]


def test_nobody_is_asked_more_than_twice_a_month(store: Database) -> None:
    neighbours(store, 1)
    outcomes = [ask(store, chat=780 + n)["outcome"] for n in range(MOST_CALLS + 1)]
    assert outcomes == ["asked"] * MOST_CALLS + ["nobody"]
    assert ask(store, chat=799, at=NOW + timedelta(days=31))["outcome"] == "asked"


def test_two_requests_at_once_keep_the_limit(store: Database) -> None:
    neighbours(store, 1)
    ask(store, chat=790)
    ready = threading.Barrier(2)

    def at_once(chat_id: int) -> str:
        ready.wait()
        return str(ask(store, chat=chat_id)["outcome"])

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(at_once, (791, 792))) == ["asked", "nobody"]


def test_one_request_a_person_at_a_time(store: Database) -> None:
    neighbours(store, 6)
    first = ask(store)
    assert ask(store) == {"outcome": "already", "request_id": first["request_id"], "asked": 0, "from": None}
    assert len(calls(store)) == WAVE_SIZE


def test_a_yes_to_the_summary_is_kept_as_consent(store: Database) -> None:
    neighbours(store, 1)
    ask(store)
    answer(store, NEAR[0], "yes")
    with store.read() as session:
        given = session.execute(select(Person.chat_id, Consent.purpose).join(Consent, Consent.person_id == Person.id)).all()
        assert {(HALIMA, "profile"), (HALIMA, "aid"), (NEAR[0], "aid")} <= {tuple(row) for row in given}
        assert profiles.has_consent(session, HALIMA)


# ---- waves


@pytest.mark.parametrize(("urgency", "wait"), [("now", timedelta(minutes=10)), ("today", timedelta(hours=1)), ("week", timedelta(hours=6))])
def test_the_next_wave_leaves_when_the_last_had_its_time(store: Database, urgency: str, wait: timedelta) -> None:
    neighbours(store, 5)
    ask(store, urgency)
    assert run(store, NOW + wait - timedelta(seconds=1)) == (0, 0, 0)
    assert run(store, NOW + wait) == (2, 0, 0)
    assert run(store, NOW + wait) == (0, 0, 0), "run again, nothing is due"
    assert sorted(wave for _, _, wave in calls(store).values()) == [1, 1, 1, 2, 2]


def test_when_all_have_said_no_the_next_wave_need_not_wait(store: Database) -> None:
    chats = neighbours(store, 5)
    ask(store, "week")
    for chat_id in chats[:3]:
        assert answer(store, chat_id, "no") == "declined"
    assert run(store, NOW)[0] == 2


def test_after_the_last_wave_the_asker_is_told_once_and_then_it_ends(store: Database) -> None:
    neighbours(store, 20)
    ask(store)
    at = NOW
    for _ in range(MOST_WAVES - 1):
        at += timedelta(minutes=10)
        assert run(store, at)[0] == WAVE_SIZE
    at += timedelta(minutes=10)
    assert run(store, at) == (0, 1, 0)
    assert "aucune n'a encore dit oui" in told(store, HALIMA)
    assert run(store, at + timedelta(minutes=30)) == (0, 0, 0)
    assert len(calls(store)) == WAVE_SIZE * MOST_WAVES
    assert run(store, at + timedelta(hours=2)) == (0, 1, 1)
    assert (request_of(store).state, request_of(store).outcome) == ("closed", "failed")
    assert {state for _, state, _ in calls(store).values()} == {"too_late"}
    assert len(outbox_rows(store, HALIMA)) == 2


def test_a_late_yes_is_still_welcome_while_the_asker_waits(store: Database) -> None:
    neighbours(store, 1)
    ask(store)
    assert run(store, NOW + timedelta(minutes=10)) == (0, 1, 0)
    assert answer(store, NEAR[0], "yes", NOW + timedelta(hours=1)) == "accepted"
    assert request_of(store).state == "helper_found"


def test_when_everybody_has_said_no_it_ends_and_is_said(store: Database) -> None:
    neighbours(store, 1)
    ask(store)
    answer(store, NEAR[0], "no")
    assert run(store, NOW) == (0, 1, 1)
    assert "je n'ai trouvé personne" in told(store, HALIMA)
    assert answer(store, NEAR[0], "yes") == "closed"


def test_killed_between_two_requests_the_rest_is_done_later(store: Database) -> None:
    neighbours(store, 12)
    for chat_id in (790, 791):
        ask(store, chat=chat_id)

    class Killed(Exception):
        pass

    opened = 0

    def write() -> Any:
        nonlocal opened
        opened += 1
        if opened == 3:
            raise Killed
        return store.write()

    at = NOW + timedelta(minutes=10)
    with pytest.raises(Killed):
        aid_clock.run(write, at, QUIET)
    assert run(store, at)[0] == WAVE_SIZE
    assert run(store, at)[0] == 0


# ---- quiet hours


@pytest.mark.parametrize("urgency", ["now", "week"])
def test_in_the_quiet_hours_nobody_is_asked_and_the_asker_knows_when(store: Database, urgency: str) -> None:
    neighbours(store, 2)
    outcome = ask(store, urgency, at=local(2026, 11, 24, 22, 30))
    assert (outcome["outcome"], outcome["asked"]) == ("later", 0)
    assert datetime.fromisoformat(outcome["from"]) == local(2026, 11, 25, 9)
    assert run(store, local(2026, 11, 25, 8, 59)) == (0, 0, 0)
    assert run(store, local(2026, 11, 25, 9)) == (2, 0, 0)


def test_a_wave_that_would_leave_in_the_night_waits_for_the_morning(store: Database) -> None:
    neighbours(store, 5)
    ask(store, at=local(2026, 11, 24, 19, 55))
    assert run(store, local(2026, 11, 24, 20, 5)) == (0, 0, 0)
    assert request_of(store).next_step_at == local(2026, 11, 25, 9)
    assert run(store, local(2026, 11, 25, 9))[0] == 2


@pytest.mark.parametrize(
    ("at", "quiet", "expected"),
    [
        (local(2026, 11, 24, 12), QUIET, local(2026, 11, 24, 12)),
        (local(2026, 11, 24, 20), QUIET, local(2026, 11, 25, 9)),
        (local(2026, 11, 25, 0, 30), QUIET, local(2026, 11, 25, 9)),
        (local(2026, 11, 25, 9), QUIET, local(2026, 11, 25, 9)),
        (local(2026, 11, 24, 23), None, local(2026, 11, 24, 23)),
        (local(2026, 11, 24, 13), (12, 14), local(2026, 11, 24, 14)),
        # The clocks go back that night: an hour comes twice; and forward: one is missing.
        (local(2026, 9, 19, 23), QUIET, utc(2026, 9, 20, 9)),
        (local(2026, 3, 21, 23), QUIET, utc(2026, 3, 22, 8)),
    ],
)
def test_the_end_of_the_quiet_hours(at: datetime, quiet: tuple[int, int] | None, expected: datetime) -> None:
    assert waking(at, quiet) == expected


def test_a_call_that_the_night_holds_is_taken_back_when_it_is_not_needed_any_more(store: Database) -> None:
    neighbours(store, 2)
    ask(store, at=local(2026, 11, 24, 19, 59))
    answer(store, NEAR[0], "yes")
    held = outbox_rows(store, NEAR[1])[0]
    assert (held.state, held.error, held.body) == ("failed", outbox.TAKEN_BACK, {})
    assert calls(store)[NEAR[1]][1] == "too_late"


# ---- the first yes


def sent(store: Database) -> None:
    """All messages so far have left."""
    with store.write() as session:
        session.execute(update(OutboxMessage).values(state="sent"))


def test_the_first_yes_wins_and_later_ones_hear_so(store: Database) -> None:
    chats = neighbours(store, 3)
    ask(store)
    sent(store)
    assert answer(store, chats[1], "yes") == "accepted"
    assert answer(store, chats[1], "yes") == "accepted", "said again, it stands"
    assert answer(store, chats[0], "yes") == "too_late"
    found = request_of(store)
    assert (found.state, found.next_step_at) == ("helper_found", NOW + timedelta(hours=2))
    assert "Voisine1" in told(store, HALIMA) and "Voisine0" not in told(store, HALIMA)
    assert len(outbox_rows(store, HALIMA)) == 1


def test_two_yeses_at_once_are_one(store: Database) -> None:
    chats = neighbours(store, 3)
    ask(store)
    sent(store)
    numbers = {chat_id: calls(store)[chat_id][0] for chat_id in chats}
    ready = threading.Barrier(3)

    def say_yes(chat_id: int) -> str:
        ready.wait()
        return answer(store, chat_id, "yes", call_id=numbers[chat_id])

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(say_yes, chats)) == ["accepted", "too_late", "too_late"]
    assert len(outbox_rows(store, HALIMA)) == 1


def test_a_yes_and_the_end_at_once_leave_nobody_on_the_way(store: Database) -> None:
    neighbours(store, 1)
    number = ask(store)["request_id"]
    sent(store)
    call_id = calls(store)[NEAR[0]][0]
    ready = threading.Barrier(2)

    def say_yes() -> str:
        ready.wait()
        return answer(store, NEAR[0], "yes", call_id=call_id)

    def end() -> str:
        ready.wait()
        with store.write() as session:
            return str(aid.finish(session, HALIMA, number, "not_needed", NOW)["outcome"])

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(say_yes), pool.submit(end)
        assert second.result() == "irrelevant"
        if first.result() == "accepted":
            assert "n'y a plus rien à faire" in told(store, NEAR[0])
        else:
            assert first.result() == "closed"
    assert request_of(store).state == "closed"


def test_no_may_still_become_yes(store: Database) -> None:
    neighbours(store, 3)
    ask(store)
    assert answer(store, NEAR[0], "no") == "declined"
    assert answer(store, NEAR[0], "yes") == "accepted"


@pytest.mark.parametrize("said", ["yes", "no", "done", "cannot"])
def test_nobody_answers_for_somebody_else(store: Database, said: str) -> None:
    chats = neighbours(store, 4)
    ask(store)
    with store.write() as session:
        for chat_id in (chats[3], HALIMA, 424242):
            assert aid.answer_call(session, chat_id, calls(store)[chats[0]][0], said, NOW) == {"outcome": "unknown"}
    assert request_of(store).state == "searching"


# ---- the address


def helped(store: Database, count: int = 3) -> int:
    """A request that the first neighbour took, who was given the address; returns its number."""
    neighbours(store, count)
    number = int(ask(store)["request_id"])
    sent(store)
    assert answer(store, NEAR[0], "yes") == "accepted"
    with store.write() as session:
        assert aid.give_address(session, HALIMA, CANARY, NOW) == {"outcome": "given", "name": "Voisine0"}
    return number


def kept_anywhere(store: Database) -> list[str]:
    """Where the canary stands."""
    found = [f"outbox of {row.chat_id}" for row in outbox_rows(store) if CANARY in str(row.body)]
    with store.read() as session:
        found += ["help_requests" for row in session.execute(select(HelpRequest)).scalars() if CANARY in str(row.address)]
    return found


def test_the_address_is_for_the_assigned_person_alone(store: Database) -> None:
    helped(store)
    assert kept_anywhere(store) == [f"outbox of {NEAR[0]}", "help_requests"]


def test_without_a_helper_no_address_is_taken(store: Database) -> None:
    neighbours(store, 1)
    ask(store)
    with store.write() as session:
        assert aid.give_address(session, HALIMA, CANARY, NOW)["outcome"] == "nobody"
        assert aid.give_address(session, 424242, CANARY, NOW)["outcome"] == "nobody"
    assert kept_anywhere(store) == []


@pytest.mark.parametrize(("reason", "outcome"), [("arrived", "fulfilled"), ("nobody", "failed"), ("not_needed", "irrelevant")])
def test_closed_the_address_is_forgotten_at_once(store: Database, reason: str, outcome: str) -> None:
    number = helped(store)
    sent(store)
    with store.write() as session:
        assert aid.finish(session, HALIMA, number, reason, NOW) == {"outcome": outcome, "name": "Voisine0"}
    assert kept_anywhere(store) == []
    assert (request_of(store).state, request_of(store).outcome, request_of(store).need) == ("closed", outcome, "monter mes courses")
    assert ("arrivée" in told(store, NEAR[0])) is (reason == "arrived")
    with store.write() as session:
        assert aid.finish(session, HALIMA, number, "arrived", NOW)["outcome"] == "closed"


def test_where_it_was_shown_to_the_asker_once_more_it_is_forgotten_too(store: Database) -> None:
    number = helped(store)
    shown = f"<b>{CANARY}</b>"
    with store.write() as session:
        outbox.queue(session, HALIMA, outbox.REPLY, "update:1", [outbox.Draft(shown), outbox.Draft("merci")], NOW)
        session.execute(update(OutboxMessage).values(state="sent"))
        aid.finish(session, HALIMA, number, "arrived", NOW)
    assert kept_anywhere(store) == []
    assert "merci" in str([row.body for row in outbox_rows(store, HALIMA)])


def test_an_address_that_has_not_left_yet_is_taken_back(store: Database) -> None:
    number = helped(store)
    with store.write() as session:
        aid.finish(session, HALIMA, number, "not_needed", NOW)
    assert kept_anywhere(store) == []
    assert [row.state for row in outbox_rows(store, NEAR[0])] == ["sent", "failed", "queued"]


def test_the_helper_who_cannot_after_all_is_followed_by_the_next_wave(store: Database) -> None:
    helped(store, count=5)
    sent(store)
    assert answer(store, NEAR[1], "yes") == "too_late"
    assert answer(store, NEAR[0], "cannot", NOW + timedelta(minutes=5)) == "cannot"
    assert kept_anywhere(store) == []
    assert "Voisine0" in told(store, HALIMA)
    found = request_of(store)
    assert (found.state, found.helper_id) == ("searching", None)
    assert run(store, NOW + timedelta(minutes=5))[0] == WAVE_SIZE
    # Who wanted to help and was too late is asked first, then two who were not asked yet; who said nothing still may.
    assert {chat_id for chat_id, (_, _, wave) in calls(store).items() if wave == 2} == {NEAR[1], NEAR[3], NEAR[4]}
    assert calls(store)[NEAR[0]][1] == "declined"
    assert answer(store, NEAR[2], "yes", NOW + timedelta(minutes=6)) == "accepted"
    assert "Voisine2" in told(store, HALIMA)


def test_a_helper_who_was_erased_is_one_who_cannot(store: Database) -> None:
    helped(store, count=4)
    with store.write() as session:
        session.delete(session.execute(select(Volunteer).join(Person).where(Person.chat_id == NEAR[0])).scalar_one())
        session.flush()
        session.execute(update(HelpRequest).values(helper_id=None))
    assert run(store, NOW + timedelta(hours=2))[0] > 0
    assert request_of(store).address is None


# ---- did it arrive?


@pytest.mark.parametrize(("urgency", "wait"), [("now", timedelta(hours=2)), ("today", timedelta(hours=12)), ("week", timedelta(days=2))])
def test_whether_it_arrived_is_asked_once(store: Database, urgency: str, wait: timedelta) -> None:
    neighbours(store, 1)
    ask(store, urgency)
    answer(store, NEAR[0], "yes")
    at = NOW + wait
    assert run(store, at - timedelta(seconds=1)) == (0, 0, 0)
    awake = waking(at, QUIET)
    run(store, at)
    assert run(store, awake)[1] == (1 if awake > at else 0)
    assert "L'aide est-elle arrivée" in told(store, HALIMA)
    before = len(outbox_rows(store, HALIMA))
    assert run(store, awake + timedelta(days=2)) == (0, 0, 0)
    assert len(outbox_rows(store, HALIMA)) == before


def test_no_answer_is_neither_success_nor_failure(store: Database) -> None:
    helped(store)
    sent(store)
    at = NOW + timedelta(hours=2)
    assert run(store, at) == (0, 1, 0)
    assert run(store, at + timedelta(days=3)) == (0, 1, 1)
    assert request_of(store).outcome == "irrelevant"
    assert kept_anywhere(store) == []


def test_done_says_the_helper_and_the_asker_has_the_last_word(store: Database) -> None:
    number = helped(store)
    assert answer(store, NEAR[0], "done") == "done"
    assert answer(store, NEAR[0], "done") == "done"
    assert "L'aide est-elle arrivée" in told(store, HALIMA)
    assert request_of(store).state == "helper_found"
    assert run(store, NOW + timedelta(hours=2)) == (0, 0, 0), "it was asked already"
    with store.write() as session:
        assert aid.finish(session, HALIMA, number, "arrived", NOW)["outcome"] == "fulfilled"


def test_nothing_arrives_from_nobody(store: Database) -> None:
    neighbours(store, 1)
    number = ask(store)["request_id"]
    with store.write() as session:
        assert aid.finish(session, HALIMA, number, "arrived", NOW)["outcome"] == "irrelevant"


@pytest.mark.parametrize("reason", ["arrived", "nobody", "not_needed", "whatever"])
def test_nobody_ends_the_request_of_somebody_else(store: Database, reason: str) -> None:
    number = helped(store)
    with store.write() as session:
        for chat_id in (NEAR[0], NEAR[1], 424242):
            assert aid.finish(session, chat_id, number, reason, NOW) == {"outcome": "unknown", "name": ""}
            assert aid.finish(session, chat_id, None, reason, NOW)["outcome"] == "unknown"
    assert request_of(store).state == "helper_found"


def test_an_asker_who_blocked_the_bot_is_not_searched_for(store: Database) -> None:
    neighbours(store, 4)
    ask(store)
    with store.write() as session:
        profiles.person_of(session, HALIMA).blocked_at = NOW  # type: ignore[union-attr]
    assert run(store, NOW + timedelta(minutes=10)) == (0, 0, 1)
    assert request_of(store).outcome == "irrelevant"
    assert outbox_rows(store, HALIMA) == []


def test_the_words_are_forgotten_after_a_month(store: Database) -> None:
    number = helped(store)
    with store.write() as session:
        aid.finish(session, HALIMA, number, "arrived", NOW)
    with store.write() as session:
        assert aid_clock.forget_old(session, NOW + timedelta(days=30)) == 0
        assert aid.last_closed(session, HALIMA) is not None
        assert aid_clock.forget_old(session, NOW + timedelta(days=30, seconds=1)) == 1
        assert aid.last_closed(session, HALIMA) is None
    assert request_of(store).need == ""


def test_every_message_has_words_of_the_reader(store: Database) -> None:
    with store.write() as session:
        for number, register in enumerate(("ar", "fr", "ary-Arab", "ary-Latn")):
            profiles.save_offer(
                session,
                Speaker(NEAR[number], f"V{number}", register),
                Offer(f"V{number}", "Hay-Mohammadi", ["food"], [], slots_of(["sat"], ["morning"])),
                NOW,
            )
    ask(store)
    run(store, NOW + timedelta(minutes=10))
    texts = [outbox_rows(store, NEAR[number])[0].body["text"] for number in range(4)]
    assert len(set(texts)) == 4


def test_a_call_names_the_distance_from_a_kilometre_on(store: Database) -> None:
    neighbours(store, 1, place="Aïn-Chock", radius_km=30)
    ask(store)
    with store.read() as session:
        [one] = session.execute(select(HelpCall)).scalars()
        request = session.get(HelpRequest, one.help_request_id)
        assert "km" in outbox_rows(store, NEAR[0])[0].body["text"]
        assert "km" not in waves.draft(one, request, "fr", 0.4).text
