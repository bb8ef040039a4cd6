"""Sources: the firm's databases, from which relations and missions are pulled.

May touch: pydantic. Tests: tests/integration/intake/test_pull.py.
"""

from typing import Annotated

from pydantic import Field, model_validator

from tasks.domain.definitions.base import Definition, Key, Spelled
from tasks.domain.definitions.kinds import KindName


class Pull(Definition):
    """One query and the kind of its rows.

    Attributes:
        kind: the kind of the rows.
        query: the name of a file next to the source's own, with one SELECT.
        mapping: the profile that reads its columns; without one they are the canonical ones.
        full: the query returns every relation of the source; relations missing from it become former.
    """

    kind: KindName
    query: Annotated[
        str, Spelled(r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.sql$", "the name of a file next to this one that ends in .sql")
    ]
    mapping: Key | None = None
    full: bool = False


class Source(Definition):
    """sources/NAME.yaml.

    Attributes:
        url: an SQLAlchemy URL without a password.
        url_file: instead of `url`, a file that holds the URL including the password.
        nightly: whether every nightly run begins by pulling from it.
        pulls: in the order in which they are written: relations before their missions.
    """

    source: Key
    label: str | None = None
    url: str | None = None
    url_file: str | None = None
    nightly: bool = True
    pulls: Annotated[list[Pull], Field(min_length=1)]

    @model_validator(mode="after")
    def _says_where(self) -> "Source":
        if (self.url is None) == (self.url_file is None):
            raise ValueError("write either `url` or `url_file`")
        credentials = (self.url or "").partition("://")[2].rpartition("@")[0]
        if ":" in credentials:
            raise ValueError("url: holds a password; put the whole URL into a file and name that as `url_file`")
        return self
