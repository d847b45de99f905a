"""For donors: where a gift is, its receipt, their private page."""

from dashboard.trace.door import trace_blueprint

__all__ = ["trace_blueprint"]
