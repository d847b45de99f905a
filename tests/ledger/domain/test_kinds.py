"""The shape of every kind: each key, required or not; what is refused is told in one plain sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from ledger.domain import codes
from ledger.domain.canonical import MAX_INTEGER
from ledger.domain.ids import derived_id
from ledger.domain.kinds import KINDS, parse_body
from ledger.domain.violations import MESSAGES

ID = derived_id("an entry")
LOT = f"{ID}#0"
NEW = {
    "item": "masks", "quantity": 5, "lot_number": "A1", "expiry": "2027-01-31", "grade": "medical",
    "state": "held", "pack": "450瓶/件",
}  # fmt: skip
TAKEN = {"lot": LOT, "quantity": 5, "state": "usable"}
NAME = {"zh": "名", "en": "name"}
HEAD = {"correction": ID}
COVERED = {**HEAD, "covered_by": ID}

# Per kind, a body with every key that it may have.
FULL: dict[str, dict[str, Any]] = {
    "BookOpened": {
        **HEAD, "name": NAME, "origin": "example.org/book", "kind": "live", "time_zone": "Asia/Shanghai",
        "vkey": "example.org/book+0123abcd+AbC/+==",
    },
    "PlaceRegistered": {
        **HEAD, "code": "C01", "kind": "center", "name": NAME, "parent": "S1", "admin_code": "420106",
        "keeps_stock": True, "population": 0, "staff": 12,
    },
    "ItemRegistered": {
        **HEAD, "code": "M-1.x_y", "name": NAME, "base_unit": NAME, "item_class": "consumable",
        "criticality": "vital", "needs_lot": True, "storage": "2-8 ℃", "spec": "N95", "units_per_box": 50,
        "units_per_case": 1000, "shelf_life_months": 24, "aliases": ["口罩"], "gtins": ["06901234567892"],
        "catalogue": "N95",
    },
    "PartyRegistered": {**HEAD, "party": "P1", "type": "person", "commitment": "0a" * 32},
    "PolicySet": {**HEAD, "settings": {"silence_days": 0}, "place": "C01", "item": "m", "basis": "a rule"},
    "StockOpened": {**HEAD, "place": "C01", "lines": [NEW]},
    "DonationReceived": {
        **COVERED, "place": "D1", "gift": "2026-00417-6", "party": "P1", "donee": "C01",
        "terms": {"beneficiary": "C01", "purpose": "clinic", "reallocate": "ask", "use_by": "2026-12-31"},
        "commitment": "0a" * 32, "lines": [NEW],
    },
    "AllotmentReceived": {**COVERED, "place": "D1", "authority": "H1", "document": "1号", "lines": [NEW]},
    "PurchaseReceived": {
        **COVERED, "place": "D1", "funded_by": "budget", "amount_fen": 0, "party": "P1", "lines": [NEW],
    },
    "TransferDispatched": {
        **COVERED, "from": "D1", "to": "C01", "terms": "loan", "due": "2026-03-01", "request": ID,
        "decision": ID,
        "lines": [TAKEN, {**NEW, "source": "unshown"}],
    },
    "TransferReceived": {
        **COVERED, "place": "C01", "dispatch": ID, "from": "D1",
        "discrepancy": [{"lot": LOT, "seen": 0, "reason": "fewer"}], "lines": [{**TAKEN, "surplus": 1}, NEW],
    },
    "TransferCancelled": {**COVERED, "dispatch": ID, "reason": "refused", "lines": [TAKEN]},
    "TransferLost": {**HEAD, "dispatch": ID, "reason": "stolen", "lines": [{"lot": LOT, "quantity": 1}]},
    "StockIssued": {
        **COVERED, "place": "C01", "purpose": "clinic",
        "lines": [{"lot": LOT, "quantity": 1}, {**NEW, "source": "found"}],
    },
    "StockReturned": {
        **COVERED, "place": "C01", "direction": "to_donor", "reason": "rejected", "lines": [TAKEN],
    },
    "StockWrittenOff": {
        **COVERED, "place": "C01", "reason": "destroyed", "certificate": "D-7", "lines": [TAKEN],
    },
    "StockInspected": {**HEAD, "place": "C01", "lines": [{"lot": LOT, "quantity": 1, "result": "held"}]},
    "StockConverted": {**HEAD, "place": "C01", "reason": "open_kit", "lines": [TAKEN, NEW]},
    "StockCounted": {
        **HEAD, "place": "C01", "lines": [{"lot": LOT, "quantity": 0}, {"item": "soap", "quantity": 0}],
    },
    "DayConfirmed": {**HEAD, "place": "C01", "day": "2026-03-01"},
    "EntryReversed": {**HEAD, "reverses": ID, "reason": "entered_twice"},
    "KeyEnrolled": {
        **HEAD, "place": "C01", "key": "0123456789abcdef", "alg": "ed25519", "public_key": "AA" * 21 + "A=",
        "custody": "device", "proof": "AA" * 43 + "==", "replaces": "fedcba9876543210",
    },
    "KeyRevoked": {
        **HEAD, "place": "C01", "key": "0123456789abcdef", "reason": "stolen",
        "since": "2026-03-01T00:00:00.000Z",
    },
    "LogKeyRotated": {
        **HEAD, "vkey": "example.org/book+0123abcd+AbC/+==", "former": "example.org/book+0123abce+AbC/+==",
        "reason": "compromised",
    },
    "ConsentChanged": {
        **HEAD, "party": "P1", "gift": "2026-00417-6", "show": {"name": True, "item": False, "amount": True},
        "basis": "private_link",
    },
    "DataErased": {**HEAD, "party": "P1", "gift": "2026-00417-6", "reason": "request"},
    "PlaceStatusSet": {**HEAD, "place": "C01", "status": "merged", "into": "C02", "reason": "outbreak"},
    "ResponseLevelRecorded": {
        **HEAD, "level": 1, "area": "990101", "authority": "省", "document": "2026-1"
    },
    "SupplyRequested": {
        **HEAD, "place": "C01", "to": "D1", "urgency": "urgent", "reason": "outbreak",
        "needed_by": "2026-03-04", "lines": [{"item": "masks", "quantity": 5}],
    },
    "AllocationDecided": {
        **HEAD, "place": "S1", "from": "D1", "rule": "max_min_cover", "document": "7",
        "need": {"basis": "measured_use", "days": 14},
        "shares": [{
            "place": "C01", "item": "masks", "quantity": 0, "need": 0, "request": ID, "refused": "other",
        }],
    },
    "ForecastPublished": {
        **HEAD, "log_size": 7, "day": "2026-03-08", "method": "mingzhang-forecast/1", "platform": "Linux",
        "parameters": {"lead_time_days": 0, "review_period_days": 0, "band_days": 42},
        "forecasts": 0, "failed": 0, "table": "0a" * 32,
    },
}  # fmt: skip

Path = tuple[str | int, ...]


def paths(value: Any, here: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every key and list place inside a body, with its value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*here, key), inner
        yield from paths(inner, (*here, key))


def changed(body: dict[str, Any], path: Path, value: Any, drop: bool = False) -> dict[str, Any]:
    body = json.loads(json.dumps(body))
    inner: Any = body
    for part in path[:-1]:
        inner = inner[part]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return body


def broken(kind: str, body: dict[str, Any]) -> dict[str, str]:
    """Field -> rule. Every message must be one plain sentence in both languages."""
    found = parse_body(kind, body)
    if not isinstance(found, list):
        return {}
    for violation in found:
        english, chinese = violation.message(), violation.message("zh")
        assert english.startswith(f"{violation.field}: ")
        assert chinese.startswith(f"{violation.field}：")
        assert re.search(r"[一-鿿]", chinese), "the Chinese sentence is Chinese"
        assert "pattern" not in english
        assert "nput should" not in english
        assert "\n" not in english
    return {violation.field: violation.rule for violation in found}


EVERY_PATH = [
    pytest.param(kind, path, value, id=f"{kind}-{'.'.join(map(str, path))}")
    for kind, body in FULL.items()
    for path, value in paths(body)
]


def test_every_kind_is_here_with_every_key():
    assert FULL.keys() == KINDS.keys()
    for kind, cls in KINDS.items():
        keys = {field.alias or name for name, field in cls.model_fields.items()}
        assert FULL[kind].keys() == keys


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_with_every_key_has_the_shape_of_its_kind(kind):
    body = parse_body(kind, FULL[kind])
    assert isinstance(body, KINDS[kind])
    assert body.model_config["frozen"]


@pytest.mark.parametrize(("kind", "path", "value"), EVERY_PATH)
def test_a_value_of_another_type_is_refused(kind, path, value):
    """1.5 stands for every fraction: no key takes one; nor a list, object or text where none belongs."""
    field = ".".join(map(str, path))
    for wrong in (1.5, [[1]], {"?": 1}, "", True, -1, "\ud800", MAX_INTEGER + 1, 2**70):
        if type(wrong) is type(value) and isinstance(value, bool | dict):
            continue
        found = broken(kind, changed(FULL[kind], path, wrong))
        assert found, wrong
        assert all(name == field or name.startswith(field + ".") for name in found), (wrong, found)
        assert "shape" not in found.values()


@pytest.mark.parametrize(("kind", "path", "value"), [p for p in EVERY_PATH if isinstance(p.values[2], dict)])
def test_an_unknown_key_is_refused_by_name(kind, path, value):
    for key in ("extra", "Item", "[key]", "备注", "a.b", "x" * 300):
        found = broken(kind, changed(FULL[kind], (*path, key), 1))
        if path == ("settings",):
            assert set(found.values()) == {"not_listed"}
        else:
            assert found == {".".join([*map(str, path), key[:60]]): "unknown_key"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_key_of_the_body_is_refused_by_name(kind):
    for key in ("extra", "Item", "Lot", "Place", "from_place"):
        assert broken(kind, {**FULL[kind], key: 1}) == {key: "unknown_key"}


REQUIRED = {
    "BookOpened": "name origin kind time_zone vkey",
    "PlaceRegistered": "code kind name",
    "ItemRegistered": "code name base_unit item_class criticality needs_lot",
    "PartyRegistered": "party type commitment",
    "PolicySet": "settings",
    "StockOpened": "place lines",
    "DonationReceived": "place gift lines",
    "AllotmentReceived": "place lines",
    "PurchaseReceived": "place funded_by amount_fen lines",
    "TransferDispatched": "from to lines",
    "TransferReceived": "place lines",
    "TransferCancelled": "dispatch reason lines",
    "TransferLost": "dispatch reason lines",
    "StockIssued": "place purpose lines",
    "StockReturned": "place direction reason lines",
    "StockWrittenOff": "place reason lines",
    "StockInspected": "place lines",
    "StockConverted": "place reason lines",
    "StockCounted": "place lines",
    "DayConfirmed": "place day",
    "EntryReversed": "reverses reason",
    "KeyEnrolled": "place key alg public_key custody proof",
    "KeyRevoked": "place key reason",
    "LogKeyRotated": "vkey former reason",
    "ConsentChanged": "show basis",
    "DataErased": "reason",
    "PlaceStatusSet": "place status",
    "ResponseLevelRecorded": "level area",
    "SupplyRequested": "place lines",
    "AllocationDecided": "place rule need shares",
    "ForecastPublished": "log_size day method platform parameters forecasts failed table",
}
REQUIRED_IN_LINES = {"item", "quantity", "lot", "result", "seen", "reason", "source"}


@pytest.mark.parametrize("kind", KINDS)
def test_required_keys_are_named_when_missing_and_the_others_are_not(kind):
    required = set(REQUIRED[kind].split())
    assert broken(kind, {}) == dict.fromkeys(required, "missing")
    for key in FULL[kind]:
        assert broken(kind, changed(FULL[kind], (key,), None, drop=True)) == (
            {key: "missing"} if key in required else {}
        )


OF_TWO_FORMS = {"TransferDispatched", "TransferReceived", "StockIssued", "StockConverted", "StockCounted"}
OF_LINES = [p for p in EVERY_PATH if len(p.values[1]) == 3 and p.values[1][0] in ("lines", "discrepancy")]


@pytest.mark.parametrize(("kind", "path", "value"), OF_LINES)
def test_required_keys_of_lines(kind, path, value):
    found = broken(kind, changed(FULL[kind], path, None, drop=True))
    if path[0] == "lines" and path[2] == "lot" and kind in OF_TWO_FORMS:
        assert found[f"lines.{path[1]}.item"] == "missing"  # without a lot it is a line of new stock
    elif path[2] in REQUIRED_IN_LINES:
        assert found == {".".join(map(str, path)): "missing"}
    else:
        assert found == {}


@pytest.mark.parametrize(("kind", "path", "value"), [p for p in EVERY_PATH if type(p.values[2]) is int])
def test_quantities_lie_between_one_and_what_json_can_hold(kind, path, value):
    field = ".".join(map(str, path))
    least = 0 if value == 0 or path[-1] in ("population", "staff", "level") else 1
    most = 4 if path[-1] == "level" else MAX_INTEGER
    for fits in (least, most):
        assert broken(kind, changed(FULL[kind], path, fits)) == {}
    assert broken(kind, changed(FULL[kind], path, least - 1)) == {field: "too_small"}
    assert broken(kind, changed(FULL[kind], path, MAX_INTEGER + 1)) == {field: "too_great"}
    for no_number in ("5", 5.0, True, None):
        found = broken(kind, changed(FULL[kind], path, no_number))
        assert found in ({field: "not_integer"}, {} if no_number is None else None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "lines" in FULL[kind]])
def test_lines_are_one_to_three_hundred(kind):
    line = FULL[kind]["lines"][0]
    assert broken(kind, {**FULL[kind], "lines": []}) == {"lines": "too_few"}
    assert broken(kind, {**FULL[kind], "lines": [line] * 300}) == {}
    assert broken(kind, {**FULL[kind], "lines": [line] * 301}) == {"lines": "too_many"}
    assert broken(kind, {**FULL[kind], "lines": [7]}).get("lines.0") == "not_object"


@pytest.mark.parametrize(
    ("kind", "key", "value", "rule"),
    [
        ("PlaceRegistered", "code", "", "bad_code"),
        ("PlaceRegistered", "code", "-C1", "bad_code"),
        ("PlaceRegistered", "code", "C1\n", "bad_code"),
        ("PlaceRegistered", "code", "Ç1", "bad_code"),
        ("PlaceRegistered", "code", "C" * 41, "bad_code"),
        ("PlaceRegistered", "kind", "Center", "not_listed"),
        ("PlaceRegistered", "admin_code", "42010", "bad_admin_code"),
        ("PlaceRegistered", "keeps_stock", "yes", "not_boolean"),
        ("PlaceRegistered", "name", {}, "name_wanted"),
        ("PlaceRegistered", "name", "Center", "not_object"),
        ("ItemRegistered", "spec", "e\u0301", "not_nfc"),
        ("ItemRegistered", "spec", "a\u202eb", "refused_character"),
        ("ItemRegistered", "spec", "", "too_short"),
        ("ItemRegistered", "spec", "x" * 401, "too_long"),
        ("ItemRegistered", "storage", "x" * 81, "too_long"),
        ("ItemRegistered", "aliases", ["x"] * 41, "too_many"),
        ("ItemRegistered", "aliases", "x", "not_list"),
        ("PartyRegistered", "commitment", "0A" * 32, "bad_hex"),
        ("PartyRegistered", "commitment", "0a" * 31, "bad_hex"),
        ("PolicySet", "settings", {}, "too_few"),
        ("BookOpened", "origin", "two words", "bad_origin"),
        ("BookOpened", "origin", "a+b", "bad_origin"),
        ("BookOpened", "origin", "a\x00b", "refused_character"),
        ("BookOpened", "vkey", "example.org/book", "bad_vkey"),
        ("BookOpened", "time_zone", "../etc", "bad_time_zone"),
        ("DonationReceived", "gift", "2026 1", "bad_gift"),
        ("DonationReceived", "covered_by", ID.upper(), "bad_entry_id"),
        ("DayConfirmed", "day", "2026-02-29", "bad_day"),
        ("DayConfirmed", "day", "2026-3-1", "bad_day"),
        ("EntryReversed", "reverses", LOT, "bad_entry_id"),
        ("TransferReceived", "lines", [{"lot": ID, "quantity": 1}], "bad_lot_id"),
        ("StockOpened", "lines", [{**NEW, "expiry": "2027-02-30"}], "bad_expiry"),
        ("ItemRegistered", "gtins", ["690123456789012"], "bad_gtin"),
        ("DonationReceived", "commitment", "0A" * 32, "bad_hex"),
        ("KeyEnrolled", "key", "0123456789ABCDEF", "bad_key_id"),
        ("KeyEnrolled", "alg", "ES256", "not_listed"),
        ("KeyEnrolled", "custody", "paper", "not_listed"),
        ("KeyEnrolled", "public_key", "AA" * 21 + "B=", "bad_base64"),
        ("KeyEnrolled", "public_key", "AA" * 21 + "A", "bad_base64"),
        ("KeyEnrolled", "public_key", "AA" * 20 + "A=", "bad_base64"),
        ("KeyEnrolled", "public_key", "A_" * 21 + "A=", "bad_base64"),
        ("KeyEnrolled", "public_key", "é" + "AA" * 21 + "=", "bad_base64"),
        ("KeyEnrolled", "proof", "AA" * 43 + "=", "bad_base64"),
        ("KeyRevoked", "since", "2026-03-01", "bad_instant"),
        ("KeyRevoked", "since", "2026-02-30T00:00:00.000Z", "bad_instant"),
        ("KeyRevoked", "reason", "damaged", "not_listed"),
        ("ConsentChanged", "show", {}, "too_few"),
        ("ConsentChanged", "show", {"name": None}, "too_few"),
        ("DataErased", "gift", "2026 1", "bad_gift"),
    ],
)
def test_values_out_of_range(kind, key, value, rule):
    assert list(broken(kind, {**FULL[kind], key: value}).values()) == [rule]


def test_null_means_not_stated_where_a_key_is_optional():
    body = {**FULL["DonationReceived"], "party": None, "terms": None, "correction": None}
    assert broken("DonationReceived", body) == {}


def test_sentences_as_people_read_them():
    (english,) = parse_body("TransferLost", changed(FULL["TransferLost"], ("lines", 0, "lot"), "abc"))
    assert english.message() == (
        "lines.0.lot: it must be a lot id like <uuid>#0: the id of the entry that made it, # and its line"
    )
    assert english.message("zh") == "lines.0.lot：要写批的编号，例如 <uuid>#0：建批的记录编号、# 和行号"
    (listed,) = parse_body("StockWrittenOff", {**FULL["StockWrittenOff"], "reason": "eaten"})
    assert listed.message() == f"reason: it must be one of {', '.join(get_args(codes.WriteOffReason))}"
    (one,) = parse_body(
        "StockInspected", changed(FULL["StockInspected"], ("lines", 0, "result"), "to_inspect")
    )
    assert one.message("zh") == "lines.0.result：要从这些里选：usable, held, rejected"


def test_every_violation_of_a_body_is_told_at_once():
    found = broken(
        "StockIssued", {"place": 5, "lines": [{"lot": LOT, "quantity": 0}, {"item": "m"}], "note": "x"}
    )
    assert found == {
        "place": "not_text", "purpose": "missing", "lines.0.quantity": "too_small",
        "lines.1.quantity": "missing", "lines.1.source": "missing", "note": "unknown_key",
    }  # fmt: skip


def test_an_unknown_kind():
    assert [v.message() for v in parse_body("StockEaten", {})] == [
        "kind: StockEaten is not a kind of this version"
    ]


def test_messages_are_sentences_in_two_languages():
    for rule, (english, chinese) in MESSAGES.items():
        assert set(re.findall(r"{\w+}", english)) >= set(re.findall(r"{\w+}", chinese)), rule
        assert rule == "shape" or re.search(r"[一-鿿]", chinese), rule
        assert not english.endswith("."), rule


def test_no_class_of_a_body_lets_unknown_keys_through():
    seen: set[type[BaseModel]] = set()
    for cls in KINDS.values():
        seen |= {base for base in cls.__mro__ if issubclass(base, BaseModel) and base is not BaseModel}
    assert all(cls.model_config["extra"] == "forbid" and cls.model_config["strict"] for cls in seen)
