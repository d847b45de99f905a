"""The questions that pages ask, answered in plain frozen dataclasses, in no language."""
