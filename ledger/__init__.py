"""The record: entries, rules, tree, store. No web, no plots."""
