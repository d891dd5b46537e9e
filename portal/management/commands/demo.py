"""One command that runs the whole portal on this machine, with a believable world in it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import demo
from portal.embedded import EmbeddedError
from portal.supervisor import StopRequested, SupervisorError, stop_on_signals


class Command(BaseCommand):
    """`manage.py` starts this one without Django's settings: it makes their environment for its children."""

    help = "Runs the portal with its own database and a demo world on 127.0.0.1, until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="port on 127.0.0.1 (8000; 0 takes a free one)"
        )
        parser.add_argument("--reset", action="store_true", help="delete the demo's data first; asks")
        parser.add_argument("--yes", action="store_true", help="with --reset: do not ask")
        parser.add_argument(
            "--tokens", action="store_true", help="print a new 12-hour token per persona, then end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reset"] and not options["yes"]:
            self._ask()
        try:
            with stop_on_signals():
                self._run(**options)
        except StopRequested:
            self.stderr.write("Stopped; the data stays.")
        except (demo.DemoError, EmbeddedError, SupervisorError) as error:
            raise CommandError(str(error)) from error

    def _run(self, *, port: int, reset: bool, tokens: bool, **_: Any) -> None:
        if tokens:
            demo.write_tokens()
        else:
            demo.run(demo.Options(port=port, reset=reset))

    def _ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("--reset deletes the demo's data. Without a terminal to ask on, add --yes.")
        answer = input("This deletes everything in the demo's database. Type “yes” to go on: ")
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was deleted.")
