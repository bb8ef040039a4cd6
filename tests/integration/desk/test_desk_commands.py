"""`relance desk`: a link without a mail, roles, what was done; and every text of the desk in three languages."""

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from page_client import BASE

from flows.cli import relance
from tasks.translations import TRANSLATIONS, read_desk_words

PAGES = Path(__file__).parents[3] / "flows" / "web" / "pages" / "desk"


def call(desk, *words, expect=0):
    found = CliRunner().invoke(relance, ["desk", *words, "--home", str(desk.office.settings.home)])
    assert found.exit_code == expect, found.output
    return found


def test_a_link_is_printed_for_who_has_no_mail_yet(desk):
    desk.clock.instant = desk.clock.instant.replace(year=2026)
    found = call(desk, "link", "U1")
    assert found.stdout.startswith(f"{BASE}/desk/in/")
    assert "Anne Dupont" in found.stderr
    assert "There is no user X" in call(desk, "link", "X", expect=1).output


def test_roles_are_given_by_command(desk):
    call(desk, "role", "U1", "admin")
    assert "(admin)" in call(desk, "link", "U1").stderr
    assert "the roles are reader, staff, admin" in call(desk, "role", "U1", "boss", expect=1).output
    assert "There is no user X" in call(desk, "role", "X", "admin", expect=1).output


def test_a_role_in_a_file_is_taken_and_an_unknown_one_is_quarantined(desk):
    row = {"user_id": "U1", "email": "anne@cabinet.example", "role": "reader"}
    desk.office.take("users", row, row | {"user_id": "U9", "role": "Boss"})
    assert "(reader)" in call(desk, "link", "U1").stderr
    assert "There is no user U9" in call(desk, "link", "U9", expect=1).output


def test_what_was_done_is_listed(desk):
    desk.sign_in()
    (row,) = json.loads(call(desk, "acts", "--json").stdout)
    assert (row["act"], row["user_id"]) == ("signed_in", "U1")
    assert "signed_in" in call(desk, "acts", "--last", "1").stdout


def keys(words, prefix=""):
    for name, value in words.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{name}.")


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_every_text_is_there_in_each_language_with_the_same_blanks(language):
    own, english = (yaml.safe_load((TRANSLATIONS / "desk" / f"{x}.yaml").read_text("utf-8")) for x in (language, "en"))
    assert set(keys(own)) == set(keys(english))

    def blanks(words):
        return {
            name: sorted(re.findall(r"\{\w+\}", value)) if isinstance(value, str) else blanks(value)
            for name, value in words.items()
        }

    assert blanks(own) == blanks(english)


def test_every_text_that_a_page_names_is_there():
    words = read_desk_words("en")
    for page in PAGES.glob("*.html"):
        for path in re.findall(r"\bwords((?:\.[a-z_]+)+)", page.read_text(encoding="utf-8")):
            found = words
            for name in path.strip(".").split("."):
                if name in ("format", "get", "items"):
                    break
                assert name in found, (page.name, path)
                found = found[name]
