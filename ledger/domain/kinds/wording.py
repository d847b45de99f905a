"""From what pydantic says of a shape to the book's own words: one sentence, in both languages."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ledger.domain.violations import Unfit, Violation

# pydantic's error type -> the rule of MESSAGES, and which of its facts go by which name there.
_RULES: dict[str, tuple[str, dict[str, str]]] = {
    "missing": ("missing", {}),
    "extra_forbidden": ("unknown_key", {}),
    "string_type": ("not_text", {}),
    "string_unicode": ("not_text", {}),
    "int_type": ("not_integer", {}),
    "bool_type": ("not_boolean", {}),
    "list_type": ("not_list", {}),
    "dict_type": ("not_object", {}),
    "model_type": ("not_object", {}),
    "model_attributes_type": ("not_object", {}),
    "literal_error": ("not_listed", {"wanted": "expected"}),
    "greater_than_equal": ("too_small", {"least": "ge"}),
    "less_than_equal": ("too_great", {"most": "le"}),
    "string_too_short": ("too_short", {}),
    "string_too_long": ("too_long", {"most": "max_length"}),
    "too_short": ("too_few", {"least": "min_length"}),
    "too_long": ("too_many", {"most": "max_length"}),
}
_FORMS = ("Lot", "Item")  # tags of the forms of a line (fields.line_form)


def violations_of(error: ValidationError) -> list[Violation]:
    """One violation per field, the first that the field breaks."""
    found: dict[str, Violation] = {}
    for problem in error.errors(include_url=False, include_input=False):
        kind = problem["type"]
        field = _field(problem["loc"], ends_in_key=kind == "extra_forbidden")
        found.setdefault(field, _violation(field, kind, problem["msg"], problem.get("ctx", {})))
    return list(found.values())


def _violation(field: str, kind: str, message: str, facts: dict[str, Any]) -> Violation:
    unfit = facts.get("error")
    if isinstance(unfit, Unfit):
        return unfit.at(field)
    if kind not in _RULES:
        return Violation(field, "shape", {"why": message[:1].lower() + message[1:]})
    rule, names = _RULES[kind]
    told = {ours: facts[theirs] for ours, theirs in names.items()}
    if "wanted" in told:  # "'a', 'b' or 'c'"
        told["wanted"] = told["wanted"].replace(" or ", ", ").replace("'", "")
    return Violation(field, rule, told)


def _field(path: tuple[int | str, ...], ends_in_key: bool) -> str:
    """The path of a body key. After a line's number pydantic puts the tag of its form, and after the key of a
    mapping "[key]"; people need neither. `ends_in_key`: the last part is what was typed, whatever it is."""
    typed = len(path) - 1 if ends_in_key else len(path)
    parts = [
        str(part)[:60]
        for at, part in enumerate(path)
        if at == typed or not (part == "[key]" or (at and isinstance(path[at - 1], int) and part in _FORMS))
    ]
    return ".".join(parts) or "body"
