"""The key under which the record of erasures, outside the database, names chats"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keys = op.create_table(
        "keys",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_keys")),
    )
    op.bulk_insert(keys, [{"name": "erasures", "value": secrets.token_hex(32)}])


def downgrade() -> None:
    op.drop_table("keys")
