"""`manage.py plan CYCLE|FILE`: the published plans of a cycle, and whether its frozen bytes give the same plans again.

With `--recompute` the standard output is the plans' bytes and nothing else, so that `| sha256sum` gives their hash;
what is said about them goes to the standard error. A terminal has no person, so requests are told by their numbers.
What is sealed stays sealed: while a vote is open there is nothing to show. A FILE holds exported inputs and needs no
database; there the published hash (`--sha256`) stands for the kept plans.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import PortalError
from apps.roadmap.actions.planning import last_snapshot
from apps.roadmap.management.plan_file import Computed, about, computed, is_file, is_hash
from apps.roadmap.models import Cycle, PlanRun
from apps.roadmap.planning.canonical import canonical_json
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.plans import make_plans
from apps.roadmap.queries.instance import request_id
from apps.roadmap.queries.planner_words import role_name, weeks
from apps.roadmap.queries.plans import PARTS, instance_of_run, result_of
from apps.roadmap.workflow import REVEALED, Role

DIFFERENT, NOTHING = 1, 2
OUR_KEY = re.compile(r"request:[0-9]{8,19}")


class Command(BaseCommand):
    help = "Show the last plans of a cycle, or compute them again from the frozen bytes and compare."
    requires_system_checks: list[str] = []  # a file needs nothing of the portal

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            metavar="CYCLE|FILE",
            help="The cycle's short name, as in its address; or a file of exported inputs (“-”: the standard input).",
        )
        parser.add_argument(
            "--recompute",
            action="store_true",
            help="Compute again and print the bytes; exit 0: the same, 1: others.",
        )
        parser.add_argument("--inputs", action="store_true", help="Print the frozen inputs (JSON) instead.")
        parser.add_argument(
            "--sha256", metavar="HASH", default="", help="With a FILE: the hash that its plans shall have."
        )
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="Write the bytes (of the plans, or of the inputs) there."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source, out = options["source"], options["out"]
        if is_file(source):
            self._of_file(source, out, options)
            return
        if options["sha256"]:
            raise CommandError("--sha256 goes with a file; the hash of a cycle is known.", returncode=NOTHING)
        run = _last_run(source)
        if options["inputs"]:
            self._give(run.snapshot.inputs.encode(), out)
        elif options["recompute"]:
            self._recompute(run, out)
        else:
            if out is not None:
                _write(out, run.result.encode())
            self._show(run)

    def _of_file(self, source: str, out: Path | None, options: dict[str, Any]) -> None:
        wanted, found = _published(options["sha256"]), _computed(source)
        content = found.inputs if options["inputs"] else found.content
        if options["inputs"] or options["recompute"]:
            self._give(content, out)
        else:
            if out is not None:
                _write(out, content)
            self._show_plans(json.loads(found.content))
        for line in about(found):
            self._tell(line)
        if wanted and wanted != _sha256(found.content):
            raise CommandError(f"The bytes are others than those of {wanted}.", returncode=DIFFERENT)
        if wanted:
            self._tell("The same bytes.")

    def _give(self, content: bytes, out: Path | None) -> None:
        """Exactly the bytes: canonical JSON, all ASCII, without a last line break."""
        if out is None:
            self.stdout.write(content.decode(), ending="")
            self.stdout.flush()
        else:
            _write(out, content)

    def _tell(self, line: str) -> None:
        """Plain: the standard error is red on a terminal, and this is no error."""
        self.stderr.write(line, style_func=str)

    def _recompute(self, run: PlanRun, out: Path | None) -> None:
        inputs = run.snapshot.inputs.encode()
        self._tell(f"inputs      {_sha256(inputs)}")
        if _sha256(inputs) != run.snapshot.sha256:
            raise CommandError(
                f"The frozen inputs are no longer those that were hashed as {run.snapshot.sha256}.",
                returncode=DIFFERENT,
            )
        try:
            again = canonical_json(make_plans(instance_of_run(run)))
        except (PlanningError, PortalError) as error:
            raise CommandError(str(error), returncode=DIFFERENT) from error
        self._give(again, out)
        self._tell(f"kept        {_sha256(run.result.encode())}")
        self._tell(f"recomputed  {_sha256(again)}")
        if again != run.result.encode():
            why = (
                ""
                if run.reproducible
                else " These plans were not proven optimal and promised no equal bytes."
            )
            raise CommandError(f"The bytes differ.{why}", returncode=DIFFERENT)
        self._tell("The same bytes.")

    def _show(self, run: PlanRun) -> None:
        result = result_of(run)
        self.stdout.write(f"{run.cycle}, frozen {run.snapshot.at:%d %b %Y %H:%M} UTC")
        self.stdout.write(f"inputs  {run.snapshot.sha256}\nplans   {run.result_sha256}\nsolver  {run.solver}")
        if not run.reproducible:
            self.stdout.write("Not proven optimal: another computation may give other plans.")
        self._show_plans(result)

    def _show_plans(self, result: Mapping[str, Any]) -> None:
        for kind, part in PARTS.items():
            plan = result[part]
            numbers = " ".join(_number(name) for name in plan["requests"]) or "nothing"
            used = ", ".join(f"{_role(role)} {weeks(each)}" for role, each in plan["used"].items())
            self.stdout.write(f"\n{kind.label}: value {plan['value']:,}\n  requests {numbers}\n  uses {used}")


def _number(name: str) -> str:
    """A request's number; a file may have other keys, which a terminal gets in plain characters."""
    return str(request_id(name)) if OUR_KEY.fullmatch(name) else json.dumps(name)[1:-1]


def _role(role: str) -> str:
    return role_name(role) if role in Role.values else json.dumps(role)[1:-1]


def _published(digest: str) -> str:
    wanted = digest.strip().lower()
    if wanted and not is_hash(wanted):
        raise CommandError("--sha256 takes the 64 digits 0-9 and a-f of a hash.", returncode=NOTHING)
    return wanted


def _computed(source: str) -> Computed:
    try:
        return computed(source)
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror}.", returncode=NOTHING) from error
    except PlanningError as error:
        raise CommandError(f"{source}: {error}", returncode=NOTHING) from error


def _last_run(slug: str) -> PlanRun:
    cycle = Cycle._base_manager.filter(slug=slug).first()
    if cycle is None:
        known = ", ".join(Cycle._base_manager.order_by("-starts").values_list("slug", flat=True)[:10])
        raise CommandError(f"There is no cycle {slug}. There are: {known or 'none'}.", returncode=NOTHING)
    runs = PlanRun._base_manager.filter(
        cycle=cycle, snapshot=last_snapshot(cycle), state=PlanRun.State.DONE, sandbox={}
    )
    run = runs.select_related("cycle", "snapshot").order_by("-pk").first()
    if run is None or cycle.state not in REVEALED:
        raise CommandError(
            f"{cycle} is {cycle.get_state_display().lower()}: there are no plans of it now.",
            returncode=NOTHING,
        )
    return run


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}.", returncode=NOTHING) from error
