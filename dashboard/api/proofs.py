"""Proofs of RFC 6962, as far as the published log goes."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from dashboard.api.answering import model_answer
from dashboard.api.answers import ConsistencyProof, InclusionProof, Refusal
from dashboard.api.asked import Consistency, Inclusion
from dashboard.api.entries import index_of_hash, index_of_id
from dashboard.api.published import Publication
from ledger.tlog.encoding import encode_base64
from ledger.tlog.merkle import prove_consistency, prove_inclusion, root_at


def inclusion(published: Publication, asked: Inclusion) -> Response:
    size = published.size if asked.size is None else published.check_size(asked.size, "size")
    field, index = _index(published, asked)
    published.check_index(index, field)
    if index >= size:
        told = f"size: a list of {size} entries has no entry {index}"
        raise Refusal(HTTPStatus.BAD_REQUEST, told, "size")
    read_hash = published.read_hash(size)
    return model_answer(
        InclusionProof(
            origin=published.checkpoint.origin,
            index=index,
            size=size,
            leaf_hash=encode_base64(read_hash(0, index)),
            root_hash=encode_base64(root_at(size, read_hash)),
            hashes=[encode_base64(one) for one in prove_inclusion(index, size, read_hash)],
            checkpoint=published.note_of(size),
        )
    )


def _index(published: Publication, asked: Inclusion) -> tuple[str, int]:
    if asked.id is not None:
        return "id", index_of_id(published, asked.id)
    if asked.hash is not None:
        return "hash", index_of_hash(published, asked.hash)
    assert asked.index is not None  # the model asks for one of the three
    return "index", asked.index


def consistency(published: Publication, asked: Consistency) -> Response:
    new = published.size if asked.to_size is None else published.check_size(asked.to_size, "to")
    old = published.check_size(asked.from_size, "from")
    if old > new:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"from: size {old} is larger than size {new}", "from")
    read_hash = published.read_hash(new)
    return model_answer(
        ConsistencyProof(
            origin=published.checkpoint.origin,
            from_size=old,
            to_size=new,
            from_root=encode_base64(root_at(old, read_hash)),
            to_root=encode_base64(root_at(new, read_hash)),
            hashes=[encode_base64(one) for one in prove_consistency(old, new, read_hash)],
            checkpoint=published.note_of(new),
        )
    )
