"""`relance doctor` on the client's page: no address, an address, a key that is none, a scanner that is away."""

import pytest
from page_client import BASE

from flows.cli.doctor import examine_home


def check(home):
    return next(one for one in examine_home(home) if one.name == "client's page")


def put(home, text):
    with (home / "firm.yaml").open("a", encoding="utf-8") as file:
        file.write(text)
    return check(home)


def test_without_an_address_it_says_that_mails_carry_no_link(home):
    assert (check(home).ok, "no link" in check(home).detail) == (True, True)


def test_with_an_address_it_names_it_and_that_files_are_not_scanned(home):
    found = put(home, f"\nweb:\n  url: {BASE}\n")
    assert (found.ok, found.detail.startswith(BASE), "not scanned" in found.detail) == (True, True, True)


def test_a_key_that_is_too_short_is_a_fault(home):
    (home / "web.key").write_text("short")
    assert put(home, f"\nweb:\n  url: {BASE}\n").ok is False


@pytest.mark.parametrize(
    "url", ["http://dossier.example", "dossier.example", "https://dossier.example/page", "ftp://x"]
)
def test_an_address_without_tls_or_with_a_path_is_refused_with_its_line(home, url):
    with (home / "firm.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nweb:\n  url: {url}\n")
    assert [one.ok for one in examine_home(home)][-1] is False
    assert "web.url" in examine_home(home)[-1].detail


def test_a_scanner_that_is_away_is_a_fault(home):
    found = put(home, f"\nweb:\n  url: {BASE}\n  clamd: unix:///nowhere/clamd.ctl\n")
    assert (found.ok, "clamd.ctl" in found.detail) == (False, True)
