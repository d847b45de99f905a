"""Closed code lists of the record. Reasons are codes with labels, never free text (RECORD.md, Envelope)."""

from __future__ import annotations

from typing import Literal, get_args

BookKind = Literal["live", "archive", "drill", "simulated"]
PlaceKind = Literal["depot", "center", "street_office", "district", "hospital", "site"]
PlaceStatus = Literal["open", "closed", "sealed", "merged"]
StatusReason = Literal["outbreak", "works", "short_of_staff", "planned", "over", "other"]
PartyType = Literal["organisation", "person", "unnamed", "government", "charity", "supplier"]
ItemClass = Literal["consumable", "reusable", "equipment"]
Criticality = Literal["vital", "essential", "needed"]
Role = Literal[
    "storekeeper", "center_lead", "area_officer", "community", "street_office", "district_health",
    "charity_clerk", "auditor", "donor", "system",
]  # fmt: skip
Source = Literal[
    "donated", "allotted", "purchased", "opening", "borrowed", "converted", "found", "unmatched", "unshown"
]
State = Literal["usable", "to_inspect", "held", "rejected"]
STATES: tuple[str, ...] = get_args(State)
Grade = Literal["medical", "non_medical", "unknown"]
Reallocate = Literal["yes", "ask", "no"]
TransferTerms = Literal["allocation", "swap", "loan"]
Urgency = Literal["routine", "urgent", "emergency"]
RequestReason = Literal["running_low", "stockout", "expiring", "outbreak", "planned", "other"]
AllocationRule = Literal[
    "as_requested", "max_min_cover", "proportional_need", "proportional_population", "order_of_request",
    "judgement",
]  # fmt: skip
NeedBasis = Literal["requested", "measured_use", "forecast", "scenario", "population", "staff", "patients"]
RefusalReason = Literal[
    "out_of_stock", "enough_there", "other_source", "short_for_all", "not_supplied", "other"
]
FundedBy = Literal["budget"]
IssuePurpose = Literal["clinic", "vaccination", "testing", "outbreak", "home_visit", "training", "other"]
ReturnDirection = Literal["to_shelf", "to_donor"]
ReturnReason = Literal["unused", "wrong_item", "not_needed", "rejected", "other"]
WriteOffReason = Literal["expired", "damaged", "contaminated", "recalled", "destroyed", "other"]
LossReason = Literal["lost", "stolen", "damaged", "destroyed", "unknown"]
CancelReason = Literal["not_sent", "refused", "wrong_place", "wrong_item", "other"]
ConversionReason = Literal["open_case", "open_kit", "make_kit", "wrong_item", "regrade"]
ReversalReason = Literal[
    "wrong_quantity", "wrong_item", "wrong_lot", "wrong_place", "wrong_date", "entered_twice", "not_happened",
    "matched", "withdrawn", "other",
]  # fmt: skip
Custody = Literal["server", "device"]
KeyReason = Literal["rotated", "lost", "stolen", "retired"]
LogKeyReason = Literal["scheduled", "lost", "compromised"]
ConsentBasis = Literal["private_link", "opening", "paper", "public_notice"]
ErasureReason = Literal["request", "retention", "emergency_over"]
DiscrepancyReason = Literal["fewer", "more", "damaged", "wrong_item", "unmarked"]
