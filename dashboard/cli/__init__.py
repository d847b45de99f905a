"""The command line. Every command is thin: it opens a book, calls one thing, says what was done.

Errors are one line on stderr. Exit 0: done; 1: a check failed, and the place is named; 2: bad usage or
input. Heavy libraries are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dashboard.cli import (
    books,
    checks,
    data,
    forecasts,
    keys,
    lists,
    measures,
    publishing,
    receipts,
    witnesses,
)
from dashboard.cli.speaking import DEFAULT_HOME, Problem, Stopped

app = typer.Typer(
    name="mingzhang",
    help="Mingzhang (明账): an emergency supply inventory and a donation ledger that anyone can check.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


# Bad usage of any sort. Typer carries its own copy of Click and gives no public name to this class.
_UsageProblem: Any = typer.BadParameter.__mro__[2]


@app.callback()
def settings(
    context: typer.Context,
    home: Annotated[
        Path, typer.Option(help="The book's folder; may stand before or after the command.")
    ] = DEFAULT_HOME,
) -> None:
    """Take the settings that all commands share."""
    books.set_home(home)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


for part in (books, lists, checks, publishing, receipts, witnesses, keys, data, forecasts, measures):
    part.add_to(app)


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; a problem is told in one line on stderr."""
    try:
        result = typer.main.get_command(app).main(
            _home_first(arguments), prog_name="mingzhang", standalone_mode=False
        )
        return result if isinstance(result, int) else 0
    except typer.Exit as stop:  # Typer makes one with 130 of Ctrl-C
        return _say("stopped", 130) if stop.exit_code == 130 else stop.exit_code
    except _UsageProblem as error:
        return _say(error.format_message())
    except Problem as error:
        return _say(str(error))
    except Stopped as stop:
        return _say(f"stopped: {stop}", 130)
    except (KeyboardInterrupt, typer.Abort):
        return _say("stopped", 130)
    except SystemExit:  # Click's way when the reader of our output went away, as with `| head`
        return 0
    except OSError as error:
        return _say(f"{error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:
        if isinstance(error, _told()):
            return _say(str(error))
        raise


def _told() -> tuple[type[Exception], ...]:
    """The problems whose message is a sentence for people; imported when there is one."""
    from ledger.domain.violations import Refused
    from ledger.home import HomeProblem
    from ledger.lists import ListProblem
    from ledger.published.writing import PublishedError
    from ledger.record import RecordProblem
    from ledger.store.store import StoreProblem

    return Refused, HomeProblem, ListProblem, PublishedError, RecordProblem, StoreProblem


def _say(message: str, code: int = 2) -> int:
    print("mingzhang: " + " ".join(message.split()), file=sys.stderr)
    return code


def _home_first(arguments: list[str]) -> list[str]:
    """Put `--home DIR`, wherever it stands, before the command."""
    rest: list[str] = []
    home: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--home":
            if (value := next(waiting, None)) is None:
                raise Problem("--home needs a folder")
            home = [argument, value]
        elif argument.startswith("--home="):
            home = [argument]
        else:
            rest.append(argument)
    return home + rest
