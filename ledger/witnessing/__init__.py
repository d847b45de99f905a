"""Watching a log from outside: what a witness keeps before it answers, and what a monitor has seen."""
