"""Signed notes and keys, with the values of the Go implementation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.encoding import encode_base64
from ledger.tlog.note import (
    Note,
    NoteError,
    Signature,
    Signer,
    VerifierKey,
    open_note,
    parse_note,
    parse_signature_lines,
    sign_note,
)

V = json.loads((Path(__file__).parents[2] / "vectors" / "tlog" / "notes.json").read_text())
PETER = VerifierKey.parse(V["peter_verifier"])
ENOCH = VerifierKey.parse(V["enoch_verifier"])
TEXT: str = V["text"]
BOTH = (TEXT + "\n" + V["peter_line"] + V["enoch_line"]).encode()


def test_the_documented_signature_comes_out():
    signer = Signer.parse(V["peter_signer"])
    assert sign_note(TEXT, signer) == (TEXT + "\n" + V["peter_line"]).encode()
    assert signer.verifier == PETER
    assert (str(PETER), PETER.key_id, signer.key_id) == (V["peter_verifier"], 0xC74F20A3, 0xC74F20A3)
    assert signer.encode() == V["peter_signer"]


def test_a_secret_is_not_shown():
    signer = Signer.generate("log.example")
    assert encode_base64(b"\x01" + signer.seed) not in repr(signer)
    assert signer.seed.hex() not in repr(signer)
    assert repr(signer.seed) not in repr(signer)


def test_signatures_of_unknown_keys_are_ignored():
    text, verified = open_note(BOTH, [PETER])
    assert (text, [signature.name for signature in verified]) == (TEXT, ["PeterNeumann"])
    assert len(open_note(BOTH, [ENOCH, PETER])[1]) == 2
    with pytest.raises(NoteError, match="known key"):
        open_note(BOTH, [])
    same_name = Signer.generate("PeterNeumann")
    with pytest.raises(NoteError, match="known key"):
        open_note(BOTH, [same_name.verifier])


def test_one_bad_signature_of_a_known_key_spoils_the_note():
    line: str = V["peter_line"]
    broken = line[:60] + ("A" if line[60] != "A" else "B") + line[61:]
    with pytest.raises(NoteError, match=r"PeterNeumann\+c74f20a3 is not valid"):
        open_note((TEXT + "\n" + broken + V["enoch_line"]).encode(), [PETER, ENOCH])
    with pytest.raises(NoteError, match="not valid"):
        open_note((TEXT + "\n" + line + broken).encode(), [PETER])
    with pytest.raises(NoteError, match="not valid"):
        open_note((TEXT.replace("problem", "Problem") + "\n" + line).encode(), [PETER])


def test_a_signature_given_twice_counts_once():
    assert len(open_note((TEXT + "\n" + V["peter_line"] * 2).encode(), [PETER])[1]) == 1


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        (TEXT + "\n").encode(),
        (TEXT + "\n" + V["peter_line"][:-1]).encode(),
        ("\x01" + TEXT + "\n" + V["peter_line"]).encode(),
        ("\r" + TEXT + "\n" + V["peter_line"]).encode(),
        b"\xff" + (TEXT + "\n" + V["peter_line"]).encode(),
        (TEXT + "\n" + V["peter_line"].replace("PeterNeumann", "Bad Name")).encode(),
        (TEXT + "\n" + V["peter_line"].replace("PeterNeumann", "Bad+Name")).encode(),
        (TEXT + "\n" + V["peter_line"].replace("PeterNeumann", "Bad\u3000Name")).encode(),
        (TEXT + "\n" + V["peter_line"].replace("PeterNeumann ", " ")).encode(),
        (TEXT + "\n" + V["peter_line"].replace("—", "-")).encode(),
        (TEXT + "\n" + V["peter_line"] + "Unexpected line.\n").encode(),
        (TEXT + "\n— PeterNeumann x08goA==\n").encode(),
        (TEXT + "\n— PeterNeumann x08g\n").encode(),
        (TEXT + "\n— PeterNeumann x08gow==x\n").encode(),
        (TEXT + "\n" + V["peter_line"] * 101).encode(),
        b"x" * 1_000_001,
        b"",
    ],
    ids=range(18),
)
def test_malformed_notes_are_refused(data: bytes):
    with pytest.raises(NoteError):
        open_note(data, [PETER])


def test_unused_base64_bits_are_refused():
    line: str = V["peter_line"]
    assert line.endswith("AM=\n")
    with pytest.raises(NoteError, match="canonical"):
        parse_note((TEXT + "\n" + line[:-3] + "N=\n").encode())


def test_notes_of_the_specifications_read_back():
    for name in ("c2sp_checkpoint", "c2sp_note"):
        note = parse_note(V[name].encode())
        assert note.encode() == V[name].encode()
    assert "sole:\n\ned" in note.text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=60))
def test_any_text_that_ends_in_a_newline_can_be_signed(body: str):
    signer = Signer(name="log.example", seed=b"\x07" * 32)
    signed = sign_note(body + "\n", signer)
    text, (signature,) = open_note(signed, [signer.verifier])
    assert text == body + "\n"
    assert Note(text, (signature,)).encode() == signed


@pytest.mark.parametrize("text", ["", "abc", "a\tb\n", "a\r\n", "a\0\n"])
def test_unfit_texts_are_not_signed(text: str):
    with pytest.raises(NoteError):
        sign_note(text, Signer.generate("log.example"))
    with pytest.raises(NoteError, match="at least one"):
        sign_note("fit\n")


@pytest.mark.parametrize("which", ["peter_verifier", "peter_signer"])
def test_no_mangled_key_is_read(which: str):
    key: str = V[which]
    parse = VerifierKey.parse if which == "peter_verifier" else Signer.parse
    assert str(parse(key + "\n")) == str(parse(key))
    pieces = {key[i:j] for i in range(len(key)) for j in range(i + 1, len(key) + 1)} - {key}
    bumped = {key[:i] + chr(ord(char) + 1) + key[i + 1 :] for i, char in enumerate(key)}
    for bad in pieces | bumped | {key.replace("c74f20a3", "C74F20A3"), key + "\n\n"}:
        with pytest.raises(NoteError):
            parse(bad)


@pytest.mark.parametrize("which", ["wrong_length_key", "unknown_algorithm_key"])
def test_keys_of_other_kinds_are_refused(which: str):
    with pytest.raises(NoteError, match=r"Ed25519|base64"):
        VerifierKey.parse(V[which])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x01b"])
def test_key_names_are_checked(name: str):
    with pytest.raises(NoteError, match="key name"):
        Signer.generate(name)


def test_a_new_key_signs_and_verifies():
    signer = Signer.generate("mingzhang.example/明账")
    assert VerifierKey.parse(str(signer.verifier)) == signer.verifier
    assert Signer.parse(signer.encode()) == signer
    assert Signer.generate("a") != Signer.generate("a")
    signature = signer.sign(b"text")
    assert signer.verifier.verify(b"text", signature)
    assert not signer.verifier.verify(b"texT", signature)
    assert not signer.verifier.verify(b"text", signature[:-1])
    line = Signature(signer.name, signer.key_id, signature).line
    assert parse_note(("text\n\n" + line).encode()).signatures[0].data == signature


# Signature lines alone, and more signatures ----------------------------------------------------------------


def test_signature_lines_stand_alone_as_a_witness_answers():
    lines = (V["peter_line"] + V["enoch_line"]).encode()
    assert parse_signature_lines(lines) == parse_note(BOTH).signatures
    assert [each.name for each in parse_signature_lines(lines)] == ["PeterNeumann", "EnochRoot"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "each end in a newline"),
        (b"\n", "an em dash"),
        (V["peter_line"][:-1].encode(), "each end in a newline"),
        (("\n" + V["peter_line"]).encode(), "an em dash"),
        ((V["peter_line"] + "\n").encode(), "an em dash"),
        ((V["peter_line"] + "\n" + V["enoch_line"]).encode(), "an em dash"),
        (V["peter_line"].replace("\n", "\r\n").encode(), "no other control character"),
        (V["peter_line"].encode()[1:], "not valid UTF-8"),
        (V["peter_line"].replace("— ", "—").encode(), "an em dash"),
        (V["peter_line"].replace("x08go", "x08g!").encode(), "PeterNeumann: the signature is not standard"),
        ("— PeterNeumann x08gow==\n".encode(), "the signature of PeterNeumann is too short"),
        ((V["peter_line"] * 101).encode(), "more than 100 signatures"),
        (b"x" * 1_000_001, "longer than 1000000 bytes"),
    ],
)  # fmt: skip
def test_other_lines_are_refused(data: bytes, why: str):
    with pytest.raises(NoteError, match=why):
        parse_signature_lines(data)


def test_a_newer_signature_takes_the_place_of_the_older_one_of_its_key():
    note = parse_note(BOTH)
    peter, enoch = note.signatures
    newer = Signature(enoch.name, enoch.key_id, b"newer")
    other = Signature(enoch.name, enoch.key_id ^ 1, b"another key of that name")
    assert note.with_signatures([newer, other]) == Note(TEXT, (peter, newer, other))
    assert note.with_signatures([]) == note
    assert note.with_signatures(note.signatures) == note
    assert Note(TEXT, ()).with_signatures([enoch, peter]) == Note(TEXT, (enoch, peter))
    assert note.signatures == (peter, enoch)


def test_two_known_keys_of_one_name_and_id_are_refused():
    class Twin:
        name, key_id = PETER.name, PETER.key_id

        def verify(self, text: bytes, signature: bytes) -> bool:
            return True

    with pytest.raises(NoteError, match=r"two known keys are called PeterNeumann\+c74f20a3"):
        open_note(BOTH, [PETER, Twin()])
    assert len(open_note(BOTH, [PETER, PETER])[1]) == 1


@pytest.mark.parametrize("name", ["a\udcffb", "\ud800"])
def test_a_key_name_that_no_note_can_hold_is_refused(name: str):
    with pytest.raises(NoteError, match="a key name is UTF-8"):
        Signer.generate(name)


def test_every_changed_byte_of_a_note_is_seen():
    """Each byte changed in four ways: refused, or another text that no known key signed."""
    for at in range(len(BOTH)):
        for change in (0x01, 0x02, 0x20, 0x80):
            mutant = BOTH[:at] + bytes([BOTH[at] ^ change]) + BOTH[at + 1 :]
            try:
                text, verified = open_note(mutant, [PETER, ENOCH])
            except NoteError:
                continue
            assert (text, len(verified)) == (TEXT, 1)  # a name or key ID changed: an unknown key, ignored
