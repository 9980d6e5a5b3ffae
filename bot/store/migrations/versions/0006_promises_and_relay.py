"""Promises by the clock, places to cover, a relay between two who are committed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relay_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_relay_messages_application_id_applications"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_relay_messages_person_id_persons"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_messages")),
    )
    with op.batch_alter_table("relay_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relay_messages_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_relay_messages_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nudged_at", base.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("offered_until", base.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("asked_on", sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f("ix_applications_state"), ["state"], unique=False)

    with op.batch_alter_table("messages_to_team", schema=None) as batch_op:
        batch_op.add_column(sa.Column("application_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_messages_to_team_application_id_applications"), "applications", ["application_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), server_default=sa.text("'invite'"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.drop_column("kind")

    with op.batch_alter_table("messages_to_team", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_to_team_application_id_applications"), type_="foreignkey")
        batch_op.drop_column("application_id")

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_state"))
        batch_op.drop_column("asked_on")
        batch_op.drop_column("reminded_on")
        batch_op.drop_column("offered_until")
        batch_op.drop_column("nudged_at")

    with op.batch_alter_table("relay_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relay_messages_person_id"))
        batch_op.drop_index(batch_op.f("ix_relay_messages_application_id"))

    op.drop_table("relay_messages")
