"""What completing stock-outs is worth, on imagined demand whose law is known; printed for the README.

.venv/bin/python -m tests.forecast.measure_stock
"""

from __future__ import annotations

from forecast.scoring.backtest import ours
from forecast.scoring.baselines import from_issues, textbook
from forecast.scoring.imagined import imagine, law_known
from forecast.scoring.simulate import StockRules, at_level, simulate


def main() -> None:
    world, law = imagine()
    rules = StockRules(review=1, lead=3, shelf_life=26, replan=4)
    for level in (0.80, 0.95):
        planners = {
            "ours": at_level(ours, level),
            "ours, issues taken for demand": at_level(from_issues(ours), level),
            "textbook": at_level(textbook, level),
            "textbook, issues taken for demand": at_level(from_issues(textbook), level),
            "law known": law_known(law, level),
        }
        for name, planner in planners.items():
            found = simulate(world, planner, rules).outcome()
            assert found is not None
            print(
                f"{level:.2f} {name:34} short {found.short_days:5.1f} days a year, met {found.fill_rate:.3f},"
                f" held {found.held_days:5.1f} days, wasted {found.wasted_share:.3f}"
            )


if __name__ == "__main__":
    main()
