"""Conditions that several statements share: relations held in quarantine, and addresses that get no e-mail."""

from alembic import op

revision = "0014"
down_revision = "0013"

VIEWS = {
    # One row per problem of a relation that holds it: no automation runs for it (Q2).
    "held_relations": "SELECT row_id AS relation_id FROM quarantine WHERE kind = 'relations' AND is_holding",
    # One row per address and reason why it gets no e-mail (M7); a list without a reason stops nothing.
    "silenced_addresses": "SELECT address, reason FROM suppressions WHERE reason IS NOT NULL",
}


def upgrade() -> None:
    """Create the views."""
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    """Drop them."""
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
