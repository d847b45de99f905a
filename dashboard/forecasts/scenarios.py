"""Scenarios of a book's centers, from a file that people write, and the rates that ship with the program.

The file (TOML, template `data/templates/scenario.toml`) holds one scenario for all centers and, under
`[centers.CODE]`, what differs at one. It stands beside the book as HOME/scenario.toml. It is a plan, not a
fact of the ledger: no entry is written, and a copy of the book's folder takes it along.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from forecast.emergency.rates import Rates, read_esft, read_rates
from forecast.emergency.scenario import Scenario
from forecast.plans.limits import Limits

DATA = Path(__file__).parents[2] / "data"
FILE_NAME = "scenario.toml"
LARGEST_BYTES = 1_000_000


class ScenarioProblem(Exception):
    """A file that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Scenarios:
    """The scenario of every center: `common` where a center has none of its own.

    Attributes:
        common: None where the file speaks of single centers only.
        centers: center code -> its scenario, the common one's words taken over where it says nothing else.
        limits: center code -> its limits of money and room; "" for all that have none of their own.
        streets: code of a street office -> limits that its centers share; they have no limits of their own.
    """

    common: Scenario | None
    centers: Mapping[str, Scenario]
    limits: Mapping[str, Limits] = field(default_factory=dict)
    streets: Mapping[str, Limits] = field(default_factory=dict)

    def of(self, center: str) -> Scenario | None:
        return self.centers.get(center, self.common)

    def limits_of(self, center: str) -> Limits | None:
        return self.limits.get(center, self.limits.get(""))


NO_SCENARIOS = Scenarios(None, {})


def home_scenarios(home: Path) -> Scenarios:
    """The scenarios kept in a book's folder; none where it has no file. Raises ScenarioProblem."""
    path = home / FILE_NAME
    return read_scenarios(path) if path.exists() else NO_SCENARIOS


def read_scenarios(path: Path) -> Scenarios:
    """Read a file of scenarios. Raises ScenarioProblem, with the file and the word that is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScenarioProblem(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST_BYTES:
        raise ScenarioProblem(f"{path} is larger than {LARGEST_BYTES:,} bytes")
    try:
        return scenarios_of(tomllib.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise ScenarioProblem(f"{path} is not UTF-8 text") from None
    except (ValueError, RecursionError) as problem:  # TOML's own errors are ValueErrors
        raise ScenarioProblem(f"{path}: {problem}") from None


def scenarios_of(table: Mapping[str, Any]) -> Scenarios:
    """Scenarios from a parsed file. Raises ValueError in one sentence."""
    common = {name: value for name, value in table.items() if name not in ("centers", "streets", "limits")}
    own = _tables(table, "centers", "each center, as [centers.C01]")
    if not common and not own:
        raise ValueError("the file holds no scenario")
    centers, limits = {}, {"": Limits.from_dict(_table(table))} if "limits" in table else {}
    for code, words in own.items():
        try:
            if "limits" in words:
                limits[code] = Limits.from_dict(_table(words))
            said = {name: value for name, value in words.items() if name != "limits"}
            centers[code] = Scenario.from_dict(_merged(common, said))
        except ValueError as problem:
            raise ValueError(f"centers.{code}: {problem}") from None
    return Scenarios(Scenario.from_dict(common) if common else None, centers, limits, _streets(table))


def _streets(table: Mapping[str, Any]) -> dict[str, Limits]:
    shared = {}
    for code, words in _tables(table, "streets", "each street, as [streets.S1.limits]").items():
        try:
            if set(words) != {"limits"}:
                raise ValueError("a street holds limits and nothing else, as [streets.S1.limits]")
            shared[code] = Limits.from_dict(_table(words))
        except ValueError as problem:
            raise ValueError(f"streets.{code}: {problem}") from None
    return shared


def _tables(table: Mapping[str, Any], name: str, of: str) -> Mapping[str, Mapping[str, Any]]:
    found = table.get(name, {})
    if not isinstance(found, Mapping) or not all(isinstance(words, Mapping) for words in found.values()):
        raise ValueError(f"{name} must hold one table for {of}")
    return found


def _table(words: Mapping[str, Any]) -> Mapping[str, Any]:
    limits = words["limits"]
    if not isinstance(limits, Mapping):
        raise ValueError("limits must be a table, as [limits] with budget_fen = 500000")
    return limits


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A center's words over the common ones; of its staff, role by role."""
    staff = [words.get("staff", {}) for words in (common, own)]
    merged = {**common, **own}
    if all(isinstance(part, Mapping) for part in staff) and any(staff):
        merged["staff"] = {**staff[0], **staff[1]}
    return merged


@cache
def shipped_rates() -> Rates:
    """The rates of data/scenario_rates.csv, those of the WHO read from data/esft."""
    tables = {name: read_esft(data_lines(f"esft/{name}_rates.csv")) for name in ("equipment", "noncovid")}
    return read_rates(data_lines("scenario_rates.csv"), tables)


def data_lines(name: str) -> list[str]:
    """The lines of a file that ships with the program."""
    # Line ends stay: a cell of the ESFT tables may hold one.
    return (DATA / name).read_text(encoding="utf-8").splitlines(keepends=True)
