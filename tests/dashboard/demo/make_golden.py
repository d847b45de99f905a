"""Makes tests/golden/district.json: what a small district's commands hash to.

.venv/bin/python -m tests.dashboard.demo.make_golden
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from dashboard.demo.district import SEED, district
from ledger.domain import canonical

GOLDEN = Path(__file__).parents[2] / "golden" / "district.json"
DAYS, CENTERS = 21, 3


def made() -> dict[str, Any]:
    """The hash is over, for each command in order, its recorded_at and its canonical bytes, a line each."""
    digest, steps, commands = hashlib.sha256(), 0, 0
    for step in district(SEED, DAYS, CENTERS):
        steps += 1
        for command in step.commands:
            commands += 1
            digest.update(step.recorded_at.encode() + b"\n" + canonical.encode(command.as_dict()) + b"\n")
    return {
        "maker": "tests/dashboard/demo/make_golden.py",
        "command": ".venv/bin/python -m tests.dashboard.demo.make_golden",
        "seed": SEED,
        "days": DAYS,
        "centers": CENTERS,
        "steps": steps,
        "commands": commands,
        "sha256": digest.hexdigest(),
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(made(), indent=2) + "\n", encoding="utf-8")
