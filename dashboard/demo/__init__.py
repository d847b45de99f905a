"""The example district: a seeded maker of a simulated book. See README.md beside this file."""
