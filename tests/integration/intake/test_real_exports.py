"""Real exports of other CRMs, read in place where they are at hand: every source row is accounted for.

The data is nobody's of this project: it lies beside the repository and is never copied into it, and no mail
goes to an address in it. Each file comes in through a profile of the starter home.
"""

import csv
from collections import abc
from datetime import date
from email import message_from_bytes
from email.policy import default
from fnmatch import fnmatch
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from databases import count_rows

from factories import Office, write_csv
from flows.home.copy import HOMES
from flows.home.settings import load_settings
from flows.jobs.imports import files_of, run_import
from sql import schema
from tasks.domain.definitions.profile import Profile
from tasks.domain.intake.reshape import apply_mapping
from tasks.domain.scope import Scope
from tasks.intake.admit import ImportResult
from tasks.intake.readers.raw_file import RawFile
from tasks.intake.readers.read_file import read_file
from tasks.planning.assignments import RelationFilter, assign
from tasks.planning.candidates import extract_relations
from tasks.planning.plan import plan, schedules_of

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
# The kind that a file's rows go in as, and the profile that reads them.
PROFILES = {
    "dolibarr9/*export_societe_1*": ("relations", "dolibarr-tiers-fr"),
    "dolibarr9/*export_societe_2*": ("relations", "dolibarr-contacts-fr"),
    "dolibarr9/*export_contrat_1*": ("missions", "dolibarr-contrats-fr"),
    "dolibarr9/*export_agenda_1*": ("activities", "dolibarr-agenda-fr"),
    "dolibarr9/Example_import_company_1.csv": ("relations", "dolibarr-import-societes"),
    "dolibarr35/*export_societe_1*": ("relations", "dolibarr-tiers-en"),
    "dolibarr35/*export_societe_2*": ("relations", "dolibarr-contacts-en"),
    "dolibarr35/*export_contrat_1*": ("missions", "dolibarr-contrats-en"),
    "dolibarr35/*export_agenda_1*": ("activities", "dolibarr-agenda-en"),
    "odoo18/res_partner_fr.csv": ("relations", "odoo-partenaires-fr"),
    "odoo18/res_partner_import_compatible.csv": ("relations", "odoo-partenaires-technique"),
    "odoo18/crm_lead_en.csv": ("relations", "odoo-prospects-en"),
    "odoo18/mail_activity_en.csv": ("activities", "odoo-activites-en"),
    "odoo18/calendar_event_fr.csv": ("activities", "odoo-calendrier-fr"),
    "atomic_crm/contacts.csv": ("relations", "atomic-crm-contacts"),
    "atomic_crm/contacts_export.csv": ("relations", "atomic-crm-import"),
}
Profiles = abc.Mapping[str, Profile]
PARIS = ZoneInfo("Europe/Paris")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)

pytestmark = pytest.mark.needs_shared


def _counted() -> abc.Iterator[dict[str, str]]:
    """What an independent reading counted in each file; one row per file."""
    if DATA.is_dir():
        with (DATA / "expected.csv").open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


COUNTED = {row["file"]: row for row in _counted()}
FILES = sorted(COUNTED)


def _reading(file: str) -> tuple[str, str]:
    (found,) = {reading for pattern, reading in PROFILES.items() if fnmatch(file, pattern)}
    return found


def _profile(file: str) -> str:
    return _reading(file)[1]


# Where a row has one address at most; of several, a relation keeps the first.
OF_RELATIONS = [file for file in FILES if COUNTED[file]["persons"] and file != "atomic_crm/contacts_export.csv"]


def _import(office: Office, file: str, on: date = MONDAY) -> ImportResult:
    kind, profile = _reading(file)
    return run_import(office.settings, office.store, kind, DATA / file, profile, on).admission


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    """The starter's own."""
    return load_settings(HOMES / "starter", {}).mappings


def _read(profiles: Profiles, file: str) -> tuple[RawFile, pd.DataFrame]:
    """The file and its canonical columns, as they stand before validation."""
    profile = profiles[_profile(file)]
    raw = read_file(DATA / file, profile.encoding, profile.separator)
    return raw, apply_mapping(raw.rows, profile, PARIS).rows


@pytest.mark.parametrize("file", FILES)
def test_every_row_of_an_export_goes_in_once_or_into_quarantine_with_its_reason(sqlite_office: Office, file: str):
    counted = COUNTED[file]
    # A file without ids of its own is known by several columns; each of its rows is one.
    rows, ids = int(counted["rows"]), int(counted["distinct_ids"] or counted["rows"])
    without_id = int(counted["rows_without_id"] or 0)
    if "export_contrat" in file:
        _import(sqlite_office, file.replace("contrat", "societe"))

    first = _import(sqlite_office, file)
    # Odoo writes a second participant as a row of its own; the profile leaves it out.
    left_out = without_id if "calendar" in file else 0
    rows, without_id = rows - left_out, without_id - left_out
    assert (first.read, first.left_out, first.new, first.changed) == (rows, left_out, ids, 0)
    assert first.read == first.new + first.changed + first.unchanged + first.quarantined
    # A second line of a contract says the same contract again; any other second row of an id says something else.
    repeated = rows - ids if "export_contrat" in file else 0
    assert (first.unchanged, first.quarantined) == (repeated, rows - ids - repeated)

    quarantine = sqlite_office.store.read("open_quarantine")
    mine = quarantine.loc[quarantine["mapping"] == _profile(file), "reason"]
    assert sorted(mine) == ["duplicate_id"] * (first.quarantined - without_id) + ["missing_field"] * without_id

    again = _import(sqlite_office, file, on=TUESDAY)
    assert (again.read, again.new, again.changed, again.unchanged) == (rows, 0, 0, ids + repeated)


@pytest.mark.parametrize("file", OF_RELATIONS)
def test_a_profile_reads_types_and_addresses_as_an_independent_reader_does(profiles: Profiles, file: str):
    counted = COUNTED[file]
    raw, relations = _read(profiles, file)
    assert raw.ragged.empty

    named = relations.loc[relations["relation_id"].notna()]
    types = named["type"].value_counts()
    read = tuple(int(types.get(kind, 0)) for kind in ("person", "company", "other"))
    assert read == tuple(int(counted[column]) for column in ("persons", "companies", "kind_unknown"))
    assert int(relations["email"].isna().sum()) == int(counted["rows_without_email"])
    assert relations["email"].nunique() == int(counted["distinct_emails"])


@pytest.mark.parametrize("pattern", [pattern for pattern in PROFILES if "*" in pattern and "agenda" not in pattern])
def test_encoding_and_separator_make_no_difference_to_what_is_read(profiles: Profiles, pattern: str):
    read = [_read(profiles, file)[1] for file in FILES if fnmatch(file, pattern)]
    assert len(read) > 1
    for other in read[1:]:
        pd.testing.assert_frame_equal(read[0], other)


def test_everything_of_dolibarr_goes_in_from_one_folder_by_one_command(sqlite_office: Office, tmp_path: Path):
    for name in ("societe_1", "societe_2", "contrat_1", "agenda_1"):
        (tmp_path / f"export_{name}.csv").symlink_to(DATA / "dolibarr9" / f"export_{name}.csv")
    wanted = list(files_of(sqlite_office.settings, tmp_path, "dolibarr-fr"))
    assert [kind for kind, _, _ in wanted] == ["relations", "relations", "missions", "activities"]
    for kind, path, profile in wanted:
        run_import(sqlite_office.settings, sqlite_office.store, kind, path, profile, MONDAY)
    for table, file in {"missions": "contrat_1", "activities": "agenda_1"}.items():
        held = count_rows(sqlite_office.store, schema.metadata.tables[table])
        assert held == int(COUNTED[f"dolibarr9/export_{file}.csv"]["distinct_ids"])


def test_the_same_agenda_gives_the_same_instants_whatever_its_encoding(profiles: Profiles):
    read = [_read(profiles, file)[1] for file in FILES if fnmatch(file, "dolibarr9/*export_agenda_1*")]
    for other in read[1:]:
        # A line break in a note is one in the strict export, and two characters in the others.
        pd.testing.assert_frame_equal(read[0].drop(columns="description"), other.drop(columns="description"))


def test_a_contact_belongs_to_its_company_and_never_takes_its_number(sqlite_office: Office):
    companies = _import(sqlite_office, "dolibarr9/export_societe_1.csv")
    contacts = _import(sqlite_office, "dolibarr9/export_societe_2.csv")

    relations = extract_relations(sqlite_office.store).set_index("relation_id")
    assert len(relations) == companies.new + contacts.new
    employers = relations["company_id"].dropna()
    assert len(employers) == 6
    assert set(employers) <= set(relations.index[relations.index.str.contains("tiers")])


def test_either_export_of_odoo_finds_what_the_other_brought_in(sqlite_office: Office):
    before = _import(sqlite_office, "odoo18/res_partner_fr.csv")
    after = _import(sqlite_office, "odoo18/res_partner_import_compatible.csv")
    assert (after.new, after.changed + after.unchanged) == (0, before.new)


# The test's own dates for the night of 24 November 2026, on contacts of the Dolibarr export.
CARDS = {
    "dolibarr-contact-1": "2026-12-14",  # planned today
    "dolibarr-contact-2": "2026-12-15",  # planned tomorrow
    "dolibarr-contact-3": "2026-11-27",  # asked two days ago, so today
    "dolibarr-contact-4": "2026-08-01",  # overdue from birth
    "dolibarr-contact-6": "2025-11-22",  # a day too old
    "dolibarr-contact-7": "",
    "dolibarr-tiers-7": "2026-11-29",  # a third party who is a person
    "dolibarr-tiers-1": "2026-11-30",  # a company has no card to renew
}


def _add_cards(office: Office) -> None:
    relations = extract_relations(office.store).set_index("relation_id").loc[list(CARDS), ["type", "status", "name"]]
    rows = [
        {"relation_id": name, **row, "email": f"{name}@clients.example", "id_card.expires_on": CARDS[str(name)]}
        for name, row in relations.to_dict("index").items()
    ]
    path = write_csv(office.settings.home / "cards.csv", rows)
    run_import(office.settings, office.store, "relations", path, None, MONDAY)


def test_a_night_over_real_relations_leaves_none_without_a_task_or_a_reason(sqlite_office: Office):
    for file in ("dolibarr9/export_societe_1.csv", "dolibarr9/export_societe_2.csv"):
        _import(sqlite_office, file)
    _add_cards(sqlite_office)
    assigned = assign(sqlite_office.store, "id-card", "renewal", RelationFilter(), MONDAY).changed

    figures = sqlite_office.night(TUESDAY)

    assert assigned == int(COUNTED["dolibarr9/export_societe_1.csv"]["distinct_ids"]) + int(
        COUNTED["dolibarr9/export_societe_2.csv"]["distinct_ids"]
    )
    assert figures.created + sum(figures.skipped.values()) == assigned
    assert figures.skipped["not_yet"] == figures.skipped["too_old"] == 1
    asked = {"dolibarr-contact-3", "dolibarr-contact-4", "dolibarr-tiers-7"}
    assert {task["relation_id"] for task in sqlite_office.tasks()} == asked | {"dolibarr-contact-1"}
    assert _recipients(sqlite_office) == {f"{name}@clients.example" for name in asked}

    settings, rules = (
        sqlite_office.settings,
        schedules_of(sqlite_office.settings.templates.values(), Scope("id-card/renewal")),
    )
    verdicts = plan(sqlite_office.store, rules, workdays=settings.workdays, as_of=TUESDAY).set_index("relation_id")[
        "reason"
    ]
    assert set(verdicts.index) == set(extract_relations(sqlite_office.store)["relation_id"])
    assert verdicts.notna().all()


def _recipients(office: Office) -> set[str]:
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in office.mails()]
    return {mail["To"].addresses[0].addr_spec for mail in mails}
