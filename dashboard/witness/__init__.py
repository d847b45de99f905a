"""The witness's own small server: C2SP tlog-witness, and a page in plain words."""

from dashboard.witness.door import create_witness_app

__all__ = ["create_witness_app"]
