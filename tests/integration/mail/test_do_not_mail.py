"""A relation whose do_not_mail says yes gets no mail, whenever it came to say so (M5), on both databases."""

from datetime import datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.dispatch import run_dispatch
from flows.jobs.guess_mapping import run_guess
from tasks.intake.undo import undo_import

NOW = datetime(2026, 11, 24, 10)
LAST_DAY = "2026-11-26"


def opted_out(office):
    with office.store.begin() as connection:
        found = connection.execute(text("SELECT relation_id, is_opted_out FROM relations ORDER BY relation_id")).all()
    return {row_id: bool(value) for row_id, value in found}


def dropped(office):
    return [(m["relation_id"], m["reason"]) for m in office.messages(status="dropped")]


def test_words_for_yes_opt_out_and_anything_else_is_quarantined(office):
    yes, no = ("yes", "TRUE", "1", "oui", "Ja", "vrai", "x"), ("", "no", "false", "0", "non", "nee")
    rows = [relation(f"Y{n}", "2027-12-01", do_not_mail=word) for n, word in enumerate(yes)]
    rows += [relation(f"N{n}", "2027-12-01", do_not_mail=word) for n, word in enumerate(no)]
    done = office.bring(*rows, relation("B1", "2027-12-01", do_not_mail="maybe"))
    assert done.admission.quarantined == 1
    assert opted_out(office) == {row["relation_id"]: row["relation_id"].startswith("Y") for row in rows}


def test_an_opted_out_relation_gets_its_task_and_no_mail_until_it_opts_in(office, monkeypatch):
    office.bring(relation("R1", LAST_DAY, do_not_mail="oui"), relation("R2", LAST_DAY, do_not_mail="non"))
    office.put_on("R1", "R2")
    office.night()
    assert len(office.tasks()) == 2
    assert dropped(office) == [("R1", "opted_out")]
    assert len(office.mails()) == 1
    monkeypatch.setenv("RELANCE_HOME", str(office.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", office.settings.database_url.get_secret_value())
    told = CliRunner().invoke(relance, ["explain", "R1", "--as-of", "2026-11-24"], catch_exceptions=False)
    assert "R1 gets no mail (opted_out): its do_not_mail says so." in told.stderr
    assert "opted_out" not in CliRunner().invoke(relance, ["explain", "R2"], catch_exceptions=False).stderr
    office.bring(relation("R1", LAST_DAY, do_not_mail=""), relation("R2", LAST_DAY, do_not_mail=""))
    office.night()
    assert len(office.mails()) == 2
    assert dropped(office) == []


def test_m5_an_opt_out_after_the_night_still_stops_the_mail(office):
    office.bring(relation("R1", LAST_DAY), relation("R2", LAST_DAY))
    office.put_on("R1", "R2")
    office.night(delivers=False)
    office.bring(relation("R1", LAST_DAY, do_not_mail="yes"), relation("R2", LAST_DAY, do_not_mail="no"))
    assert run_dispatch(office.settings, office.store, TUESDAY).sent == 1
    assert dropped(office) == [("R1", "opted_out")]


def test_a_file_without_the_column_changes_nothing_and_an_undo_restores_it(office):
    office.bring(relation("R1", LAST_DAY, do_not_mail="yes"), relation("R2", LAST_DAY, do_not_mail="no"))
    office.bring(relation("R1", LAST_DAY, name="New"), relation("R2", LAST_DAY))
    assert opted_out(office) == {"R1": True, "R2": False}
    turned = office.bring(relation("R1", LAST_DAY, do_not_mail=""), relation("R2", LAST_DAY, do_not_mail="1"))
    assert opted_out(office) == {"R1": False, "R2": True}
    undo_import(office.store, turned.admission.import_id, NOW)
    assert opted_out(office) == {"R1": True, "R2": False}


@pytest.mark.parametrize(("cells", "is_taken"), [(("1", ""), True), (("2026-01-02", ""), False)])
def test_an_export_that_says_it_is_guessed_only_where_it_says_yes_or_no(tmp_path, cells, is_taken):
    path = tmp_path / "c.csv"
    lines = [f"C{n},Ann,a@x.example,{cell}" for n, cell in enumerate(cells)]
    path.write_text("\n".join(["Contact ID,Name,Email,Do Not Email", *lines, ""]), encoding="utf-8")
    assert ('do_not_mail: "Do Not Email"' in run_guess(path, None, None)[1]) == is_taken
