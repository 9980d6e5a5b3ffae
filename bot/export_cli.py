"""``python -m bot export …``: documents made from what the product does and keeps."""

from __future__ import annotations

from pathlib import Path

import typer

from bot import clock
from bot.cli_end import fail
from bot.services import processing
from bot.settings import SettingError, settings

export = typer.Typer(no_args_is_help=True, help="Documents for whoever answers for the service.")
FORMS = (".md", ".csv", ".json")
_OUT = typer.Option(..., help="Where to write it: a file that ends in .md, .csv or .json.")


@export.callback()
def _group() -> None:
    """Keeps the subcommand's name while there is one alone."""


@export.command()
def register(out: Path = _OUT) -> None:
    """Write the register of processing for the CNDP, a draft to be checked by whoever declares it; needs no database."""
    from bot.scheduler.jobs import KEEP_EFFECTS_DAYS, KEEP_TEXTS_DAYS

    if out.suffix not in FORMS:
        fail(f"--out must end in one of: {', '.join(FORMS)}.")
    try:
        figures = processing.periods(settings().transcript_days, KEEP_TEXTS_DAYS, KEEP_EFFECTS_DAYS)
        clock.start()
        today = clock.local_now().date()
        treatments = processing.rows(processing.WORDS, figures)
    except (SettingError, processing.RegisterError) as error:
        fail(str(error))
    made = {
        ".md": lambda: processing.as_markdown(treatments, today),
        ".csv": lambda: processing.as_csv(treatments),
        ".json": lambda: processing.as_json(treatments, today),
    }[out.suffix]()
    try:
        # Lines of CSV end as they were written, on every system.
        with out.open("w", encoding="utf-8", newline="") as file:
            file.write(made)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}.")
    typer.echo(f"{len(treatments)} treatments in {out}")
