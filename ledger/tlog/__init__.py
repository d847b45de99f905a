"""Transparency log mathematics and formats: pure, no input or output; storage comes in as a callable."""
