"""The jobs of forecasting: runs over a book, answers to a history file, back-tests, scenarios."""
