"""`manage.py recompute_election FILE.pb`: the winners of a city's election, one id a line, in byte order."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.pabulib import LARGEST_FILE
from apps.roadmap.planning.profile import Utility
from apps.roadmap.planning.recompute import Completion, Rule, recompute


class Command(BaseCommand):
    help = "Recompute the winners of an election from its Pabulib file (.pb)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.pb")
        parser.add_argument("--rule", choices=[each.value for each in Rule], default=Rule.EQUAL_SHARES.value)
        parser.add_argument(
            "--utility",
            choices=[each.value for each in Utility],
            default=Utility.COST.value,
            help="What an approval is worth; ballots with points or ranks are their own utility.",
        )
        parser.add_argument(
            "--completion",
            choices=[each.value for each in Completion],
            default=Completion.NONE.value,
            help="For equal shares only.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            winners = recompute(
                _read(path),
                Rule(options["rule"]),
                Utility(options["utility"]),
                Completion(options["completion"]),
            )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except PlanningError as error:
            raise CommandError(f"{path}: {error}") from error
        terminal = getattr(self.stdout, "_out", None)
        if isinstance(terminal, io.TextIOWrapper):
            terminal.reconfigure(encoding="utf-8", errors="strict")  # ids are bytes, whatever the locale
        for project in winners:
            self.stdout.write(project)


def _read(path: Path) -> bytes:
    """Not more than what tells that it is too much."""
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)
