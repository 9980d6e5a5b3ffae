"""Bans, and reviews of missions; replies that were never stored go"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_IN_FORCE = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "bans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.Column("lifted_at", base.Instant(timezone=True), nullable=True),
        sa.Column("erased_at", base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_bans_account_id_staff_accounts"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bans")),
    )
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bans_chat_id"), ["chat_id"], unique=False)
        batch_op.create_index("uq_bans_in_force", ["chat_id"], unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)
    op.create_table(
        "mission_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_accounts.id"], name=op.f("fk_mission_reviews_account_id_staff_accounts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_mission_reviews_mission_id_missions"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mission_reviews")),
    )
    with op.batch_alter_table("mission_reviews", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mission_reviews_mission_id"), ["mission_id"], unique=False)
    op.drop_table("canned_replies")


def downgrade() -> None:
    op.create_table(
        "canned_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("register", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
        sa.UniqueConstraint("key", "register", name=op.f("uq_canned_replies_key_register")),
    )
    op.drop_table("mission_reviews")
    op.drop_table("bans")
