"""The record: models, the engine, migrations. SQLAlchemy 1.4 in 2.0 style, on SQLite and PostgreSQL."""
