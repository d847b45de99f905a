"""Scenarios, rates of use, measured burn, and the start of a surge."""
