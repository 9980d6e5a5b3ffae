"""Alembic's entry: runs on the connection that :mod:`bot.store.migrate` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from bot.store.models import metadata


def _ours(_object: Any, name: str | None, kind: str, reflected: bool, _compared: Any) -> bool:
    """Rasa keeps its own tables in the same PostgreSQL database; they are not ours to migrate."""
    return not (kind == "table" and reflected and name not in metadata.tables)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_ours,
    compare_type=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
