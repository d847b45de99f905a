"""The text-first pages."""
