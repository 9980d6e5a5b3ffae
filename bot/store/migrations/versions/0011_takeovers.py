"""Conversations that a person of the team has taken over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_RUNNING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "takeovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("began_at", base.Instant(timezone=True), nullable=False),
        sa.Column("last_reply_at", base.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", base.Instant(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=8), nullable=True),
        sa.Column("was_overheard", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_takeovers_account_id_staff_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeovers")),
    )
    with op.batch_alter_table("takeovers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_takeovers_chat_id"), ["chat_id"], unique=False)
        batch_op.create_index("uq_takeovers_running", ["chat_id"], unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING)


def downgrade() -> None:
    op.drop_table("takeovers")
