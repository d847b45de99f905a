"""The door for programs: entries, proofs, receipts; enough to rebuild the log and check it elsewhere."""

from dashboard.api.door import api_blueprint

__all__ = ["api_blueprint"]
