"""Started by `demo` where the full MLflow is installed: a real registry beside the portal, read by a source."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.catalog.actions import create_source, start_sync, update_source
from apps.catalog.models import ModelVersion, Source
from apps.core.errors import Conflict
from apps.core.policies import SYSTEM
from portal.demo_files import read
from portal.demo_mlflow import MlflowServer
from portal.demo_mlflow_seed import backdate, seed

NAME = "mlflow-main"
DAYS_BETWEEN_VERSIONS = 9


class Command(BaseCommand):
    help = "Runs the demo's MLflow server, fills it once and lets the source mlflow-main read it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--directory", type=Path, required=True)
        parser.add_argument("--ready-fd", type=int, help="a byte is written here when the source can be read")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This command belongs to the demo. Run: python manage.py demo")
        with MlflowServer(options["directory"]) as server:
            world = with_dates(read("mlflow.yaml"))
            if seed(server.url, world):
                backdate(options["directory"], world)
            connect(server.url)
            if options["ready_fd"] is not None:
                os.write(options["ready_fd"], b"+")
            while True:
                time.sleep(3600)


def with_dates(world: dict[str, Any]) -> dict[str, Any]:
    """The registry's models with the times at which the catalog says that their versions were made."""
    known = {
        (name, version): created
        for name, version, created in ModelVersion.objects.values_list(
            "entity__name", "version", "created_at"
        )
    }
    for model in world["models"]:
        count = len(model["versions"])
        for number, version in enumerate(model["versions"], start=1):
            otherwise = timezone.now() - timedelta(days=(count - number + 1) * DAYS_BETWEEN_VERSIONS)
            version["created"] = known.get((model["name"], str(number)), otherwise).isoformat()
    return world


def connect(url: str) -> None:
    """The source row, with the address of this start; a first sweep at once."""
    source = Source.objects.filter(name=NAME).first()
    if source is None:
        source = create_source(
            actor=SYSTEM, name=NAME, kind=Source.Kind.MLFLOW, config={"url": url}, interval_minutes=5
        )
    elif source.config.get("url") != url:
        update_source(actor=SYSTEM, source=source, changes={"config": {**source.config, "url": url}})
    try:
        start_sync(actor=SYSTEM, source=source)
    except Conflict as busy:
        print(busy.detail)
