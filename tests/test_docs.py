"""What the READMEs show is true: marked commands are run, and both languages say the same.

A fenced `sh` block under `<!-- run -->` is run by bash, in order, in an empty folder that has
the project's `.venv` and `data`; every command must exit 0. A line `# -> words` must occur in
what the block prints, in order.
`<!-- run postgres -->` gives the block an empty database in MINGZHANG_DATABASE_URL.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^(?:<!-- run( postgres)? -->\n)?```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKED = re.compile(r"^<!-- run(?: postgres)? -->\n```sh\n.*?^```$", re.MULTILINE | re.DOTALL)
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
DOCUMENTS = [*READMES, *sorted(ROOT.glob("*/README.md"))]
WITH_COMMANDS = [d for d in DOCUMENTS if MARKED.search(d.read_text(encoding="utf-8"))]
TWIN = READMES[1]  # its commands are compared with those of its twin, which are run


def shown_commands(document: Path) -> list[str]:
    """The command lines of all sh blocks, without comments."""
    lines = "".join(block for _, block in BLOCK.findall(document.read_text(encoding="utf-8"))).splitlines()
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines if line and not line.startswith("#")]


def headings(document: Path) -> list[int]:
    """The level of each heading, outside of fences."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]


def run_block(block: str, folder: Path, extra: dict[str, str]) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MINGZHANG_", "PYTEST_"))}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**environment, "HOME": str(folder), **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{block}\nprinted:\n{done.stdout}"
    position = 0
    for words in re.findall(r"^# -> (.*)$", block, re.MULTILINE):
        at = done.stdout.find(words, position)
        assert at >= 0, f"{words!r} is not in what was printed:\n{done.stdout}"
        position = at + len(words)


@pytest.mark.parametrize(
    "document", [d for d in WITH_COMMANDS if d != TWIN], ids=lambda d: d.relative_to(ROOT).as_posix()
)
def test_shown_commands_work(document, tmp_path, request):
    for name in (".venv", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    for marked in MARKED.findall(document.read_text(encoding="utf-8")):
        ((kind, block),) = BLOCK.findall(marked)
        extra = {"MINGZHANG_DATABASE_URL": request.getfixturevalue("postgres_url")} if kind else {}
        run_block(block, tmp_path, extra)


def test_readme_is_among_the_documents_that_are_run():
    assert set(READMES) <= set(WITH_COMMANDS)


def test_both_languages_show_the_same():
    english, chinese = READMES
    assert shown_commands(english) == shown_commands(chinese)
    run = [MARKED.findall(document.read_text(encoding="utf-8")) for document in READMES]
    assert run[0] == run[1], "the same blocks are run, to the letter"
    assert headings(english) == headings(chinese)


@pytest.mark.parametrize("document", READMES, ids=lambda d: d.name)
def test_the_two_set_up_commands_are_shown(document):
    assert {"make demo", "make test"} <= set(shown_commands(document))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    targets = re.findall(r"\]\((?!\w+:|#|/)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_every_command_is_in_the_readme():
    helped = subprocess.run(
        [ROOT / ".venv" / "bin" / "mingzhang", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^[│|\s]{1,3}([a-z]+)\s{2,}\S", helped, re.MULTILINE)
    assert len(commands) >= 5, helped
    for document in READMES:
        text = document.read_text(encoding="utf-8")
        assert [c for c in commands if not re.search(rf"mingzhang {c}\b", text)] == []
