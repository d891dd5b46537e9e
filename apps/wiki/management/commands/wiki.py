"""`manage.py wiki export | import | handbook`: the wiki as plain files, from a terminal.

Exit codes: 0 done; 1 refused or failed, and nothing was changed; 2 the command names something that is not there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.core.errors import PortalError
from apps.core.policies import SYSTEM
from apps.people.models import Team, User
from apps.wiki.actions.exporting import export_folder, export_zip
from apps.wiki.actions.handbook import install_handbook, sentences
from apps.wiki.actions.import_report import Report
from apps.wiki.actions.importing import import_bundle
from apps.wiki.models import Space
from apps.wiki.queries.pages import spaces
from apps.wiki.queries.transfers import export_space
from apps.wiki.text.bundle import SPACE_FILE, Bundle, BundleError, Problem
from apps.wiki.text.bundle_reading import read_folder, read_zip

USAGE = 2


class Command(BaseCommand):
    help = "Export spaces of the wiki as Markdown, import them, or install the handbook."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="export | import | handbook")
        out = actions.add_parser(
            "export", help="write a space as a zip or a folder, or every space as folders"
        )
        out.add_argument("target", type=Path, help="NAME.zip, or a folder")
        out.add_argument("--space", default="", help="the space's slug; without it all spaces, as folders")
        back = actions.add_parser("import", help="read a zip, a folder, or a folder of exported spaces")
        back.add_argument("source", type=Path, help="NAME.zip, or a folder")
        back.add_argument(
            "--space", default="", help="the slug of the space; an export of ours names its own"
        )
        back.add_argument("--owner", default="", help="the slug of the team that owns a space made for this")
        back.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
        for each in (out, back):
            each.add_argument("--actor", default="", help="with the rights of this user; else as the portal")
        actions.add_parser("handbook", help="bring the space “handbook” to what this release ships")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            run: dict[str, Callable[..., None]] = {
                "export": self._export,
                "import": self._import,
                "handbook": self._handbook,
            }
            run[action](**options)
        except PortalError as error:
            raise CommandError(f"{error.detail} {error.next_step}".strip()) from error
        except BundleError as error:
            self._refuse(error.problems)
        except OSError as error:
            raise CommandError(f"{error.filename or 'A file'}: {error.strerror or error}.") from error

    def _export(self, *, target: Path, space: str, actor: str, **_: Any) -> None:
        user = _actor(actor)
        if not space and target.suffix.lower() == ".zip":
            raise CommandError(
                "A zip holds one space: name it with --space, or name a folder.", returncode=USAGE
            )
        found = [_space(user, space)] if space else list(spaces(user).order_by("slug"))
        for each in found:
            bundle = export_space(user, each)
            where = target if space else target / each.slug
            (export_zip if where.suffix.lower() == ".zip" else export_folder)(bundle, where)
            self._told(bundle, where)

    def _told(self, bundle: Bundle, where: Path) -> None:
        self.stdout.write(f"{where}: {len(bundle.pages):,} pages, {len(bundle.files):,} attachments")
        for warning in bundle.warnings:
            self.stdout.write(f"  {warning}")

    def _import(self, *, source: Path, space: str, owner: str, actor: str, dry_run: bool, **_: Any) -> None:
        user, team = _actor(actor), _team(owner)
        parts = _parts(source)
        if space and len(parts) > 1:
            raise CommandError("These are several spaces; leave --space out.", returncode=USAGE)
        with ExitStack() as open_files, transaction.atomic():
            for part in parts:
                bundle = _read(part, space, open_files)
                if not (space or bundle.space.slug):
                    raise CommandError("The files name no space. Say which with --space.", returncode=USAGE)
                report = import_bundle(
                    actor=user,
                    bundle=bundle,
                    slug=space,
                    owner=team,
                    dry_run=dry_run,
                    progress=self._progress,
                )
                self._report(report, dry_run=dry_run)

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"{done:,} of {total:,}", ending="\r" if done < total else "\n")

    def _report(self, report: Report, *, dry_run: bool) -> None:
        for warning in report.warnings:
            self.stdout.write(f"  {warning}")
        if report.problems:
            self._refuse(report.problems)
        for row in report.rows:
            if row.change != "unchanged" or row.moved:
                words = [*row.details, *(["moved"] if row.moved else [])]
                self.stdout.write(
                    f"  {row.change:9} {row.title}" + (f" ({', '.join(words)})" if words else "")
                )
        if report.home_replaced:
            self.stdout.write("  The space's home page gets the text of these files.")
        counts = ", ".join(f"{count:,} {name}" for name, count in report.counts.items())
        self.stdout.write(
            f"{report.space}: {counts}" + (" (dry run: nothing was changed)" if dry_run else "")
        )

    def _refuse(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        for problem in problems:
            self.stderr.write(str(problem))
        raise CommandError("Nothing was changed.")

    def _handbook(self, **_: Any) -> None:
        for line in sentences(install_handbook()):
            self.stdout.write(line)


def _actor(username: str) -> Any:
    if not username:
        return SYSTEM
    found = User._base_manager.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active user “{username}”.", returncode=USAGE)
    return found


def _team(slug: str) -> Team | None:
    found = Team._base_manager.filter(slug=slug).first() if slug else None
    if slug and found is None:
        raise CommandError(f"There is no team “{slug}”.", returncode=USAGE)
    return found


def _space(user: Any, slug: str) -> Space:
    found = spaces(user).filter(slug=slug).first()
    if found is None:
        names = ", ".join(spaces(user).order_by("slug").values_list("slug", flat=True)[:50]) or "none yet"
        raise CommandError(f"There is no space “{slug}”. There are: {names}.", returncode=USAGE)
    return found


def _parts(source: Path) -> list[Path]:
    """The folders of an export of all spaces; else the source itself."""
    if not source.exists():
        raise CommandError(f"There is no file or folder {source}.", returncode=USAGE)
    if not source.is_dir() or (source / SPACE_FILE).exists():
        return [source]
    return sorted(file.parent for file in source.glob(f"*/{SPACE_FILE}")) or [source]


def _read(source: Path, seed: str, open_files: ExitStack) -> Bundle:
    if source.is_dir():
        return read_folder(source, seed=seed)
    return read_zip(open_files.enter_context(source.open("rb")), seed=seed)
