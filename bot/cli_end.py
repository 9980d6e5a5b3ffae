"""How a command ends where it cannot do what was asked."""

from __future__ import annotations

from typing import NoReturn

import typer


def fail(line: str) -> NoReturn:
    """Say in one line what is wrong, and end with exit code 1."""
    typer.echo(line, err=True)
    raise typer.Exit(1)
