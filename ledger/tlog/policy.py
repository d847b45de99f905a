"""Trust policies (C2SP tlog-policy): which logs and witnesses are known, and whose cosignatures suffice.

    log mingzhang.example/district+8a1b2c3d+AQ...
    witness W1 charity.example/w1+4f5e6d7c+BA... https://charity.example/w1
    witness W2 audit.example/w2+0a1b2c3d+BA...
    group quorum-2 2 W1 W2
    quorum quorum-2

A policy says how to check a checkpoint: signed by one of its logs, and cosigned as its quorum asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ledger.tlog.checkpoint import Checkpoint, CheckpointError
from ledger.tlog.cosignature import CosignatureKey, cosignature_time
from ledger.tlog.note import VerifierKey, open_note

NONE = "none"
MAX_POLICY_BYTES = 1_000_000
MAX_LINES = 1_000  # each of logs, witnesses and groups; the specification asks for at least 32
_REFUSED = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")  # tlog-policy, "Character set"
_BLANKS = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[0-9]{1,9}")


class PolicyError(ValueError):
    """A malformed policy, or a checkpoint that does not meet one; the message is one sentence."""


@dataclass(frozen=True)
class LogLine:
    """A known log: its key, whose name is the log's origin, and where it may be reached."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class WitnessLine:
    """A known witness under its name in this policy, and where checkpoints are submitted to it."""

    name: str
    key: CosignatureKey
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """Witnesses a checkpoint if at least `threshold` of its members do."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Witnessed:
    """A checkpoint that meets a policy.

    Attributes:
        checkpoint: what the log says.
        log: the key of the policy that signed it.
        times: name of each witness of the policy that cosigned it -> POSIX seconds of its cosignature.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    times: dict[str, int]


@dataclass(frozen=True)
class Policy:
    """A parsed policy; names are text whose non-UTF-8 octets are kept as surrogate escapes."""

    logs: tuple[LogLine, ...] = ()
    witnesses: tuple[WitnessLine, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    @classmethod
    def of_log(cls, *keys: VerifierKey) -> Policy:
        """These keys' logs, no cosignature asked for."""
        return cls(tuple(LogLine(key) for key in keys))

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """Read a policy file. Raises PolicyError, which names the line."""
        if len(data) > MAX_POLICY_BYTES:
            raise PolicyError(f"the policy is longer than {MAX_POLICY_BYTES} bytes")
        reading = _Reading()
        for number, line in enumerate(_lines(data), 1):
            words = [word for word in _BLANKS.split(line) if word]
            if words and not words[0].startswith("#"):
                try:
                    reading.take(words)
                except ValueError as error:
                    raise PolicyError(f"line {number} of the policy: {error}") from None
        if reading.quorum is None:
            raise PolicyError("the policy has no quorum line")
        return cls(
            tuple(reading.logs), tuple(reading.witnesses), tuple(reading.groups.values()), reading.quorum
        )

    def encode(self) -> bytes:
        """The policy as a file: `parse` gives this policy back. Raises PolicyError if no file can say it."""
        lines = [_line("log", str(log.key), log.url) for log in self.logs]
        lines += [_line("witness", each.name, str(each.key), each.url) for each in self.witnesses]
        lines += [_line("group", each.name, str(each.threshold), *each.members) for each in self.groups]
        lines.append(_line("quorum", self.quorum))
        data = "".join(lines).encode("utf-8", "surrogateescape")
        if Policy.parse(data) != self:  # a space in a name or an address would say something else
            raise PolicyError("a name or address of the policy holds a space, or its groups are out of order")
        return data

    def is_met_by(self, witness_names: Collection[str]) -> bool:
        """Whether cosignatures of these witnesses meet the quorum."""
        met = {each.name for each in self.witnesses if each.name in witness_names} | {NONE}
        for group in self.groups:  # each after its members
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum in met

    def needed(self) -> tuple[int, int]:
        """(least number of witnesses that can meet the quorum, number of witnesses of the policy)."""
        least = {NONE: 0} | {each.name: 1 for each in self.witnesses}
        for group in self.groups:
            least[group.name] = sum(sorted(least[member] for member in group.members)[: group.threshold])
        return least[self.quorum], len(self.witnesses)

    def open_checkpoint(self, data: bytes, origin: str | None = None) -> Witnessed:
        """Verify a signed and cosigned checkpoint; `origin`, if given, must be its log's.

        Raises NoteError, CheckpointError or PolicyError, all ValueErrors: without a signature of a log of
        this policy whose key name is the checkpoint's origin, with an invalid signature of any key of this
        policy, or below the quorum.
        """
        by_key = {(each.key.name, each.key.key_id): each.name for each in self.witnesses}
        logs = [line.key for line in self.logs]
        text, signatures = open_note(data, [*logs, *(each.key for each in self.witnesses)])
        checkpoint = Checkpoint.parse(text)
        if origin is not None and checkpoint.origin != origin:
            raise CheckpointError(f"the checkpoint is of {checkpoint.origin!r}, not of {origin!r}")
        signed = {(each.name, each.key_id) for each in signatures}
        of_log = [key for key in logs if (key.name, key.key_id) in signed]
        if not of_log:
            raise PolicyError("no log of the policy signed the checkpoint")
        own = [key for key in of_log if key.name == checkpoint.origin]
        if not own:
            raise CheckpointError(f"the checkpoint is of {checkpoint.origin!r}, not of {of_log[0].name!r}")
        times = {
            by_key[each.name, each.key_id]: cosignature_time(each)
            for each in signatures
            if (each.name, each.key_id) in by_key
        }
        if not self.is_met_by(times):
            needed, _ = self.needed()
            raise PolicyError(
                f"the checkpoint has the cosignatures of {len(times)} witnesses of the policy,"
                f" which do not meet its quorum (at least {needed})"
            )
        return Witnessed(checkpoint, own[0], times)


@dataclass
class _Reading:
    """What the lines so far have defined; `take` raises ValueError for a line that may not follow."""

    logs: list[LogLine] = field(default_factory=list)
    witnesses: list[WitnessLine] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    _names: set[str] = field(default_factory=lambda: {NONE})
    _members: set[str] = field(default_factory=set)
    _keys: set[tuple[str, bytes]] = field(default_factory=set)
    _ids: set[tuple[str, int]] = field(default_factory=set)

    def take(self, words: list[str]) -> None:
        kinds: dict[str, Callable[[list[str]], None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum,
        }  # fmt: skip
        if words[0] not in kinds:
            raise PolicyError("it begins with none of log, witness, group and quorum")
        kinds[words[0]](words[1:])
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > MAX_LINES:
            raise PolicyError(f"it is beyond the {MAX_LINES} lines of a sort that are read")

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise PolicyError("a log line is: log <vkey> [<url>]")
        key = VerifierKey.parse(words[0])
        self._once("log", key)
        self.logs.append(LogLine(key, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise PolicyError("a witness line is: witness <name> <vkey> [<url>]")
        key = CosignatureKey.parse(words[1])
        self._once("witness", key)
        self._define(words[0])
        self.witnesses.append(WitnessLine(words[0], key, *words[2:]))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise PolicyError("a group line is: group <name> all|any|<k> <name>...")
        name, threshold, members = words[0], words[1], words[2:]
        for member in members:
            self._check_defined(member)
            if member == NONE or member in self._members or members.count(member) > 1:
                raise PolicyError(f"{_shown(member)} may not be a member here: each name once, and not none")
        counted = {"any": 1, "all": len(members)}.get(threshold)
        if counted is None:
            if not _COUNT.fullmatch(threshold) or not 1 <= int(threshold) <= len(members):
                raise PolicyError("the threshold of a group is all, any, or from 1 to its number of members")
            counted = int(threshold)
        self._define(name)
        self._members.update(members)
        self.groups[name] = Group(name, counted, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise PolicyError("a quorum line is: quorum <name>")
        if self.quorum is not None:
            raise PolicyError("there is more than one quorum line")
        self._check_defined(words[0])
        self.quorum = words[0]

    def _define(self, name: str) -> None:
        if name in self._names:
            raise PolicyError(f"the name {_shown(name)} is taken")
        self._names.add(name)

    def _check_defined(self, name: str) -> None:
        if name not in self._names:
            raise PolicyError(f"the name {_shown(name)} is not defined on a line before")

    def _once(self, what: str, key: VerifierKey | CosignatureKey) -> None:
        """tlog-policy: keys are duplicates if they wrap the same public key, whatever their names."""
        if (what, key.public_key) in self._keys:
            raise PolicyError(f"this {what}'s public key is on a line before")
        if (key.name, key.key_id) in self._ids:  # signed-note: the two together tell whose a signature is
            raise PolicyError(f"another key on a line before is called {key.name}+{key.key_id:08x} too")
        self._keys.add((what, key.public_key))
        self._ids.add((key.name, key.key_id))


def _lines(data: bytes) -> list[str]:
    if refused := _REFUSED.search(data):
        number = data.count(b"\n", 0, refused.start()) + 1
        raise PolicyError(f"line {number} of the policy: it holds the control character {refused[0]!r}")
    if data and not data.endswith(b"\n"):
        raise PolicyError("the last line of the policy does not end in a newline")
    return data.decode("utf-8", "surrogateescape").split("\n")


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None) + "\n"


def _shown(name: str) -> str:
    return repr(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
