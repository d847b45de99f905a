"""The verifier's JavaScript and the ledger's Python come to one verdict, over values that nobody chose."""

# ruff: noqa: E501  (an example stands on one line)

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.proofs.verifier.making import PARTS, script_of
from ledger.domain import canonical
from ledger.domain.signatures import verifies
from ledger.receipts import verify_receipt
from ledger.tlog.policy import Policy
from tests.browser.receipts import Log, donation

LOG = Log()
POLICY = LOG.policy().encode()
RECEIPT = LOG.receipt(donation(), 5, 13, (0, 1))
# The Python step that each step of the page stands for; the fingerprint is worked out, not checked.
STEPS = {
    "file": "format", "signature": "signature", "witnesses": "witnesses", "place": "inclusion", "entry": "entry",
}  # fmt: skip
BRIDGE = """
const unpack = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const attempt = async (act) => {
  try { return await act(); } catch (error) { if (error instanceof Refused) return null; throw error; }
};
const answers = {
  jcs: (text) => attempt(() => jcs(readJson(textOf(unpack(text), "json")))),
  entry: (text) => attempt(() => (readEntry(unpack(text), 8n), true)),
  policy: (text) => attempt(async () => (await readPolicy(octetsOf(unpack(text))), true)),
  receipt: async (text, policy) => {
    const { steps } = await checkReceipt(unpack(text), await readTrust(unpack(policy)));
    return Object.fromEntries(steps.map((step) => [step.name, step.state !== "bad"]));
  },
  signature: async (...told) => {
    const [key, text, value] = told.map(unpack);
    const sound = [key, value.slice(0, 32)].every(isSoundPoint);
    return [await ed25519(key, text, value), sound && (await ed25519ByLibrary(key, text, value))];
  },
  crafted: async (torsion) => { // signatures by one who adds a point of small order to key or nonce
    const base = noble.Point.BASE, extra = noble.Point.fromBytes(unpack(torsion)), made = [];
    for (const [onKey, onNonce] of [[0, 1], [1, 0], [1, 1]]) for (let n = 0; n < 24; n += 1) {
      const point = (scalar, by) => (by ? base.multiply(scalar).add(extra) : base.multiply(scalar)).toBytes();
      const key = point(5n, onKey), nonce = point(7n, onNonce), text = bytesOf(`text ${n}`);
      const factor = (7n + 5n * (littleEndian(await sha512(joined(nonce, key, text))) % ORDER)) % ORDER;
      const value = joined(nonce, bytesOfHex(factor.toString(16).padStart(64, "0")).reverse());
      made.push([key, text, value].map((bytes) => btoa(octetsOf(bytes))));
    }
    return made;
  },
  digest: (size, text) => btoa(octetsOf(sha2(size, unpack(text)))),
};
globalThis.answer = (name, ...told) => Promise.all(told.map((each) => answers[name](...[each].flat())));
"""


@pytest.fixture(scope="module")
def core(browser, tmp_path_factory) -> Iterator[Any]:
    """`core(name, *told)`: what the verifier's own code, without its page, says to each."""
    page_file = tmp_path_factory.mktemp("core") / "core.html"
    script = script_of(PARTS[:-1]) + BRIDGE
    page_file.write_text(f"<!doctype html><meta charset=utf-8><script>{script}</script>", encoding="utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    yield lambda name, *told: page.evaluate("([name, told]) => answer(name, ...told)", [name, list(told)])
    page.close()


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def examples(count: int):
    """Fewer than usual, since each is a call into the browser; `make soak` takes its own number."""
    asked = settings.default.max_examples
    return settings(max_examples=asked if asked > 100 else count)


TEXT = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abz_Z09名", max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@examples(60)
@given(values=st.lists(VALUES, min_size=1, max_size=8))
def test_canonical_form_is_that_of_the_ledger(core, values):
    written = core("jcs", *(packed(json.dumps(value, indent=1).encode()) for value in values))
    assert written == [_canonical(value) for value in values]


def _canonical(value: Any) -> str | None:
    try:
        return canonical.encode(value).decode()
    except canonical.NotCanonical:
        return None  # half a character, which json.dumps escapes


JSONS = [
    b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b"[1.0]", b"[1e2]", b"[-0]", b"[01]", b"[+1]", b"[1,]", b"[,1]", b"{}x",
    b" [ ] ", b"\xef\xbb\xbf[]", b'"\x01"', b'"\\x41"', b'"\\ud83d\\ude00"', b'"\\ud83d"', b'{"__proto__":1}', b"NaN",
    b"-Infinity", b'{"a"}', b'{"a":}', b"{a:1}", b"[1 2]", b"", b"\xff", b"'a'", b"nul", b"[" * 30 + b"]" * 30,
    b"\x0b[]", b'"\\/"', b"9" * 4301, b"9" * 40, b'{"constructor":{},"toString":null}', b"[]\x00", b"--1", b"-",
]  # fmt: skip


def test_json_is_read_as_strictly_as_the_ledger_reads_it(core):
    def loosely(data: bytes) -> str | None:
        try:
            return canonical.encode(canonical.decode_loose(data)).decode()
        except canonical.NotCanonical:
            return None

    assert core("jcs", *map(packed, JSONS)) == [loosely(data) for data in JSONS]


def test_entries_are_judged_as_the_ledger_judges_them(core):
    good = donation()
    wrong = [
        donation(body={"donee": text}) for text in ("a\u0301", "\u202e", "\u2028", "\x7f", "\n", 'a"\\', "\\n", "名\u200b")
    ]  # fmt: skip
    wrong += [canonical.encode({**json.loads(good), key: value}) for key, value in [
        ("v", 2), ("v", True), ("index", 9), ("index", "8"), ("prev", "0" * 64), ("prev", "AB" * 32), ("id", "x"),
        ("recorded_at", "2026-02-30T00:00:00.000Z"), ("recorded_at", "2026-03-12T06:30:00Z"), ("occurred_at", ""),
        ("recorded_at", "0000-01-01T00:00:00.000Z"), ("recorded_at", "2026-03-12T24:00:00.000Z"),
        ("actor", {"role": "depot"}), ("body", []), ("kind", ""), ("kind", "LaterKind"), ("more", 1), ("sig", None),
        ("body", {"text": "x" * 60_000}), ("index", -8), ("actor", {"place": None, "role": "later"}),
    ]]  # fmt: skip
    wrong += [
        good.replace(b'"v":1', b'"v":1 '),
        good + b"\n",
        good[:-1],
        b"[]",
        b"null",
        b'"a"',
        good.replace(b'"id"', b'"ie"'),
    ]

    def judged(entry: bytes) -> bool:
        steps = verify_receipt(LOG.receipt(entry, 8, 21, (0, 1)), LOG.policy()).steps
        return next(step.ok for step in steps if step.name == "entry")

    said = [each is True for each in core("entry", *map(packed, [good, *wrong]))]
    assert said == [judged(entry) for entry in [good, *wrong]]
    assert said[0]
    assert 4 < sum(said) < 12


LINES = RECEIPT.split(b"\n")


def mutants() -> list[bytes]:
    """Every line left out, doubled and swapped with the next, every byte of some lines changed, and more."""
    found = []
    for at, line in enumerate(LINES[:-1]):
        before, after = LINES[:at], LINES[at + 1 :]
        found += [before + after, [*before, line, line, *after], [*before, *after[:1], line, *after[1:]]]
        found += [[*before, changed, *after] for changed in _changed(line)]
    texts = [b"\n".join(lines) for lines in found]
    texts += [
        RECEIPT + b"\n",
        RECEIPT + b"x",
        RECEIPT[:-1],
        RECEIPT.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + RECEIPT,
    ]
    return [text for text in texts if text != RECEIPT]


def _changed(line: bytes) -> Iterator[bytes]:
    yield from (
        line + b" ",
        b" " + line,
        line + b"\t",
        line + b"=",
        line.swapcase(),
        line.replace(b" ", b"  "),
    )
    yield from (line.replace(b"\xe2\x80\x94", b"-"), line + b"\xff", line + b"\x7f", line.replace(b"+", b"-"))
    for digits in (
        b"00",
        b"+5",
        b"-1",
        b"5.",
        b"9223372036854775807",
        b"9223372036854775808",
        b"12",
        b"6",
        b"\xd9\xa5",
    ):
        yield line.replace(b"13", digits) if line == b"13" else line.replace(b"index 5", b"index " + digits)
    if line.endswith(b"="):  # bits that no byte needs
        alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        last = line.rstrip(b"=")[-1]
        bare, pad = line.rstrip(b"=")[:-1], line[len(line.rstrip(b"=")) :]
        yield bare + alphabet[alphabet.index(last) ^ 1 :][:1] + pad


def test_every_mutant_of_a_receipt_fails_at_the_same_steps(core):
    texts = [RECEIPT, *mutants()]
    said = core("receipt", *[[packed(text), packed(POLICY)] for text in texts])
    for text, steps in zip(texts, said, strict=True):
        verdict = verify_receipt(text, LOG.policy())
        assert {STEPS[name]: ok for name, ok in steps.items() if name in STEPS} == {
            step.name: step.ok for step in verdict.steps
        }, text
    assert len(texts) > 150


@examples(50)
@given(
    flips=st.lists(st.tuples(st.integers(0, len(RECEIPT) - 1), st.integers(1, 255)), min_size=1, max_size=3)
)
def test_flipped_bytes_are_judged_alike(core, flips):
    data = bytearray(RECEIPT)
    for at, change in flips:
        data[at] ^= change
    verdict = verify_receipt(bytes(data), LOG.policy())
    (steps,) = core("receipt", [packed(bytes(data)), packed(POLICY)])
    assert all(steps.values()) == verdict.ok
    assert {STEPS[name]: ok for name, ok in steps.items() if name in STEPS} == {
        s.name: s.ok for s in verdict.steps
    }


W1, W2, W3 = (str(witness.verifier) for witness in LOG.witnesses)
POLICIES = [
    "", "quorum none", "quorum none\n", "\n\t quorum \t none  \n", "#x\n # y\nquorum none\n", "quorum none\nquorum none\n",
    "quorum W1\n", f"witness W1 {W1}\nquorum W1\n", f"quorum W1\nwitness W1 {W1}\n", f"witness none {W1}\nquorum none\n",
    f"witness W1 {W1} https://a b\nquorum W1\n", f"witness W1 {W1}\nwitness W1 {W2}\nquorum W1\n",
    f"witness W1 {W1}\nwitness W2 {W1}\nquorum W1\n", f"witness W3 {W3}\nquorum W3\n", "quorum\n", "quorum none none\n",
    "Quorum none\n", "constructor x\nquorum none\n", "__proto__ x\nquorum none\n", "quorum none\r\n", "quorum none\x00\n",
    "quorum none\x7f\n", "quorum\u00a0none\n", f"log {W1}\nquorum none\n", f"witness W1 {LOG.signer.verifier}\nquorum none\n",
    f"log {LOG.signer.verifier}\nlog {LOG.signer.verifier}\nquorum none\n", f"log {LOG.signer.verifier} u v\nquorum none\n",
    f"witness 名 {W1}\ngroup g any 名\nquorum g\n", f"log {LOG.signer.verifier}x\nquorum none\n", "group g any none\nquorum g\n",
    "log\nquorum none\n", "group g any g\nquorum g\n",
] + [
    f"witness W1 {W1}\nwitness W2 {W2}\ngroup g {how}\nquorum g\n"
    for how in (
        "any W1 W2", "all W1 W2", "1 W1", "2 W1 W2", "02 W1 W2", "0 W1", "3 W1 W2", "-1 W1", "1.0 W1", "toString W1",
        "any", "any W1 W1", "any W1 none", "any W9", "constructor W1", "1e0 W1", "١ W1",
    )
]  # fmt: skip


def test_policies_are_read_as_the_ledger_reads_them(core):
    def read(text: str) -> bool | None:
        try:
            return bool(Policy.parse(text.encode()))
        except ValueError:
            return None

    assert core("policy", *(packed(text.encode()) for text in POLICIES)) == [read(text) for text in POLICIES]


P, EIGHTH = 2**255 - 19, 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL = [(y | sign << 255).to_bytes(32, "little") for y in (0, 1, P - 1, EIGHTH, P - EIGHTH, P, P + 1) for sign in (0, 1)]


def test_crafted_signatures_are_judged_alike_by_browser_library_and_ledger(core):
    """Where verifiers of Ed25519 are known to differ: small order, mixed order, second spellings."""
    key = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    public, good = key.public_key().public_bytes_raw(), key.sign(b"text")
    larger = (int.from_bytes(good[32:], "little") + 2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little")
    cases = [(public, b"text", good), (public, b"test", good), (public, b"text", good[:32] + larger), (b"\2" * 32, b"", good)]
    cases += [(at, b"text", point + bytes(32)) for at in (public, *SMALL) for point in SMALL]
    (crafted,) = core("crafted", packed(EIGHTH.to_bytes(32, "little")))
    cases += [tuple(map(base64.b64decode, each)) for each in crafted]
    said = core("signature", *[[packed(part) for part in each] for each in cases])
    assert said == [[verifies(at, value, text)] * 2 for at, text, value in cases]
    assert said[0] == [True, True]
    assert 0 < sum(native for native, _ in said[-48:-24]) < 24  # where the key's extra point falls out


@examples(25)
@given(data=st.binary(max_size=300))
def test_own_hashes_are_the_standard_ones(core, data):
    digests = core("digest", [256, packed(data)], [512, packed(data)])
    assert digests == [packed(hashlib.sha256(data).digest()), packed(hashlib.sha512(data).digest())]
