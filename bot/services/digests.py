"""The periodic lists: who is due, what goes in, once and only once.

A run is cut into shards (bot.services.shards). The lists of a shard are matched together, then written a few at a time; each has a row
under (subscription, day), so that a shard which is worked on again makes only what is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import lists, recommendations, shards, states, workshop
from bot.services.shards import Claim, ClaimLost, Made
from bot.services.subscriptions import next_due
from bot.services.workshop import Workshop
from bot.store.engine import DATABASE_GONE, Database
from bot.store.models import (
    Application,
    Digest,
    DigestShard,
    Mission,
    Organisation,
    OutboxMessage,
    Recommendation,
    Subscription,
    Volunteer,
)
from bot.texts import text

log = structlog.get_logger("digests")

LISTS_AT_ONCE = 10
"""Written in one transaction: each waits for the disk once."""
LONGEST_REST_SECONDS = 0.1
WAIT_SECONDS = 0.2
ORIGIN = "digest:"


def in_quiet_hours(at: datetime, quiet_hours: tuple[int, int] | None) -> bool:
    """Whether an instant lies in the quiet hours (from, to: hours of legal time, over midnight where from > to)."""
    if quiet_hours is None:
        return False
    start, end = quiet_hours
    hour = at.astimezone(CASABLANCA).hour
    return start <= hour or hour < end if start > end else start <= hour < end


def run(
    database: Database, at: datetime, solicited: bool = False, worker: str = "run", watch: Callable[[shards.Progress], None] | None = None
) -> Made:
    """One digest run as at an instant: every due subscription gets its list. Other workers may take shards of it meanwhile.

    A run that was left unfinished is ended first.

    Killed in the middle, it is run again: what was queued is not due any more. After a long downtime a subscription gets one
    list, not one for each it missed.

    Args:
        solicited: marks lists that an operator asked for, which quiet hours do not hold back.
        worker: the name under which shards are taken.
        watch: is told how far the run is, after each shard.
    """
    while True:
        with database.write() as session:
            left_over = shards.unfinished(session)
            run_id = left_over or shards.plan(session, at, solicited)
        if run_id is None:
            return Made()
        made = _see_through(database, run_id, worker, watch)
        if left_over is None:
            return made


def _see_through(database: Database, run_id: int, worker: str, watch: Callable[[shards.Progress], None] | None) -> Made:
    """Work on shards until a run is over, whoever makes them."""
    while True:
        worked = work_next(database, worker)
        with database.read() as session:
            found = shards.progress(session, run_id)
        if found is None or not found.still_open:
            return found.made if found else Made()
        if worked and watch:
            watch(found)
        if not worked:
            time.sleep(WAIT_SECONDS)


def is_work(database: Database, worker: str) -> bool:
    """Whether there is a shard that a worker may take: a look that locks nothing."""
    with database.read() as session:
        return session.execute(select(DigestShard.id).where(shards.claimable(worker)).limit(1)).first() is not None


def work_next(database: Database, worker: str, shard_id: int | None = None) -> bool:
    """Take a shard (the next, or a certain one) and make its lists; False where there was none to be taken.

    An error ends the shard for now: it is told in the log and in ``doctor``, and tried again.
    """
    with database.write() as session:
        held = shards.claim(session, worker, shard_id)
    if held is None:
        return False
    error: str | None = None
    try:
        broken = _make(database, held)
        error = "ListsBroken" if broken else None
    except ClaimLost:
        log.warning("shard lost", shard=held.shard_id)
        return True
    except DATABASE_GONE:
        raise  # nothing can be noted; the claim runs out by itself
    except Exception as failure:
        error = type(failure).__name__
        log.error("shard failed", shard=held.shard_id, failures=held.failures + 1, error=error, exc_info=True)
    with database.write() as session:
        shards.finish(session, held, error)
    return True


def _make(database: Database, held: Claim) -> int:
    """Make the lists of a shard; returns how many could not be made."""
    with database.read() as session:
        ids = shards.due_ids(session, held.at, held)
    # Matched in portions: what is shown to the first has its price for the next.
    return sum(_make_portion(database, held, portion) for portion in _portions(ids, shards.SHARD_PEOPLE))


def _make_portion(database: Database, held: Claim, ids: Sequence[int]) -> int:
    """Match some people together and write their lists; where that fails, in halves, so that one keeps nobody else from his."""
    try:
        with database.read() as session:
            made_from = workshop.prepare(session, ids, held.at)
    except DATABASE_GONE:
        raise
    except Exception:
        if len(ids) > 1:
            middle = len(ids) // 2
            return _make_portion(database, held, ids[:middle]) + _make_portion(database, held, ids[middle:])
        return _broken(database, held, ids[0])
    broken = 0
    for few in _portions(ids, LISTS_AT_ONCE):
        began = time.monotonic()
        broken += _write_few(database, held, made_from, few)
        # Others write too, and on SQLite one at a time.
        time.sleep(min(time.monotonic() - began, LONGEST_REST_SECONDS))
    return broken


def _portions(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _write_few(database: Database, held: Claim, made_from: Workshop, ids: Sequence[int]) -> int:
    """Write some lists in one transaction; where that fails, one by one, so that a broken one keeps nobody else from his."""
    try:
        made = Made()
        with database.write() as session:
            for subscription_id in ids:
                _one(session, subscription_id, made_from, held, made)
            shards.keep(session, held, made)
        return 0
    except (ClaimLost, *DATABASE_GONE):
        raise
    except Exception:
        if len(ids) > 1:
            return sum(_write_few(database, held, made_from, [one]) for one in ids)
        return _broken(database, held, ids[0])


def _broken(database: Database, held: Claim, subscription_id: int) -> int:
    """Tell of a list that could not be made (called where the error is in hand); at the last attempt it is noted as failed."""
    log.error("list broken", subscription=subscription_id, exc_info=True)
    with database.write() as session:
        if held.is_last_attempt:
            _give_up(session, subscription_id, held.at)
        shards.keep(session, held, Made(broken=1 if held.is_last_attempt else 0))
    return 1


def _due(session: Session, subscription_id: int, at: datetime) -> Subscription | None:
    """A subscription that is still due, locked: another worker may have been faster, or the person have stopped his lists meanwhile."""
    query = select(Subscription).where(Subscription.id == subscription_id).with_for_update()
    subscription: Subscription | None = session.execute(query).scalar_one_or_none()
    if subscription is None or subscription.ended_at is not None:
        return None
    return None if subscription.next_due_at is not None and subscription.next_due_at > at else subscription


def _new_digest(session: Session, subscription: Subscription, state: str, at: datetime) -> Digest | None:
    """The row of today's list, and the next one's time; None where today's was made."""
    period = at.astimezone(CASABLANCA).date().isoformat()
    known = session.execute(select(Digest.id).where(Digest.subscription_id == subscription.id, Digest.period == period)).first()
    subscription.next_due_at = next_due(subscription.frequency, at)
    if known:
        return None
    digest = Digest(subscription_id=subscription.id, period=period, state=state, created_at=at)
    session.add(digest)
    session.flush()
    return digest


def _give_up(session: Session, subscription_id: int, at: datetime) -> None:
    subscription = _due(session, subscription_id, at)
    if subscription is not None:
        _new_digest(session, subscription, "failed", at)


def _one(session: Session, subscription_id: int, made_from: Workshop, held: Claim, made: Made) -> None:
    subscription = _due(session, subscription_id, held.at)
    digest = _new_digest(session, subscription, "queued", held.at) if subscription is not None else None
    if subscription is None or digest is None:
        return
    draft = _draft(session, subscription, digest, made_from, held.at)
    made.empty += digest.state == "empty"
    made.queued += digest.state == "queued"
    if draft is None:
        return
    person = subscription.person
    body = replace(draft, choices=[*draft.choices, Choice(text(person.register, "button_rhythm"), "/subscribe")], solicited=held.solicited)
    outbox.queue(session, person.chat_id, outbox.DIGEST, f"{ORIGIN}{digest.id}", [body], held.at)


def _draft(session: Session, subscription: Subscription, digest: Digest, made_from: Workshop, at: datetime) -> Draft | None:
    """The list; where nothing fits, once, why and what would change it; None where there is nothing to say."""
    is_organisation = subscription.organisation_id is not None
    draft = (
        _for_organisation(session, subscription, digest, at)
        if is_organisation
        else _for_volunteer(session, subscription, digest, made_from, at)
    )
    if draft is not None:
        subscription.told_nothing_at = None
        return draft
    digest.state = "empty"
    if not _may_say_nothing(session, subscription, made_from):
        return None
    subscription.told_nothing_at = at
    register = subscription.person.register
    if is_organisation:
        return Draft(text(register, "volunteers_none"), [Choice(text(register, "button_publish"), "/publish_initiative")])
    return lists.nothing_found(session, made_from.profiles[subscription.person_id], register, at)


def _may_say_nothing(session: Session, subscription: Subscription, made_from: Workshop) -> bool:
    """Whether "nothing fits" is news: not said since the last list, or since the offer was changed."""
    if subscription.organisation_id is not None:
        organisation = session.get(Organisation, subscription.organisation_id)
        return organisation is not None and organisation.state == "validated" and subscription.told_nothing_at is None
    profile = made_from.profiles.get(subscription.person_id)
    if profile is None or profile.paused:
        return False
    changed_at = session.get(Volunteer, subscription.person_id).changed_at
    return subscription.told_nothing_at is None or changed_at > subscription.told_nothing_at


def _for_volunteer(session: Session, subscription: Subscription, digest: Digest, made_from: Workshop, at: datetime) -> Draft | None:
    person, profile = subscription.person, made_from.profiles.get(subscription.person_id)
    if profile is None or profile.paused:
        return None
    selection = made_from.selections.get(person.id)
    hidden = {match.mission.organisation_id for match in selection.matches} if selection else set()
    organisations = recommendations.best_organisations(made_from.organisations, profile, hidden)
    if selection is None or not selection.matches:
        return Draft(lists.organisations_only(organisations, person.register)) if organisations else None
    headline = text(person.register, "digest_missions", count=len(selection.matches))
    draft = lists.mission_list(selection, organisations, made_from.backdrop, person.register, headline)
    recommendations.remember_list(session, person.chat_id, "missions", selection.ids, at)
    recommendations.remember_matches(session, selection, "volunteer", digest.id, at)
    return replace(draft, choices=[*draft.choices, *lists.pages(selection, person.register, lambda _: lists.NEXT_PAGE)])


def _for_organisation(session: Session, subscription: Subscription, digest: Digest, at: datetime) -> Draft | None:
    person, organisation = subscription.person, session.get(Organisation, subscription.organisation_id)
    if organisation is None or organisation.state != "validated":
        return None
    return lists.volunteers(session, person.chat_id, organisation.id, person.register, "digest_volunteers", at, digest.id)


# ---- a last look before a list leaves


def take_back_stale(session: Session, rows: Sequence[OutboxMessage], at: datetime) -> set[int]:
    """Of lists that are about to leave, take back those that hold what is gone by now, and let them be made anew.

    Gone: a mission that is closed, full or past, or to which the person has applied; a volunteer who paused. Returns the ids of the
    messages taken back. One query where none is stale.
    """
    # Of a list in several parts the first decides: once it has left, the rest follows.
    first_parts = [row for row in rows if row.position == 0 and row.origin.startswith(ORIGIN)]
    by_digest = {int(number): row for row in first_parts if (number := row.origin.removeprefix(ORIGIN)).isdecimal()}
    if not by_digest:
        return set()
    accepted = select(func.count()).where(Application.mission_id == Mission.id, Application.state.in_(states.HOLDS_PLACE))
    taken = accepted.correlate(Mission).scalar_subquery()
    applied = exists().where(Application.mission_id == Recommendation.mission_id, Application.person_id == Recommendation.person_id)
    query = (
        select(Recommendation.digest_id)
        .join(Mission, Mission.id == Recommendation.mission_id)
        .join(Volunteer, Volunteer.person_id == Recommendation.person_id)
        .where(
            Recommendation.digest_id.in_(by_digest),
            or_(
                Mission.state != "published",
                Mission.ends_on < at.astimezone(CASABLANCA).date(),
                taken >= Mission.capacity,
                Volunteer.paused,
                applied,
            ),
        )
        .distinct()
    )
    stale = set(session.execute(query).scalars())
    for digest_id in stale:
        row, digest = by_digest[digest_id], session.get(Digest, digest_id)
        row.state, row.error = "failed", outbox.TAKEN_BACK
        # The day is free again for another list; what the stale one showed nobody saw.
        digest.state, digest.period = "stale", f"stale:{digest_id}"
        session.get(Subscription, digest.subscription_id).next_due_at = at
        session.execute(delete(Recommendation).where(Recommendation.digest_id == digest_id).execution_options(synchronize_session=False))
    return {by_digest[digest_id].id for digest_id in stale}
