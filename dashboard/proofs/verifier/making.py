"""Makes verifier.html, one file with everything inside, from the sources beside this file.

    python -m dashboard.proofs.verifier

The Content-Security-Policy in it lets nothing run or be fetched but its own style and script, by their
hashes.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "verifier.html"
SOURCE = HERE / "source"
STATIC = HERE.parents[1] / "static"
NOBLE = STATIC / "vendor" / "noble-ed25519" / "noble-ed25519.js"
PARTS = ("words.js", "bytes.js", "sha2.js", "formats.js", "check.js", "page.js")


def make() -> bytes:
    """The bytes of verifier.html. Raises ValueError where a source cannot stand inside a page."""
    style, script = (SOURCE / "page.css").read_text("utf-8"), script_of(PARTS)
    if "</style" in style or "</script" in script.lower() or "<!--" in script:
        raise ValueError("a style or script in a page may not hold what ends it")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
    page = (SOURCE / "page.html").read_text("utf-8")
    for name, text in (("policy", policy), ("style", style), ("script", script)):
        page = page.replace(f"{{{name}}}", text, 1)
    return page.encode()


def policy_of(page: str) -> str:
    """The Content-Security-Policy that stands in the page."""
    return page.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]


def script_of(parts: tuple[str, ...]) -> str:
    """One module: the library as an object, the canonical form that author.js has too, then the parts."""
    library, _, exported = NOBLE.read_text("utf-8").rpartition("\nexport {")
    if " Point," not in exported:
        raise ValueError(f"{NOBLE.name} does not end in its list of exports")
    noble = f"const noble = (() => {{\n{library}\nreturn {{ Point }};\n}})();\n"
    shared = (STATIC / "canonical.js").read_text("utf-8").replace("export function", "function")
    return noble + shared + "".join((SOURCE / name).read_text("utf-8") for name in parts)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
