"""`manage.py sync mlflow --source NAME`: one sweep now, in this process, with its progress."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.catalog.actions.sources import queue_sync
from apps.catalog.actions.sync import run_sync
from apps.catalog.models import Source, SyncRun
from apps.core.errors import PortalError
from apps.core.policies import System


class Command(BaseCommand):
    help = "Read a source into the catalog once. Exit code 1 where it failed, 2 where parts of it failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=Source.Kind.values)
        parser.add_argument("--source", required=True, help="The source's name, as the admin lists it.")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Source.objects.filter(kind=options["kind"], name=options["source"]).first()
        if source is None:
            names = (
                ", ".join(Source.objects.filter(kind=options["kind"]).values_list("name", flat=True))
                or "none yet"
            )
            raise CommandError(
                f"No {options['kind']} source is named {options['source']}. There are: {names}."
            )
        try:
            run = run_sync(queue_sync(actor=System("command line"), source=source), progress=self._show)
        except PortalError as refusal:
            raise CommandError(f"{refusal.detail} {refusal.next_step}".strip()) from refusal
        self._report(run)
        sys.exit({SyncRun.State.SUCCEEDED: 0, SyncRun.State.PARTIAL: 2}.get(SyncRun.State(run.state), 1))

    def _show(self, run: SyncRun) -> None:
        total = f" of about {run.expected:,}" if run.expected else ""
        self.stderr.write(f"{run.read:,}{total} read", ending="\r" if sys.stderr.isatty() else "\n")

    def _report(self, run: SyncRun) -> None:
        counts = ", ".join(
            f"{getattr(run, name):,} {name}" for name in ("read", "added", "changed", "missing", "refused")
        )
        self.stdout.write(
            f"{run.source}: {run.get_state_display().lower()}, {counts} in {run.seconds or 0:.1f} s"
        )
        for scope in run.scopes:
            remark = scope["failed"] or scope["absent"]
            if remark:
                self.stdout.write(f"  {scope['scope']}: {remark}")
        for refusal in run.refusals[:20]:
            self.stdout.write(f"  refused {refusal['key']}: {refusal['reason']}")
        if run.error:
            self.stderr.write(run.error)
