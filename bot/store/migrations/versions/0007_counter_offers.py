"""An organisation's counter-offer to an application"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counter", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("countered_at", base.Instant(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_column("countered_at")
        batch_op.drop_column("counter")
