"""Two implementations, one judgement of policies."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.policy import Policy, PolicyError
from tests import independent as stranger
from tests.independent import Refused
from tests.independent.judging import (
    JUDGED,
    LINES,
    LOG_PEN,
    NOTE,
    OF_ALL,
    POLICY,
    TIME,
    WITNESS_PENS,
    both,
    mutants,
    note_by,
    octets,
)
from tests.independent.notes import COSIGNATURE, COSIGNATURE_ML_DSA
from tests.independent.writing import Pen

NOTES = {names: note_by(*names) for count in range(5) for names in combinations(WITNESS_PENS, count)}


def both_read(data: bytes) -> Policy | None:
    """The policy, if both can read it; they then hold the same keys, groups and quorum."""
    try:
        policy = Policy.parse(data)
    except PolicyError:
        policy = None
    try:
        other = stranger.read_policy(data)
    except Refused:
        assert policy is None
        return None
    assert policy is not None
    assert [(log.key.name, log.key.public_key) for log in policy.logs] == [
        (key.name, key.raw) for key in other.logs
    ]
    assert [(each.name, each.key.public_key) for each in policy.witnesses] == [
        (name, key.raw) for name, key in other.witnesses.items()
    ]
    groups = {each.name: (each.threshold, list(each.members)) for each in policy.groups}
    assert (groups, policy.quorum) == (other.groups, other.quorum)
    return policy


def test_a_policy_and_no_mutant_of_it_accepts_the_checkpoint():
    """Its lines say nothing that may be left out, so that no change of one byte is harmless but a blank."""
    assert both(NOTE, POLICY) == JUDGED
    for mutant in mutants(POLICY):
        both_read(mutant)
        if judged := both(NOTE, mutant):
            assert judged == JUDGED
            assert mutant.replace(b"  ", b" ").replace(b"\n\n", b"\n") == POLICY


def test_blanks_comments_and_addresses_are_harmless_to_both():
    for more in (b"\n", b" \t\n", b"# \xff\x80 anything\n", b"\t#\n"):
        lines = POLICY.splitlines(keepends=True)
        for at in range(len(lines) + 1):
            assert both(NOTE, b"".join([*lines[:at], more, *lines[at:]])) == JUDGED
    assert both(NOTE, POLICY.replace(b" ", b" \t ").replace(b"\n", b"\t\n\t")[:-1]) == JUDGED
    first, rest = POLICY.split(b"\n", 1)
    assert both(NOTE, first + b" https://\xff/\n" + rest) == JUDGED
    assert both(NOTE, first + b" https://a https://b\n" + rest) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("group g 2 甲 B", "group g 2 甲 甲"),
        ("group g 2 甲 B", "group g any none 甲"),
        ("group g 2 甲 B", "group g 2 甲 B g"),
        ("group g 2 甲 B", "group g 3 甲 B"),
        ("group g 2 甲 B", "group g 0 甲 B"),
        ("group g 2 甲 B", "group 甲 2 甲 B"),
        ("group g 2 甲 B", "group none 2 甲 B"),
        ("group g 2 甲 B\n", "group g 2 甲 B\ngroup h any 甲\n"),
        ("group g 2 甲 B\n", "group h any 甲\ngroup g 2 甲 B\n"),
        ("group g 2 甲 B\n", "group h any 甲\ngroup g 2 h B\ngroup i any h\n"),
        ("quorum g\n", "quorum g\nquorum g\n"),
        ("quorum g\n", ""),
        ("quorum g\n", "quorum g"),
        ("quorum g\n", "quorum h\n"),
        ("quorum g\n", "quorum g #\n"),
        ("\n", "\r\n"),
        ("\n", "\n#\x7f\n"),
        (" ", "\u3000"),
    ],
)
def test_what_the_specification_does_not_allow_is_refused_by_both(old: str, new: str):
    changed = POLICY.decode().replace(old, new, 1).encode()
    assert changed != POLICY
    assert both_read(changed) is None


@pytest.mark.parametrize(
    "line",
    [
        f"log {Pen('renamed.example', LOG_PEN.seed).vkey}\n",  # two names of one key
        f"witness L {Pen('renamed.example', WITNESS_PENS['a'].seed, COSIGNATURE).vkey}\n",
        f"witness L {Pen('a' * 256, b'6' * 32, COSIGNATURE_ML_DSA).vkey}\n",  # a name that cannot be signed
        *(f"log {Pen(name, b'7' * 32).vkey}\n" for name in ("a\u00a0b", "", "a\u3000", "a\x85b")),
    ],
)
def test_a_key_that_may_not_stand_there_is_refused_by_both(line: str):
    assert both_read(OF_ALL)
    assert both_read(octets(line) + OF_ALL) is None


WORDS = st.sampled_from([
    *WITNESS_PENS, "g", "h", "none", "all", "any", "0", "1", "2", "3", "02", "#", "log",
    "https://a.example/", "a\u00a0b", "\udc80+\udc80", "stranger.example/log+00000000+AQ==",
    LOG_PEN.vkey, WITNESS_PENS["a"].vkey, WITNESS_PENS["\udcff"].vkey,
    Pen("e.example", b"\x22" * 32, COSIGNATURE).vkey, Pen("a.example", b"\x21" * 32, COSIGNATURE).vkey,
])  # fmt: skip
ODD = st.builds(
    lambda kind, words, end: " ".join([kind, *words]) + end,
    st.sampled_from(["log", "witness", "group", "quorum", "Group", ""]),
    st.lists(WORDS, max_size=5),
    st.sampled_from(["\n", "\n", "\n", " \n", "\t\n", "\r\n", "\x7f\n", ""]),
)
@st.composite
def policies(draw: st.DrawFn) -> str:
    """A policy as tlog-policy describes it: every name a member once at most, quorum any of them."""
    free = list(draw(st.permutations(list(WITNESS_PENS)))[: draw(st.integers(0, 4))])
    lines, known = [f"log {LOG_PEN.vkey}\n", *(LINES[name] for name in free)], ["none", *free]
    while free and draw(st.booleans()):
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        least = draw(st.sampled_from(["any", "all", *map(str, range(1, len(members) + 1))]))
        known.append(f"g{len(lines)}")
        lines.append(f"group {known[-1]} {least} {' '.join(members)}\n")
        free = [name for name in free if name not in members] + [known[-1]]
    return "".join([*lines, f"quorum {draw(st.sampled_from(known))}\n"])


@st.composite
def policies_with_a_line_awry(draw: st.DrawFn) -> str:
    lines = draw(policies()).splitlines(keepends=True)
    at, to = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines)))
    match draw(st.sampled_from(["odd", "odd", "twice", "missing", "moved", "word"])):
        case "odd":
            lines.insert(to, draw(ODD))
        case "twice":
            lines.insert(to, lines[at])
        case "missing":
            del lines[at]
        case "moved":
            lines.insert(to, lines.pop(at))
        case "word":
            words = lines[at].split(" ")
            words[draw(st.integers(0, len(words) - 1))] = draw(WORDS)
            lines[at] = " ".join(words)
    return "".join(lines)


SOME = st.lists(st.sampled_from(list(NOTES)), min_size=1, max_size=3)


@given(policies_with_a_line_awry(), SOME)
def test_lines_of_policies_are_judged_the_same(text: str, some: list[tuple[str, ...]]):
    policy = both_read(octets(text))
    for names in some if policy and policy.logs else []:
        assert (both(NOTES[names], octets(text)) is not None) is policy.is_met_by(names)


@given(policies(), SOME)
def test_whose_cosignatures_suffice_is_judged_the_same(text: str, some: list[tuple[str, ...]]):
    policy = both_read(octets(text))
    assert policy is not None
    for names in some:
        judged = both(NOTES[names], octets(text))
        assert (judged is not None) is policy.is_met_by(names)
        if judged:
            assert judged[3] == {line.name: TIME for line in policy.witnesses if line.name in names}
