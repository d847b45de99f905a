"""Find a Chromium for the tests or install Debian's; run by `make test` before pytest.

Looked for, in this order: MZ_BROWSER (a path), then chromium, chromium-browser, google-chrome on PATH. Where
none runs, root on Debian or Ubuntu gets the package `chromium`; anyone else is told so in one line.
MZ_NO_BROWSER=1 goes on without one, and the end of the test run says so. Under CI it is never obeyed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LAUNCH_FLAGS = (
    "--no-sandbox",  # root has no sandbox, and every page is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOT_RUN = "browser tests NOT run because MZ_NO_BROWSER=1"


def go_without() -> bool:
    """Whether the person asked for a run without a browser; CI cannot ask for it."""
    return os.environ.get("MZ_NO_BROWSER") == "1" and not os.environ.get("CI")


def find_chromium() -> str | None:
    """Path of a Chromium that really starts, or None (Ubuntu's `chromium-browser` may be an empty shell)."""
    named = os.environ.get("MZ_BROWSER")
    for path in [named] if named else filter(None, map(shutil.which, NAMES)):
        try:
            asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if asked.returncode == 0 and "Chrom" in asked.stdout:
            return path
    return None


def install_chromium() -> str | None:
    """Install Debian's package as root; returns what went wrong, or None."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "only root on Debian or Ubuntu can have it installed"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("Installing Chromium for the browser tests ...", file=sys.stderr, flush=True)
    for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "Acquire::Retries=3", *step],
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            return f"apt-get {step[0]} failed: {' '.join(done.stderr.split())[-300:]}"
    return None


def main() -> int:
    """Exit code 0 where the tests may go on."""
    if find_chromium():
        return 0
    if go_without():
        print(NOT_RUN, file=sys.stderr)
        return 0
    problem = install_chromium()
    if problem is None and find_chromium():
        return 0
    print(
        f"no Chromium: {problem or 'the installed one does not start'}; "
        "install the package chromium, or name one in MZ_BROWSER, or set MZ_NO_BROWSER=1",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
