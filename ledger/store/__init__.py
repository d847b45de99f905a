"""The only SQL of the ledger: entries, views, private and operational tables, on SQLite and PostgreSQL."""
