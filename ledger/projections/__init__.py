"""Folds over entries: pure. The views are listed in ledger.domain.views; folded.py holds the fold."""
