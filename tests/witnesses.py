"""Witnesses for tests: real ones, on a free port of this machine.

    with start_witness(tmp_path / "w", "charity.example/witness", [vkey]) as witness:
        witness.url, witness.vkey          # the policy line: witness.policy_line

`process=True` starts `mingzhang witness` as a process of its own, which can be killed; by default it is a
thread of this process, ready at once. Started again on the same folder it goes on from what it holds.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from dashboard.witness.serving import make_server
from ledger.tlog.note import VerifierKey
from ledger.witnessing.witness import Witness
from tests.serving import stop

START_SECONDS = 20.0


class StartedWitness:
    """A running witness.

    Attributes:
        name: its key name.
        url: its submission prefix, `http://127.0.0.1:<port>`.
        vkey: its Ed25519 verifier key; `vkeys` holds the ML-DSA-44 one besides, if it has one.
        policy_line: its line in a tlog-policy, with the address.
    """

    def __init__(self, folder: Path, witness: Witness, port: int) -> None:
        self.folder = folder
        self.name = witness.name
        self.url = f"http://127.0.0.1:{port}"
        self.vkeys = witness.verifier_keys()
        self.vkey = self.vkeys[0]
        self.policy_line = witness.policy_lines(self.url)[0]

    def stop(self) -> None:
        """Stop it; a second time does nothing."""
        raise NotImplementedError

    def __enter__(self) -> StartedWitness:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _InThread(StartedWitness):
    def __init__(self, folder: Path, witness: Witness, listener: socket.socket) -> None:
        super().__init__(folder, witness, listener.getsockname()[1])
        self.server: Any = make_server(witness, listener)
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            stop(self.server, self._thread)


class _InProcess(StartedWitness):
    def __init__(self, folder: Path, witness: Witness, port: int) -> None:
        super().__init__(folder, witness, port)
        command = [sys.executable, "-m", "dashboard.cli", "witness", str(folder), "--port", str(port)]
        with (folder / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        _await(port, self.process)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=10)


def start_witness(
    folder: Path,
    name: str,
    vkeys: Iterable[str],
    *,
    process: bool = False,
    port: int = 0,
    ml_dsa: bool = False,
) -> StartedWitness:
    """Start the witness of this folder for the logs with these keys; a context manager that stops it.

    `port` 0 takes a free one.
    """
    witness = Witness.open(folder, name, [VerifierKey.parse(str(key)) for key in vkeys], ml_dsa)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    if not process:
        return _InThread(folder, witness, listener)
    port = listener.getsockname()[1]
    listener.close()
    return _InProcess(folder, witness, port)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens there."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the witness on port {port} did not start")
