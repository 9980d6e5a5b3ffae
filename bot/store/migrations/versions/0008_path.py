"""Codes on the spot, when somebody came, and what he took from it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presence_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("took_place_on", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_presence_codes_mission_id_missions"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_codes")),
        sa.UniqueConstraint("mission_id", "took_place_on", name=op.f("uq_presence_codes_mission_id_took_place_on")),
        sa.UniqueConstraint("code", name=op.f("uq_presence_codes_code")),
    )
    op.create_table(
        "reflections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("learned", sa.String(length=300), nullable=True),
        sa.Column("wish", sa.String(length=8), nullable=True),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.Column("changed_at", base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participations.id"], name=op.f("fk_reflections_participation_id_participations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflections")),
        sa.UniqueConstraint("participation_id", name=op.f("uq_reflections_participation_id")),
    )
    with op.batch_alter_table("participations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("checked_in_at", base.Instant(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("participations", schema=None) as batch_op:
        batch_op.drop_column("checked_in_at")
    op.drop_table("reflections")
    op.drop_table("presence_codes")
