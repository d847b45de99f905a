"""The method: many series side by side, what they teach each other, and quantiles of totals."""
