"""The public dashboard under /flows/ (Dash): pictures to turn and follow, every one with its table."""

from dashboard.flows.mounting import mount

__all__ = ["mount"]
