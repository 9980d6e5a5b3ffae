"""The table of jobs: each looks for what is due, one worker at a time, and time goes on through the changes of the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import pytest
from apscheduler.schedulers import base
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select, update

from bot import clock, metrics
from bot.messages import buttons, inbox, outbox
from bot.messages.outbox import DIGEST, REPLY, Draft
from bot.scheduler import jobs
from bot.scheduler.jobs import JOBS, Job
from bot.services import aid
from bot.services.aid import Wanted
from bot.services.backlog import LEASES
from bot.services.profiles import Speaker
from bot.settings import Settings, settings
from bot.store.engine import Database
from bot.store.models import Button, Effect, HelpCall, HelpRequest, InboxUpdate, Lease, OutboxMessage
from bot.telegram import sender
from tests.worlds import count, outbox_rows, small_world, utc, volunteer

START = "2026-12-01T10:00:00"
"""When the lists of the small world are due."""


@pytest.fixture(autouse=True)
def _clock_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.delenv("CLOCK_START", raising=False)
    clock.start()


def stand_at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setenv("CLOCK_START", instant)
    clock.start()


def worker(name: str, **changes: object) -> Settings:
    return replace(settings(), worker_name=name, **changes)  # type: ignore[arg-type]


class Work:
    """A job that counts who did it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.by: list[str] = []
        self.error = error

    def __call__(self, _database: Database, found: Settings) -> None:
        self.by.append(found.worker_name)
        if self.error:
            raise self.error


def tick(store: Database, job: Job, name: str) -> None:
    jobs._leased(job, store, worker(name))


def test_every_job_has_a_name_and_a_rhythm_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert {"digests", "aid", "housekeeping"} <= {job.name for job in JOBS}
    assert all(job.every_seconds > 0 for job in JOBS)


def test_health_looks_at_the_leases_that_a_worker_takes() -> None:
    name, seconds = LEASES["scheduler"]
    [job] = [job for job in JOBS if f"job:{job.name}" == name]
    assert job.alone and job.every_seconds * 2 == seconds
    assert LEASES["sender"] == (sender.LEASE, sender.LEASE_SECONDS)


@pytest.mark.parametrize(("error", "outcome"), [(None, "done"), (RuntimeError("no luck"), "failed")])
def test_runs_are_counted_by_outcome(database: Database, error: Exception | None, outcome: str) -> None:
    def counted(name: str) -> float:
        return metrics.REGISTRY.get_sample_value("tadamon_jobs_total", {"job": "counted", "outcome": name}) or 0.0

    before = counted(outcome)
    job = Job("counted", 30, Work(error))
    tick(database, job, "first")
    tick(database, job, "second")
    assert counted(outcome) - before == 1, "who has not the lease runs nothing"


def test_two_workers_do_a_job_once(store: Database) -> None:
    work = Work()
    job = Job("count", 30, work)
    for name in ("first", "second", "second"):
        tick(store, job, name)
    assert work.by == ["first"]
    tick(store, job, "first")
    assert work.by == ["first", "first"]


def test_each_job_is_leased_for_itself(database: Database) -> None:
    one, other = Work(), Work()
    tick(database, Job("one", 30, one), "first")
    tick(database, Job("other", 30, other), "second")
    assert (one.by, other.by) == (["first"], ["second"])


def test_another_worker_takes_over_when_the_lease_of_a_dead_one_ran_out(store: Database) -> None:
    work = Work()
    job = Job("count", 30, work)
    tick(store, job, "dead")
    with store.write() as session:
        assert session.execute(select(Lease.expires_at)).scalar_one() > clock.real_now() + timedelta(seconds=30)
        session.execute(update(Lease).values(expires_at=clock.real_now() - timedelta(seconds=1)))
    tick(store, job, "other")
    assert work.by == ["dead", "other"]


def test_a_job_that_fails_does_not_end_the_scheduler_and_is_tried_again(database: Database) -> None:
    work = Work(RuntimeError("no luck"))
    for _ in range(2):
        tick(database, Job("count", 30, work), "first")
    assert work.by == ["first", "first"]


def send_digests(store: Database, settings: Settings) -> None:
    jobs.plan_digests(store, settings)
    jobs.make_digests(store, settings)


def test_workers_side_by_side_send_every_list_once(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    small_world(store)
    stand_at(monkeypatch, START)
    for name in ("first", "second", "first"):
        send_digests(store, worker(name, quiet_hours=None))
    rows = outbox_rows(store)
    assert len(rows) == len({row.chat_id for row in rows}) == 2
    assert not any(row.solicited for row in rows)


@pytest.mark.parametrize(
    ("start", "sent"), [(START, 2), ("2026-12-01T20:30:00", 0), ("2026-12-02T08:30:00", 0), ("2026-12-02T09:00:00", 2)]
)
def test_lists_are_made_by_the_business_clock_outside_quiet_hours(
    database: Database, monkeypatch: pytest.MonkeyPatch, start: str, sent: int
) -> None:
    small_world(database)
    stand_at(monkeypatch, start)
    send_digests(database, worker("first", quiet_hours=(20, 9)))
    assert len(outbox_rows(database)) == sent


def wanted_help(store: Database, at: str, count: int = 5) -> None:
    """A request for help, and so many people near it."""
    with store.write() as session:
        for number in range(count):
            volunteer(session, 711 + number, f"V{number}")
        asked_at = clock.parse_instant(at)
        aid.ask(session, Speaker(701, "Halima", "fr"), Wanted("des courses", "Aïn-Chock", "now"), asked_at, None)


def test_waves_leave_by_the_business_clock_outside_quiet_hours(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_help(store, "2026-12-01T19:55:00")
    for instant, asked in [("2026-12-01T19:58:00", 3), ("2026-12-01T20:06:00", 3), ("2026-12-02T09:00:30", 5), ("2026-12-02T09:01:00", 5)]:
        stand_at(monkeypatch, instant)
        jobs.go_on_with_aid(store, worker("first", quiet_hours=(20, 9)))
        assert count(store, HelpCall) == asked, instant


def test_housekeeping_forgets_the_words_of_old_requests(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_help(store, "2026-12-01T10:00:00", count=0)
    for instant, need in [("2026-12-31T09:59:00", "des courses"), ("2026-12-31T10:01:00", "")]:
        stand_at(monkeypatch, instant)
        jobs.keep_house(store, worker("first"))
        with store.read() as session:
            assert session.execute(select(HelpRequest.need)).scalar_one() == need


@pytest.fixture
def scheduler(database: Database) -> Iterator[BackgroundScheduler]:
    running = jobs.start(database, worker("first"))
    yield running
    running.shutdown()


def test_the_scheduler_runs_every_job_of_the_table_at_once(scheduler: BackgroundScheduler, database: Database) -> None:
    leased = {f"job:{job.name}" for job in JOBS if job.alone}
    wait_for(lambda: count(database, Lease) == len(leased))
    with database.read() as session:
        assert set(session.execute(select(Lease.name)).scalars()) == leased
    assert {job.id for job in scheduler.get_jobs()} == {job.name for job in JOBS}


@pytest.mark.parametrize(
    "before",
    [
        utc(2026, 2, 15, 1, 0),
        utc(2026, 2, 15, 1, 59, 45),
        utc(2026, 3, 22, 1, 59, 45),
        utc(2026, 9, 20, 0, 0),
        utc(2026, 9, 20, 0, 59, 45),
    ],
)
@pytest.mark.parametrize("zone", ["utc", "legal"])
def test_jobs_go_on_through_the_changes_of_the_clock(scheduler: BackgroundScheduler, before: datetime, zone: str) -> None:
    """On 15 February 2026 at three it was two again, on 22 March at two three, on 20 September at two one; whatever zone the last run was
    noted in."""
    for job in JOBS:
        trigger = scheduler.get_job(job.name).trigger
        moment = before if zone == "utc" else before.astimezone(clock.CASABLANCA)
        previous = moment.timestamp()
        until = previous + max(3 * 3600, 3 * job.every_seconds)
        while previous < until:
            moment = trigger.get_next_fire_time(moment, moment)
            assert 0 < moment.timestamp() - previous <= 3600 + job.every_seconds
            previous = moment.timestamp()


def test_jobs_never_pause_as_the_scheduler_runs_them(scheduler: BackgroundScheduler) -> None:
    """From run to run as noted by the scheduler itself, over the night on which an hour comes twice."""
    for job in JOBS:
        found = scheduler.get_job(job.name)
        zone = found.next_run_time.tzinfo
        moment = utc(2026, 9, 20, 0, 0).astimezone(zone)
        for _ in range(3 * 3600 // job.every_seconds):
            following = found.trigger.get_next_fire_time(moment, moment)
            assert following.timestamp() - moment.timestamp() == job.every_seconds
            moment = following


class Standing:
    """A clock that stands still until it is moved, for us and for APScheduler."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
        self.instant = instant
        standing = self

        class Fake(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return standing.instant.astimezone(tz)

        monkeypatch.setattr(base, "datetime", Fake)
        monkeypatch.setattr(clock, "real_now", lambda: self.instant)


@pytest.mark.parametrize("night", [utc(2026, 2, 15, 0, 5), utc(2026, 3, 22, 0, 5), utc(2026, 9, 19, 23, 5)])
def test_a_scheduler_gets_past_the_night_of_the_change(database: Database, monkeypatch: pytest.MonkeyPatch, night: datetime) -> None:
    """By legal time APScheduler 3.9 would spin on the hour that comes twice, and sleep an hour too long where one is missing."""
    work, every = Work(), timedelta(minutes=20)
    standing = Standing(monkeypatch, night)
    monkeypatch.setattr(jobs, "JOBS", (Job("count", int(every.total_seconds()), work),))
    running = jobs.start(database, worker("first"))
    try:
        for runs in range(1, 15):  # over four hours
            wait_seconds = running._process_jobs()
            # Done and seen to be done: a run that still counts as running would hold up the next.
            wait_for(lambda runs=runs: len(work.by) >= runs and not any(running._executors["default"]._instances.values()))  # type: ignore[misc]
            assert len(work.by) == runs
            assert 0 < wait_seconds <= every.total_seconds()
            standing.instant += every
    finally:
        running.shutdown()


def wait_for(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.01)


OLD = timedelta(days=jobs.KEEP_TEXTS_DAYS, hours=1)


def test_housekeeping_forgets_old_buttons_and_effects(store: Database) -> None:
    now = clock.real_now()
    with store.write() as session:
        buttons.issue(session, 10, "/old", clock.now() - timedelta(days=buttons.LIFETIME_DAYS, hours=1))
        fresh = buttons.issue(session, 10, "/new", clock.now())
        for update_id, age in ((1, timedelta(days=jobs.KEEP_EFFECTS_DAYS, hours=1)), (2, timedelta(days=1))):
            session.add(Effect(update_id=update_id, action="a", outcome={}, created_at=now - age))
    jobs.keep_house(store, worker("first"))
    with store.read() as session:
        assert session.execute(select(Button.token)).scalars().all() == [fresh]
        assert session.execute(select(Effect.update_id)).scalars().all() == [2]


def test_housekeeping_forgets_old_updates_that_are_finished_alone(store: Database) -> None:
    now = clock.real_now()
    with store.write() as session:
        inbox.store(session, [(number, 10, {}) for number in range(1, 6)], now - OLD)
        for number, state in ((1, "done"), (2, "refused"), (3, "failed")):
            inbox.finish(session, number, state)
        session.execute(update(InboxUpdate).where(InboxUpdate.update_id == 5).values(state="working"))
        inbox.store(session, [(6, 10, {})], now)
        inbox.finish(session, 6, "done")
    jobs.keep_house(store, worker("first"))
    with store.read() as session:
        assert session.execute(select(InboxUpdate.update_id).order_by(InboxUpdate.update_id)).scalars().all() == [4, 5, 6]


@pytest.mark.parametrize("state", ["sent", "failed", "unknown"])
def test_housekeeping_empties_old_messages_in_their_final_state(store: Database, state: str) -> None:
    now = clock.now()
    with store.write() as session:
        outbox.queue(session, 10, REPLY, "update:1", [Draft("old"), Draft("waiting")], now - OLD)
        outbox.queue(session, 10, DIGEST, "digest:1", [Draft("fresh list")], now - timedelta(days=1))
        done = (OutboxMessage.position == 0) | (OutboxMessage.kind == DIGEST)
        session.execute(update(OutboxMessage).where(done).values(state=state))
    jobs.keep_house(store, worker("first"))
    assert [(row.state, row.body.get("text")) for row in outbox_rows(store)] == [
        (state, None),
        # What could not be delivered for a month has its final state now.
        ("failed", None),
        (state, "fresh list"),
    ]
