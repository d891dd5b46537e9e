"""Client libraries and number crunching are large and slow to import: workers load them, the web does not.

Each process starts afresh, because the test run itself may have loaded anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from tests.personas import People

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("mlflow", "kubernetes", "duckdb", "scipy", "pandas", "numpy")
REPORT = f"""
import sys
loaded = sorted(name for name in {HEAVY!r} if name in sys.modules)
print("loaded:", *loaded)
"""
SETTINGS = "import portal.settings"
CHECK = """
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check"])
"""
WORKER = """
from portal.wsgi import application
from django.contrib.auth import get_user_model
from django.test import Client

client = Client(SERVER_NAME="127.0.0.1")
assert client.get("/healthz").status_code == 200
ada = get_user_model().objects.get(username="ada")
client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
for path in ("/", "/catalog/", "/catalog/facets", "/api/v1/entities/", "/search/?q=fraud", "/admin/login/"):
    assert client.get(path).status_code in (200, 302), path
"""


def loaded_after(program: str) -> list[str]:
    """Which of the heavy packages a new process has loaded after `program`."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": address()}
    done = subprocess.run(
        [sys.executable, "-c", program + REPORT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def address() -> str:
    """The test run's own database."""
    settings = connection.settings_dict
    options = urlencode({key: settings[key.upper()] for key in ("host", "port") if settings[key.upper()]})
    user = quote(settings["USER"]) + (f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else "")
    return f"postgresql://{user}@/{settings['NAME']}?{options}"


@pytest.mark.parametrize("program", [SETTINGS, CHECK], ids=["settings", "check"])
def test_nothing_heavy_is_loaded_by(program: str) -> None:
    assert loaded_after(program) == []


@pytest.mark.django_db(transaction=True)
def test_a_web_worker_that_answered_requests_loaded_nothing_heavy(people: People) -> None:
    assert loaded_after(WORKER) == []


def test_the_report_would_show_a_heavy_package() -> None:
    assert loaded_after("import sys; sys.modules['mlflow'] = sys\n") == ["mlflow"]
