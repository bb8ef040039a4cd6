"""The environment: its names, and that a key or a database's password is never shown (Q5)."""

import logging
import traceback

from flows.home.environment import PUBLIC_HOST, read_environment
from flows.home.errors import SettingsError
from flows.home.settings import load_settings

KEY, PASSWORD = "SG.do-not-show", "pa55word"
URL = f"postgresql://relance:{PASSWORD}@db.example/relance"


def test_an_empty_variable_counts_as_not_set():
    variables = read_environment({"SENDGRID_HOST": "", "RELANCE_DATABASE_URL": "", "SENDGRID_API_KEY_FILE": ""})
    assert (variables.sendgrid_host, variables.database_url, variables.sendgrid_api_key_file) == (
        PUBLIC_HOST,
        None,
        None,
    )


def test_only_what_is_given_is_read(monkeypatch):
    monkeypatch.setenv("RELANCE_DATABASE_URL", URL)
    assert read_environment({}).database_url is None


def test_no_repr_log_or_traceback_shows_a_secret(home, caplog):
    path = home / "firm.yaml"
    text = path.read_text(encoding="utf-8").replace("transport: folder", "transport: sendgrid")
    path.write_text(text, encoding="utf-8")
    settings = load_settings(home, {"SENDGRID_API_KEY": KEY, "RELANCE_DATABASE_URL": URL})
    assert settings.database_url.get_secret_value() == URL
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("relance").warning("%s %r", settings, settings.sendgrid)
    shown = [repr(settings), str(settings), repr(settings.open_store().url), caplog.text]
    for environment in (
        {"SENDGRID_API_KEY": f"{KEY} {PASSWORD}"},
        {"RELANCE_DATABASE_URL": f"oracle://u:{PASSWORD}@h/d"},
    ):
        try:
            load_settings(home, {"SENDGRID_API_KEY": KEY} | environment)
        except SettingsError as error:
            shown.append("".join(traceback.format_exception(error)))
    assert len(shown) == 6
    assert not [text for text in shown if KEY in text or PASSWORD in text]
