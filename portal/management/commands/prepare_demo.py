"""The half of `demo` that needs Django's settings: claims the database, migrates, loads the world."""

from __future__ import annotations

import gc
import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import demo_database

RARELY = 50_000  # migrations make and drop whole sets of models; looking for cycles less often saves a fifth of them


class Command(BaseCommand):
    help = "Started by `demo`: makes its database ready; writes one line of JSON, or with --tokens tokens."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="drop everything first")
        parser.add_argument("--tokens", action="store_true", help="write a new token per persona")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This command belongs to the demo. Run: python manage.py demo")
        gc.freeze()
        gc.set_threshold(RARELY)
        try:
            demo_database.connect()
            with demo_database.prepared_alone():
                result = self._prepare(reset=options["reset"])
        except demo_database.DemoRefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["tokens"]:
            self._write_tokens()
        else:
            self.stdout.write(json.dumps(result))

    def _prepare(self, *, reset: bool) -> dict[str, Any]:
        if reset:
            demo_database.empty()
        password = demo_database.claim()
        return {"loaded": demo_database.fill(password), "password": password}

    def _write_tokens(self) -> None:
        from portal import demo_world

        for name, token in demo_world.tokens():
            self.stdout.write(f"{name} {token}")
