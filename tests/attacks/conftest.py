"""`make attack`: every attack of the threat model tried, and a table of what finds it, and who."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from rich.console import Console
from rich.table import Table

ATTACKS = "tests/attacks"
PROPERTY = "attack"


@dataclass
class Tried:
    """The tests of one attack that one thing finds."""

    tests: int = 0
    missed: int = 0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "attack(name, found_by, who): one attack of the threat model")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := item.get_closest_marker(PROPERTY):
            told = (mark.args[0], mark.kwargs["found_by"], mark.kwargs["who"])
            item.user_properties.append((PROPERTY, told))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table, where the attacks alone were asked for."""
    if [name.rstrip("/") for name in config.getoption("file_or_dir")] == [ATTACKS]:
        stats = terminalreporter.stats
        found, missed = stats.get("passed", []), [*stats.get("failed", []), *stats.get("error", [])]
        Console().print(_table(tried(found, missed)))


def tried(
    found: Iterable[pytest.TestReport], missed: Iterable[pytest.TestReport]
) -> dict[tuple[str, str, str], Tried]:
    """(attack, found by, who) -> what became of it."""
    attacks: dict[tuple[str, str, str], Tried] = {}
    for is_missed, reports in ((False, found), (True, missed)):
        for report in reports:
            for name, told in report.user_properties:
                if name == PROPERTY:
                    entry = attacks.setdefault(tuple(told), Tried())
                    entry.tests += 1
                    entry.missed += is_missed
    return attacks


def _table(attacks: dict[tuple[str, str, str], Tried]) -> Table:
    table = Table(title="Attacks on the record")
    for heading in ("attack", "found by", "who finds it", "tests", "result"):
        table.add_column(heading)
    above = ""
    for (attack, found_by, who), entry in sorted(attacks.items()):
        result = f"MISSED {entry.missed}" if entry.missed else "found"
        table.add_row("" if attack == above else attack, found_by, who, str(entry.tests), result)
        above = attack
    return table
