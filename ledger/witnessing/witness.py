"""A witness (C2SP tlog-witness) with its keys and logs in a folder; the network is elsewhere.

    DIR/witness.key          its private Ed25519 cosigner key, mode 0600
    DIR/witness-ml-dsa.key   a second one, ML-DSA-44, where wanted
    DIR/witness.vkey         its verifier keys, a line each
    DIR/logs.vkeys           verifier keys of the logs, a line each; several of one origin are one log's
    DIR/logs/<hex>/          what is held of a log (held.HeldLog); hex SHA-256 of its origin
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ledger.disk import locked
from ledger.published.staging import Staging, put_in_place
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.note import Note, Signature, VerifierKey, parse_note
from ledger.tlog.witness import SIZE_TYPE, AddCheckpoint, Judgement, judge, origin_of
from ledger.witnessing.held import Held, HeldLog, HeldProblem, origin_hash

MAX_REQUEST_BYTES = 1 << 17  # 63 proof lines are 3 kB; the rest is for signatures, ML-DSA ones 3.3 kB each
MAX_ML_DSA_NAME = 255  # tlog-cosignature, "ML-DSA-44 signed message": opaque log_origin<1..2^8-1>
CLOCK_SLACK_SECONDS = 300  # RECORD, "Rules": a clock further behind than this is not trusted
TEXT = "text/plain; charset=utf-8"
_log = logging.getLogger("mingzhang.witness")


class WitnessProblem(Exception):
    """The witness cannot be set up; the message is one sentence."""


@dataclass(frozen=True)
class Answer:
    """What an add-checkpoint call is answered with: HTTP status, body and its type."""

    status: int
    body: bytes
    content_type: str = TEXT

    @classmethod
    def told(cls, status: int, sentence: str) -> Answer:
        """A sentence for people."""
        return cls(status, (sentence + "\n").encode())


class Witness:
    """Checks that what a log signs only ever grows, and says so with its cosignature."""

    def __init__(self, folder: Path, cosigners: tuple[Cosigner, ...], keys: tuple[VerifierKey, ...]) -> None:
        self.folder = folder
        self.cosigners = cosigners
        self.keys = keys
        own = cosigners[0].verifier
        self.logs = {
            key.name: HeldLog(folder / "logs" / origin_hash(key.name), key.name, own) for key in keys
        }

    @property
    def name(self) -> str:
        """The name under which it cosigns."""
        return self.cosigners[0].name

    @classmethod
    def open(
        cls, folder: Path, name: str = "", add: Iterable[VerifierKey] = (), post_quantum: bool = False
    ) -> Witness:
        """The witness in `folder`, its keys made at first; logs that are new to it are added.

        `name` is needed at first and has to be the same afterwards. Raises WitnessProblem.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / ".lock"):
                cosigners = [_cosigner(folder / "witness.key", name, False)]
                if post_quantum or (folder / "witness-ml-dsa.key").exists():
                    cosigners.append(_cosigner(folder / "witness-ml-dsa.key", cosigners[0].name, True))
                _publish_keys(folder, cosigners)
                keys = _known_keys(folder, list(add))
        except OSError as error:
            raise WitnessProblem(f"{error.filename or folder} cannot be used: {error.strerror}") from None
        if len(cosigners) > 1 and any(len(key.name.encode()) > MAX_ML_DSA_NAME for key in keys):
            raise WitnessProblem(
                f"a log whose name is longer than {MAX_ML_DSA_NAME} bytes cannot have ML-DSA-44 cosignatures"
            )
        return cls(folder, tuple(cosigners), keys)

    def verifier_keys(self) -> list[str]:
        """Its verifier keys, the Ed25519 one first: what those who trust it need."""
        return [str(cosigner.verifier) for cosigner in self.cosigners]

    def policy_lines(self, address: str = "") -> list[str]:
        """The lines of a C2SP tlog-policy that name it; one of them goes into a log's policy."""
        names = [self.name, f"{self.name}/ml-dsa-44"]
        return [
            " ".join(filter(None, ("witness", name, key, address)))
            for name, key in zip(names, self.verifier_keys(), strict=False)
        ]

    def add_checkpoint(self, body: bytes, clock: Callable[[], float]) -> Answer:
        """Answer the body of an add-checkpoint call; what a cosignature says is on disk before this returns.

        `clock` gives POSIX seconds. Check and store are one step for all threads and processes.
        """
        try:
            request = AddCheckpoint.decode(body)
            origin = origin_of(request)
        except ValueError as error:
            return Answer.told(400, str(error))
        log = self.logs.get(origin)
        if log is None:
            return Answer.told(404, f"this witness does not know a log {origin}")
        try:
            with log.locked():
                return self._decide(log, request, body, clock)
        except HeldProblem as problem:
            _log.error("REFUSED: %s; nothing of this log is confirmed until a person has looked", problem)
            return Answer.told(500, f"this witness confirms nothing of this log: {problem}")
        except OSError as error:
            _log.error("REFUSED: what %s asks for cannot be stored: %s", origin, error)
            return Answer.told(500, "this witness cannot store anything now")

    def _decide(
        self, log: HeldLog, request: AddCheckpoint, body: bytes, clock: Callable[[], float]
    ) -> Answer:
        held = log.read()
        judged = judge(request, held.checkpoint if held else None, self._keys_of(log))
        signed = judged.checkpoint
        if judged.is_evidence and held and signed and signed.root != held.checkpoint.root:
            _accuse(log, body, signed, held)
        if judged.status != 200:
            return _refusal(judged)
        now = int(clock())
        if held and now < held.time - CLOCK_SLACK_SECONDS:
            problem = f"this witness's clock is {held.time - now} seconds behind its last cosignature"
            _log.error("REFUSED: %s; set it right", problem)
            return Answer.told(503, problem)
        return self._confirm(log, request, max(now, held.time) if held else now)

    def _confirm(self, log: HeldLog, request: AddCheckpoint, time: int) -> Answer:
        note = parse_note(request.checkpoint)
        keys = self._keys_of(log)
        by_log = [signature for signature in note.signatures if _is_by(keys, signature, note.text)]
        lines = [cosigner.cosign(note.text, time) for cosigner in self.cosigners]
        log.store(Note(note.text, ()).with_signatures([*by_log, *lines]))
        return Answer(200, "".join(line.line for line in lines).encode())

    def _keys_of(self, log: HeldLog) -> list[VerifierKey]:
        """The keys trusted for this log; another's say nothing about it."""
        return [key for key in self.keys if key.name == log.origin]


def _is_by(keys: list[VerifierKey], signature: Signature, text: str) -> bool:
    """tlog-witness: "it MUST ignore signatures from unknown keys"; so they are not kept either."""
    return any(
        (key.name, key.key_id) == (signature.name, signature.key_id)
        and key.verify(text.encode(), signature.data)
        for key in keys
    )


def _refusal(judged: Judgement) -> Answer:
    if judged.status == 409:
        return Answer(409, f"{judged.latest_size or 0}\n".encode(), SIZE_TYPE)
    return Answer.told(judged.status, judged.problem or "refused")


def _accuse(log: HeldLog, body: bytes, signed: Checkpoint, held: Held) -> None:
    """Keep the request and say it, once, where the operator looks. The refusal does not hang on it."""
    try:
        case = log.keep(body, signed, held)
    except OSError as error:
        _log.error("evidence against %s cannot be stored: %s", log.origin, error)
        return
    if case is None:
        return
    what = (
        "SIGNED TWO DIFFERENT RECORDS OF THE SAME SIZE"
        if signed.size == held.checkpoint.size
        else "was sent without a proof that it goes on from what this witness confirmed"
    )
    kept = f"kept as evidence in {log.evidence.folder / case.name}"
    sent, known = (f"size {tree.size}, root {tree.root_base64}" for tree in (signed, held.checkpoint))
    _log.error("%s %s: %s; this witness holds %s; %s", log.origin, what, sent, known, kept)


def _cosigner(path: Path, name: str, post_quantum: bool) -> Cosigner:
    """The key in this file, made if there is none. Raises WitnessProblem."""
    try:
        if not path.exists():
            if name in ("", "none"):  # tlog-policy keeps `none` for itself
                raise WitnessProblem("a new witness needs a name, like charity.example/witness (--name)")
            put_in_place(path, f"{Cosigner.generate(name, post_quantum).encode()}\n".encode(), mode=0o600)
        cosigner = Cosigner.parse(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WitnessProblem(f"{path.name}: {error}") from None
    if name and cosigner.name != name:
        raise WitnessProblem(f"the witness in {path.parent} is called {cosigner.name}, not {name}")
    return cosigner


def _publish_keys(folder: Path, cosigners: list[Cosigner]) -> None:
    text = "".join(f"{cosigner.verifier}\n" for cosigner in cosigners).encode()
    path = folder / "witness.vkey"
    if not path.exists() or path.read_bytes() != text:
        put_in_place(path, text)


def _known_keys(folder: Path, add: list[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys of `logs.vkeys`, and new ones written into it. Raises WitnessProblem."""
    path = folder / "logs.vkeys"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    try:
        known = [VerifierKey.parse(line) for line in lines if line.strip()]
    except ValueError as error:
        raise WitnessProblem(f"logs.vkeys: {error}") from None
    new = list(dict.fromkeys(key for key in add if key not in known))
    if new:
        with Staging(folder) as staging:
            for origin in {key.name for key in new} - {key.name for key in known}:
                # Once it is listed, a folder that is missing is damage. What is held in one already, stands.
                staging.write(f"logs/{origin_hash(origin)}/origin", f"{origin}\n".encode())
            staging.flush()
        put_in_place(path, "".join(f"{key}\n" for key in [*known, *new]).encode())
    return (*known, *new)
