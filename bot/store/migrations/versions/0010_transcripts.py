"""What people said, as staff read and correct it: sentences, conversations, examples, training runs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_at", base.Instant(timezone=True), nullable=False),
        sa.Column("last_words", sa.String(length=200), nullable=True),
        sa.Column("register", sa.String(length=8), nullable=True),
        sa.Column("last_intent", sa.String(length=64), nullable=True),
        sa.Column("lowest_confidence", sa.Float(), nullable=True),
        sa.Column("fallbacks", sa.Integer(), nullable=False),
        sa.Column("sentences", sa.Integer(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("loop", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_conversations")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversations_fallbacks"), ["fallbacks"], unique=False)
        batch_op.create_index("ix_conversations_last_at_chat_id", ["last_at", "chat_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversations_lowest_confidence"), ["lowest_confidence"], unique=False)

    op.create_table(
        "transcript_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settled_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript_marks")),
    )
    op.create_table(
        "sentences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=True),
        sa.Column("said_at", base.Instant(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("register", sa.String(length=8), nullable=True),
        sa.Column("intent", sa.String(length=64), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("ranking", sa.JSON(), nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("is_fallback", sa.Boolean(), nullable=False),
        sa.Column("is_doubtful", sa.Boolean(), nullable=False),
        sa.Column("loop", sa.String(length=64), nullable=True),
        sa.Column("chosen_intent", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("right_intent", sa.String(length=64), nullable=True),
        sa.Column("right_entities", sa.JSON(), nullable=True),
        sa.Column("annotated_by", sa.Integer(), nullable=True),
        sa.Column("annotated_at", base.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotated_by"], ["staff_accounts.id"], name=op.f("fk_sentences_annotated_by_staff_accounts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sentences")),
        sa.UniqueConstraint("chat_id", "update_id", name=op.f("uq_sentences_chat_id_update_id")),
        sa.UniqueConstraint("event_id", name=op.f("uq_sentences_event_id")),
    )
    with op.batch_alter_table("sentences", schema=None) as batch_op:
        batch_op.create_index("ix_sentences_chat_id_id", ["chat_id", "id"], unique=False)
        batch_op.create_index("ix_sentences_is_doubtful_state_id", ["is_doubtful", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sentences_said_at"), ["said_at"], unique=False)
        batch_op.create_index("ix_sentences_state_id", ["state", "id"], unique=False)

    op.create_table(
        "training_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("inputs", sa.String(length=64), nullable=True),
        sa.Column("model_sha", sa.String(length=64), nullable=True),
        sa.Column("replaced_sha", sa.String(length=64), nullable=True),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("created_at", base.Instant(timezone=True), nullable=False),
        sa.Column("finished_at", base.Instant(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["started_by"], ["staff_accounts.id"], name=op.f("fk_training_runs_started_by_staff_accounts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_runs")),
        sa.UniqueConstraint("is_open", name=op.f("uq_training_runs_is_open")),
    )
    op.create_table(
        "examples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sentence_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("register", sa.String(length=8), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("split", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=True),
        sa.Column("kept_at", base.Instant(timezone=True), nullable=False),
        sa.Column("exported_at", base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["kept_by"], ["staff_accounts.id"], name=op.f("fk_examples_kept_by_staff_accounts"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["sentence_id"], ["sentences.id"], name=op.f("fk_examples_sentence_id_sentences"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examples")),
        sa.UniqueConstraint("sentence_id", name=op.f("uq_examples_sentence_id")),
    )
    with op.batch_alter_table("examples", schema=None) as batch_op:
        batch_op.create_index("ix_examples_state_id", ["state", "id"], unique=False)

    op.create_table(
        "sentence_keys",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sentence_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["sentence_id"], ["sentences.id"], name=op.f("fk_sentence_keys_sentence_id_sentences"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "chat_id", "sentence_id", name=op.f("pk_sentence_keys")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sentence_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sentence_keys_sentence_id"), ["sentence_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sentence_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sentence_keys_sentence_id"))

    op.drop_table("sentence_keys")
    with op.batch_alter_table("examples", schema=None) as batch_op:
        batch_op.drop_index("ix_examples_state_id")

    op.drop_table("examples")
    op.drop_table("training_runs")
    with op.batch_alter_table("sentences", schema=None) as batch_op:
        batch_op.drop_index("ix_sentences_state_id")
        batch_op.drop_index(batch_op.f("ix_sentences_said_at"))
        batch_op.drop_index("ix_sentences_is_doubtful_state_id")
        batch_op.drop_index("ix_sentences_chat_id_id")

    op.drop_table("sentences")
    op.drop_table("transcript_marks")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversations_lowest_confidence"))
        batch_op.drop_index("ix_conversations_last_at_chat_id")
        batch_op.drop_index(batch_op.f("ix_conversations_fallbacks"))

    op.drop_table("conversations")
