"""The periodic lists: one for everybody who is due, both ways, once and only once; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.matching import fairness
from bot.services import applications, digests, shards, subscriptions, workshop
from bot.services.recommendations import mission_named
from bot.services.shards import Made
from bot.services.workshop import Workshop
from bot.store.engine import Database
from bot.store.models import (
    Digest,
    DigestShard,
    LastList,
    Mission,
    Organisation,
    OutboxMessage,
    Person,
    Recommendation,
    Subscription,
    Volunteer,
)
from bot.texts import text
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
    outbox_rows,
    person_id,
    small_world,
    volunteer,
)

DUE = local(2026, 12, 1, 10)
"""A week after NOW, at ten: when everybody's first weekly list is due."""


@pytest.fixture
def world(store: Database) -> World:
    return small_world(store)


def run(store: Database, at: datetime = DUE, solicited: bool = False) -> Made:
    return digests.run(store, at, solicited)


def lists_of(store: Database, chat_id: int) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id) if row.kind == "digest"]


def test_both_sides_get_their_list(store: Database, world: World) -> None:
    assert run(store) == Made(queued=2, empty=0)
    [to_volunteer], [to_organisation] = lists_of(store, AMINA), lists_of(store, OWNER)
    assert "Soutien scolaire" in to_volunteer and "Jossour" in to_volunteer
    assert "Soutien scolaire" in to_organisation
    assert "Amina" not in to_organisation


def test_a_second_run_at_the_same_instant_sends_nothing(store: Database, world: World) -> None:
    run(store)
    assert run(store) == Made()
    assert (len(outbox_rows(store)), count(store, Digest)) == (2, 2)


def test_nobody_is_due_before_the_time(store: Database, world: World) -> None:
    assert run(store, DUE - timedelta(seconds=1)) == Made()
    assert run(store, DUE) == Made(queued=2)


def test_the_next_list_is_due_a_week_later_and_not_before(store: Database, world: World) -> None:
    run(store)
    assert run(store, DUE + timedelta(days=6, hours=23)) == Made()
    assert run(store, DUE + timedelta(days=7)).queued == 2
    assert len(lists_of(store, AMINA)) == 2


def test_after_a_long_downtime_there_is_one_list_and_not_one_for_each_missed(store: Database, world: World) -> None:
    late = DUE + timedelta(days=40, hours=5)
    assert run(store, late) == Made(queued=2)
    assert run(store, late + timedelta(hours=1)) == Made()
    assert len(lists_of(store, AMINA)) == 1
    with store.read() as session:
        assert session.execute(select(Subscription.next_due_at)).scalars().first() == local(2027, 1, 17, 10)


def test_one_day_has_one_list_even_when_the_rhythm_changes_on_it(store: Database, world: World) -> None:
    run(store)
    with store.write() as session:
        for row in session.execute(select(Subscription)).scalars():
            row.next_due_at = None
    assert run(store, DUE + timedelta(hours=3)) == Made()
    with store.read() as session:
        assert shards.due_ids(session, DUE + timedelta(hours=3)) == []


def test_whoever_has_nothing_that_fits_is_told_why_once(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim", place="El Jadida", causes=["sport"])
    assert run(store) == Made(queued=2, empty=1)
    [told] = lists_of(store, BRAHIM)
    assert "km" in told and "Soutien scolaire" in told
    assert run(store) == Made()
    with store.read() as session:
        states = session.execute(select(Digest.state).order_by(Digest.state)).scalars().all()
    assert states == ["empty", "queued", "queued"]
    assert run(store, DUE + timedelta(days=7)).empty == 1
    assert len(lists_of(store, BRAHIM)) == 1


def test_that_nothing_fits_is_news_again_once_the_offer_was_changed_or_a_list_was_sent(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim", place="El Jadida", causes=["sport"])
    run(store)
    with store.write() as session:
        row = session.get(Volunteer, person_id(session, BRAHIM))
        row.radius_km, row.changed_at = row.radius_km + 1, DUE + timedelta(days=1)
    run(store, DUE + timedelta(days=7))
    assert len(lists_of(store, BRAHIM)) == 2
    with store.write() as session:
        near = mission(session, session.get(Organisation, world.organisation_id), title="Tournoi", place="El Jadida", cause="sport").id
    run(store, DUE + timedelta(days=14))
    assert "Tournoi" in lists_of(store, BRAHIM)[-1]
    with store.write() as session:
        session.get(Mission, near).state = "cancelled"
    run(store, DUE + timedelta(days=21))
    run(store, DUE + timedelta(days=28))
    assert len(lists_of(store, BRAHIM)) == 4 and "Tournoi" not in lists_of(store, BRAHIM)[-1]


def test_without_a_mission_organisations_of_the_same_cause_are_a_list_too(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim", place="El Jadida", causes=["education"])
    assert run(store).queued == 3
    [text] = lists_of(store, BRAHIM)
    assert "Jossour" in text and "Soutien scolaire" not in text


def test_what_was_applied_to_is_proposed_no_more(store: Database, world: World) -> None:
    with store.write() as session:
        applications.apply(session, AMINA, world.mission_id, NOW)
    assert run(store) == Made(queued=1, empty=1)
    assert not any("Soutien scolaire" in text for text in lists_of(store, AMINA) + lists_of(store, OWNER))


def test_whoever_blocked_the_bot_gets_no_list_and_stands_on_none(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Person, person_id(session, AMINA)).blocked_at = NOW
    assert run(store) == Made(queued=0, empty=1)
    assert lists_of(store, AMINA) == []
    [told] = lists_of(store, OWNER)
    assert told == text("fr", "volunteers_none")


def test_whoever_stopped_the_lists_gets_none_and_still_stands_on_others(store: Database, world: World) -> None:
    with store.write() as session:
        subscriptions.end(session, AMINA, "no_time", NOW)
    assert run(store) == Made(queued=1)
    assert lists_of(store, AMINA) == []
    assert len(lists_of(store, OWNER)) == 1


def test_a_volunteer_who_pauses_gets_no_list_and_stands_on_none(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Volunteer, person_id(session, AMINA)).paused = True
    assert run(store) == Made(queued=0, empty=2)


@pytest.mark.parametrize("state", ["pending", "refused", "flagged", "withdrawn"])
def test_an_organisation_not_validated_gets_no_list_and_stands_on_none(store: Database, world: World, state: str) -> None:
    with store.write() as session:
        session.get(Organisation, world.organisation_id).state = state
    assert run(store) == Made(queued=0, empty=2)


def test_a_list_is_kept_so_that_its_numbers_mean_something(store: Database, world: World) -> None:
    with store.write() as session:
        first = session.get(Organisation, world.organisation_id)
        far = mission(session, first, title="Photos", place="Sidi Moumen", cause="sport").id
        session.get(Volunteer, person_id(session, AMINA)).radius_km = 30
    run(store)
    with store.read() as session:
        shown = session.get(LastList, AMINA)
        assert (shown.kind, shown.entries) == ("missions", (str(world.mission_id), str(far)))
        assert [mission_named(session, AMINA, number) for number in ("1", "2")] == [world.mission_id, far]
        assert session.get(LastList, OWNER).entries == (str(person_id(session, AMINA)),)


def test_what_was_recommended_is_kept_with_its_digest(store: Database, world: World) -> None:
    run(store)
    with store.read() as session:
        amina = person_id(session, AMINA)
        rows = session.execute(select(Recommendation).order_by(Recommendation.id)).scalars().all()
        assert {(row.shown_to, row.person_id, row.mission_id, row.position) for row in rows} == {
            ("volunteer", amina, world.mission_id, 1),
            ("organisation", amina, world.mission_id, 1),
        }
        assert {row.digest_id for row in rows} == set(session.execute(select(Digest.id)).scalars())
        assert all(row.points > 0 for row in rows)


@pytest.mark.parametrize("solicited", [True, False])
def test_only_a_list_that_was_asked_for_leaves_in_quiet_hours(store: Database, world: World, solicited: bool) -> None:
    run(store, solicited=solicited)
    assert {row.solicited for row in outbox_rows(store)} == {solicited}


class Dying(Database):
    """A database whose process ends while so many transactions that write are open."""

    def __init__(self, url: str, at: int) -> None:
        super().__init__(url)
        self._left = at

    @contextmanager
    def write(self) -> Iterator[Session]:
        self._left -= 1
        with super().write() as session:
            yield session
            if self._left == 0:
                raise SystemExit


@pytest.mark.parametrize("at", range(1, 6))
def test_a_run_killed_anywhere_is_finished_by_the_next(store: Database, world: World, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr(digests, "LISTS_AT_ONCE", 1)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    dying = Dying(store.url, at)
    with pytest.raises(SystemExit):
        digests.run(dying, DUE)
    dying.close()
    run(store)
    assert len(outbox_rows(store)) == len({row.chat_id for row in outbox_rows(store)}) == 3
    with store.read() as session:
        found = shards.progress(session)
    assert found is not None and found.states == {"done": 1} and found.made == Made(queued=3)


def test_workers_at_once_send_everybody_one_list(store: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_PEOPLE", 2)
    with store.write() as session:
        for number in range(6):
            volunteer(session, SALMA + number, f"V{number}")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: digests.run(store, DUE, worker=f"worker{number}"), range(3)))
    assert len(outbox_rows(store)) == len({row.chat_id for row in outbox_rows(store)}) == 8
    assert count(store, Digest) == 8


def test_a_broken_list_keeps_nobody_from_his_and_is_told(store: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one profile breaks is tried again and then noted as failed; the others have their lists at once."""
    with store.write() as session:
        brahim = volunteer(session, BRAHIM, "Brahim").person_id
    real = digests._draft

    def breaks(session: Session, subscription: Subscription, *rest: object) -> object:
        if subscription.person_id == brahim:
            raise RuntimeError("no luck")
        return real(session, subscription, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(digests, "_draft", breaks)
    monkeypatch.setattr(shards, "RETRY_SECONDS", 0)
    assert run(store) == Made(queued=2, broken=1)
    with store.read() as session:
        shard = session.execute(select(DigestShard)).scalar_one()
        assert (shard.state, shard.failures, shard.error) == ("failed", shards.MOST_FAILURES, "ListsBroken")
        assert session.execute(select(Digest.state).where(Digest.state != "queued")).scalars().all() == ["failed"]
    assert run(store) == Made()
    monkeypatch.setattr(digests, "_draft", real)
    assert run(store, DUE + timedelta(days=7)).queued == 3


def test_who_cannot_be_matched_keeps_nobody_from_his(store: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.write() as session:
        for number in range(5):
            volunteer(session, SALMA + number, f"V{number}")
        poison = session.execute(select(Subscription.id).where(Subscription.person_id == person_id(session, SALMA + 2))).scalar_one()
    real = workshop.prepare

    def breaks(session: Session, ids: Sequence[int], at: datetime) -> Workshop:
        if poison in ids:
            raise RuntimeError("no luck")
        return real(session, ids, at)

    monkeypatch.setattr(workshop, "prepare", breaks)
    monkeypatch.setattr(shards, "RETRY_SECONDS", 0)
    assert run(store) == Made(queued=6, broken=1)
    assert lists_of(store, SALMA + 2) == [] and len(lists_of(store, SALMA + 3)) == 1


def test_a_worker_that_lost_its_shard_writes_nothing(store: Database, world: World) -> None:
    with store.write() as session:
        shards.plan(session, DUE)
        first = shards.claim(session, "slow")
        assert first is not None
        session.execute(update(DigestShard).values(claimed_until=NOW))
    with store.write() as session:
        second = shards.claim(session, "fast")
    assert second is not None and second.token == first.token + 1
    with pytest.raises(shards.ClaimLost), store.write() as session:
        shards.keep(session, first, Made(queued=9))
    with store.write() as session:
        shards.keep(session, second, Made(queued=2))
        shards.finish(session, first, "Error")
        assert shards.progress(session).states == {"working": 1}  # type: ignore[union-attr]
        shards.finish(session, second)
        found = shards.progress(session)
    assert found is not None and found.states == {"done": 1} and found.made == Made(queued=2)


def test_a_shard_is_that_of_one_worker_until_its_claim_runs_out(store: Database, world: World) -> None:
    with store.write() as session:
        shards.plan(session, DUE)
        assert shards.claim(session, "one") is not None
        assert shards.claim(session, "other") is None
        # A worker of the same name is the same one, started anew.
        assert shards.claim(session, "one") is not None


def test_nobody_is_shown_the_same_list_twice_while_there_is_another(store: Database, world: World) -> None:
    with store.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        for number in range(9):
            mission(session, owner, title=f"M{number}")
    run(store)
    run(store, DUE + timedelta(days=7))
    with store.read() as session:
        amina = person_id(session, AMINA)
        rows = session.execute(select(Recommendation).where(Recommendation.shown_to == "volunteer")).scalars().all()
        by_digest: dict[int, set[int]] = {}
        for row in rows:
            assert row.person_id == amina
            by_digest.setdefault(row.digest_id, set()).add(row.mission_id)
    first, second = by_digest.values()
    assert len(first) == len(second) == 5 and first != second


def test_what_was_shown_has_its_price_and_policy(store: Database, world: World) -> None:
    run(store)
    with store.read() as session:
        row = session.execute(select(Recommendation).where(Recommendation.shown_to == "volunteer")).scalar_one()
    # Nobody had seen the mission: it gains what the unseen gain.
    assert (row.policy, row.price) == (fairness.POLICY, -fairness.UNSEEN_POINTS)


# ---- a last look


def leaving(store: Database) -> set[int]:
    with store.write() as session:
        rows = session.execute(select(OutboxMessage).where(OutboxMessage.kind == "digest")).scalars().all()
        return digests.take_back_stale(session, rows, DUE)


def test_a_list_that_is_true_leaves(store: Database, world: World) -> None:
    run(store)
    assert leaving(store) == set()


def full(session: Session, world: World) -> None:
    session.get(Mission, world.mission_id).capacity = 1
    volunteer(session, BRAHIM, "Brahim")
    subscriptions.end(session, BRAHIM, None, DUE)
    applications.apply(session, BRAHIM, world.mission_id, DUE)
    number = applications.of_person(session, BRAHIM)[0][0].id
    applications.answer(session, OWNER, number, True, DUE)


def closed(session: Session, world: World) -> None:
    session.get(Mission, world.mission_id).state = "cancelled"


def applied(session: Session, world: World) -> None:
    applications.apply(session, AMINA, world.mission_id, DUE)


@pytest.mark.parametrize("change", [full, closed, applied])
def test_a_list_whose_mission_is_gone_is_taken_back_and_made_anew(
    store: Database, world: World, change: Callable[[Session, World], None]
) -> None:
    with store.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        other = mission(session, owner, title="Bibliothèque").id
    run(store)
    with store.write() as session:
        change(session, world)
    taken_back = leaving(store)
    assert taken_back
    with store.read() as session:
        states = {row.id: (row.state, row.error) for row in session.execute(select(OutboxMessage)).scalars()}
    assert all(states[number] == ("failed", "taken back") for number in taken_back)
    assert run(store).queued == len(taken_back)
    with store.read() as session:
        anew = (
            session.execute(
                select(OutboxMessage)
                .where(OutboxMessage.chat_id == AMINA, OutboxMessage.kind == "digest")
                .order_by(OutboxMessage.id.desc())
            )
            .scalars()
            .first()
        )
        shown = set(session.execute(select(Recommendation.mission_id).where(Recommendation.shown_to == "volunteer")).scalars())
    assert "Bibliothèque" in anew.body["text"] and "Soutien scolaire" not in anew.body["text"]
    assert shown == {other}
    assert leaving(store) == set()


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ((20, 9), {20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8}),
        ((0, 6), {0, 1, 2, 3, 4, 5}),
        ((22, 23), {22}),
        (None, set()),
    ],
)
def test_quiet_hours_are_hours_of_legal_time(hours: tuple[int, int] | None, quiet: set[int]) -> None:
    for month, day in ((7, 24), (3, 1), (11, 24)):  # UTC+1; UTC during Ramadan; UTC for good
        found = {hour for hour in range(24) if digests.in_quiet_hours(local(2026, month, day, hour).astimezone(timezone.utc), hours)}
        assert found == quiet
