"""What a web process takes: memory after its first pages, and the time of the system checks."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.figures import Figure

ROOT = Path(__file__).resolve().parents[2]
MEMORY_MB = 200
CHECK_SECONDS = 2.0
WORKER = """
import resource, sys
from portal.wsgi import application
from django.contrib.auth import get_user_model
from django.test import Client

client = Client(SERVER_NAME="127.0.0.1")
person = get_user_model().objects.get(username="person-6")
client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() / 2**20

assert client.get("/healthz").status_code == 200
print(resident())
for path in ("/", "/catalog/", "/catalog/facets", "/search/?q=fraud", "/api/v1/entities/?limit=100"):
    assert client.get(path).status_code == 200, path
print(resident())
"""


def figures(url: str, database: str) -> list[Figure]:
    """Runs on the filled database, so that the pages have something to show."""
    environment = os.environ | {"DATABASE_URL": url.replace("/coe?", f"/{database}?", 1)}
    start, used = _memory(environment)
    check = statistics.median(_processor_seconds(["manage.py", "check"], environment) for _ in range(5))
    return [
        Figure("web process after its start", start, "MB", MEMORY_MB),
        Figure("web process after five pages", used, "MB", MEMORY_MB),
        Figure("manage.py check", check, "s", CHECK_SECONDS, "processor time of the whole command"),
    ]


def _memory(environment: dict[str, str]) -> list[float]:
    return [float(line) for line in _run(["-c", WORKER], environment).split()]


def _processor_seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """User and system time of a command, which a busy machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(arguments, environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
