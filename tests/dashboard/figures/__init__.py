"""Figures: pure functions from data to Plotly."""
