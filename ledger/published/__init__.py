"""The published log on disk and at an address: writing it, and checking it from its bytes alone."""
