"""The threat model in ledger/README.md and the attacks that are tried are the same list."""

from __future__ import annotations

import re
from pathlib import Path

from tests.attacks.test_bytes import SPELLINGS

HERE = Path(__file__).parent
README = (HERE.parents[1] / "ledger" / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Threat model\n")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"^\| ([^|]+) \|.*\| (test_\w+\.py) \|$", SECTION, re.MULTILINE))


def named_in(path: Path) -> set[str]:
    """Names of the attacks that a test file tries."""
    text = path.read_text(encoding="utf-8")
    constants = dict(re.findall(r'^([A-Z_]+) = "(.*)"$', text, re.MULTILINE))
    marked = set(re.findall(r"mark\.attack\(\s*([A-Z_]+),", text))
    literal = set(re.findall(r'mark\.attack\(\s*"([^"]+)"', text))
    return {constants[name] for name in marked} | literal


def test_each_attack_is_in_the_threat_model_with_its_test() -> None:
    tried = {
        attack: path.name
        for path in HERE.glob("test_*.py")
        if path != Path(__file__)
        for attack in named_in(path)
    } | dict.fromkeys(SPELLINGS, "test_bytes.py")
    assert len(tried) > 20
    assert tried == ROWS


def test_it_says_what_stays_impossible_to_detect() -> None:
    assert "never written down" in SECTION
