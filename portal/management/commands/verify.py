"""`manage.py verify`: every check that needs no test, in one go, each with its verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
PRODUCTION = {
    "COE_DEMO": "false",
    "COE_DEBUG": "false",
    "SECRET_KEY": "verify-only-8f3a1c5d7e9b2046-8f3a1c5d7e9b2046-Zq-4kT7pWx1",
    "COE_ALLOWED_HOSTS": "portal.example.com",
    "COE_BASE_URL": "https://portal.example.com",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One tool with its arguments; `environment` is added to this process's."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


def manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(ROOT / "manage.py"), *arguments)


def templates() -> list[str]:
    """The templates that people edit; the admin's overrides follow its own package's form."""
    folders = [ROOT / "portal" / "templates", *(ROOT / "apps").glob("*/templates")]
    return sorted(str(path.relative_to(ROOT)) for folder in folders for path in folder.rglob("*.html"))


def checks() -> list[Check]:
    return [
        Check("format", tool("ruff", "format", "--check", "--quiet", ".")),
        Check("lint", tool("ruff", "check", "--quiet", ".")),
        Check("imports", tool("lint-imports", "--no-cache")),
        Check("dependencies", tool("deptry", ".")),
        Check("templates", tool("djade", "--target-version", "5.2", "--check", *templates())),
        Check("template lint", tool("djlint", "--lint", "--quiet", "portal/templates", "apps")),
        Check("migrations", manage("makemigrations", "--check", "--dry-run", "--verbosity", "0")),
        Check("deployment", manage("check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
        Check("types", tool("mypy")),
    ]


class Command(BaseCommand):
    help = "Format, lint, import contracts, dependencies, templates, migrations, deployment checks and types."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("only", nargs="*", help="names of checks; all without any")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [check for check in checks() if not options["only"] or check.name in options["only"]]
        failed = [check.name for check in chosen if not self._passes(check)]
        if failed:
            self.stderr.write(f"verify: failed: {', '.join(failed)}")
            sys.exit(1)
        self.stdout.write(f"verify: {len(chosen)} checks passed")

    def _passes(self, check: Check) -> bool:
        started = time.monotonic()
        result = subprocess.run(  # noqa: S603 - the commands stand above
            check.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **check.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        verdict = "ok" if result.returncode == 0 else "FAILED"
        self.stdout.write(f"{check.name:15} {verdict:6} {time.monotonic() - started:5.1f} s")
        if result.returncode != 0:
            self.stdout.write((result.stdout + result.stderr).strip()[-20_000:])
        return result.returncode == 0
