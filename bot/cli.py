"""``python -m bot …``: every process and every operation by hand."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import typer

from bot import clock
from bot.cli_end import fail
from bot.export_cli import export
from bot.settings import MODEL, NO_MODEL, SETTINGS, SettingError, Settings, settings
from bot.staff_cli import accounts

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
staff = typer.Typer(no_args_is_help=True, help="Accounts of the console, and what staff may do by hand.")
staff.add_typer(accounts)
app.add_typer(staff, name="staff")
app.add_typer(export, name="export")


def _settings() -> Settings:
    try:
        found = settings()
    except SettingError as error:
        fail(str(error))
    clock.start()
    return found


def _migrated() -> Settings:
    """The settings, once the database they name is there with this version's schema."""
    return _checked(patience_seconds=0)


def _startable() -> Settings:
    """The settings, once a process may start by them: a database that is only away is waited for. Says what a person must put right."""
    from bot.services import surroundings

    found = _checked(patience_seconds=None)
    if surroundings.has_own_rasa(found) and not MODEL.exists():
        # Rasa itself does not start without; the others do their work, and messages wait.
        typer.echo(NO_MODEL, err=True)
    return found


def _checked(patience_seconds: float | None) -> Settings:
    from bot.services import readiness
    from bot.store.engine import database

    found = _settings()
    standing = readiness.wait(database, lambda line: typer.echo(line, err=True), patience_seconds)
    if standing.obstacle:
        fail(standing.obstacle)
    return found


def _instant(at: str) -> datetime:
    try:
        return clock.parse_instant(at)
    except ValueError:
        fail("--at must be an ISO instant such as 2026-11-27T10:00.")


@app.command()
def init(folder: Path) -> None:
    """Lay out a project in FOLDER, missing or empty: the files that the product reads, and room for what it writes."""
    from bot.layout import LayoutError, lay_out

    try:
        lay_out(folder)
    except LayoutError as error:
        fail(str(error))
    typer.echo(f"{folder} is a project: call python -m bot from there.")


@app.command()
def run() -> None:
    """Prepare everything (database, model) and run all processes; Ctrl-C ends them."""
    from bot.supervise import Unprepared, start

    try:
        start(_settings())
    except Unprepared as error:
        fail(str(error))


@app.command()
def gateway() -> None:
    """Receive updates from Telegram and answer them."""
    from bot.app import run_gateway

    run_gateway(_startable())


@app.command()
def worker() -> None:
    """Run the scheduler and the sender."""
    from bot.app import run_worker

    run_worker(_startable())


@app.command()
def web() -> None:
    """Serve the public pages."""
    from bot.app import run_web

    run_web(_startable())


@app.command()
def sandbox() -> None:
    """Serve the local Telegram, on loopback."""
    from bot.app import run_sandbox

    run_sandbox(_settings())


@app.command()
def rasa() -> None:
    """Run the Rasa server with the model trained last; without one it ends with a line."""
    _become("rasa")


@app.command()
def actions() -> None:
    """Run the action server."""
    _become("actions")


def _become(name: str) -> NoReturn:
    from bot.supervise import Unprepared, become

    try:
        become(_settings(), name)
    except Unprepared as error:
        fail(str(error))


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    from bot.services import readiness
    from bot.store import migrate as migrations
    from bot.store.engine import database

    _settings()
    standing = readiness.wait(database, lambda line: typer.echo(line, err=True), patience_seconds=0)
    if not standing.may_migrate:
        fail(standing.obstacle or "")
    migrations.upgrade(database())
    typer.echo(f"database at {migrations.revision(database())}")


@app.command()
def retrain(run_id: int) -> None:
    """Work on a run of training that was asked for in the console; the worker does so by itself."""
    from bot import logs
    from bot.retrain import work, workshop
    from bot.store.engine import database
    from bot.supervise import Unprepared, need_project, need_rasa

    try:
        need_project()
        found = _migrated()
        need_rasa(found)
    except Unprepared as error:
        fail(str(error))
    clock.start()
    logs.configure(found, "retrain")
    # The model is nobody else's on this machine to read.
    os.umask(0o077)
    state = work(workshop(database(), found), run_id)
    typer.echo(state or "there is nothing to do, or somebody else does it")


@app.command()
def train() -> None:
    """Train the model if what it is made from has changed."""
    from bot.supervise import Unprepared, train_if_changed

    found = _settings()
    try:
        train_if_changed(found)
    except Unprepared as error:
        fail(str(error))


@app.command()
def seed(file: Path) -> None:
    """Fill the database from FILE; what is there already is left as it is."""
    from bot.services.seeding import SeedError
    from bot.services.seeding import seed as fill
    from bot.store.engine import database

    _migrated()
    try:
        with database().write() as session:
            made = fill(session, file, clock.now())
    except SeedError as error:
        fail(str(error))
    typer.echo(", ".join(f"{count} {what}" for what, count in made.items()))


@app.command()
def digest(at: str = typer.Option(..., help="ISO instant; without an offset, legal time of Casablanca.")) -> None:
    """One digest run as at an instant. Workers that run meanwhile share the work."""
    from bot.services import digests
    from bot.services.shards import Progress
    from bot.store.engine import database

    found = _migrated()
    instant = _instant(at)
    if digests.in_quiet_hours(instant, found.quiet_hours):
        typer.echo("quiet hours: nothing is due")
        return

    def show(progress: Progress) -> None:
        count = sum(progress.states.values())
        typer.echo(f"{count - progress.still_open} of {count} shards, {progress.made.queued} queued", err=True)

    done = digests.run(database(), instant, solicited=True, worker=f"digest:{os.getpid()}", watch=show)
    typer.echo(f"{done.queued} queued, {done.empty} with nothing to send" + (f", {done.broken} could not be made" if done.broken else ""))
    if done.broken:
        raise typer.Exit(1)


@app.command()
def aid(at: str = typer.Option(..., help="ISO instant; without an offset, legal time of Casablanca.")) -> None:
    """One look at the requests for help as at an instant: next waves, "did it arrive?", what ends by itself."""
    from bot.services import aid_clock
    from bot.store.engine import database

    found = _migrated()
    instant = _instant(at)
    done = aid_clock.run(database().write, instant, found.quiet_hours)
    typer.echo(f"{done.asked} asked to help, {done.told} told how it stands, {done.closed} closed")


@app.command(name="promises")
def keep_promises(at: str = typer.Option(..., help="ISO instant; without an offset, legal time of Casablanca.")) -> None:
    """One look at what is kept by the clock as at an instant: answers, places, the day before and after, what is over."""
    from bot.services import promises
    from bot.services.digests import in_quiet_hours
    from bot.store.engine import database

    found = _migrated()
    instant = _instant(at)
    if in_quiet_hours(instant, found.quiet_hours):
        typer.echo("quiet hours: nothing is done")
        return
    kept = promises.run(database(), instant)
    typer.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in vars(kept).items()))


@app.command()
def doctor(as_json: bool = typer.Option(False, "--json", help="One JSON object.")) -> None:
    """Say what is in order, what needs a look and what is wrong; rows by state, duplicates, versions."""
    from bot import version
    from bot.services.checkup import examine
    from bot.store.engine import database

    found = _settings()
    report = examine(database, found)
    report["versions"] = {"tadamon": version.version(), "python": platform.python_version(), "tzdata": clock.zone_source()[0]}
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        for check in report.pop("checks"):
            typer.echo(f"{check['state']:5} {check['name']}: {check['says']}")
        for key, value in report.items():
            typer.echo(f"{key}: {value}")
    if not report["healthy"]:
        raise typer.Exit(1)


@app.command()
def backup(
    folder: Path,
    keep: int = typer.Option(None, min=1, help="Then delete all backups in FOLDER but so many of the newest."),
) -> None:
    """Make a backup of the databases in FOLDER, while everything runs."""
    from bot.backup import make
    from bot.services import readiness
    from bot.store.backup import BackupError
    from bot.store.engine import database

    found = _migrated()
    os.umask(0o077)
    try:
        made = make(found, readiness.look(database()).at, folder, keep)
    except BackupError as error:
        fail(str(error))
    typer.echo(str(made))


@app.command()
def restore(
    made: Path = typer.Argument(..., metavar="BACKUP", help="One of the folders that backup made."),
    erased: list[Path] = typer.Option(None, help="Folder of the record of erasures; several times where workers had their own."),
    nobody_was_erased: bool = typer.Option(False, "--nobody-was-erased", help="There is no record; nobody asked to be forgotten since."),
) -> None:
    """Bring a backup back into databases that are empty, without whoever was erased since."""
    from bot.backup import bring_back
    from bot.store.backup import BackupError

    found = _settings()
    os.umask(0o077)
    records = [] if nobody_was_erased else (erased or [found.erased_dir])
    try:
        done = bring_back(found, made, records, typer.echo)
    except BackupError as error:
        fail(str(error))
    typer.echo(f"as of {done.made_at:%Y-%m-%d %H:%M} UTC; {done.erased_again} erased again, {done.lists_left} lists left unsent")
    typer.echo("Of what was done since, nothing is there: look again at accounts that were closed and people who were kept out.")


@app.command()
def link(
    payload: str = typer.Argument(..., help="m_12 opens mission 12, o_3 organisation 3."),
    qr: Path = typer.Option(None, help="Write a QR code too: a file that ends in .png or .svg."),
) -> None:
    """Print the link that opens a mission or an organisation in the chat; asks Telegram for the bot's name."""
    import asyncio

    from telegram.error import TelegramError

    from bot.services.links import start_link
    from bot.telegram.links import username, write_qr

    found = _settings()
    try:
        start_link("bot", payload)
        made = start_link(asyncio.run(username(found)), payload)
        if qr:
            write_qr(made, qr)
    except TelegramError as error:
        fail(f"Telegram cannot be asked for the bot's name: {type(error).__name__}")
    except (ValueError, OSError) as error:
        fail(str(error))
    typer.echo(made)


@app.command()
def simulate(
    volunteers: int = typer.Option(10_000, help="People of the made-up region."),
    missions: int = typer.Option(500, help="About so many are open at any time."),
    weeks: int = typer.Option(8, help="Weekly lists."),
    seeds: int = typer.Option(20, help="Worlds; each is played under every policy."),
    first_seed: int = typer.Option(1, help="The seeds are this one and those that follow."),
    jobs: int = typer.Option(2, help="Processes."),
    out: Path = typer.Option(None, help="A folder for report.json, plots and a page."),
) -> None:
    """Compare policies of recommendation in made-up worlds: ours, popularity, points alone."""
    from bot.simulation.comparison import report
    from bot.simulation.report import text, write
    from bot.simulation.runs import Plan, all_seeds

    try:
        plan = Plan(volunteers, missions, weeks, tuple(range(first_seed, first_seed + seeds)))
        if out:
            out.mkdir(parents=True, exist_ok=True)
        results = all_seeds(plan, jobs, lambda done: typer.echo(f"\r{done} of {seeds} seeds", nl=done == seeds, err=True))
        found = report(plan, results)
        if out:
            write(out, found)
    except (ValueError, OSError) as error:
        fail(str(error))
    typer.echo(text(found))


@app.command(name="settings")
def show_settings() -> None:
    """List the settings with their defaults."""
    for setting in SETTINGS:
        typer.echo(f"{setting.name} (default: {setting.default or '-'}): {setting.purpose}")


@staff.command()
def validate(organisation_id: int) -> None:
    """Validate an organisation, so that its missions are shown."""
    from bot.services import audit, moderation
    from bot.store.engine import database

    _migrated()
    with database().write() as session:
        found = moderation.by_id(session, [organisation_id])
        if not found:
            fail(f"There is no organisation {organisation_id}.")
        [organisation] = found
        if organisation.state != moderation.VALIDATED:
            shown = moderation.fingerprint(organisation)
            try:
                moderation.decide(session, audit.COMMAND_LINE, organisation_id, moderation.VALIDATED, None, shown, clock.now())
            except moderation.Unfit:
                fail(f"{organisation.name} is {organisation.state}: there is nothing to validate.")
        typer.echo(f"{organisation.name} is {organisation.state}")


@staff.command()
def handoffs() -> None:
    """List the conversations in which a person is waited for: number, since when, why; no texts."""
    from bot.services import care
    from bot.store.engine import database

    _migrated()
    with database().read() as session:
        for row in care.waiting(session):
            since = row.opened_at.astimezone(clock.CASABLANCA)
            typer.echo(f"{row.id} {row.state} since {since:%Y-%m-%d %H:%M} ({row.reason})")


@staff.command()
def close_handoff(handoff_id: int) -> None:
    """Note that a person has answered; who asks again afterwards waits anew."""
    from bot.services import audit, care
    from bot.store.engine import database

    _migrated()
    with database().write() as session:
        if not care.close_handoff(session, handoff_id, clock.now()):
            fail(f"There is no open conversation {handoff_id}.")
        audit.record(session, audit.COMMAND_LINE, "handoff_closed", clock.now(), ("handoff", handoff_id))
    typer.echo(f"{handoff_id} is closed")


@staff.command()
def messages() -> None:
    """Show the reports and the feedback that nobody has closed."""
    from bot.services import care
    from bot.store.engine import database

    _migrated()
    with database().read() as session:
        for row in care.open_messages(session):
            since = row.created_at.astimezone(clock.CASABLANCA)
            about = f" (mission {row.mission_id})" if row.mission_id else ""
            typer.echo(f"{row.id} {row.kind} since {since:%Y-%m-%d %H:%M}{about}\n{row.words}\n")


@staff.command()
def thread(message_id: int) -> None:
    """Show what was written in a thread that was reported, and in no other."""
    from bot.services import audit, relay
    from bot.store.engine import database

    _migrated()
    with database().write() as session:
        found = relay.reported(session, message_id)
        if found is None:
            fail(f"Message {message_id} reports no thread, or is closed.")
        audit.record(session, audit.COMMAND_LINE, "view", clock.now(), ("message", message_id), unmasked=True)
        for row in found:
            typer.echo(f"{row.created_at.astimezone(clock.CASABLANCA):%Y-%m-%d %H:%M} {row.written_by}: {row.words}")


@staff.command()
def close_message(
    message_id: int, closing: str = typer.Option("silent", help="What whoever wrote it is told: thanks, acted, kept, or silent (nothing).")
) -> None:
    """Note that a report or feedback was read and dealt with."""
    from bot.services import audit, moderation
    from bot.store.engine import database

    _migrated()
    with database().write() as session:
        try:
            moderation.close(session, audit.COMMAND_LINE, message_id, closing, clock.now())
        except moderation.Stale:
            fail(f"There is no open message {message_id}.")
        except moderation.Unfit:
            fail(f"--closing must be one of: {', '.join(moderation.CLOSINGS)}.")
    typer.echo(f"{message_id} is closed")


@staff.command()
def revoke_certificate(
    number: str, reason: str = typer.Option(..., help="Why; everybody who checks the certificate reads it, and so does the volunteer.")
) -> None:
    """Take a certificate back: from now on the check says so, when and why; the volunteer is told."""
    from bot.services import audit, certificates
    from bot.store.engine import database

    _migrated()
    with database().write() as session:
        outcome = certificates.revoke(session, number, reason, clock.now())
        if outcome == "revoked":
            audit.record(session, audit.COMMAND_LINE, "certificate_revoked", clock.now(), ("certificate", number), reason=reason)
    if outcome != "revoked":
        fail(f"There is no certificate {number}." if outcome == "unknown" else f"{number} was revoked before.")
    typer.echo(f"{number} is revoked")
