"""What the API answers, as models: the one list of names and types that OpenAPI will be made of."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Hash = Annotated[str, Field(description="32 bytes in standard base64, as C2SP writes hashes.")]
Moment = Annotated[datetime, PlainSerializer(lambda when: _instant(when), return_type=str)]


class Answer(BaseModel):
    """A JSON answer."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Witness(Answer):
    """A witness of the book's policy."""

    name: str
    key_name: str
    size: Annotated[int | None, Field(description="Of the newest list that it is known to have confirmed.")]
    confirmed_at: Annotated[Moment | None, Field(description="When it did, by its own clock.")]
    problem: Annotated[str | None, Field(description="Why its last answer was no confirmation.")]


class LogState(Answer):
    """How far the log is recorded, signed, confirmed and published."""

    origin: str
    vkey: Annotated[str, Field(description="The verifier key as the book has it. Compare it with yours.")]
    size: Annotated[int, Field(description="Entries in the book.")]
    signed_size: Annotated[int, Field(description="Entries that the log has signed.")]
    published_size: Annotated[int, Field(description="Entries that the published checkpoint covers.")]
    entries_published: Annotated[int, Field(description="Entries whose bytes are published.")]
    root_hash: Annotated[Hash | None, Field(description="Of the published size.")]
    witnesses: list[Witness]
    witnesses_needed: Annotated[int, Field(description="The least number that must confirm; 0: none.")]
    confirmed: Annotated[dict[str, Moment], Field(description="Who confirmed the published list, and when.")]
    problem: Annotated[str | None, Field(description="Why the last attempt published nothing.")]


class InclusionProof(Answer):
    """That one entry stands in the list of a size (RFC 6962, 2.1.1)."""

    origin: str
    index: int
    size: int
    leaf_hash: Hash
    root_hash: Hash
    hashes: Annotated[list[Hash], Field(description="The leaf's sibling first.")]
    checkpoint: Annotated[str | None, Field(description="The signed note, if `size` is the published one.")]


class ConsistencyProof(Answer):
    """That the list of one size is the beginning of the list of another (RFC 6962, 2.1.2)."""

    origin: str
    from_size: Annotated[int, Field(alias="from")]
    to_size: Annotated[int, Field(alias="to")]
    from_root: Hash
    to_root: Hash
    hashes: list[Hash]
    checkpoint: Annotated[str | None, Field(description="The signed note, if `to` is the published size.")]


class Problem(Answer):
    """Why there is no answer."""

    error: Annotated[str, Field(description="One sentence.")]
    field: Annotated[str | None, Field(description="The parameter that it is about.")] = None
    retry_after_seconds: int | None = None
    expected_at: Annotated[Moment | None, Field(description="When it comes at the earliest.")] = None


class Refusal(Exception):
    """An answer that is a Problem."""

    def __init__(
        self,
        status: HTTPStatus,
        error: str,
        field: str | None = None,
        retry_after_seconds: int | None = None,
        expected_at: datetime | None = None,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.problem = Problem(
            error=error, field=field, retry_after_seconds=retry_after_seconds, expected_at=expected_at
        )


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
