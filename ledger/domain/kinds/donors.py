"""What donors decide: what may be shown of them, and that what is kept about them goes."""

from __future__ import annotations

from typing import Any

from ledger.domain import codes
from ledger.domain.kinds.fields import Body, Code, GiftCode, Part
from ledger.domain.violations import Unfit


class Shown(Part):
    """What may be shown; what is left out stays as it was."""

    name: bool | None = None
    item: bool | None = None
    amount: bool | None = None

    def model_post_init(self, context: Any) -> None:
        if self.name is None and self.item is None and self.amount is None:
            raise Unfit("too_few", least=1)


class ConsentChanged(Body):
    """What may be shown of one gift, or of all gifts of a party; `basis` is how we know that they want it."""

    party: Code | None = None
    gift: GiftCode | None = None
    show: Shown
    basis: codes.ConsentBasis


class DataErased(Body):
    """What was kept about a party, or of one gift, was destroyed with its salt: no commitment opens it."""

    party: Code | None = None
    gift: GiftCode | None = None
    reason: codes.ErasureReason
