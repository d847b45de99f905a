"""What may be asked, as models: each parameter of each address, and the rule that its text must keep."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from dashboard.api.answers import Refusal
from ledger.domain.ids import is_entry_id
from ledger.tlog.encoding import MAX_NUMBER, parse_decimal

_HEX64 = re.compile(r"[0-9a-f]{64}")
_MOST_RECEIPT = 80  # characters of a gift number, and more
NUMBER_RULE = "has to be a whole number from 0 to 2^63 - 1, in decimal digits without sign or leading zeros"


def _number(text: object) -> int:
    try:
        return parse_decimal(str(text), "it")
    except ValueError:
        raise ValueError(NUMBER_RULE) from None


def _identity(text: str) -> str:
    if not is_entry_id(text):
        raise ValueError("has to be an entry's id, a version 7 or 8 UUID in lower case")
    return text


def _leaf(text: str) -> str:
    if not _HEX64.fullmatch(text):
        raise ValueError("has to be a leaf hash, 64 lower-case hex digits")
    return text


def _receipt(text: str) -> str:
    if len(text) > _MOST_RECEIPT or not text.isprintable():
        raise ValueError("has to be a gift number, an entry's index or an entry's id")
    if text.isascii() and text.isdigit():
        _number(text)
    return text


_UPTO = {"minimum": 0, "maximum": MAX_NUMBER}
Number = Annotated[int, BeforeValidator(_number), Field(json_schema_extra=_UPTO)]
EntryId = Annotated[str, BeforeValidator(_identity), Field(json_schema_extra={"format": "uuid"})]
LeafHex = Annotated[str, BeforeValidator(_leaf), Field(json_schema_extra={"pattern": "^[0-9a-f]{64}$"})]
ReceiptOf = Annotated[str, BeforeValidator(_receipt)]


class Asked(BaseModel):
    """The parameters of one address; one that is not listed is refused, so that a typing error is told."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Nothing(Asked):
    pass


class ByIndex(Asked):
    index: Number


class ById(Asked):
    id: EntryId


class ByHash(Asked):
    hash: LeafHex


class Pages(Asked):
    start: Number = 0
    stop: Annotated[Number | None, Field(description="The index after the last; by default the end.")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Pages:
        if self.stop is not None and self.stop < self.start:
            raise ValueError("stop: it may not be below start")
        return self


class Inclusion(Asked):
    index: Number | None = None
    id: EntryId | None = None
    hash: LeafHex | None = None
    size: Number | None = None

    @model_validator(mode="after")
    def _one_entry(self) -> Inclusion:
        if sum(value is not None for value in (self.index, self.id, self.hash)) != 1:
            raise ValueError("index: give exactly one of index, id and hash")
        return self


class Consistency(Asked):
    from_size: Annotated[Number, Field(alias="from")]
    to_size: Annotated[Number | None, Field(alias="to")] = None


class OfReceipt(Asked):
    of: ReceiptOf


Some = TypeVar("Some", bound=Asked)


def asked(model: type[Some], **from_path: str) -> Some:
    """The parameters of this request. Raises Refusal, which names the first that breaks its rule."""
    values: dict[str, Any] = dict(from_path)
    for name, texts in request.args.lists():
        if name in values or len(texts) > 1:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"{name[:40]} is given more than once", name[:40])
        values[name] = texts[0]
    try:
        return model.model_validate(values)
    except ValidationError as broken:
        raise _refusal(broken) from None


def _refusal(broken: ValidationError) -> Refusal:
    first = broken.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0])[:40] if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        told = f"{name} is not a parameter of this address"
    elif first["type"] == "missing":
        told = f"{name} is missing"
    else:
        said = str(first["ctx"]["error"])
        name, told = (name, f"{name} {said}") if name else (said.partition(":")[0], said)
    return Refusal(HTTPStatus.BAD_REQUEST, told, name)
