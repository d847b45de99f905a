"""Checkpoints: one text for one tree head."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    read_unverified,
    sign_checkpoint,
)
from ledger.tlog.merkle import EMPTY_ROOT
from ledger.tlog.note import NoteError, Signer

V = json.loads((Path(__file__).parents[2] / "vectors" / "tlog" / "notes.json").read_text())
SIGNER = Signer.generate("mingzhang.example/test")
ROOT64 = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_the_checkpoint_of_the_specification():
    checkpoint = read_unverified(V["c2sp_checkpoint"].encode())
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root_base64 == ROOT64
    assert V["c2sp_checkpoint"].startswith(checkpoint.text + "\n— ")


def test_signing_and_opening():
    checkpoint = Checkpoint(SIGNER.name, 0, EMPTY_ROOT)
    signed = sign_checkpoint(checkpoint, SIGNER)
    assert open_checkpoint(signed, SIGNER.verifier) == checkpoint
    assert signed.startswith(b"mingzhang.example/test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n")
    with pytest.raises(CheckpointError, match=r"is of 'mingzhang.example/test', not of 'other.example'"):
        open_checkpoint(signed, SIGNER.verifier, "other.example")
    with pytest.raises(NoteError, match="known key"):
        open_checkpoint(signed, Signer.generate(SIGNER.name).verifier)


def test_a_log_may_have_an_origin_other_than_its_key_name():
    signed = sign_checkpoint(Checkpoint("elsewhere.example", 0, EMPTY_ROOT), SIGNER)
    assert open_checkpoint(signed, SIGNER.verifier, "elsewhere.example").size == 0
    with pytest.raises(CheckpointError, match="not of"):
        open_checkpoint(signed, SIGNER.verifier)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text("abc —+", min_size=1, max_size=9), max_size=3),
)
def test_one_text_for_one_checkpoint(origin: str, size: int, root: bytes, extensions: list[str]):
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, SIGNER), SIGNER.verifier, origin) == checkpoint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"o\n007\n{ROOT64}\n", "leading zeros"),
        (f"o\n00\n{ROOT64}\n", "leading zeros"),
        (f"o\n+7\n{ROOT64}\n", "decimal"),
        (f"o\n-7\n{ROOT64}\n", "decimal"),
        (f"o\n7 \n{ROOT64}\n", "decimal"),
        (f"o\n７\n{ROOT64}\n", "decimal"),
        (f"o\n\n{ROOT64}\n", "decimal"),
        (f"o\n9223372036854775808\n{ROOT64}\n", "2\\^63"),
        (f"o\n99999999999999999999999\n{ROOT64}\n", "decimal"),
        (f"\n7\n{ROOT64}\n", "not empty"),
        (f"o\n7\n{ROOT64}", "newline"),
        (f"o\n7\n{ROOT64}\n\n", "not empty"),
        (f"o\n7\n{ROOT64}\n\nmore\n", "not empty"),
        (f"o\n7\n{ROOT64[:-1]}\n", "base64"),
        (f"o\n7\n{ROOT64[:-2]}J=\n", "canonical"),
        (f"o\n7\n{ROOT64.replace('/', '_')}\n", "base64"),
        ("o\n7\nAAAA\n", "32 bytes"),
        ("o\n7\n\n", "32 bytes"),
        ("o\n7\n", "three lines"),
        ("", "newline"),
    ],
)
def test_whatever_would_not_be_written_is_refused(text: str, why: str):
    with pytest.raises(CheckpointError, match=why):
        Checkpoint.parse(text)
