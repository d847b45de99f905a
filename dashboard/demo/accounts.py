"""Accounts of the demo, invented. The doors for staff open with the desk; until then nobody can sign in."""

from __future__ import annotations

from typing import NamedTuple


class DemoAccount(NamedTuple):
    """A way into the simulated book. The password is public: it guards nothing."""

    name: str
    role: str
    place: str
    password: str


def demo_accounts() -> list[DemoAccount]:
    """One of each role that works in the example district, printed by `mingzhang demo`."""
    return [
        DemoAccount("kuguan", "storekeeper", "990101002-02", "demo-shelf-2026"),
        DemoAccount("zhuren", "center_lead", "990101002-02", "demo-lead-2026"),
        DemoAccount("cangku", "storekeeper", "990101-D01", "demo-depot-2026"),
        DemoAccount("cishan", "charity_clerk", "990101-D01", "demo-gift-2026"),
        DemoAccount("jiedao", "street_office", "990101002", "demo-street-2026"),
        DemoAccount("weijian", "district_health", "990101", "demo-health-2026"),
        DemoAccount("shenji", "auditor", "990101", "demo-audit-2026"),
    ]
