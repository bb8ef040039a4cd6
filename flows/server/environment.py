"""Prefect's settings under `relance serve`. Prefect reads its environment on import, so these must be set first.

The operator's settings win; the others keep Prefect quiet, local and inside the firm's folder.
May touch: nothing of Prefect. Tests: tests/unit/server/test_serve_deployments.py.
"""

from collections.abc import Mapping
from pathlib import Path

AUTH, SERVER_AUTH = "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"


def prefect_environment(home: Path, host: str, port: int, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables for a home's own Prefect server and for its clients.

    Args:
        home: the firm's folder; Prefect's database and logs go to `prefect/` inside it, not into the firm's database.
        host: the address where the server listens.
        port: the port where it listens.
        environment: the operator's environment; its Prefect variables win.
    """
    folder = (home / "prefect").resolve()
    url = f"http://{host}:{port}/api"
    ours = {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        # The UI in the browser calls the URL given in the server's own environment.
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


def path_of_packages(environment: Mapping[str, str]) -> str:
    """PYTHONPATH with the directory that contains `flows`, because a flow's own process imports it by that name."""
    root = str(Path(__file__).resolve().parents[2])
    others = [part for part in environment.get("PYTHONPATH", "").split(":") if part and part != root]
    return ":".join([root, *others])
