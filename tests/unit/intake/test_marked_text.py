"""A key, an address or a query is read without the mark that an editor put before it."""

import pytest

from flows.home.settings import load_settings
from tasks.domain.definitions.source import Source
from tasks.domain.intake.marked_text import text_of
from tasks.intake.query import url_of

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_mark_is_no_part_of_the_text(encoding):
    assert text_of("clé".encode(encoding)) == "clé"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_file_with_a_mark_is_read(home, tmp_path, encoding):
    path = home / "firm.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("transport: folder", "transport: sendgrid"), encoding="utf-8"
    )
    key = tmp_path / "key.txt"
    key.write_bytes("SG.abc\r\n".encode(encoding))
    settings = load_settings(home, {"SENDGRID_API_KEY_FILE": str(key)})
    assert settings.sendgrid is not None
    assert settings.sendgrid.api_key.get_secret_value() == "SG.abc"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_url_file_with_a_mark_is_read(tmp_path, encoding):
    (tmp_path / "url.txt").write_bytes("postgresql://HOST/crm\n".encode(encoding))
    source = Source.model_validate(
        {"source": "crm", "url_file": "url.txt", "pulls": [{"kind": "relations", "query": "q.sql"}]}
    )
    assert url_of(source, tmp_path) == "postgresql://HOST/crm"
