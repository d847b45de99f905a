"""Cosignatures, Ed25519 and ML-DSA-44, with those of public witnesses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import ED25519, ML_DSA_44, CosignatureKey, Cosigner, cosignature_time, moment_of
from ledger.tlog.encoding import encode_base64
from ledger.tlog.note import NoteError, Signature, Signer, VerifierKey, key_id, open_note, parse_note

V = json.loads((Path(__file__).parents[2] / "vectors" / "tlog" / "cosignatures.json").read_text())
NOTES = json.loads((Path(__file__).parents[2] / "vectors" / "tlog" / "notes.json").read_text())
PUBLIC = [(name, vkey) for name in ("arche", "coachandhorses") for vkey in V[name]["witnesses"].values()]
W1 = Cosigner("witness.example/w1", b"\x01" * 32)
W2 = Cosigner("witness.example/w1", b"\x02" * 32, ML_DSA_44)
BOTH = pytest.mark.parametrize("cosigner", [W1, W2], ids=["ed25519", "ml-dsa-44"])
TEXT = Checkpoint("mingzhang.example/test", 7, b"\x07" * 32).text
TIME = 1_679_315_147


@pytest.mark.parametrize(("name", "vkey"), PUBLIC, ids=[vkey.split("+")[1] for _, vkey in PUBLIC])
def test_cosignatures_of_public_witnesses_are_valid(name: str, vkey: str):
    key = CosignatureKey.parse(vkey)
    assert str(key) == vkey
    data = V[name]["checkpoint"].encode()
    _, (signature,) = open_note(data, [key])
    assert cosignature_time(signature) == V[name]["time"]
    with pytest.raises(NoteError, match="is not valid"):
        open_note(data.replace(b"\n1", b"\n2", 1), [key])


def test_the_log_and_its_four_witnesses_together():
    case = V["arche"]
    keys = [CosignatureKey.parse(vkey) for vkey in case["witnesses"].values()]
    _, signatures = open_note(case["checkpoint"].encode(), [VerifierKey.parse(case["log"]), *keys])
    assert len(signatures) == 5


def test_the_time_in_the_example_of_the_specification():
    signature = parse_note(NOTES["c2sp_checkpoint"].encode()).signatures[1]
    assert signature.name == "witness.example.com/w1"
    assert (cosignature_time(signature), len(signature.data)) == (TIME, 72)


def test_the_ed25519_message_is_that_of_the_specification():
    signature = W1.cosign(TEXT, TIME)
    assert signature.name == W1.name
    assert signature.data[:8] == TIME.to_bytes(8, "big")
    public = Ed25519PrivateKey.from_private_bytes(W1.seed).public_key()
    public.verify(signature.data[8:], f"cosignature/v1\ntime {TIME}\n{TEXT}".encode())
    assert W1.verifier.key_id == key_id(W1.name, 4, public.public_bytes_raw()) == signature.key_id


def test_the_ml_dsa_message_is_that_of_the_specification():
    signature = W2.cosign(TEXT, TIME)
    message = (
        b"subtree/v1\n\x00" b"\x12witness.example/w1" + TIME.to_bytes(8, "big")
        + b"\x16mingzhang.example/test" + bytes(8) + (7).to_bytes(8, "big") + b"\x07" * 32
    )  # fmt: skip
    public = MLDSA44PrivateKey.from_seed_bytes(W2.seed).public_key()
    public.verify(signature.data[8:], message)
    assert (signature.data[:8], len(signature.data)) == (TIME.to_bytes(8, "big"), 8 + 2420)
    assert W2.verifier.key_id == key_id(W2.name, 6, public.public_bytes_raw()) == signature.key_id


@BOTH
def test_what_a_cosignature_says_is_bound_by_it(cosigner: Cosigner):
    key, data = cosigner.verifier, cosigner.cosign(TEXT, TIME).data
    assert key.verify(TEXT.encode(), data)
    later = (TIME + 1).to_bytes(8, "big") + data[8:]
    for text, signature in [
        (TEXT.replace("7\n", "8\n", 1), data),
        (TEXT.replace("mingzhang", "Mingzhang"), data),
        (TEXT.replace("B", "C", 1), data),
        (TEXT, later),
        (TEXT, data[:-1]),
        (TEXT, data + b"\0"),
        (TEXT, data[:8]),
        (TEXT, b""),
    ]:
        assert not key.verify(text.encode(), signature)
    assert not Cosigner.generate(cosigner.name, cosigner is W2).verifier.verify(TEXT.encode(), data)


def test_every_changed_byte_of_an_ed25519_cosignature_is_seen():
    data = W1.cosign(TEXT, TIME).data
    for at in range(len(data)):
        mutant = data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]
        assert not W1.verifier.verify(TEXT.encode(), mutant), at


def test_only_ml_dsa_commits_to_the_cosigner_and_only_ed25519_to_extension_lines():
    """tlog-cosignature says so of both; whoever trusts either key should know it."""
    longer = (TEXT + "an extension\n").encode()
    ours, renamed = W1.verifier, CosignatureKey("witness.example/other", W1.verifier.public_key)
    assert renamed.verify(TEXT.encode(), W1.cosign(TEXT, TIME).data)
    assert not ours.verify(longer, W1.cosign(TEXT, TIME).data)
    ours, renamed = W2.verifier, CosignatureKey("witness.example/other", W2.verifier.public_key)
    assert not renamed.verify(TEXT.encode(), W2.cosign(TEXT, TIME).data)
    assert ours.verify(longer, W2.cosign(TEXT, TIME).data)


@pytest.mark.parametrize("seconds", [0, -1, 2**63])
@BOTH
def test_a_time_that_no_cosignature_can_state_is_refused(cosigner: Cosigner, seconds: int):
    with pytest.raises(NoteError, match="between 1 and 2\\^63 - 1 seconds"):
        cosigner.cosign(TEXT, seconds)
    assert cosigner.verifier.verify(TEXT.encode(), cosigner.cosign(TEXT, 2**63 - 1).data)


def test_a_time_above_2_63_is_not_verified_even_if_it_was_signed():
    message = f"cosignature/v1\ntime {2**63}\n{TEXT}".encode()
    signed = Ed25519PrivateKey.from_private_bytes(W1.seed).sign(message)
    assert not W1.verifier.verify(TEXT.encode(), (2**63).to_bytes(8, "big") + signed)


def test_an_ml_dsa_cosignature_may_state_no_time():
    """Time 0: no statement "as to the tree being the largest observed at time of signing"."""
    message = (
        b"subtree/v1\n\x00\x12witness.example/w1" + bytes(8)
        + b"\x16mingzhang.example/test" + bytes(8) + (7).to_bytes(8, "big") + b"\x07" * 32
    )  # fmt: skip
    signature = bytes(8) + MLDSA44PrivateKey.from_seed_bytes(W2.seed).sign(message)
    assert W2.verifier.verify(TEXT.encode(), signature)
    assert cosignature_time(Signature(W2.name, W2.verifier.key_id, signature)) == 0


def test_what_ml_dsa_cannot_sign():
    with pytest.raises(ValueError, match="three lines"):
        W2.cosign("no checkpoint\n", TIME)
    origin = "明" * 85
    assert W2.verifier.verify(*_signed(W2, origin))
    with pytest.raises(ValueError, match="more than 255 bytes cannot be cosigned with ML-DSA-44"):
        _signed(W2, origin + "a")
    assert not W2.verifier.verify(Checkpoint(origin + "a", 7, b"\7" * 32).text.encode(), bytes(2428))
    assert W1.verifier.verify(*_signed(W1, origin + "a"))
    assert len(Cosigner("明" * 85, b"\x02" * 32, ML_DSA_44).verifier.name) == 85
    with pytest.raises(NoteError, match="key name of an ML-DSA-44 witness is at most 255 bytes"):
        Cosigner("明" * 86, b"\x02" * 32, ML_DSA_44)
    with pytest.raises(NoteError, match="key name of an ML-DSA-44 witness is at most 255 bytes"):
        CosignatureKey("明" * 86, W2.verifier.public_key)


def _signed(cosigner: Cosigner, origin: str) -> tuple[bytes, bytes]:
    text = Checkpoint(origin, 7, b"\7" * 32).text
    return text.encode(), cosigner.cosign(text, TIME).data


@BOTH
def test_keys_read_back_and_hide_their_secret(cosigner: Cosigner):
    assert Cosigner.parse(cosigner.encode() + "\n") == cosigner
    assert CosignatureKey.parse(f"{cosigner.verifier}\n") == cosigner.verifier
    kind = bytes([cosigner.signature_type])
    assert str(cosigner.verifier).endswith(encode_base64(kind + cosigner.verifier.public_key))
    assert repr(cosigner.seed) not in repr(cosigner)
    assert encode_base64(kind + cosigner.seed) not in repr(cosigner)


def test_new_keys_are_of_the_kind_asked_for():
    assert Cosigner.generate("w.example").signature_type == ED25519
    assert Cosigner.generate("w.example", post_quantum=True).signature_type == ML_DSA_44
    assert Cosigner.generate("w.example") != Cosigner.generate("w.example")


LOG = Signer("w.example", b"\x03" * 32)
_CUT = CosignatureKey("w.example", W2.verifier.public_key)


def _key_text(kind: int, public_key: bytes) -> str:
    data = encode_base64(bytes([kind]) + public_key)
    return f"w.example+{key_id('w.example', kind, public_key):08x}+{data}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (str(LOG.verifier), "not a witness's"),  # type 1
        (str(W1.verifier).replace(W1.name, "w.example"), "key ID"),
        (_key_text(4, b"k" * 31), "32 bytes"),
        (_key_text(6, b"k" * 32), "1312 bytes"),
        (_key_text(5, b"k" * 32), "not a witness's"),
        (str(_CUT)[:-4], "1312 bytes"),
        (str(W1.verifier)[:-1], "base64"),
        (str(W1.verifier) + "\n\n", "base64"),
        ("w.example+0000000+BA==", "8 lower-case hex digits"),
        ("w.example+00000000+", "has no key"),
        ("w.example", "joined by plus signs"),
        ("", "joined by plus signs"),
        (str(W1.verifier).replace("/w1", "/w\u00a01"), "key name"),
        (str(W1.verifier).replace("/w1", "/w\udcff1"), "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_witness_key_is_refused(text: str, why: str):
    with pytest.raises(NoteError, match=why):
        CosignatureKey.parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (W1.encode().removeprefix("PRIVATE+KEY+"), "begins with PRIVATE"),
        (LOG.encode(), "type 4.* or ML-DSA-44"),
        (W1.encode().replace(W1.name, "w.example"), "key ID"),
        (W1.encode()[:-4], "32 bytes"),
        (W1.encode()[:-1] + "!", "base64"),
        ("PRIVATE+KEY+w.example", "joined by plus signs"),
    ],
)
def test_what_is_no_signer_key_is_refused_and_not_repeated(text: str, why: str):
    with pytest.raises(NoteError, match=why) as refused:
        Cosigner.parse(text)
    assert encode_base64(b"\x04" + W1.seed)[:-4] not in str(refused.value)


@given(st.binary(max_size=40), st.sampled_from([W1, W2]))
def test_any_bytes_are_judged_without_failing(data: bytes, cosigner: Cosigner):
    assert not cosigner.verifier.verify(TEXT.encode(), data)
    assert not cosigner.verifier.verify(data, cosigner.cosign(TEXT, TIME).data)


@pytest.mark.parametrize("seconds", [253_402_300_799, 253_402_300_800, 2**63 - 1])
def test_a_time_beyond_what_a_datetime_holds_is_the_last_that_it_can(seconds: int):
    assert moment_of(seconds) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert moment_of(1_679_315_147) == datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)
