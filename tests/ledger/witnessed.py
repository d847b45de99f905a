"""Books with witnesses: HOME/policy for running ones."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.home import Home
from ledger.tlog.policy import Policy
from tests.witnesses import StartedWitness


def name_witnesses(home: Home, witnesses: Sequence[StartedWitness], threshold: str) -> Policy:
    """Write the policy: W0, W1 ... at their addresses; `threshold`: how many, all, any or none are needed."""
    lines = [f"witness W{number} {one.vkey} {one.url}" for number, one in enumerate(witnesses)]
    if threshold == "none":
        lines.append("quorum none")
    else:
        names = " ".join(f"W{number}" for number in range(len(witnesses)))
        lines += [f"group enough {threshold} {names}", "quorum enough"]
    data = "".join(f"{line}\n" for line in lines).encode()
    home.policy_file.write_bytes(data)
    return Policy.parse(data)
