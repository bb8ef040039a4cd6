"""A PostgreSQL with the extensions that Prefect's server asks for: the system's, as the tests' own wheel has none."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from served import free_port


def _programs() -> Path | None:
    """The folder of the newest PostgreSQL of the system that has pg_trgm."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    extensions = Path("/usr/share/postgresql")
    whole = [path.parent for path in found if (extensions / path.parts[-3] / "extension/pg_trgm.control").is_file()]
    return whole[-1] if whole else None


@pytest.fixture(scope="session")
def system_postgres() -> Iterator[str]:
    """A server of the session's own, on loopback; its address without a database."""
    programs = _programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL with pg_trgm here; .ci/run installs Debian's")
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="relance-postgres-"))
    shutil.chown(folder, user)
    port = free_port()

    def run(name: str, *words: str) -> None:
        command = [str(programs / name), *words]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    run("initdb", "--pgdata", data, "--username", "relance", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "--pgdata", data, "--options", settings, "--log", str(folder / "log"), "--wait", "start")
    yield f"relance@127.0.0.1:{port}"
    run("pg_ctl", "--pgdata", data, "--mode", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def prefect_on_postgres(system_postgres: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings that put Prefect's own database on PostgreSQL, as deployments/compose.yaml does."""
    from sqlalchemy import create_engine, text

    name = f"prefect_{os.getpid()}_{abs(hash(request.node.name))}"
    admin = create_engine(f"postgresql+psycopg://{system_postgres}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return {"PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{system_postgres}/{name}"}
