"""Requests for help as time goes on: the next wave, "did it arrive?", and the end of what nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.messages.outbox import Choice, Draft
from bot.services.aid_steps import AGAIN, PATIENCE, ask_whether_it_arrived, close, is_waiting, remind, reopen, tell
from bot.services.waves import start_wave, waking
from bot.store.models import HelpRequest, Person
from bot.texts import text

FORGET_NEED_DAYS = 30
WRITE = Callable[[], AbstractContextManager[Session]]


@dataclass
class Run:
    """What a run did: people asked to help, askers told, requests ended."""

    asked: int = 0
    told: int = 0
    closed: int = 0


def due(session: Session, at: datetime) -> list[int]:
    """The ids of the requests for which something is to be done."""
    query = select(HelpRequest.id).where(HelpRequest.state.in_(("searching", "helper_found")), HelpRequest.next_step_at <= at)
    return list(session.execute(query.order_by(HelpRequest.next_step_at, HelpRequest.id)).scalars())


def run(write: WRITE, at: datetime, quiet_hours: tuple[int, int] | None) -> Run:
    """Do what is due as at an instant, each request in a transaction of its own; in the quiet hours it is put off until they end."""
    done = Run()
    with write() as session:
        ids = due(session, at)
    for request_id in ids:
        with write() as session:
            request = session.execute(select(HelpRequest).where(HelpRequest.id == request_id).with_for_update()).scalar_one_or_none()
            # Read again under the lock: another worker may have been faster, or the person have ended it meanwhile.
            if request is None or request.state == "closed" or request.next_step_at is None or request.next_step_at > at:
                continue
            awake = waking(at, quiet_hours)
            if awake > at:
                request.next_step_at = awake
            else:
                _step(session, request, at, done)
    return done


def _step(session: Session, request: HelpRequest, at: datetime, done: Run) -> None:
    if session.get(Person, request.person_id).blocked_at is not None:
        close(session, request, "irrelevant", at)
        done.closed += 1
        return
    if request.state == "helper_found" and request.helper_id is None:
        reopen(session, request, at)  # whoever helped had himself erased
    if request.state == "searching" and request.reminded_at is None:
        if asked := start_wave(session, request, at):
            done.asked += asked
        elif is_waiting(session, request):
            remind(session, request, "aid_nobody_left", at, PATIENCE[request.urgency])
            done.told += 1
        else:
            _give_up(session, request, "failed", "aid_nobody", at, done)
    elif request.state == "searching":
        _give_up(session, request, "failed", "aid_gave_up", at, done)
    elif request.reminded_at is None:
        ask_whether_it_arrived(session, request, at)
        done.told += 1
    else:
        # Nobody has said that it failed, and nobody that it arrived.
        _give_up(session, request, "irrelevant", "aid_closed_unasked", at, done)


def _give_up(session: Session, request: HelpRequest, outcome: str, key: str, at: datetime, done: Run) -> None:
    """End a request that ends by itself, and say so."""
    asker, need = session.get(Person, request.person_id), request.need
    close(session, request, outcome, at)
    choices = [
        Choice(text(asker.register, "button_aid_again"), AGAIN),
        Choice(text(asker.register, "button_search"), "/search_missions"),
    ]
    tell(session, asker, f"{key}:{request.id}", Draft(text(asker.register, key, need=need), choices), at)
    done.told += 1
    done.closed += 1


def forget_old(session: Session, at: datetime) -> int:
    """Forget the words of requests that were closed long ago; returns of how many."""
    forgotten: int = session.execute(
        update(HelpRequest)
        .where(HelpRequest.state == "closed", HelpRequest.need != "", HelpRequest.closed_at < at - timedelta(days=FORGET_NEED_DAYS))
        .values(need="")
        .execution_options(synchronize_session=False)
    ).rowcount
    return forgotten
