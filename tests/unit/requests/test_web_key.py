"""The key of the links: made once, for its owner only, and refused where it is too short to be a secret."""

import threading

import pytest

from flows.home.environment import read_environment
from flows.home.errors import SettingsError
from flows.home.web_key import given_key, key_of


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    key = key_of(tmp_path, None)
    assert (len(key), key_of(tmp_path, None)) == (64, key)
    assert (tmp_path / "web.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["web.key"]


def test_two_that_make_it_at_once_agree(tmp_path):
    keys = []
    makers = [threading.Thread(target=lambda: keys.append(key_of(tmp_path, None))) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(set(keys)) == 1


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / "secret").write_text("f" * 40 + "\n")
    by_value = given_key(read_environment({"RELANCE_WEB_KEY": "v" * 40}))
    by_file = given_key(read_environment({"RELANCE_WEB_KEY_FILE": str(tmp_path / "secret")}))
    assert key_of(tmp_path, by_value) == b"v" * 40
    assert key_of(tmp_path, by_file) == b"f" * 40
    assert not (tmp_path / "web.key").exists()
    assert "vvv" not in repr(by_value)


@pytest.mark.parametrize("variables", [{"RELANCE_WEB_KEY": "short"}, {"RELANCE_WEB_KEY_FILE": "/nowhere/key"}])
def test_a_key_that_is_too_short_or_cannot_be_read_is_an_error_that_names_it(variables):
    with pytest.raises(SettingsError, match=next(iter(variables))):
        given_key(read_environment(variables))


def test_a_file_that_holds_too_little_is_an_error_and_not_replaced(tmp_path):
    (tmp_path / "web.key").write_text("x")
    with pytest.raises(SettingsError, match=r"web\.key"):
        key_of(tmp_path, None)
    assert (tmp_path / "web.key").read_text() == "x"
