"""What goes into files for spreadsheets."""

from __future__ import annotations

Cell = str | int | float
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would take for the beginning of something to reckon."""


def harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV injection"); numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
