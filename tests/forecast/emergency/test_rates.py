from __future__ import annotations

import csv

import pytest

from dashboard.forecasts.scenarios import DATA, shipped_rates
from forecast.emergency.rates import Rate, read_esft, read_rates

HEAD = "item,driver,table,esft_item,esft_role,times,rate,spread_percent,basis\n"
ESFT = [
    "item,unit,amount_per_nurse_per_day,amount_per_cook_per_day\n",
    "Gown,Each,2.0,\n",
    "Soap,Lt,0.02,0.1\n",
]


def test_esft_amounts_by_item_and_role() -> None:
    assert read_esft(ESFT) == {("Gown", "nurse"): 2.0, ("Soap", "nurse"): 0.02, ("Soap", "cook"): 0.1}
    with pytest.raises(ValueError, match="Gown, nurse: 'two' is not a number"):
        read_esft([ESFT[0], "Gown,Each,two,\n"])


def test_a_rate_is_the_esft_amount_times_its_units_or_the_lists_own() -> None:
    lines = [HEAD, "HYG-02,routine,w,Soap,nurse,2,,,ESFT\n", "HYG-02,rooms,,,,,0.5,10,own\n"]
    found = read_rates(lines, {"w": read_esft(ESFT)})
    assert found == {
        "HYG-02": (Rate("HYG-02", "routine", 0.04, "ESFT"), Rate("HYG-02", "rooms", 0.5, "own", 10)),
    }


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("A,nobody,,,,,1,,own\n", "line 2: driver 'nobody' is not one of triage"),
        ("A,rooms,,,,,,,own\n", "line 2: A, rooms: name either an ESFT table or a rate"),
        ("A,rooms,w,Soap,nurse,1,3,,own\n", "line 2: A, rooms: name either an ESFT table or a rate"),
        ("A,rooms,w,Soap,miner,1,,,own\n", "line 2: A, rooms: no ESFT rate w: Soap, miner"),
        ("A,rooms,,,,,many,,own\n", "line 2: A, rooms: 'many' is not a number"),
        ("A,rooms,,,,,-1,,own\n", "line 2: A, rooms: the rate must be above 0"),
        ("A,rooms,,,,,1,999,own\n", "line 2: A, rooms: spread_percent must be 0 to 200"),
        ("A,rooms,,,,,1,,own\nA,rooms,,,,,2,,own\n", "line 3: A, rooms is given twice"),
    ],
)
def test_a_wrong_line_is_named(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_rates([HEAD, *line.splitlines(keepends=True)], {"w": read_esft(ESFT)})


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="has no column driver"):
        read_rates(["item\n"], {})


def test_the_shipped_rates_are_the_who_figures_for_items_of_the_catalogue() -> None:
    """DOMAIN.md section 5: mask T4 R4, gloves T8 R8 C4, hand rub T .03 L (bottles of 500 ml), bag .5."""
    rates = {(item, rate.driver): rate.amount for item, found in shipped_rates().items() for rate in found}
    assert [rates["PPE-02", who] for who in ("triage", "routine")] == [4, 4]
    assert [rates["PPE-07", who] for who in ("triage", "routine", "caregivers")] == [8, 8, 4]
    assert rates["HYG-01", "triage"] == pytest.approx(0.06)
    assert rates["HYG-01", "caregivers"] == pytest.approx(1 / 15)
    assert rates["WST-01", "triage"] == 0.5
    assert rates["EQP-02", "severe"] == pytest.approx(2 / 3)
    with (DATA / "item_catalogue.csv").open(encoding="utf-8") as lines:
        codes = {row["code"] for row in csv.DictReader(lines)}
    assert {item for item, _ in rates} <= codes
