"""`verify`: of the database, of published bytes alone, and `verify receipt`, offline."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, database_url, print_json, progress_bar

if TYPE_CHECKING:
    from ledger.published.reading import PublishedVerdict
    from ledger.receipts import ReceiptVerdict, Step
    from ledger.tlog.policy import Policy
    from ledger.tlog.verdict import Verdict

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Vkey = Annotated[str, typer.Option(help="The log's verifier key, or a file holding it.")]
PolicyFile = Annotated[Path | None, typer.Option(help="A C2SP tlog-policy: known log keys, and witnesses.")]


def add_to(app: typer.Typer) -> None:
    part = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    part.callback()(verify)
    part.command()(receipt)
    app.add_typer(part, name="verify")


def verify(
    context: typer.Context,
    base: Annotated[str, typer.Option(help="Check published bytes alone: a folder or URL.")] = "",
    vkey: Vkey = "",
    policy: PolicyFile = None,
    old: Annotated[Path | None, typer.Option(help="A checkpoint saved earlier, to be extended.")] = None,
    delayed: Annotated[
        bool, typer.Option("--delayed", help="Take newest entries by their hash where bytes come later.")
    ] = False,
    authors: Annotated[
        bool, typer.Option("--authors", help="Check who signed each entry too, and count.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Check that no entry was changed, removed, moved or cut since it was published."""
    given = {
        "--vkey": vkey, "--policy": policy, "--old": old, "--delayed": delayed, "--authors": authors,
    }  # fmt: skip
    if context.invoked_subcommand is not None:
        misplaced = {"--base": base, **given, "--json": as_json}
        _refuse(misplaced, "stands before `receipt`, whose options come after it")
        return 0
    if not base:
        _refuse(given, "goes with --base")
        verdict: Verdict = _verify_book()
    else:
        verdict = _verify_base(base, _trusted(vkey, policy), old, delayed, authors)
    if as_json:
        print_json(asdict(verdict))
    else:
        _tell(verdict)
    return 0 if verdict.ok else 1


def _refuse(given: dict[str, Any], where: str) -> None:
    for name, value in given.items():
        if value:
            raise Problem(f"{name} {where}")


def _verify_book() -> Verdict:
    from ledger.home import Home
    from ledger.store.store import Store
    from ledger.verify import verify_book

    with closing(Store(books.home(), database_url())) as store, progress_bar("verify") as progress:
        return verify_book(Home(books.home()), store, progress)


def _verify_base(
    base: str, trusted: Policy, old: Path | None, delayed: bool, authors: bool
) -> PublishedVerdict:
    from ledger.published.reading import verify_base

    earlier = None if old is None else _read(old)
    with progress_bar("verify") as progress:
        return verify_base(base, trusted, earlier, progress, delayed=delayed, authors=authors)


# whom to trust --------------------------------------------------------------------------------------------


def _trusted(vkey: str, policy: Path | None) -> Policy:
    """What --vkey or --policy names, else the keys of this home's own log. Raises Problem."""
    from ledger.home import HomeProblem
    from ledger.tlog.note import VerifierKey
    from ledger.tlog.policy import Policy

    if vkey and policy is not None:
        raise Problem("--vkey and --policy both say whom to trust: give one of them")
    try:
        if policy is not None:
            return Policy.parse(_read(policy))
        if vkey:
            text = Path(vkey).read_text(encoding="utf-8").strip() if _is_file(vkey) else vkey
            return Policy.of_log(VerifierKey.parse(text))
        return _own_keys()
    except HomeProblem:
        raise Problem(
            "name the log's verifier key with --vkey, or a --policy: it is never taken from what is checked"
        ) from None
    except OSError as error:
        raise Problem(f"{error.filename} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Problem(f"{'--vkey' if policy is None else '--policy'}: {error}") from None


def _own_keys() -> Policy:
    """log.vkey, and those keys before it that were given up as planned: the served policy names them.
    Raises HomeProblem."""
    from ledger.home import Home
    from ledger.published.cosigned import POLICY, read_policy
    from ledger.tlog.policy import Policy, PolicyError

    home = Home(books.home())
    present, formers = home.verifier(), home.former_verifiers()
    try:
        standing = {line.key for line in read_policy(home.log / POLICY).logs}
    except PolicyError:
        standing = set()
    return Policy.of_log(present, *(key for key in formers if key in standing and key != present))


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"{error.filename} cannot be read: {error.strerror}") from None


# what was found -------------------------------------------------------------------------------------------


def _tell(verdict: Verdict) -> None:
    if verdict.ok:
        typer.echo(f"ok: {verdict.size:,} entries, root {verdict.root}")
    else:
        place = "" if verdict.first_bad_index is None else f" (first bad index {verdict.first_bad_index})"
        typer.echo(f"FAILED: {verdict.problem}{place}")
    for line in _more(verdict):
        typer.echo(line)


def _more(verdict: Verdict) -> list[str]:
    """What published bytes tell besides."""
    from ledger.published.reading import PublishedVerdict

    if not isinstance(verdict, PublishedVerdict):
        return []
    told = []
    if verdict.witnesses:
        told.append(f"confirmed by {_witnesses(verdict.witnesses)}")
    if verdict.held_back:
        told.append(f"of the newest {verdict.held_back:,} entries the hashes alone: their bytes come later")
    if authors := verdict.authors:
        told.append(
            f"authors: {authors.signed:,} signed, {authors.unsigned:,} unsigned,"
            f" {authors.unsigned_though_enrolled:,} unsigned though the place signs,"
            f" {authors.doubted:,} doubted, {authors.bad:,} bad"
        )
    return told


def _witnesses(times: dict[str, str]) -> str:
    return ", ".join(f"{name} ({time})" if time else name for name, time in times.items())


# receipts -------------------------------------------------------------------------------------------------


def receipt(
    file: Annotated[Path, typer.Argument(help="The receipt, a .tlog-proof file.", show_default=False)],
    vkey: Vkey = "",
    policy: PolicyFile = None,
    opening: Annotated[Path | None, typer.Option(help="The donor's .opening.json, checked too.")] = None,
    party: Annotated[
        Path | None, typer.Option(help="The receipt of the donor's registration, if the opening is of that.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Check a receipt offline: who signed it, and that its entry stands in the list they signed."""
    from ledger.receipts import verify_receipt

    trusted = _trusted(vkey, policy)
    if party is not None and opening is None:
        raise Problem("--party goes with --opening")
    opened, registered = (None if path is None else _read(path) for path in (opening, party))
    verdict = verify_receipt(_read(file), trusted, opening=opened, party_receipt=registered)
    if as_json:
        print_json(asdict(verdict))
    else:
        for line in _steps(verdict):
            typer.echo(line)
    return 0 if verdict.ok else 1


def _steps(verdict: ReceiptVerdict) -> list[str]:
    """Each step in plain words, and what all of them together do not show."""
    marks = {True: "ok    ", False: "FAILED"}
    told = [f"{marks[step.ok]}  {step.name}: {_said(step, verdict)}" for step in verdict.steps]
    if not verdict.ok:
        return [*told, f"FAILED: {verdict.problem}"]
    return [
        *told,
        "ok: this entry stands in the signed list, as it was written. Nobody can show you by this that the"
        " goods are on a shelf, or that nothing was left out before it was written.",
    ]


def _said(step: Step, verdict: ReceiptVerdict) -> str:
    told = step.told
    if not step.ok:
        return str(told["problem"])
    match step.name:
        case "format":
            return f"a receipt for entry {told['index']} in a list of {told['size']:,} entries"
        case "signature":
            return f"the list is signed by the log {told['origin']} (key {told['key_id']})"
        case "witnesses" if not told["names"]:
            return "no one outside is asked to confirm the list, and no one known has"
        case "witnesses":
            times = {name: told["times"].get(name, "") for name in told["names"]}
            return f"the list is confirmed by {_witnesses(times)}"
        case "inclusion":
            return f"the entry's bytes are in that list at place {verdict.index}"
        case "entry":
            return f"{told['kind']}, recorded at {told['recorded_at']}, id {told['id']}"
        case "opening":
            where = "this entry" if told["of"] == "entry" else f"the registration of {told['party']}"
            return f"the donor's opening fits the sealed value in {where}"
    return "; ".join(f"{key} {value}" for key, value in told.items())
