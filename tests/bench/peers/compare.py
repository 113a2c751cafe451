"""Sets what a peer makes of the orders against what we make of them, record by record and field by field.

A difference has to have its reason in REASONS; any other is an error, ours or theirs.
"""

import decimal
import json

# What the same fact looks like on both sides, and why it differs.
REASONS = {
    "amount": "a number that went through a float there, decimal text with the system's digits here",
    "date": "the system's text there, a time in UTC with milliseconds here",
    "received": "not a field of the unified order line: the bench manifest leaves it out",
}


def number(theirs, ours):
    """Whether a JSON number there is a decimal text here; `None` when they differ."""
    if isinstance(theirs, (int, float)) and isinstance(ours, str):
        return "amount" if decimal.Decimal(str(theirs)) == decimal.Decimal(ours) else None
    return None


def moment(theirs, ours):
    """Whether a date or a time there is a time in UTC here; `None` when they differ."""
    if not isinstance(theirs, str) or not isinstance(ours, str):
        return None
    whole = theirs.removesuffix("Z") if "T" in theirs else f"{theirs}T00:00:00"
    return "date" if ours == f"{whole}.000Z" else None


def at(record, *path):
    for step in path:
        record = (record or {}).get(step)
    return record


def pairs(theirs, ours):
    """Every field of a peer's order with ours."""
    for there, here in {
        ("remote_id",): ("id",),
        ("number",): ("number",),
        ("status",): ("status",),
        ("company_id",): ("organization", "id"),
        ("vendor", "remote_id"): ("vendor", "id"),
        ("vendor", "name"): ("vendor", "name"),
        ("currency",): ("currency",),
        ("payment_terms",): ("payment_terms",),
        ("issue_date",): ("order_date",),
        ("created_at",): ("created_at",),
        ("modified_at",): ("updated_at",),
        ("total_amount",): ("total", "amount"),
        ("project",): ("custom_fields", "YY1_Project_PDH"),
        ("memo",): ("custom_fields", "YY1_Notes_PDH"),
        ("ship_to", "name"): ("ship_to", "name"),
        ("ship_to", "city"): ("ship_to", "city"),
        ("ship_to", "postal_code"): ("ship_to", "postal_code"),
        ("ship_to", "country"): ("ship_to", "country"),
    }.items():
        yield ".".join(there), at(theirs, *there), at(ours, *here)
    yield "ship_to.street", at(theirs, "ship_to", "street"), " ".join(at(ours, "ship_to", "lines") or [])
    yield "lines", len(theirs["lines"]), len(ours["lines"])
    for there, here in zip(theirs["lines"], ours["lines"]):
        for field, path in {
            "line_number": ("line_number",),
            "description": ("description",),
            "item_number": ("item", "id"),
            "quantity": ("quantity",),
            "unit": ("unit",),
            "unit_price": ("unit_price", "amount"),
            "amount": ("total", "amount"),
            "tax_code": ("tax_code",),
            "site": ("site", "id"),
            "need_by": ("required_date",),
            "cost_center": ("cost_center", "id"),
            "received": ("received",),
        }.items():
            yield f"lines.{field}", there[field], at(here, *path)


def reason(field, theirs, ours):
    if theirs == ours:
        return None
    if field == "lines.received" and ours is None:
        return "received"
    return number(theirs, ours) or moment(theirs, ours) or "unexplained"


def compare(theirs, ours):
    """Counts of fields by reason; both are iterables of records in the order of the pages."""
    counts = {"records": 0, "fields": 0, "equal": 0, "unexplained": []}
    ours = {record["id"]: record for record in ours}
    for record in theirs:
        counts["records"] += 1
        mine = ours.pop(record["remote_id"], None)
        if mine is None:
            counts["unexplained"].append(f"{record['remote_id']} is not among ours")
            continue
        for field, there, here in pairs(record, mine):
            counts["fields"] += 1
            why = reason(field, there, here)
            if why is None:
                counts["equal"] += 1
            elif why == "unexplained":
                counts["unexplained"].append(f"{record['remote_id']} {field}: {json.dumps(there)} and {json.dumps(here)}")
            else:
                counts[why] = counts.get(why, 0) + 1
    counts["unexplained"] += [f"{left} is only among ours" for left in ours]
    return counts
