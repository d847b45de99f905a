"""How anybody checks the record without us: what stands confirmed, three ways, what cannot be noticed."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request

from dashboard.queries import proof

# What people may try, in the order of the table; and what no signature helps against.
DEEDS = ("edit", "cut", "split", "total", "date", "name", "receipt")
CANNOT = ("unwritten", "shelf", "false", "used", "author", "collude", "page")


def add_to(door: Blueprint) -> None:
    @door.get("/verify")
    def verify() -> str:
        now, vkey = proof.standing(g.book), proof.verifier_key(g.book)
        log = proof.log_address(g.book, request.host_url)
        return render_template(
            "verify.html", book=g.book, now=now, root=proof.root(g.book), vkey=vkey, deeds=DEEDS,
            cannot=CANNOT, witnesses=proof.witnesses(g.book), commands=commands(log, vkey),
        )  # fmt: skip


def commands(log: str, vkey: str) -> dict[str, list[str]]:
    """The command lines of each way, to be copied as they stand; `log` is where the log is published."""
    key = f"--vkey '{vkey}'"
    return {
        "receipt": [f"mingzhang verify receipt FILE {key}"],
        "list": [f"mingzhang verify --base {log} {key}"],
        "old": [
            f"curl -o checkpoint {log}/checkpoint",
            f"mingzhang verify --base {log} {key} --old checkpoint",
        ],
        "policy": [f"curl -o policy {log}/policy", f"mingzhang verify --base {log} --policy policy"],
        "witness": [f"mingzhang witness DIR --name NAME --log '{vkey}'"],
        "monitor": [f"mingzhang monitor {log} {key} --state DIR"],
    }
