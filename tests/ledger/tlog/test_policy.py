"""Policies: every rule of C2SP tlog-policy, and what a checkpoint needs to meet one."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import Checkpoint, CheckpointError, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.note import Note, NoteError, Signer, parse_note, sign_note
from ledger.tlog.policy import Group, LogLine, Policy, PolicyError, WitnessLine

V = json.loads((Path(__file__).parents[2] / "vectors" / "tlog" / "cosignatures.json").read_text())
LOG = Signer("mingzhang.example/log", b"\x01" * 32)
OTHER = Signer("mingzhang.example/other", b"\x02" * 32)
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
COSIGNERS = {
    name: Cosigner(f"{name.lower()}.example", bytes([at + 10]) * 32, 6 if name == "Y3" else 4)
    for at, name in enumerate(NAMES)
}
LINES = {name: f"witness {name} {cosigner.verifier}\n" for name, cosigner in COSIGNERS.items()}
EXAMPLE = f"log {LOG.verifier}\n\n" + (
    LINES["X1"] + LINES["X2"] + LINES["X3"] + "group X-witnesses 2 X1 X2 X3\n\n"
    + LINES["Y1"] + LINES["Y2"] + LINES["Y3"] + "group Y-witnesses any Y1 Y2 Y3\n\n"
    + "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)  # fmt: skip
TREE = Checkpoint(LOG.name, 7, b"\x07" * 32)
TIME = 1_700_000_000


def parse(text: str) -> Policy:
    return Policy.parse(text.encode("utf-8", "surrogateescape"))


def cosigned(*names: str, signer: Signer = LOG, checkpoint: Checkpoint = TREE) -> bytes:
    """The checkpoint, signed by the log and cosigned by these witnesses, each a second after the other."""
    note = parse_note(sign_checkpoint(checkpoint, signer))
    lines = [COSIGNERS[name].cosign(note.text, TIME + at) for at, name in enumerate(names)]
    return note.with_signatures(lines).encode()


def test_the_example_of_the_specification():
    policy = parse(EXAMPLE)
    assert policy.logs == (LogLine(LOG.verifier),)
    assert [line.name for line in policy.witnesses] == list(NAMES)
    assert policy.groups == (
        Group("X-witnesses", 2, ("X1", "X2", "X3")),
        Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert policy.quorum == "X-and-Y"
    assert policy.needed() == (3, 6)


def test_the_example_is_met_by_two_of_x_and_one_of_y():
    policy = parse(EXAMPLE)
    for count in range(len(NAMES) + 1):
        for names in combinations(NAMES, count):
            x, y = (sum(name[0] == letter for name in names) for letter in "XY")
            assert policy.is_met_by(names) is (x >= 2 and y >= 1), names
    assert not policy.is_met_by(["X-witnesses", "Y-witnesses", "X-and-Y", "stranger"])


def test_a_public_log_with_its_public_witnesses():
    case = V["arche"]
    lines = [f"witness {name} {vkey}" for name, vkey in case["witnesses"].items()]
    text = "\n".join([f"log {case['log']}", *lines, f"group all-of-them all {' '.join(case['witnesses'])}"])
    opened = parse(f"{text}\nquorum all-of-them\n").open_checkpoint(case["checkpoint"].encode())
    assert opened.checkpoint.size == 1432088532
    assert opened.times == dict.fromkeys(case["witnesses"], case["time"])
    assert str(opened.log) == case["log"]


def test_a_checkpoint_of_the_example():
    policy = parse(EXAMPLE)
    opened = policy.open_checkpoint(cosigned("Y3", "X1", "X3"), LOG.name)
    assert (opened.checkpoint, opened.log) == (TREE, LOG.verifier)
    assert opened.times == {"Y3": TIME, "X1": TIME + 1, "X3": TIME + 2}
    with pytest.raises(PolicyError, match=r"cosignatures of 2 witnesses of the policy.* \(at least 3\)"):
        policy.open_checkpoint(cosigned("X1", "X2"))
    with pytest.raises(PolicyError, match="cosignatures of 3 witnesses of the policy, which do not meet"):
        policy.open_checkpoint(cosigned("Y1", "Y2", "Y3"))


def test_one_invalid_signature_of_any_key_of_the_policy_spoils_it():
    policy = parse(EXAMPLE)
    note = parse_note(cosigned("X1", "X2", "Y1", "Y2"))
    for at, signature in enumerate(note.signatures):
        bad = replace(signature, data=signature.data[:-1] + bytes([signature.data[-1] ^ 1]))
        spoilt = Note(note.text, (*note.signatures[:at], bad, *note.signatures[at + 1 :]))
        with pytest.raises(NoteError, match=f"signature of {signature.name}.* is not valid"):
            policy.open_checkpoint(spoilt.encode())
    stranger = Cosigner("x1.example", b"\x77" * 32).cosign(note.text, TIME)  # the name alone is no known key
    assert "X1" in policy.open_checkpoint(note.with_signatures([stranger]).encode()).times


def test_whose_checkpoint_it_is():
    policy = parse(f"log {LOG.verifier}\nlog {OTHER.verifier}\n{LINES['X1']}quorum none\n")
    theirs = replace(TREE, origin=OTHER.name)
    assert policy.open_checkpoint(cosigned()).log == LOG.verifier
    assert policy.open_checkpoint(cosigned(signer=OTHER, checkpoint=theirs)).log == OTHER.verifier
    with pytest.raises(CheckpointError, match=f"is of '{OTHER.name}', not of '{LOG.name}'"):
        policy.open_checkpoint(cosigned(signer=OTHER, checkpoint=theirs), LOG.name)
    with pytest.raises(CheckpointError, match=f"is of '{LOG.name}', not of '{OTHER.name}'"):
        policy.open_checkpoint(cosigned(signer=OTHER))  # "This name MUST correspond to the log's origin line"
    text = TREE.text
    both = sign_note(text, OTHER, LOG)
    assert policy.open_checkpoint(both).log == LOG.verifier
    with pytest.raises(PolicyError, match="no log of the policy signed"):
        policy.open_checkpoint(Note(text, (COSIGNERS["X1"].cosign(text, TIME),)).encode())
    with pytest.raises(NoteError, match="no signature of a known key"):
        policy.open_checkpoint(sign_note(text, Signer(LOG.name, b"\x09" * 32)))
    with pytest.raises(CheckpointError, match="three lines"):
        policy.open_checkpoint(sign_note("no checkpoint\n", LOG))


def test_a_witness_cannot_sign_for_a_log():
    """A key of type 4 under the log's name is another key, though its bytes and name are the same."""
    twin = Cosigner(LOG.name, LOG.seed)
    policy = parse(f"log {LOG.verifier}\nwitness W {twin.verifier}\nquorum W\n")
    line = twin.cosign(TREE.text, TIME)
    with pytest.raises(PolicyError, match="no log of the policy signed"):
        policy.open_checkpoint(Note(TREE.text, (line,)).encode())
    both = parse_note(cosigned()).with_signatures([line])
    assert policy.open_checkpoint(both.encode()).times == {"W": TIME}


# Lines and what is between them -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "quorum none\n",
        "\n\n\t \nquorum none\n",
        "\t quorum \t none\t \n",
        "# a comment\n \t# another\n#\nquorum none\n",
        "quorum none\n# the end\n\n",
        "#\udcff\udcfe any octet\nquorum none\n",
    ],
)
def test_blanks_comments_and_empty_lines_do_not_matter(text: str):
    assert parse(text) == Policy()


def test_logs_and_witnesses_stand_in_any_order_and_may_have_addresses():
    text = (
        f"\twitness\tX1  {COSIGNERS['X1'].verifier}\thttps://x1.example/\n"
        f"log {LOG.verifier} https://mingzhang.example/log\n{LINES['X2']}quorum X2\nlog {OTHER.verifier}\n"
    )
    policy = parse(text)
    assert policy.logs == (
        LogLine(LOG.verifier, "https://mingzhang.example/log"), LogLine(OTHER.verifier)
    )  # fmt: skip
    addresses = {line.name: line.url for line in policy.witnesses}
    assert addresses == {"X1": "https://x1.example/", "X2": None}
    assert (policy.quorum, policy.needed()) == ("X2", (1, 2))
    assert not policy.is_met_by(["X1"])


W, X1 = LINES, LINES["X1"]
SAME_KEY = f"witness X9 {replace(COSIGNERS['X1'], name='renamed.example').verifier}\n"
RENAMED_LOG = f"log {replace(LOG, name='renamed.example').verifier}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no quorum line"),
        (X1, "no quorum line"),
        ("quorum none", "does not end in a newline"),
        ("quorum none\nquorum none\n", "line 2 .*more than one quorum"),
        ("quorum\n", "a quorum line is: quorum <name>"),
        ("quorum none none\n", "a quorum line is"),
        ("quorum X1\n", "line 1 .*'X1' is not defined on a line before"),
        ("quorum X1\n" + X1, "'X1' is not defined on a line before"),
        ("Quorum none\n", "begins with none of log, witness, group and quorum"),
        ("quorum none # why\n", "a quorum line is"),
        ("\ufeffquorum none\n", "begins with none of"),
        ("\u3000quorum none\n", "begins with none of"),
        # logs
        ("log\nquorum none\n", "a log line is"),
        (f"log {LOG.verifier} a b\nquorum none\n", "a log line is"),
        (f"log {COSIGNERS['X1'].verifier}\nquorum none\n", "not an Ed25519 key"),
        (f"log {COSIGNERS['Y3'].verifier}\nquorum none\n", "not an Ed25519 key"),
        (f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none\n", "line 2 .*this log's public key"),
        (f"log {LOG.verifier}\n{RENAMED_LOG}quorum none\n", "line 2 .*public key is on a line before"),
        (f"log \udcff{LOG.verifier}\nquorum none\n", "line 1 .*a key name is UTF-8"),
        (f"log a\u00a0b{LOG.verifier}\nquorum none\n", "a key name is not empty and holds no spaces"),
        # witnesses
        ("witness X1\nquorum none\n", "a witness line is"),
        (X1[:-1] + " https://x1.example more\nquorum none\n", "a witness line is"),
        (f"witness X1 {LOG.verifier}\nquorum none\n", "not a witness's"),
        (X1 + X1, "line 2 .*this witness's public key"),
        (X1 + SAME_KEY + "quorum none\n", "line 2 .*this witness's public key is on a line before"),
        (X1 + W["X2"].replace(" X2 ", " X1 ") + "quorum none\n", "line 2 .*the name 'X1' is taken"),
        (X1.replace(" X1 ", " none ") + "quorum none\n", "the name 'none' is taken"),
        # groups
        (X1 + "group g all\nquorum g\n", "a group line is"),
        (X1 + "group g X1\nquorum g\n", "a group line is"),
        (X1 + "group g 0 X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group g 2 X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group g -1 X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group g +1 X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group g １ X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group g Any X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group g 1000000000 X1\nquorum g\n", "from 1 to its number of members"),
        (X1 + "group X1 any X1\nquorum X1\n", "the name 'X1' is taken"),
        (X1 + "group none any X1\nquorum none\n", "the name 'none' is taken"),
        (X1 + "group g any g\nquorum g\n", "'g' is not defined on a line before"),
        (X1 + "group g any X1 X2\n" + W["X2"] + "quorum g\n", "line 2 .*'X2' is not defined"),
        (X1 + "group g any X1 none\nquorum g\n", "'none' may not be a member"),
        (X1 + "group g any X1 X1\nquorum g\n", "'X1' may not be a member here: each name once"),
        (X1 + "group g any X1\ngroup h any X1\nquorum h\n", "line 3 .*'X1' may not be a member here"),
        (X1 + "group g any X1\ngroup h any g\ngroup i any g\nquorum i\n", "'g' may not be a member here"),
        (X1 + "group g any X1\ngroup g any X1\nquorum g\n", "'X1' may not be a member here"),
        # octets
        ("quorum none\r\n", r"line 1 .*control character b'\\r'"),
        ("\n\nquorum\x0bnone\n", r"line 3 .*control character b'\\x0b'"),
        ("# \0\nquorum none\n", "control character"),
        ("# \x7f\nquorum none\n", "control character"),
    ],
)
def test_what_the_specification_does_not_allow_is_refused(text: str, why: str):
    with pytest.raises(PolicyError, match=why):
        parse(text)


def test_a_quorum_may_be_a_member_and_a_group_may_be_left_over():
    policy = parse(X1 + W["X2"] + "group g all X1 X2\nquorum X1\n")
    assert policy.is_met_by(["X1"])
    assert not policy.is_met_by(["X2"])
    assert parse(X1 + "group all any X1\nquorum all\n").quorum == "all"


def test_names_are_octets():
    """tlog-policy: ASCII K is another name than the Kelvin sign; octets that are no UTF-8 are names too."""
    keys = tuple(str(COSIGNERS[name].verifier).encode() for name in NAMES[:3])
    data = (
        b"log %s\n" % str(LOG.verifier).encode()
        + b"witness K %s\nwitness \xe2\x84\xaa %s\nwitness \xff\xfe %s https://\xff/\n"
        b"group \x80 2 K \xe2\x84\xaa \xff\xfe\nquorum \x80\n" % keys
    )  # fmt: skip
    policy = Policy.parse(data)
    names = [line.name.encode("utf-8", "surrogateescape") for line in policy.witnesses]
    assert names == [b"K", b"\xe2\x84\xaa", b"\xff\xfe"]
    assert policy.encode() == data
    times = policy.open_checkpoint(cosigned("X2", "X3")).times
    assert times == {"\u212a": TIME, "\udcff\udcfe": TIME + 1}
    with pytest.raises(PolicyError, match="the name '\ufffd' is not defined"):
        Policy.parse(b"quorum \xff\n")


def test_a_log_and_a_witness_whose_names_are_not_ascii():
    log, witness = Signer("明账.example/区", b"\x05" * 32), Cosigner("见证.example", b"\x06" * 32)
    lines = f"log {log.verifier} https://明账.example\nwitness 慈善会 {witness.verifier}\n"
    policy = parse(lines + "quorum 慈善会\n")
    text = Checkpoint(log.name, 7, b"\7" * 32).text
    note = parse_note(sign_note(text, log)).with_signatures([witness.cosign(text, TIME)])
    assert policy.open_checkpoint(note.encode()).times == {"慈善会": TIME}
    assert Policy.parse(policy.encode()) == policy


def test_two_keys_that_cannot_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch):
    """A key ID is 32 bits: a second key of one name and ID can be made, and would sign for the first."""
    monkeypatch.setattr("ledger.tlog.cosignature.key_id", lambda name, kind, key: LOG.key_id)
    twin = Cosigner(LOG.name, b"\x0a" * 32)
    with pytest.raises(PolicyError, match=r"line 2 .*another key on a line before is called"):
        parse(f"log {LOG.verifier}\nwitness W {twin.verifier}\nquorum none\n")
    policy = Policy((LogLine(LOG.verifier),), (WitnessLine("W", twin.verifier),))
    with pytest.raises(NoteError, match=r"two known keys are called mingzhang\.example/log"):
        policy.open_checkpoint(Note(TREE.text, (twin.cosign(TREE.text, TIME),)).encode())


def test_how_much_is_read():
    members = [f"w{at}" for at in range(40)]
    lines = "".join(
        f"log {Signer(f'{name}.example', bytes([at + 1]) * 32).verifier}\n"
        f"witness {name} {Cosigner(f'{name}.example', bytes([at + 1]) * 32).verifier}\n"
        f"group g{at} any {name}\n"
        for at, name in enumerate(members)
    )
    policy = parse(lines + f"group all all {' '.join(f'g{at}' for at in range(40))}\nquorum all\n")
    assert policy.needed() == (40, 40)
    groups = "".join(f"group h{at + 1} any {f'h{at}' if at else 'w0'}\n" for at in range(1_000))
    w0 = lines.split("\n")[1] + "\n"
    assert parse(w0 + groups + "quorum h1000\n").is_met_by(["w0"])
    with pytest.raises(PolicyError, match=r"line 1002 .*beyond the 1000 lines"):
        parse(w0 + groups + "group h1001 any h1000\nquorum h1001\n")
    with pytest.raises(PolicyError, match="longer than 1000000 bytes"):
        Policy.parse(b"#" * 1_000_000 + b"\n")


def test_a_policy_of_logs_alone():
    policy = Policy.of_log(LOG.verifier, OTHER.verifier)
    assert policy.encode() == f"log {LOG.verifier}\nlog {OTHER.verifier}\nquorum none\n".encode()
    assert (Policy.parse(policy.encode()), policy.needed()) == (policy, (0, 0))
    assert policy.open_checkpoint(cosigned("X1")).times == {}
    with pytest.raises(NoteError, match="no signature of a known key"):
        Policy().open_checkpoint(cosigned())


@pytest.mark.parametrize(
    "policy",
    [
        Policy((LogLine(LOG.verifier, "https://a b/"),)),
        Policy((LogLine(LOG.verifier, "https://a\nquorum none"),)),
        Policy(witnesses=(WitnessLine("", COSIGNERS["X1"].verifier),)),
        Policy(witnesses=(WitnessLine("X 1", COSIGNERS["X1"].verifier),)),
        Policy(witnesses=(WitnessLine("X1", COSIGNERS["X1"].verifier),) * 2),
        Policy(groups=(Group("g", 1, ("X1",)),), quorum="g"),
        Policy(quorum="g"),
    ],
)
def test_what_no_file_says_is_not_written(policy: Policy):
    with pytest.raises(PolicyError):
        policy.encode()


# Any policy -------------------------------------------------------------------------------------------------


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    free = list(draw(st.permutations(NAMES))[: draw(st.integers(0, 6))])
    witnesses = tuple(WitnessLine(name, COSIGNERS[name].verifier) for name in free)
    groups: list[Group] = []
    while free and draw(st.booleans()):
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        groups.append(Group(f"g{len(groups)}", draw(st.integers(1, len(members))), tuple(members)))
        free = [name for name in free if name not in members] + [groups[-1].name]
    known = [line.name for line in witnesses] + [group.name for group in groups]
    return Policy((LogLine(LOG.verifier),), witnesses, tuple(groups), draw(st.sampled_from(["none", *known])))


@given(policies())
def test_a_policy_is_read_back_and_its_least_quorum_is_the_least(policy: Policy):
    assert Policy.parse(policy.encode()) == policy
    names = [line.name for line in policy.witnesses]
    meeting = (len(of) for count in range(7) for of in combinations(names, count) if policy.is_met_by(of))
    assert policy.needed() == (next(meeting), len(names))


@given(st.text("logwitnesquroumgn XY12 \t\n#+", max_size=60).map(str.encode) | st.binary(max_size=30))
def test_any_bytes_are_a_policy_or_a_policy_error(data: bytes):
    try:
        policy = Policy.parse(data + b"\nquorum none\n")
    except PolicyError:
        return
    assert Policy.parse(policy.encode()) == policy
