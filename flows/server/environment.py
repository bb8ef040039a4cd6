"""How Prefect is set where `relance serve` runs it. Prefect reads its environment when it is imported: first this.

What the operator has set stays; the rest is quiet, local and the firm's own.
May touch: nothing of Prefect. Tests: tests/unit/server/test_serve_deployments.py.
"""

from collections.abc import Mapping
from pathlib import Path

AUTH, SERVER_AUTH = "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"


def prefect_environment(home: Path, host: str, port: int, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server of the home's own, and of whoever talks to it.

    Args:
        home: the firm's folder; Prefect's database and logs are kept in `prefect/` there, never in the firm's own.
        host: the address where the server listens.
        port: and its port.
        environment: the operator's; what it says of Prefect wins.
    """
    folder = (home / "prefect").resolve()
    url = f"http://{host}:{port}/api"
    ours = {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        # The page in the browser calls what the server's own environment says.
        "PREFECT_UI_API_URL": url,
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "true",
    }
    if SERVER_AUTH in environment:
        ours[AUTH] = environment[SERVER_AUTH]
    return ours | {name: value for name, value in environment.items() if name in ours}


def roof_on_path(environment: Mapping[str, str]) -> str:
    """PYTHONPATH with the folder that holds `flows`: a flow's own process imports it by that name."""
    roof = str(Path(__file__).resolve().parents[2])
    others = [part for part in environment.get("PYTHONPATH", "").split(":") if part and part != roof]
    return ":".join([roof, *others])
