"""Quality review: which criteria each relation meets, over whole columns. The firm's definitions give the criteria.

For every data field F that anchors a schedule: `F.present` (it has a value or an expiry date), `F.expiry_known` (a
date that validation accepts) and `F.not_expired` (that date is as_of or later: on its last day a card is still valid).
They apply to the relations that a template with such a schedule is for, by type and status, assigned or not. In
addition, for every relation except former ones that no template is for: `email.present`, `email.valid`, `owner.known`.
If a criterion fails, criteria that depend on it are "not applicable": a missing card is one gap, not three.
May touch: numpy, pandas. Tests: tests/unit/reporting/test_criteria_law.py.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.definitions.firm import ADDRESS
from tasks.domain.definitions.template import Template

RESULTS = (MET, NOT_MET, NOT_APPLICABLE) = ("met", "not_met", "not_applicable")
OF_FIELDS = ("present", "expiry_known", "not_expired")
OF_EVERYONE = ("email.present", "email.valid", "owner.known")
FORMER = "former"
KEYS = ("relation_id", "owner_id")
RESULT = pd.CategoricalDtype(list(RESULTS))


def fields_of(templates: Iterable[Template]) -> tuple[str, ...]:
    """The data fields whose expiry date anchors a schedule, by name."""
    return tuple(sorted({s.field for t in templates for s in t.schedules if s.is_field}))


def criteria_of(templates: Iterable[Template]) -> tuple[str, ...]:
    """Every criterion that these definitions need, once, in display order."""
    asked = [f"{field}.{what}" for field in fields_of(templates) for what in OF_FIELDS]
    return tuple(dict.fromkeys([*asked, *OF_EVERYONE]))


def review_relations(
    relations: pd.DataFrame, fields: Mapping[str, pd.DataFrame], templates: Collection[Template], as_of: date
) -> pd.DataFrame:
    """Check every relation against every criterion.

    Args:
        relations: one row per relation (frames.REVIEWED); any row order.
        fields: for each of `fields_of(templates)`, one row per relation that has the field (frames.KNOWN_FIELDS);
            `block` is validation's reason against its expiry date, or missing.
        templates: all of the firm's.
        as_of: the date of the review (T1).

    Returns:
        The same rows in the same order: relation_id, owner_id, and for each of `criteria_of(templates)` a column of
        RESULTS. A million relations take one byte per criterion each; `rows_of` expands those that are needed.
    """
    frames.require(relations, frames.REVIEWED, "quality")
    found: dict[str, pd.Series] = {}
    for field in fields_of(templates):
        found |= _of_field(relations, field, fields[field], templates, pd.Timestamp(as_of))
    # Last, so that the relation's e-mail address keeps its criteria even if a data field is called `email`.
    found |= _of_everyone(relations, templates)
    return pd.DataFrame({**{key: relations[key] for key in KEYS}, **{c: found[c] for c in criteria_of(templates)}})


def _of_field(
    relations: pd.DataFrame, field: str, known: pd.DataFrame, templates: Iterable[Template], today: pd.Timestamp
) -> dict[str, pd.Series]:
    frames.require(known, frames.KNOWN_FIELDS, "quality")
    asking = [t for t in templates if any(s.is_field and s.field == field for s in t.schedules)]
    # `has_date` is computed before the merge, which would turn other flags into missing values.
    merged = relations[["relation_id"]].merge(
        known.assign(has_date=known["expires_on"].notna()), on="relation_id", how="left", validate="one_to_one"
    )
    at_hand = merged.set_index(relations.index)
    is_there = (at_hand["has_value"].eq(True) | at_hand["has_date"].eq(True)).astype(bool)
    expires_on = at_hand["expires_on"].where(at_hand["block"].isna())
    is_asked = _served(relations, asking)
    return {
        f"{field}.present": _verdict(is_asked, is_there),
        f"{field}.expiry_known": _verdict(is_asked & is_there, expires_on.notna()),
        f"{field}.not_expired": _verdict(is_asked & expires_on.notna(), expires_on >= today),
    }


def _of_everyone(relations: pd.DataFrame, templates: Iterable[Template]) -> dict[str, pd.Series]:
    is_asked = (relations["status"] != FORMER) | _served(relations, templates)
    has_email = relations["email"].notna()
    is_address = relations["email"].str.fullmatch(ADDRESS).fillna(False).astype(bool)
    return {
        "email.present": _verdict(is_asked, has_email),
        "email.valid": _verdict(is_asked & has_email, is_address),
        "owner.known": _verdict(is_asked, relations["is_owner_known"]),
    }


def _served(relations: pd.DataFrame, templates: Iterable[Template]) -> pd.Series:
    """Whether at least one of the templates is for each relation, by both type and status."""
    served = pd.Series(False, index=relations.index)
    for template in templates:
        served |= relations["type"].isin(template.applies_to) & relations["status"].isin(template.statuses)
    return served


def _verdict(is_asked: pd.Series, is_met: pd.Series) -> pd.Series:
    codes = np.select([~is_asked, is_met], [RESULTS.index(NOT_APPLICABLE), RESULTS.index(MET)], RESULTS.index(NOT_MET))
    return pd.Series(pd.Categorical.from_codes(codes.astype("int8"), dtype=RESULT), index=is_asked.index)


def rows_of(reviewed: pd.DataFrame, results: Sequence[str] = RESULTS) -> pd.DataFrame:
    """A review (`review_relations`, or some of its columns) as frames.REVIEW: one row per relation × criterion.

    Args:
        reviewed: one row per relation.
        results: the results wanted; only their rows are created.
    """
    criteria = _criteria_in(reviewed)
    grid = np.column_stack([reviewed[c].cat.codes.to_numpy() for c in criteria])
    of_relation, of_criterion = np.nonzero(np.isin(grid, [RESULTS.index(result) for result in results]))
    names = pd.CategoricalDtype(criteria)
    columns: dict[str, object] = {key: reviewed[key].array.take(of_relation) for key in KEYS}
    columns["criterion"] = pd.Categorical.from_codes(of_criterion, dtype=names)
    columns["result"] = pd.Categorical.from_codes(grid[of_relation, of_criterion], dtype=RESULT)
    return pd.DataFrame(columns)


def summarise(reviewed: pd.DataFrame) -> pd.DataFrame:
    """Count a review (`review_relations`, or some of its rows and columns).

    Returns:
        One row per criterion: criterion, met, not_met, not_applicable (relations), and share, the fraction met among
        the relations to which it applies, rounded down to a thousandth so that it is 1 only if all meet it; NaN if it
        applies to none.
    """
    criteria = _criteria_in(reviewed)
    counts = pd.DataFrame(
        {"criterion": criteria} | {result: [int((reviewed[c] == result).sum()) for c in criteria] for result in RESULTS}
    )
    return counts.assign(share=share_met(counts[MET], counts[NOT_MET]))


def share_met(met: pd.Series, not_met: pd.Series) -> pd.Series:
    """The fraction met among the relations to which a criterion applies, rounded down to a thousandth.

    It is 1 only if all meet the criterion, and missing if the criterion applies to none.
    """
    applicable = met + not_met
    return met * 1000 // applicable.where(applicable > 0) / 1000


def score_owners(reviewed: pd.DataFrame) -> pd.DataFrame:
    """Count a review (`review_relations`) by owner.

    Returns:
        One row per owner × criterion: owner_id ('' for the relations without one), criterion, met, not_met,
        not_applicable (relations); by owner, criteria in display order.
    """
    criteria = _criteria_in(reviewed)
    of_row, owners = pd.factorize(reviewed["owner_id"].fillna(""), sort=True)
    places = of_row * len(RESULTS)
    size = len(owners) * len(RESULTS)
    counted = [np.bincount(places + reviewed[c].cat.codes.to_numpy(), minlength=size) for c in criteria]
    grid = np.stack([counts.reshape(len(owners), len(RESULTS)) for counts in counted], axis=1)
    by_result = grid.reshape(-1, len(RESULTS))
    return pd.DataFrame(
        {
            "owner_id": pd.Series(np.repeat(np.asarray(owners, dtype=object), len(criteria)), dtype=frames.TEXT),
            "criterion": pd.Series(np.tile(np.asarray(criteria, dtype=object), len(owners)), dtype=frames.TEXT),
        }
        | {result: by_result[:, i] for i, result in enumerate(RESULTS)}
    )


def add_up(scores: pd.DataFrame, criteria: Sequence[str]) -> pd.DataFrame:
    """Add up the scores of owners (`score_owners`) in the form of `summarise`: one row per criterion."""
    summed = scores.groupby("criterion")[list(RESULTS)].sum().reindex(list(criteria), fill_value=0)
    return summed.assign(share=share_met(summed[MET], summed[NOT_MET])).reset_index()


def rank_owners(scores: pd.DataFrame) -> pd.DataFrame:
    """Rank owners by how much of their relations' data needs correction, lowest share first.

    Args:
        scores: of owners (`score_owners`).

    Returns:
        One row per owner: owner_id, relations, met, not_met, share (over all criteria), weakest (the criterion with the
        smallest share) and weakest_share; the last two are missing if all criteria are met.
    """
    # Every criterion counts each of the owner's relations once, so any criterion gives their number.
    counted = scores.assign(relations=scores[list(RESULTS)].sum(axis=1), each=share_met(scores[MET], scores[NOT_MET]))
    owners = counted.groupby("owner_id").agg(relations=("relations", "max"), met=(MET, "sum"), not_met=(NOT_MET, "sum"))
    owners["share"] = share_met(owners["met"], owners["not_met"])
    failing = counted.loc[counted[NOT_MET] > 0].sort_values(["each", NOT_MET], ascending=[True, False], kind="stable")
    weakest = failing.drop_duplicates("owner_id").set_index("owner_id")
    owners["weakest"], owners["weakest_share"] = weakest["criterion"], weakest["each"]
    ranked = owners.reset_index().sort_values("owner_id", kind="stable")
    return ranked.sort_values(["share", "not_met"], ascending=[True, False], kind="stable", ignore_index=True)


def _criteria_in(reviewed: pd.DataFrame) -> list[str]:
    return [c for c in reviewed.columns if c not in KEYS]
