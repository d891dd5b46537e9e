"""`manage.py check_tools FILE --team SLUG --environment ENV`: the report that CI gets, from a terminal of the portal.

Exit codes: 0 all is allowed; 1 something is denied; 2 the file, the team or the environment cannot be read.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import PortalError
from apps.core.policies import SYSTEM
from apps.core.strict_json import dumps
from apps.tooling.actions.counting import check_file
from apps.tooling.queries.deciding import LARGEST_FILE
from apps.tooling.reports import written
from apps.tooling.vocabulary import DataClass

DENIED, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = "Say which tools of a requirements file, a lock or a list of images a team may use."
    requires_system_checks: list[str] = []
    suppressed_base_arguments = {"--version"}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="its name tells the format; - reads the standard input")
        parser.add_argument("--team", required=True, help="the team's slug")
        parser.add_argument("--environment", required=True, help="where it will run")
        parser.add_argument(
            "--data-class", default="internal", choices=[each.name.lower() for each in DataClass]
        )
        parser.add_argument("--format", default="text", choices=["text", "json", "sarif"])
        parser.add_argument(
            "--unlisted",
            default="skip",
            choices=["skip", "deny"],
            help="what is no tool of the catalog is counted only, or denied",
        )

    def handle(self, *args: Any, file: str, format: str, unlisted: str, **options: Any) -> None:  # noqa: A002
        where = {name: options[name] for name in ("team", "environment", "data_class")}
        try:
            content, name = _read(file)
            report = check_file(SYSTEM, "command", content, name, strict=unlisted == "deny", **where).report
        except PortalError as error:
            raise CommandError(f"{error.detail} {error.next_step}".strip(), returncode=UNREADABLE) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}.", returncode=UNREADABLE) from error
        _, body = written(report, format)
        self.stdout.write(body if isinstance(body, str) else dumps(body).decode(), ending="")
        if not report.allowed:
            sys.exit(DENIED)


def _read(file: str) -> tuple[bytes, str]:
    """At most one byte more than is taken, so that a device without end is refused."""
    if file == "-":
        return sys.stdin.buffer.read(LARGEST_FILE + 1), ""
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST_FILE + 1), file
