"""Demand of one item at one place, as the ledger tells it: days, stock-outs, weekdays, lead times."""
