"""Alembic's entry point: runs the migrations on the store passed to it (sql/migrate.py)."""

from alembic import context

from sql.schema import metadata

with context.config.attributes["store"].begin() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
