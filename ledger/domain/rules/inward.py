"""Rules of the kinds by which goods enter the book."""

from __future__ import annotations

from ledger.domain.kinds.inward import AllotmentReceived, DonationReceived, PurchaseReceived, StockOpened
from ledger.domain.lots import Account
from ledger.domain.rules.draft import Draft


def stock_opened(body: StockOpened, draft: Draft) -> None:
    _arrive(body, draft, "opening", keeps_stock=True)


def donation_received(body: DonationReceived, draft: Draft) -> None:
    _known_party(body.party, draft)
    if body.donee is not None:
        draft.place("donee", body.donee)
    if body.terms is not None and body.terms.beneficiary is not None:
        draft.place("terms.beneficiary", body.terms.beneficiary)
    earlier = draft.book.gift_party(body.gift)
    if earlier is not None and earlier != (body.party or ""):
        draft.fail("gift", "gift_of_other", gift=body.gift)
    draft.gift = (body.gift, body.party or "")
    _arrive(body, draft, "donated", gift=body.gift)


def allotment_received(body: AllotmentReceived, draft: Draft) -> None:
    if body.authority is not None:
        draft.place("authority", body.authority)
    _arrive(body, draft, "allotted")


def purchase_received(body: PurchaseReceived, draft: Draft) -> None:
    _known_party(body.party, draft)
    _arrive(body, draft, "purchased")


def _known_party(party: str | None, draft: Draft) -> None:
    if party is not None and not draft.book.has_party(party):
        draft.fail("party", "no_party", code=party)


def _arrive(
    body: StockOpened | DonationReceived | AllotmentReceived | PurchaseReceived,
    draft: Draft,
    source: str,
    gift: str = "",
    keeps_stock: bool = False,
) -> None:
    place = draft.here("place", body.place, keeps_stock)
    received = Account("received", body.place)
    for lot, state in draft.new_lots(body.lines, source, body.place, gift):
        if place is not None:
            draft.put(lot, received, place, state, lot.quantity)
