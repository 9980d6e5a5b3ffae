"""``python -m bot retrain RUN``: the work on one run of bot.services.retraining, step by step, in a process of its own.

The candidate is trained into a folder of the run. Promotion keeps the running model's file, puts the candidate in its place at once, and
tells the running Rasa, which takes it without losing a message. The stamp beside the model says for which inputs it stands: a restart
trains only what nobody has decided on yet.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog

from bot import clock, supervise
from bot.messages import leases
from bot.services import examples, retraining
from bot.services.retraining import DONE, EVALUATING, EXPORTING, FAILED, PROMOTED, PROMOTING, QUEUED, ROLLED_BACK, ROLLING_BACK, TRAINING
from bot.services.surroundings import sha_of
from bot.settings import PROJECT, Settings
from bot.store.engine import DATABASE_GONE, Database
from bot.store.models import TrainingRun

log = structlog.get_logger("retrain")

CANDIDATE = "candidate.tar.gz"
KEPT_RUNS = 3
"""Candidates that are kept, the newest."""
PATIENCE_SECONDS = 3600
_BEAT_SECONDS = 15
_USUAL_SECONDS = 90
"""Of training; the progress that is shown goes by it, and never reaches the end before it is there."""
_LOADING_SECONDS = 300
"""Rasa may take so long to load a model on a busy machine."""


class Failed(Exception):
    """A step failed; the message is one of retraining.ERRORS."""


@dataclass(frozen=True)
class Workshop:
    """Where models are made and kept, and what makes them."""

    database: Database
    project: Path
    model: Path
    """The model that runs."""
    folder: Path
    """Of all runs."""
    train: Callable[[Path, Callable[[float], None]], None]
    """Train into a folder as candidate.tar.gz, telling now and then the seconds gone. Raises Failed."""
    measure: Callable[[Path, Path, Path], dict[str, Any]]
    """The comparison of two models (running, candidate), made in a folder. Raises Failed."""
    tell_rasa: Callable[[Path], bool]
    """Have the running Rasa take a model; False: there is none, it will at its start. Raises Failed where it refuses."""
    fingerprint: Callable[[], str]
    """Of what a model is made from, now."""

    @property
    def stamp(self) -> Path:
        return self.model.with_suffix(".inputs")

    @property
    def exporting(self) -> Path:
        """The stamp of the model as it was when an export began; there only until that is over."""
        return self.model.with_suffix(".exporting")

    @property
    def previous(self) -> Path:
        return self.model.with_name(f"previous.{self.model.name}")

    @property
    def previous_stamp(self) -> Path:
        return self.previous.with_suffix(".inputs")

    def candidate(self, run_id: int) -> Path:
        return self.folder / str(run_id) / CANDIDATE


def workshop(database: Database, found: Settings) -> Workshop:
    """The real one."""
    return Workshop(
        database=database,
        project=PROJECT,
        model=supervise.MODEL,
        folder=found.var_dir / "retraining",
        train=lambda folder, tell: _train(found, folder, tell),
        measure=lambda running, candidate, folder: _measure(found, running, candidate, folder),
        tell_rasa=lambda model: _tell_all(found.rasa_urls, model),
        fingerprint=supervise.model_fingerprint,
    )


def work(shop: Workshop, run_id: int) -> str | None:
    """Do what a run waits for; returns its state then. None: it is over, or somebody else works on it."""
    holder = f"retrain:{uuid.uuid4()}"
    with shop.database.write() as session:
        run = retraining.take(session, run_id, holder)
        state = run.state if run is not None else None
    if state is None:
        return None
    over, lost = threading.Event(), threading.Event()
    beating = threading.Thread(target=_beat, args=(shop, holder, over, lost), daemon=True)
    beating.start()
    try:
        return _step(shop, run_id, state, lost)
    finally:
        over.set()
        beating.join()
        with shop.database.write() as session:
            leases.release(session, retraining.LEASE, holder)


def _beat(shop: Workshop, holder: str, over: threading.Event, lost: threading.Event) -> None:
    """Renew the lease until the work is over, or until somebody else has it: after a long outage of the database."""
    while not over.wait(_BEAT_SECONDS):
        try:
            with shop.database.write() as session:
                if not retraining.beat(session, holder):
                    lost.set()
                    return
        except DATABASE_GONE:
            continue


def _step(shop: Workshop, run_id: int, state: str, lost: threading.Event) -> str | None:
    """Do one step, and note what came of it; None where the run is somebody else's by now, who does it again."""
    steps = {QUEUED: (_make, FAILED), PROMOTING: (_promote, DONE), ROLLING_BACK: (_roll_back, PROMOTED)}
    step, otherwise = steps[state]
    try:
        values = step(shop, run_id)
    except Failed as failure:
        log.warning("run failed", run=run_id, state=state, error=str(failure))
        values = {"state": otherwise, "error": str(failure)}
    except Exception as error:  # told in the console; the old model stays
        log.error("run failed", run=run_id, state=state, error=type(error).__name__, exc_info=True)
        values = {"state": otherwise, "error": "gone" if isinstance(error, OSError) else "training"}
    if lost.is_set():
        log.warning("run lost", run=run_id, state=state)
        return None
    with shop.database.write() as session:
        run = session.get(TrainingRun, run_id)
        reached: str = values.pop("state")
        retraining.close(session, run, reached, clock.now(), values.pop("error", None))
        for name, value in values.items():
            setattr(run, name, value)
    return reached


def _advance(shop: Workshop, run_id: int, state: str, progress: int | None = None) -> None:
    with shop.database.write() as session:
        retraining.advance(session, run_id, state, progress)


# ---- a candidate


def _make(shop: Workshop, run_id: int) -> dict[str, Any]:
    """Export, train, measure; or only export."""
    with shop.database.read() as session:
        run = session.get(TrainingRun, run_id)
        only_exports, report = retraining.is_export(run), dict(run.report or {})
    if only_exports:
        _advance(shop, run_id, EXPORTING)
        return {"state": DONE, "report": {**report, "examples": _counted(_export(shop))}}
    folder = shop.folder / str(run_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _forget_old_candidates(shop)
    _advance(shop, run_id, EXPORTING)
    exported = _export(shop)
    inputs = shop.fingerprint()
    _advance(shop, run_id, TRAINING)

    def tell(seconds: float) -> None:
        begin, end = retraining.PROGRESS[TRAINING], retraining.PROGRESS[EVALUATING]
        _advance(shop, run_id, TRAINING, begin + int((end - begin) * (1 - 0.5 ** (seconds / _USUAL_SECONDS * 2))))

    shop.train(folder, tell)
    candidate = shop.candidate(run_id)
    if not candidate.exists():
        raise Failed("training")
    _advance(shop, run_id, EVALUATING)
    against = sha_of(shop.model)
    measured = shop.measure(shop.model, candidate, folder)
    report = {
        **retraining.report_of(measured),
        "against": against,
        "examples": _counted(exported),
    }
    return {"state": DONE, "report": report, "inputs": inputs, "model_sha": sha_of(candidate)}


def _export(shop: Workshop) -> examples.Exported:
    """Write the examples into the project; the running model stands for these inputs, too, until somebody decides."""
    is_current = _is_current(shop)
    if is_current:
        # Killed between the files and the stamp, the model is still taken for current by whoever goes on.
        _write(shop.exporting, _read(shop.stamp) or "")
    try:
        exported = examples.export(shop.database.read, shop.database.write, shop.project, clock.now())
    except (OSError, ValueError) as error:
        log.warning("examples could not be written", error=type(error).__name__)
        with contextlib.suppress(OSError):  # of a disk that is full: the next export moves it
            _move_stamp(shop, is_current)
        raise Failed("export") from None
    _move_stamp(shop, is_current)
    return exported


def _counted(exported: examples.Exported) -> dict[str, int]:
    return {"added": exported.added, "removed": exported.removed, "refused": len(exported.refused)}


def _is_current(shop: Workshop) -> bool:
    """Whether the running model was up to date before an export began, be it one that was killed."""
    stamped = _stamped(shop)
    return stamped is not None and stamped in (shop.fingerprint(), _read(shop.exporting))


def _move_stamp(shop: Workshop, is_current: bool) -> None:
    """Let a model that was up to date stand for the files as they are now: a half export is no reason to train at the next start either."""
    if is_current:
        _stamp(shop, shop.fingerprint())
    shop.exporting.unlink(missing_ok=True)


def _forget_old_candidates(shop: Workshop) -> None:
    numbers = sorted((int(path.name) for path in shop.folder.iterdir() if path.name.isdecimal()), reverse=True)
    for number in numbers[KEPT_RUNS:]:
        shutil.rmtree(shop.folder / str(number), ignore_errors=True)


# ---- swapping


def _promote(shop: Workshop, run_id: int) -> dict[str, Any]:
    with shop.database.read() as session:
        run = session.get(TrainingRun, run_id)
        wanted, inputs, replaced = run.model_sha, run.inputs, run.replaced_sha
        report = dict(run.report or {})
    running = sha_of(shop.model)
    if running != wanted:
        if report.get("against") not in (None, running):
            # The comparison that staff saw says nothing of the model that answers now.
            raise Failed("not_running")
        candidate = shop.candidate(run_id)
        if not candidate.exists() or sha_of(candidate) != wanted:
            raise Failed("gone")
        replaced = running
        _put(shop.model, shop.previous)
        _keep_stamp(shop.stamp, shop.previous_stamp)
        with shop.database.write() as session:
            session.get(TrainingRun, run_id).replaced_sha = replaced
        _put(candidate, shop.model)
    # Taken up after a kill, the file is in its place already; the rest may be done again. What came into the files after this model
    # was trained, it has not learnt: the next start trains.
    _stamp(shop, inputs or "")
    try:
        report["rasa"] = "told" if shop.tell_rasa(shop.model) else "away"
    except Failed:
        _restore(shop)
        # One of several may have taken it.
        with contextlib.suppress(Failed):
            shop.tell_rasa(shop.model)
        raise
    return {"state": PROMOTED, "report": report, "replaced_sha": replaced}


def _roll_back(shop: Workshop, run_id: int) -> dict[str, Any]:
    with shop.database.read() as session:
        run = session.get(TrainingRun, run_id)
        model_sha, replaced, report = run.model_sha, run.replaced_sha, dict(run.report or {})
    running = sha_of(shop.model)
    if running not in (model_sha, replaced):
        raise Failed("not_running")
    if running == model_sha:
        if not shop.previous.exists() or sha_of(shop.previous) != replaced:
            raise Failed("gone")
        _put(shop.previous, shop.model)
    # Where the files hold what the model before did not learn, that is decided, and no reason to train at the next start; what was
    # changed by hand since is one.
    if not _is_current(shop):
        _keep_stamp(shop.previous_stamp, shop.stamp)
    report["rasa"] = "told" if shop.tell_rasa(shop.model) else "away"
    return {"state": ROLLED_BACK, "report": report}


def _restore(shop: Workshop) -> None:
    """Rasa refuses the candidate: the file before takes its place again, for the next start."""
    _put(shop.previous, shop.model)
    _keep_stamp(shop.previous_stamp, shop.stamp)


def _keep_stamp(source: Path, target: Path) -> None:
    """Let a stamp stand in another place, too; where there is none, none stands there."""
    if source.exists():
        _put(source, target)
    else:
        target.unlink(missing_ok=True)


def _put(source: Path, target: Path) -> None:
    """Copy a file over another, which is whole at any moment: the old one, then the new one."""
    temporary = target.with_name(f"{target.name}.writing")
    shutil.copyfile(source, temporary)
    temporary.chmod(0o600)
    temporary.replace(target)


def _stamp(shop: Workshop, inputs: str) -> None:
    _write(shop.stamp, inputs)


def _stamped(shop: Workshop) -> str | None:
    return _read(shop.stamp) if shop.model.exists() else None


def _write(path: Path, content: str) -> None:
    """Write a small file, which is whole at any moment."""
    temporary = path.with_name(f"{path.name}.writing")
    temporary.write_text(content, encoding="utf-8")
    temporary.replace(path)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


# ---- the real tools


def _train(found: Settings, folder: Path, tell: Callable[[float], None]) -> None:
    name = CANDIDATE.removesuffix(".tar.gz")
    command = [str(found.rasa_python), "-m", "nlu.serve", "train", "--fixed-model-name", name, "--out", str(folder)]
    _run(found, command, folder / "train.log", "training", tell)


def _measure(found: Settings, running: Path, candidate: Path, folder: Path) -> dict[str, Any]:
    out = folder / "compared.json"
    command = [str(found.rasa_python), "-m", "nlu.evaluation.compare", str(running), str(candidate), "--out", str(out)]
    _run(found, command, folder / "evaluate.log", "evaluating", lambda _: None)
    measured: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return measured


def _run(found: Settings, command: list[str], log_path: Path, error: str, tell: Callable[[float], None]) -> None:
    """Run a program to its end, its output in a file. Raises Failed where it fails or takes too long."""
    began = time.monotonic()
    with log_path.open("w", encoding="utf-8") as output:
        running = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT, env=supervise.environment(found))
        try:
            while running.poll() is None:
                time.sleep(1)
                gone = time.monotonic() - began
                if gone > PATIENCE_SECONDS:
                    raise Failed(error)
                if int(gone) % 5 == 0:
                    tell(gone)
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()
    if running.returncode:
        raise Failed(error)


def _tell_all(rasa_urls: Sequence[str], model: Path) -> bool:
    """Let every server load the model from the disk that they share; whether all of them did. Raises Failed where one refuses it."""
    told = [_tell_rasa(url, model) for url in rasa_urls]
    return all(told)


def _tell_rasa(rasa_url: str, model: Path) -> bool:
    try:
        answer = httpx.put(f"{rasa_url}/model", json={"model_file": str(model)}, timeout=httpx.Timeout(_LOADING_SECONDS, connect=5))
    except httpx.ConnectError:
        return False
    except httpx.HTTPError as error:
        log.warning("Rasa did not answer", error=type(error).__name__)
        return False
    if answer.status_code >= 400:
        log.warning("Rasa refuses the model", status=answer.status_code)
        raise Failed("refused")
    return True
