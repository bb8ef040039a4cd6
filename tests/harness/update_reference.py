"""The slow reference of update groups: U2 and U3 said once more, one relation at a time, in the words of the rules."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from reference import FREQUENCIES
from tasks.domain.definitions.update_group import UpdateGroup

FRESH = {"weekly": 2, "every 10 days": 3, "monthly": 10, "quarterly": 30, "every 2 years": 30, "none": 30}


def plan_updates_one(
    relation: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]], group: UpdateGroup, as_of: date
) -> tuple[dict[date, list[str]], str | None]:
    """The dossiers of one relation, date to fields, and the reason if there is none."""
    standing = _standing(relation, group)
    if standing is not None:
        return {}, standing
    dossiers: dict[date, list[str]] = {}
    reasons = []
    for name, field in fields.items():
        day, reason = _field(field, relation["made_to"], group, as_of)
        reasons.append(reason)
        if day is not None:
            dossiers.setdefault(day, []).append(name)
    if dossiers:
        return dossiers, None
    known = [reason for reason in reasons if reason != "missing_field"]
    if not known:
        return {}, "missing_field"
    return {}, "already_fresh" if "already_fresh" in known else "not_yet"


def _standing(relation: Mapping[str, Any], group: UpdateGroup) -> str | None:
    if relation["is_held"]:
        return "quarantined"
    if group.applies_to == "person":
        if relation["type"] not in ("person", "sole_trader"):
            return "wrong_type"
    elif relation["type"] == "person":
        if relation["company_type"] != "company":
            return "wrong_type"
        if relation["company_status"] not in group.statuses:
            return "wrong_status"
    elif relation["type"] != "company":
        return "wrong_type"
    return None if relation["status"] in group.statuses else "wrong_status"


def _field(
    field: Mapping[str, Any], made_to: date | None, group: UpdateGroup, as_of: date
) -> tuple[date | None, str | None]:
    """The date for which a field is asked now, or why it is not."""
    if not field["has_value"]:
        return None, "missing_field"
    frequency = field["frequency"] or group.frequency
    latest = _latest(field["next_update_on"], frequency, group, as_of)
    expires, asked_to = field["expires_on"], field["asked_to"]
    is_expired = expires is not None and as_of - timedelta(days=365) <= expires <= as_of
    is_expired = is_expired and (asked_to is None or asked_to < expires)
    is_reached = latest is not None and (made_to is None or made_to < latest)
    is_reached = is_reached and latest + relativedelta(months=group.remove_after_months) >= as_of
    updated = field["updated_on"]
    is_fresh = updated is not None and is_reached and latest - timedelta(days=FRESH[frequency]) < updated <= as_of
    if is_reached and not is_fresh and not (is_expired and latest < expires):
        return latest, None
    if is_expired:
        return expires, None
    return None, "already_fresh" if is_fresh else "not_yet"


def _latest(own: date | None, frequency: str, group: UpdateGroup, as_of: date) -> date | None:
    every, unit = FREQUENCIES[frequency]
    first = own or (None if unit == "none" else group.starts_on)
    if first is None or first > as_of:
        return None
    latest, number = first, 1
    while unit != "none":
        step = relativedelta(months=number * every) if unit == "months" else timedelta(days=number * every)
        if first + step > as_of:
            break
        latest, number = first + step, number + 1
    return latest
