"""The laws of update groups: equal to the slow reference, one dossier a date, and blind to the order of rows (U2, U3)."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings
from test_field_dates_law import days as any_days
from update_reference import plan_updates_one

from reference import FREQUENCIES
from tasks.domain import frames
from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.planning.update_dates import plan_updates

NAMES = ("address", "turnover", "card")
# Few days, so that dates coincide, and lie within a period, a third of one or a year of each other.
NEAR = [date(2026, 1, 1) + timedelta(days=n) for n in (-366, -365, -90, -31, -30, -10, -1, 0, 1, 9, 30, 31, 59, 90)]
days = st.one_of(st.sampled_from(NEAR), st.sampled_from(NEAR), any_days)
maybe_days = st.one_of(st.none(), days)
RECURRING = sorted(set(FREQUENCIES) - {"none"})


@st.composite
def groups(draw):
    return UpdateGroup.model_validate(
        {
            "group": "papers",
            "label": "Papiers",
            "for": draw(st.sampled_from(["person", "company"])),
            "fields": [{"field": name, "label": name, "type": "text"} for name in NAMES],
            "starts_on": draw(days),
            "frequency": draw(st.sampled_from(RECURRING)),
            "remove_after_months": draw(st.integers(1, 3)),
        }
    )


@st.composite
def relations(draw):
    company = draw(st.sampled_from([(None, None), ("company", "client"), ("company", "former"), ("person", "client")]))
    return {
        "type": draw(st.sampled_from(["person", "person", "company", "company", "sole_trader", "other"])),
        "status": draw(st.sampled_from(["client", "client", "client", "former"])),
        "company_type": company[0],
        "company_status": company[1],
        "is_held": draw(st.integers(0, 9)) == 0,
        "made_to": draw(st.one_of(st.none(), st.none(), days)),
        "fields": {name: draw(fields()) for name in NAMES},
    }


@st.composite
def fields(draw):
    return {
        "is_there": True,
        "has_value": draw(st.integers(0, 3)) > 0,
        "expires_on": draw(st.one_of(st.none(), maybe_days)),
        "next_update_on": draw(st.one_of(st.none(), maybe_days)),
        "frequency": draw(st.one_of(st.none(), st.none(), st.sampled_from(sorted(FREQUENCIES)))),
        "updated_on": draw(maybe_days),
        "asked_to": draw(st.one_of(st.none(), days)),
    }


def planned(rows, group, as_of):
    """The dossiers of each row, date to fields, and its reason."""
    ids = [f"R{number}" for number in range(len(rows))]
    whole = _typed([row | {"relation_id": name} for row, name in zip(rows, ids, strict=True)], frames.UPDATE_RELATIONS)
    known = {name: _typed([row["fields"][name] for row in rows], frames.UPDATE_FIELDS) for name in NAMES}
    found = plan_updates(whole, known, group, as_of)
    assert not found.loc[found["reason"].isna()].duplicated(["relation_id", "occurrence"]).any()
    verdicts = {name: ({}, None) for name in ids}
    for row in found.to_dict("records"):
        dossiers, _ = verdicts[row["relation_id"]]
        if isinstance(row["reason"], str):
            verdicts[row["relation_id"]] = (dossiers, row["reason"])
        else:
            assert row["anchor_on"] == row["planned_on"]
            dossiers[row["anchor_on"].date()] = row["asked"].split()
    return [verdicts[name] for name in ids]


def _typed(rows, columns):
    frame = pd.DataFrame(rows, columns=list(columns))
    for name in ("made_to", "asked_to"):
        if name in frame:
            frame[name] = frame[name].map(lambda day: None if day is None else day.isoformat(), na_action="ignore")
    types = {
        c: frames.DATE if frames.is_date(c) else "bool" if frames.is_flag(c) else frames.TEXT for c in frame.columns
    }
    dates = {c: pd.to_datetime(frame[c].astype("object")) for c in frame.columns if frames.is_date(c)}
    return frame.assign(**dates).astype(types)


@settings(max_examples=100, deadline=None)
@given(st.lists(relations(), min_size=1, max_size=6), groups(), days)
def test_planning_is_equal_to_the_slow_reference(rows, group, as_of):
    slow = [plan_updates_one(row, row["fields"], group, as_of) for row in rows]
    assert planned(rows, group, as_of) == slow


@settings(max_examples=25, deadline=None)
@given(st.lists(relations(), min_size=2, max_size=5), groups(), days)
def test_the_order_of_rows_changes_nothing(rows, group, as_of):
    assert planned(rows, group, as_of) == planned(rows[::-1], group, as_of)[::-1]


@settings(max_examples=25, deadline=None)
@given(relations(), groups(), days)
def test_what_was_asked_is_not_asked_again_on_the_same_day(row, group, as_of):
    (dossiers, _), *_ = planned([row], group, as_of)
    asked_on = {name: day for day, names in dossiers.items() for name in names}
    made = max([*dossiers, *([row["made_to"]] if row["made_to"] else [])], default=None)
    after = row | {
        "made_to": made,
        "fields": {
            name: field | {"asked_to": max(filter(None, [asked_on.get(name), field["asked_to"]]), default=None)}
            for name, field in row["fields"].items()
        },
    }
    assert planned([after], group, as_of)[0][0] == {}


def test_dates_are_counted_from_the_first_and_clamp_to_the_month():
    row = {"type": "person", "status": "client", "company_type": None, "company_status": None, "is_held": False}
    field = {"is_there": True, "has_value": True} | dict.fromkeys(
        ("expires_on", "next_update_on", "frequency", "updated_on", "asked_to")
    )
    group = UpdateGroup.model_validate(
        {
            "group": "papers",
            "label": "Papiers",
            "for": "person",
            "fields": [{"field": name, "label": name, "type": "text"} for name in NAMES],
            "starts_on": date(2026, 1, 31),
            "frequency": "quarterly",
            "remove_after_months": 1,
        }
    )
    whole = row | {"made_to": None, "fields": dict.fromkeys(NAMES, field)}
    for day in (date(2026, 1, 31), date(2026, 4, 30), date(2026, 7, 31), date(2026, 10, 31), date(2027, 1, 31)):
        assert list(planned([whole], group, day)[0][0]) == [day]  # T2
