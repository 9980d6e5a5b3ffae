"""The figures: a drawing and its table, and the same table as a file for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot import vocabulary
from bot.console.frame import Visit, page
from bot.services import staff_figures
from bot.services.figures import REMOTE
from bot.services.spreadsheets import Cell, harmless
from bot.texts import text, unmarked


@dataclass(frozen=True)
class Table:
    """Figures of one kind, as they are drawn and listed."""

    name: str
    columns: Sequence[str]
    """Keys of the texts."""
    rows: Sequence[Sequence[Cell]]
    drawn: int
    """The column whose numbers are drawn as bars."""
    scale: float
    """The number that fills a bar; at least 1."""


def _table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], drawn: int, scale: float | None = None) -> Table:
    largest = max((float(row[drawn]) for row in rows if isinstance(row[drawn], (int, float))), default=0.0)
    return Table(name, [f"console_figure_{one}" for one in columns], rows, drawn, scale or max(largest, 1.0))


def _funnel(session: Session, visit: Visit, begin: datetime) -> Table:
    steps = staff_figures.funnel(session, begin)
    return _table("funnel", ("step", "people"), [(_said(visit, f"console_step_{one.name}_people"), one.people) for one in steps], 1)


def _understanding(session: Session, visit: Visit, begin: datetime) -> Table:
    rows = [
        (
            _week(one.begins_on),
            unmarked(text(one.register, "register_name")),
            one.sentences,
            _percent(one.not_understood),
            _percent(one.confidence),
        )
        for one in staff_figures.understanding(session, begin)
    ]
    return _table("understanding", ("week", "register", "sentences", "missed", "confidence"), rows, 3, 100.0)


def _answers(session: Session, visit: Visit, begin: datetime) -> Table:
    rows = [
        (_week(one.begins_on), one.asked, one.accepted, one.declined, one.silent, "–" if one.hours is None else one.hours)
        for one in staff_figures.answers(session, begin, visit.at)
    ]
    return _table("answers", ("week", "applications", "accepted", "declined", "silent", "hours"), rows, 1)


def _lists(session: Session, visit: Visit, begin: datetime) -> Table:
    rows = [(_week(one.begins_on), one.sent, one.acted, one.ended) for one in staff_figures.lists(session, begin, visit.at)]
    return _table("lists", ("week", "sent", "acted", "ended"), rows, 1)


def _needs(session: Session, visit: Visit, _begin: datetime) -> Table:
    rows = [
        (_area(visit, one.area), vocabulary.label("cause", one.cause, visit.locale), one.places)
        for one in staff_figures.needs(session, visit.at)
    ]
    return _table("needs", ("area", "cause", "places"), rows, 2)


TABLES: dict[str, Callable[[Session, Visit, datetime], Table]] = {
    "funnel": _funnel,
    "understanding": _understanding,
    "answers": _answers,
    "lists": _lists,
    "needs": _needs,
}


def _said(visit: Visit, key: str) -> str:
    return unmarked(text(visit.locale, key))


def _area(visit: Visit, area: str) -> str:
    return _said(visit, "remote_place") if area == REMOTE else vocabulary.label("place", area, visit.locale)


def _week(begins_on: date) -> str:
    return begins_on.isoformat()


def _percent(share: float) -> float:
    return round(100 * share, 1)


def _weeks(visit: Visit) -> int:
    asked = visit.request.query_params.get("weeks", "")
    return int(asked) if asked in map(str, staff_figures.WEEKS) else staff_figures.WEEKS[1]


def figures(visit: Visit) -> Response:
    """All of them for a period."""
    weeks = _weeks(visit)
    begin = staff_figures.since(visit.at, weeks)
    with visit.database.read() as session:
        tables = [make(session, visit, begin) for make in TABLES.values()]
    context = {
        "tables": tables,
        "titles": {table.name: f"console_figures_{table.name}" for table in tables},
        "weeks": weeks,
        "periods": staff_figures.WEEKS,
        "begins": begin.date().isoformat(),
    }
    return page(visit, "figures.html", context)


def download(visit: Visit) -> Response:
    """One table as CSV, UTF-8 with the mark that spreadsheets look for; what they would reckon with stands as words."""
    name = visit.request.path_params["name"]
    make = TABLES.get(name.removesuffix(".csv")) if name.endswith(".csv") else None
    if make is None:
        raise HTTPException(404)
    with visit.database.read() as session:
        table = make(session, visit, staff_figures.since(visit.at, _weeks(visit)))
    made = io.StringIO()
    out = csv.writer(made)
    out.writerow([_said(visit, key) for key in table.columns])
    out.writerows([harmless(cell) for cell in row] for row in table.rows)
    headers = {"Content-Disposition": f'attachment; filename="tadamon-{table.name}.csv"'}
    return Response("\ufeff" + made.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
