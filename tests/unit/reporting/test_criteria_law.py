"""The laws of the quality review: equal to the slow reference, complete, and blind to the order of rows."""

import re
from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from factories import template
from tasks.domain import frames
from tasks.domain.definitions.firm import ADDRESS
from tasks.domain.quality.criteria import (
    RESULTS,
    add_up,
    criteria_of,
    rank_owners,
    review_relations,
    rows_of,
    score_owners,
    summarise,
)

TODAY = date(2026, 11, 24)
TYPES, STATUSES = ("person", "sole_trader", "company", "other"), ("client", "prospect", "other", "former")
CARD = template()
BADGE = template(template="badge", applies_to=["company"], statuses=["former"], schedule={"anchor": "field:badge"})
ALSO_CARD = template(template="card-of-others", applies_to=["other"], statuses=["prospect"])
YEARLY = template(template="yearly", applies_to=["company"], close_when=None, schedule={"anchor": "start"})


def relation(**changes):
    return {
        "relation_id": "R1",
        "type": "person",
        "status": "client",
        "email": "jeanne@martin.example",
        "owner_id": "U1",
        "is_owner_known": True,
    } | changes


def card(**changes):
    return {"relation_id": "R1", "has_value": True, "expires_on": date(2027, 1, 1), "block": None} | changes


def frame_of(rows, columns):
    frame = pd.DataFrame(list(rows), columns=list(columns))
    dates = {c: pd.to_datetime(frame[c].astype("object")).astype(frames.DATE) for c in columns if frames.is_date(c)}
    types = {c: "bool" if frames.is_flag(c) else frames.TEXT for c in columns if not frames.is_date(c)}
    return frame.assign(**dates).astype(types)


def reviewed(relations, fields, templates, as_of=TODAY):
    known = {name: frame_of(rows, frames.KNOWN_FIELDS) for name, rows in fields.items()}
    return review_relations(frame_of(relations, frames.REVIEWED), known, templates, as_of)


def verdicts(relations, fields, templates, as_of=TODAY):
    rows = rows_of(reviewed(relations, fields, templates, as_of)).to_dict("records")
    return {(r["relation_id"], r["criterion"]): r["result"] for r in rows}


def of_card(change, *cards, as_of=TODAY):
    """The verdicts of one relation: present, expiry known, not expired."""
    found = verdicts([relation(**change)], {"id_card": cards}, [CARD], as_of)
    return [found["R1", f"id_card.{what}"] for what in ("present", "expiry_known", "not_expired")]


def review_one(row, fields, templates, as_of):
    """The slow reference: one relation's verdicts, in the words of the rules."""

    def serves(some):
        return any(row["type"] in t.applies_to and row["status"] in t.statuses for t in some)

    def verdict(is_asked, is_met):
        return "not_applicable" if not is_asked else "met" if is_met else "not_met"

    found = {}
    for field, rows in fields.items():
        asked = serves([t for t in templates if f"field:{field}" in [s.anchor for s in t.schedules]])
        at_hand = next((r for r in rows if r["relation_id"] == row["relation_id"]), None)
        has = at_hand is not None and (at_hand["has_value"] or at_hand["expires_on"] is not None)
        day = at_hand["expires_on"] if has and at_hand["block"] is None else None
        found[f"{field}.present"] = verdict(asked, has)
        found[f"{field}.expiry_known"] = verdict(asked and has, day is not None)
        found[f"{field}.not_expired"] = verdict(asked and day is not None, day is not None and day >= as_of)
    asked = row["status"] != "former" or serves(templates)
    email = row["email"]
    found["email.present"] = verdict(asked, email is not None)
    found["email.valid"] = verdict(asked and email is not None, email and re.fullmatch(ADDRESS, email))
    found["owner.known"] = verdict(asked, row["is_owner_known"])
    return found


days = st.one_of(st.none(), st.sampled_from([TODAY + timedelta(days=n) for n in (-400, -1, 0, 1, 400)]))
EMAILS = [None, "a@b.example", "a@b", "é@b.example", "a@b.example\n", "a b@c.example", ""]


@st.composite
def firms(draw):
    ids = [f"R{n}" for n in range(draw(st.integers(0, 8)))]
    relations = [
        relation(
            relation_id=relation_id,
            type=draw(st.sampled_from(TYPES)),
            status=draw(st.sampled_from(STATUSES)),
            email=draw(st.sampled_from(EMAILS)),
            owner_id=draw(st.sampled_from([None, "U1", "U9"])),
            is_owner_known=draw(st.booleans()),
        )
        for relation_id in draw(st.permutations(ids))
    ]
    templates = draw(st.lists(st.sampled_from([CARD, BADGE, ALSO_CARD, YEARLY]), unique_by=lambda t: t.template))
    # A field's rows may speak of relations that the question leaves out.
    fields = {}
    for name in sorted({s.field for t in templates for s in t.schedules if s.is_field}):
        having = draw(st.lists(st.sampled_from([*ids, "X1"]), unique=True))
        blocks = st.sampled_from([None, None, "invalid_field"])
        fields[name] = [
            card(relation_id=r, has_value=draw(st.booleans()), expires_on=draw(days), block=draw(blocks))
            for r in having
        ]
    return relations, fields, templates


@settings(max_examples=100, deadline=None)
@given(firms(), st.randoms(use_true_random=False))
def test_the_review_equals_the_slow_reference_whatever_the_order_of_rows(firm, chance):
    relations, fields, templates = firm
    expected = {
        (row["relation_id"], criterion): result
        for row in relations
        for criterion, result in review_one(row, fields, templates, TODAY).items()
    }
    rows = rows_of(reviewed(relations, fields, templates))
    assert list(rows.columns) == list(frames.REVIEW)
    assert len(rows) == len(relations) * len(criteria_of(templates)), "every criterion of every relation exactly once"
    assert verdicts(relations, fields, templates) == expected

    chance.shuffle(relations)
    for known in fields.values():
        chance.shuffle(known)
    chance.shuffle(templates)
    assert verdicts(relations, fields, templates) == expected


@settings(max_examples=50, deadline=None)
@given(firms(), st.sets(st.sampled_from(RESULTS)))
def test_the_summary_counts_the_rows_and_a_choice_of_results_leaves_no_other_out(firm, results):
    whole = reviewed(*firm)
    rows = rows_of(whole)
    chosen = rows.loc[rows["result"].isin(results)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows_of(whole, sorted(results)), chosen)
    for line in summarise(whole).to_dict("records"):
        own = rows.loc[rows["criterion"] == line["criterion"], "result"]
        assert [line[r] for r in RESULTS] == [int((own == r).sum()) for r in RESULTS]


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ([], ["not_met", "not_applicable", "not_applicable"]),
        ([card(has_value=False, expires_on=None, block="missing_field")], ["not_met", *["not_applicable"] * 2]),
        ([card(expires_on=None, block="missing_field")], ["met", "not_met", "not_applicable"]),
        ([card(has_value=False)], ["met", "met", "met"]),
        ([card(expires_on=date(2999, 12, 31), block="invalid_field")], ["met", "not_met", "not_applicable"]),
        ([card(expires_on=TODAY)], ["met", "met", "met"]),
        ([card(expires_on=TODAY - timedelta(days=1))], ["met", "met", "not_met"]),
    ],
)
def test_a_gap_counts_once_and_a_card_holds_on_its_last_day(cards, expected):
    assert of_card({}, *cards) == expected


@pytest.mark.parametrize("change", [{"type": "company"}, {"status": "prospect"}])
def test_a_relation_that_no_such_template_serves_is_not_asked(change):
    assert of_card(change, card()) == ["not_applicable"] * 3


def test_a_field_that_two_templates_ask_for_concerns_those_whom_either_serves():
    relations = [relation(), relation(relation_id="R2", type="other", status="prospect")]
    found = verdicts(relations, {"id_card": []}, [CARD, ALSO_CARD])
    assert [found[r, "id_card.present"] for r in ("R1", "R2")] == ["not_met", "not_met"]


@pytest.mark.parametrize(("type_", "expected"), [("person", "not_applicable"), ("company", "not_met")])
def test_a_former_relation_is_asked_for_its_email_only_where_a_template_still_serves_it(type_, expected):
    row = relation(type=type_, status="former", email=None, is_owner_known=False)
    found = verdicts([row], {"badge": [], "id_card": []}, [CARD, BADGE])
    assert (found["R1", "email.present"], found["R1", "owner.known"]) == (expected, expected)


def test_a_field_that_is_called_email_takes_no_criterion_from_the_address():
    odd = template(template="odd", schedule={"anchor": "field:email"})
    names = ("email.present", "email.expiry_known", "email.not_expired", "email.valid", "owner.known")
    assert criteria_of([odd]) == names
    found = verdicts([relation(email=None)], {"email": [card()]}, [odd])
    assert (found["R1", "email.present"], found["R1", "email.expiry_known"]) == ("not_met", "met")


def test_a_share_is_rounded_down_and_missing_where_nobody_is_asked():
    rows = [relation(relation_id=f"R{n}", email="" if n == 0 else "a@b.example") for n in range(3000)]
    lines = summarise(reviewed(rows, {"badge": []}, [BADGE])).set_index("criterion")
    assert lines.loc["email.valid", "share"] == 0.999
    assert lines.loc["email.present", "share"] == 1
    assert pd.isna(lines.loc["badge.present", "share"])


OWNED = st.lists(
    st.builds(
        relation,
        owner_id=st.sampled_from(["U1", "U2", None]),
        email=st.sampled_from([None, "a@b.example", "nobody"]),
        is_owner_known=st.booleans(),
        status=st.sampled_from(STATUSES),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(OWNED)
def test_scores_of_owners_are_the_counts_of_their_relations_one_by_one(rows):
    judged = reviewed([r | {"relation_id": f"R{n}"} for n, r in enumerate(rows)], {"id_card": []}, [CARD])
    scores = score_owners(judged)
    asked = criteria_of([CARD])
    counted = {(owner, c): dict.fromkeys(RESULTS, 0) for owner in {r["owner_id"] or "" for r in rows} for c in asked}
    for row in rows_of(judged).to_dict("records"):
        owner = row["owner_id"] if isinstance(row["owner_id"], str) else ""
        counted[owner, row["criterion"]][row["result"]] += 1
    assert {(s["owner_id"], s["criterion"]): {r: s[r] for r in RESULTS} for s in scores.to_dict("records")} == counted
    pd.testing.assert_frame_equal(add_up(scores, asked), summarise(judged), check_dtype=False)


def test_owners_are_ranked_by_what_there_is_to_mend_and_those_with_nothing_to_judge_come_last():
    rows = [
        relation(relation_id="R1", owner_id="good"),
        relation(relation_id="R2", owner_id="bad", email=None),
        relation(relation_id="R3", owner_id="bad", is_owner_known=False),
        relation(relation_id="R4", owner_id="gone", status="former"),
    ]
    cards = [card(relation_id=f"R{n}") for n in (1, 2, 3)]
    ranked = rank_owners(score_owners(reviewed(rows, {"id_card": cards}, [CARD])))
    assert ranked["owner_id"].tolist() == ["bad", "good", "gone"]
    assert ranked["relations"].tolist() == [2, 1, 1]
    assert ranked["not_met"].tolist() == [2, 0, 0]
    assert ranked["share"].fillna(-1).tolist() == [0.818, 1.0, -1]
    assert ranked["weakest"].fillna("").tolist() == ["email.present", "", ""]
