"""Models: asking for a new one, how it compares with the one that runs, promoting it and going back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.annotate import meanings
from bot.console.frame import Problem, Visit, number, page, seen
from bot.console.inbox import register_names
from bot.services import audit, examples, retraining
from bot.services.lessons import corpus
from bot.services.retraining import ERRORS
from bot.settings import PROJECT
from bot.store.models import TrainingRun

PATH = "/models"
SHOWN_INTENTS = 15
"""Rows of the table of intents, those that changed most."""
_STATES = "queued exporting training evaluating done failed promoting promoted rolling_back rolled_back".split()
_NAMES = {
    "state_names": {state: f"console_run_{state}" for state in _STATES},
    "error_names": {error: f"console_run_error_{error}" for error in ERRORS},
    "verdict_names": {verdict: f"console_verdict_{verdict}" for verdict in ("better", "same", "worse")},
}


def models(visit: Visit) -> Response:
    """All runs, the newest first, one of them with its comparison; htmx gets how far a run is."""
    asked = number(visit.request.query_params.get("run"))
    with visit.database.read() as session:
        runs = retraining.runs(session)
        kept, revoked = examples.waiting(session)
    shown = next((run for run in runs if run.id == asked), runs[0] if runs else None)
    if visit.is_partial:
        return page(visit, "models_progress.html", {"working": shown, **_NAMES})
    working = next((run for run in runs if run.is_open), None)
    report = shown.report if shown is not None and shown.report and "verdict" in shown.report else None
    context = {
        "runs": runs,
        "shown": shown,
        "report": report,
        "exported": (shown.report or {}).get("examples") if shown is not None and retraining.is_export(shown) else None,
        "exports": {run.id for run in runs if retraining.is_export(run)},
        "working": working,
        "kept": kept,
        "revoked": revoked,
        "register_names": register_names(),
        "meanings": meanings(visit.locale, sorted(corpus(PROJECT).intents)),
        "changed_intents": _most_changed(report["intents"]) if report else [],
        "confirm": visit.request.query_params.get("confirm") == "1",
        **_NAMES,
    }
    return page(visit, "models.html", context)


def _most_changed(intents: dict[str, dict[str, float]]) -> list[tuple[str, dict[str, float]]]:
    changed = [(name, one) for name, one in intents.items() if one["running"] != one["candidate"]]
    return sorted(changed, key=lambda pair: (-abs(pair[1]["candidate"] - pair[1]["running"]), pair[0]))[:SHOWN_INTENTS]


def start(visit: Visit) -> Response:
    """Ask for a new model."""
    return _begin(visit, retraining.start, "training_asked")


def export(visit: Visit) -> Response:
    """Ask that what was judged be written into the files, without a new model."""
    return _begin(visit, retraining.start_export, "export_asked")


def _begin(visit: Visit, begin: Callable[[Session, int | None, datetime], int | None], action: str) -> Response:
    with visit.database.write() as session:
        run_id = begin(session, visit.who.account_id, visit.at)
        if run_id is not None:
            audit.record(session, visit.who.author, action, visit.at, ("run", run_id))
    if run_id is None:
        raise Problem(409, "console_run_busy", PATH)
    return seen(PATH, run=run_id)


def promote(visit: Visit) -> Response:
    """Ask that a model take over; one that is worse only where that was said."""
    run_id = number(visit.request.path_params["number"])
    with visit.database.write() as session:
        outcome = retraining.ask_promotion(session, run_id, visit.form.get("anyway") == "1")
        if outcome == "asked":
            audit.record(session, visit.who.author, "model_promoted", visit.at, ("run", run_id), sha=_sha(session.get(TrainingRun, run_id)))
    if outcome == "worse":
        return seen(PATH, run=run_id, confirm="1")
    return _asked(run_id, outcome)


def roll_back(visit: Visit) -> Response:
    """Ask for the model before."""
    run_id = number(visit.request.path_params["number"])
    with visit.database.write() as session:
        outcome = retraining.ask_rollback(session, run_id)
        if outcome == "asked":
            audit.record(session, visit.who.author, "model_rolled_back", visit.at, ("run", run_id))
    return _asked(run_id, outcome)


def _sha(run: TrainingRun) -> str:
    return str(run.model_sha or "")[:16]


def _asked(run_id: int, outcome: str) -> Response:
    if outcome != "asked":
        raise Problem(409, "console_run_busy" if outcome == "busy" else "console_run_unready", PATH)
    return seen(PATH, run=run_id)
