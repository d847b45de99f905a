"""Numbers published by others, and what ours make of the same data."""
