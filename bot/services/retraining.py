"""A better model from the console: the record of a run, and what its figures say. bot.retrain does the work, in a process of its own.

queued ─► exporting ─► training ─► evaluating ─► done ─► promoting ─► promoted ─► rolling_back ─► rolled_back
                                                  ▲ failed from anywhere before; from promoting back to done

A run that only exports is done after that, without a model.

One run is open at a time: the database keeps it so. Whoever works on it holds a lease; a run whose worker was killed is taken up once,
then it has failed. Whatever happens, the model that runs stays until somebody promotes another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.messages import leases
from bot.store.models import Lease, TrainingRun

LEASE, LEASE_SECONDS = "training", 60
QUEUED, EXPORTING, TRAINING, EVALUATING, DONE, FAILED = "queued", "exporting", "training", "evaluating", "done", "failed"
PROMOTING, PROMOTED, ROLLING_BACK, ROLLED_BACK = "promoting", "promoted", "rolling_back", "rolled_back"
PROGRESS = {QUEUED: 0, EXPORTING: 2, TRAINING: 5, EVALUATING: 70, DONE: 100}
ERRORS = ("export", "training", "evaluating", "killed", "gone", "refused", "not_running")
"""Why a run failed: the files could not be written, the model not be trained or not be measured, its worker was killed twice; or why it was
not promoted or rolled back: the model's file is gone, Rasa does not take it, or another model runs by now than the one that it was compared
with or took the place of."""
EXPORT = "export"
_ONLY = "only"
"""In the report of a run, where it makes no model: what it does."""
TAKEN_UP = 1
"""So often a run whose worker was killed is begun again."""
BETTER, SAME, WORSE = "better", "same", "worse"
NOTICEABLE, NOTICEABLE_IN_ONE = 0.003, 0.02
"""Differences of macro-F1 that count, over all sentences and within a register."""
LISTED = 100
"""Sentences of a report, of those that got better and of those that broke."""


# ---- what staff ask for


def start(session: Session, account_id: int | None, at: datetime) -> int | None:
    """Ask for a new model; returns the run's number. None: one is on its way already."""
    return _start(session, account_id, at)


def start_export(session: Session, account_id: int | None, at: datetime) -> int | None:
    """Ask that the examples be written into the project's files, and no more; returns the run's number. None: one is on its way already.

    Such a run is done without a model: there is nothing to promote.
    """
    return _start(session, account_id, at, report={_ONLY: EXPORT})


def is_export(run: TrainingRun) -> bool:
    """Whether a run writes examples and makes no model; its report has no verdict, only "examples"."""
    return (run.report or {}).get(_ONLY) == EXPORT


def _start(session: Session, account_id: int | None, at: datetime, **more: Any) -> int | None:
    run = TrainingRun(state=QUEUED, is_open=True, progress=0, started_by=account_id, created_at=at, **more)
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError:
        return None
    return int(run.id)


def ask_promotion(session: Session, run_id: int, anyway: bool = False) -> str:
    """Ask that a run's model take over. Returns asked, busy (another run is open), unready, or worse (say ``anyway`` to have it so).

    Where another model runs by now than it was compared with, the run is done again, with the error not_running.
    """
    run = session.get(TrainingRun, run_id)
    if run is None or run.state not in (DONE, ROLLED_BACK) or run.model_sha is None:
        return "unready"
    if not anyway and (run.report or {}).get("verdict") == WORSE:
        return "worse"
    return _reopen(session, run_id, (DONE, ROLLED_BACK), PROMOTING)


def ask_rollback(session: Session, run_id: int) -> str:
    """Ask for the model before. Returns asked, busy or unready (this run's model was not promoted)."""
    run = session.get(TrainingRun, run_id)
    return "unready" if run is None or run.state != PROMOTED else _reopen(session, run_id, (PROMOTED,), ROLLING_BACK)


def _reopen(session: Session, run_id: int, states: Sequence[str], state: str) -> str:
    asked = update(TrainingRun).where(TrainingRun.id == run_id, TrainingRun.state.in_(states), TrainingRun.is_open.is_(None))
    try:
        with session.begin_nested():
            asked_for: int = session.execute(
                asked.values(state=state, is_open=True, error=None).execution_options(synchronize_session=False)
            ).rowcount
    except IntegrityError:
        return "busy"
    session.expire_all()
    return "asked" if asked_for else "busy"


def runs(session: Session, limit: int = 20) -> list[TrainingRun]:
    """The last runs, the newest first."""
    return list(session.execute(select(TrainingRun).order_by(TrainingRun.id.desc()).limit(limit)).scalars())


# ---- what a worker does


def waiting(session: Session) -> int | None:
    """A run that somebody has to work on; None: there is none, or somebody does."""
    run_id = session.execute(select(TrainingRun.id).where(TrainingRun.is_open.is_(True))).scalar_one_or_none()
    if run_id is None:
        return None
    held = select(Lease.name).where(Lease.name == LEASE, Lease.expires_at >= clock.real_now())
    return None if session.execute(held).first() else int(run_id)


def take(session: Session, run_id: int, holder: str) -> TrainingRun | None:
    """Take a run in hand; None where somebody else has it, or it is over. One that was cut off before is told failed the second time."""
    if not leases.acquire(session, LEASE, holder, LEASE_SECONDS):
        return None
    query = select(TrainingRun).where(TrainingRun.id == run_id, TrainingRun.is_open.is_(True)).with_for_update()
    run: TrainingRun | None = session.execute(query).scalar_one_or_none()
    if run is None:
        leases.release(session, LEASE, holder)
        return None
    if run.state in (EXPORTING, TRAINING, EVALUATING):
        attempts = (run.report or {}).get("attempts", 0)
        if attempts >= TAKEN_UP:
            close(session, run, FAILED, clock.now(), error="killed")
            leases.release(session, LEASE, holder)
            return None
        run.report = {**(run.report or {}), "attempts": attempts + 1}
        run.state, run.progress = QUEUED, 0
    return run


def beat(session: Session, holder: str) -> bool:
    """Say that a run is still worked on; False where somebody else has it by now."""
    return leases.acquire(session, LEASE, holder, LEASE_SECONDS)


def advance(session: Session, run_id: int, state: str, progress: int | None = None) -> None:
    """Note how far a run is."""
    run = session.get(TrainingRun, run_id)
    run.state = state
    run.progress = PROGRESS.get(state, run.progress) if progress is None else progress


def close(session: Session, run: TrainingRun, state: str, at: datetime, error: str | None = None) -> None:
    """A run is over, or rests until it is promoted."""
    run.state, run.is_open, run.error, run.finished_at = state, None, error, at
    run.progress = 100 if state != FAILED else run.progress


# ---- side by side


def report_of(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What a comparison of two models says (nlu.evaluation.compare): the running one first, then the candidate.

    {"verdict": better | same | worse, "count", "all" | "registers": {register} | "intents": {intent}: {"running", "candidate", "count"}
    (macro-F1, per intent F1), "entities" (F1 of values), "accuracy": the same,
    "better" and "broken": [{"text", "register", "label", "running", "candidate"}], with their whole numbers in "better_count" …}.
    bot.retrain adds "examples" (numbers of the export), "against" (SHA-256 of the running model) and "rasa" (told | away).
    """
    sentences = measured["sentences"]
    running, candidate = measured["models"]
    old, new = running["figures"], candidate["figures"]
    changed: dict[str, list[dict[str, str]]] = {"better": [], "broken": []}
    for sentence, before, after in zip(sentences, running["heard"], candidate["heard"], strict=True):
        was, is_now = before["label"] == sentence["label"], after["label"] == sentence["label"]
        if was != is_now:
            changed["better" if is_now else "broken"].append({**sentence, "running": before["label"], "candidate": after["label"]})
    counts: dict[str, int] = {}
    for sentence in sentences:
        counts[sentence["label"]] = counts.get(sentence["label"], 0) + 1
    registers = {
        name: _pair(old["intents"][name]["macro_f1"], new["intents"][name]["macro_f1"], old["intents"][name]["count"])
        for name in old["intents"]
    }
    intents = {
        name: _pair(old["f1_by_label"][name], new["f1_by_label"].get(name, 0.0), counts.get(name, 0)) for name in sorted(old["f1_by_label"])
    }
    whole = registers.pop("all")
    return {
        "verdict": verdict(whole, registers),
        "count": len(sentences),
        "all": whole,
        "accuracy": _pair(old["intents"]["all"]["accuracy"], new["intents"]["all"]["accuracy"], len(sentences)),
        "registers": registers,
        "intents": intents,
        "entities": _pair(old["entities"]["values"]["f1"], new["entities"]["values"]["f1"], int(old["entities"]["values"]["count"])),
        **{name: rows[:LISTED] for name, rows in changed.items()},
        **{f"{name}_count": len(rows) for name, rows in changed.items()},
    }


def _pair(running: float, candidate: float, count: int) -> dict[str, Any]:
    return {"running": round(running, 4), "candidate": round(candidate, 4), "count": count}


def verdict(whole: Mapping[str, Any], registers: Mapping[str, Mapping[str, Any]]) -> str:
    """worse where the whole or any register got noticeably worse, better where the whole got better, else same."""
    gain = whole["candidate"] - whole["running"]
    lost = any(one["candidate"] - one["running"] <= -NOTICEABLE_IN_ONE for one in registers.values() if one["count"])
    if lost or gain <= -NOTICEABLE:
        return WORSE
    return BETTER if gain >= NOTICEABLE else SAME
