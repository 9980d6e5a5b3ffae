"""Urgency of messages: the sender finds the next ones by an index instead of looking through all that wait"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default, since gateways of the version before may go on writing while this runs.
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgency", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE outbox SET urgency = CASE kind WHEN 'digest' THEN 2 WHEN 'notice' THEN 1 ELSE 0 END")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_state_chat_id_id")
        batch_op.create_index("ix_outbox_state_urgency_id", ["state", "urgency", "id"], unique=False)
        batch_op.create_index("ix_outbox_chat_id_state_urgency_id", ["chat_id", "state", "urgency", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_chat_id_state_urgency_id")
        batch_op.drop_index("ix_outbox_state_urgency_id")
        batch_op.create_index("ix_outbox_state_chat_id_id", ["state", "chat_id", "id"], unique=False)
        batch_op.drop_column("urgency")
