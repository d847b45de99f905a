"""A table of past demand from outside, put on one calendar."""
