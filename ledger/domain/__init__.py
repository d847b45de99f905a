"""Values, entries and rules of the record: pure, no database, no clock."""
