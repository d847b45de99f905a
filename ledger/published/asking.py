"""Whom to ask for a cosignature and when, what they were found to hold, and what contradicts us."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ledger.published.cosigned import cosignatures, times_of
from ledger.published.gathering import TIMEOUT_SECONDS, Answer, gather
from ledger.published.growing import ForkError, Known
from ledger.published.state import WitnessState
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import cosignature_time
from ledger.tlog.merkle import ReadHash, prove_consistency
from ledger.tlog.note import Note, Signature, parse_note
from ledger.tlog.policy import Policy, WitnessLine


@dataclass(frozen=True)
class Cadence:
    """How often witnesses are asked without need, and how long anyone is waited for."""

    fresh_seconds: float = 3600  # RECORD: while idle, fresh cosignatures are collected hourly
    retry_seconds: float = 60  # a witness that is missing on the published checkpoint
    witness_seconds: float = TIMEOUT_SECONDS
    outside_seconds: float = 3.0


class Asker:
    """The witnesses of a policy during one step.

    Attributes:
        witnesses: those that have an address.
        known: what is known of each, by name; grows with what they answer.
        answers: to the checkpoint that was asked about last.
    """

    def __init__(
        self,
        policy: Policy,
        known: dict[str, WitnessState],
        cadence: Cadence,
        hashes: Callable[[int], ReadHash],
    ) -> None:
        self.policy = policy
        self.witnesses = [one for one in policy.witnesses if one.url]
        self.known = {
            one.name: known[one.name]
            for one in policy.witnesses
            if one.name in known and known[one.name].key_name == one.key.name
        }
        self.answers: dict[str, Answer] = {}
        self._cadence = cadence
        self._hashes = hashes
        self._asked: Checkpoint | None = None

    def about(self, ours: Known) -> None:
        """Turn to this checkpoint: answers to another are let go, but who was silent is not asked again."""
        if self._asked != ours.checkpoint:
            self._asked = ours.checkpoint
            self.answers = {name: answer for name, answer in self.answers.items() if answer.is_silent}

    def ask(self, ours: Known, witnesses: Iterable[WitnessLine]) -> None:
        """Ask these about our checkpoint, all at once."""
        self.about(ours)
        asked = list(witnesses)
        if not asked:
            return
        held = {name: state.held for name, state in self.known.items()}

        def prove(old: int, new: int) -> list[bytes]:
            return prove_consistency(old, new, self._hashes(new))

        answers = gather(asked, _as_signed(ours), held, prove, self._cadence.witness_seconds)
        self.answers |= answers
        for witness in asked:
            self._remember(witness, answers[witness.name], ours.size)

    def _remember(self, witness: WitnessLine, answer: Answer, size: int) -> None:
        before = self.known.get(witness.name, WitnessState(witness.key.name))
        newest = cosignature_time(answer.signatures[0]) if answer.signatures else 0
        self.known[witness.name] = WitnessState(
            witness.key.name,
            before.held if answer.held is None else answer.held,
            size if newest else before.size,
            newest or before.time,
            int(time.time()),
            answer.problem,
        )

    def due(self, note: Note, is_waiting: bool) -> list[WitnessLine]:
        """Who is to be asked of this note: where it waits to be published, all that are missing on it; else
        those whose last word is long ago."""
        times = times_of(cosignatures(note, self.policy))
        now, due = time.time(), []
        for witness in self.witnesses:
            known = self.known.get(witness.name, WitnessState(""))
            wait = self._cadence.fresh_seconds if witness.name in times else self._cadence.retry_seconds
            spoken = max(known.asked, times.get(witness.name, 0))
            if witness.name in self.answers:
                continue
            if (is_waiting and witness.name not in times) or abs(now - spoken) >= wait:
                due.append(witness)
        return due

    def signatures(self) -> list[Signature]:
        """What was given to the checkpoint that was asked about last."""
        return [one for answer in self.answers.values() for one in answer.signatures]

    def holding(self, size: int) -> set[str]:
        """Who held a checkpoint of just this size, and ours is that one."""
        return {name for name, answer in self.answers.items() if answer.signatures and answer.before == size}

    def given(self) -> set[str]:
        """Who gave a cosignature to the checkpoint that was asked about last."""
        return {name for name, answer in self.answers.items() if answer.signatures}

    def contradictions(self) -> list[tuple[str, Answer]]:
        """Witnesses that hold what is not of the history of our checkpoint."""
        return [(name, answer) for name, answer in self.answers.items() if answer.contradicts]

    def contradicted(self, name: str, answer: Answer, ours: Known) -> ForkError:
        """The refusal for one of them, with both checkpoints as evidence."""
        line = next(one for one in self.policy.witnesses if one.name == name)
        theirs = answer.evidence.decode("utf-8", "replace") or "(it shows no checkpoint)\n"
        return ForkError(
            f"witness {name} {answer.problem}: this book is behind or beside what it was shown;"
            " nothing more is signed",
            f"witness {name} {line.key} {line.url}\nit {answer.problem}\n\n"
            f"ours, of size {ours.size}:\n\n{ours.note.decode()}\nits own:\n\n{theirs}",
        )


def _as_signed(ours: Known) -> Note:
    """The note with the log's own signatures: those of its origin's name."""
    note = parse_note(ours.note)
    return Note(note.text, tuple(one for one in note.signatures if one.name == ours.checkpoint.origin))
