"""Participations, mutual aid, messages to the team, handoffs, invitations, erasures; ages and reasons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("register", sa.String(length=8), nullable=False),
        sa.Column("requested_at", base.Instant(timezone=True), nullable=False),
        sa.Column("done_at", base.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasures_chat_id"), ["chat_id"], unique=False)

    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", base.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", base.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handoffs_chat_id"), ["chat_id"], unique=False)
        batch_op.create_index("ix_handoffs_state_opened_at", ["state", "opened_at"], unique=False)

    op.create_table(
        "help_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("need", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("helper_id", sa.Integer(), nullable=True),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("next_step_at", base.Instant(timezone=True), nullable=True),
        sa.Column("reminded_at", base.Instant(timezone=True), nullable=True),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["helper_id"], ["persons.id"], name=op.f("fk_help_requests_helper_id_persons"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_help_requests_person_id_persons"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_requests")),
    )
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_requests_helper_id"), ["helper_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_help_requests_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_help_requests_state_next_step_at", ["state", "next_step_at"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", base.Instant(timezone=True), nullable=False),
        sa.Column("used_by_chat_id", sa.BigInteger(), nullable=True),
        sa.Column("used_at", base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_invitations_organisation_id_organisations"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_invitations_person_id_persons"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_invitations")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_person_id"), ["person_id"], unique=False)

    op.create_table(
        "help_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", base.Instant(timezone=True), nullable=False),
        sa.Column("answered_at", base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_requests.id"], name=op.f("fk_help_calls_help_request_id_help_requests"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_help_calls_person_id_persons"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_calls")),
        sa.UniqueConstraint("help_request_id", "person_id", name=op.f("uq_help_calls_help_request_id_person_id")),
    )
    with op.batch_alter_table("help_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_calls_person_id"), ["person_id"], unique=False)

    op.create_table(
        "messages_to_team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_messages_to_team_mission_id_missions"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_to_team")),
    )
    with op.batch_alter_table("messages_to_team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_to_team_chat_id"), ["chat_id"], unique=False)
        batch_op.create_index("ix_messages_to_team_state_created_at", ["state", "created_at"], unique=False)

    op.create_table(
        "participations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("took_place_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("told_by", sa.String(length=16), nullable=False),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.Column("changed_at", base.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("minutes > 0 AND minutes <= 1440", name=op.f("ck_participations_minutes_of_a_day")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_participations_application_id_applications"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participations")),
        sa.UniqueConstraint("application_id", "took_place_on", name=op.f("uq_participations_application_id_took_place_on")),
    )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("closed_reason", sa.String(length=16), nullable=True))

    with op.batch_alter_table("missions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("authorisation", sa.String(length=80), nullable=True))

    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("representative", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("receipt", sa.String(length=80), nullable=True))

    with op.batch_alter_table("volunteers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("age_band", sa.String(length=8), server_default=sa.text("'adult'"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("volunteers", schema=None) as batch_op:
        batch_op.drop_column("age_band")

    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_column("receipt")
        batch_op.drop_column("representative")

    with op.batch_alter_table("missions", schema=None) as batch_op:
        batch_op.drop_column("authorisation")

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_column("closed_reason")
        batch_op.drop_column("note")

    op.drop_table("participations")
    with op.batch_alter_table("messages_to_team", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_to_team_state_created_at")
        batch_op.drop_index(batch_op.f("ix_messages_to_team_chat_id"))

    op.drop_table("messages_to_team")
    with op.batch_alter_table("help_calls", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_help_calls_person_id"))

    op.drop_table("help_calls")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_person_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_organisation_id"))

    op.drop_table("invitations")
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_help_requests_state_next_step_at")
        batch_op.drop_index(batch_op.f("ix_help_requests_person_id"))
        batch_op.drop_index(batch_op.f("ix_help_requests_helper_id"))

    op.drop_table("help_requests")
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.drop_index("ix_handoffs_state_opened_at")
        batch_op.drop_index(batch_op.f("ix_handoffs_chat_id"))

    op.drop_table("handoffs")
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasures_chat_id"))

    op.drop_table("erasures")
