"""The database: tables, queries, migrations, and the store that opens it."""
