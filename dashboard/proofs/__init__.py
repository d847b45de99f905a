"""The door for verifiers: the signed log as static files, to the letter of C2SP tlog-tiles."""

from dashboard.proofs.log import log_blueprint

__all__ = ["log_blueprint"]
