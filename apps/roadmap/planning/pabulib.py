"""Elections of cities in the .pb format of Pabulib (pabulib.org/format): read strictly, written back alike.

A file has the sections META, PROJECTS and VOTES, each with a line of column names; fields stand between semicolons.
Numbers may have decimals (after a point or a comma) and stay exact. Whatever else a file holds is kept in `columns`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from apps.roadmap.planning.errors import PlanningError

LARGEST_FILE = 512 * 2**20
NUMBER = re.compile(r"[0-9]{1,24}(?:[.,][0-9]{1,9})?")
SECTIONS = ("META", "PROJECTS", "VOTES")


class VoteType(StrEnum):
    APPROVAL = "approval"
    CHOOSE_ONE = "choose-1"
    CUMULATIVE = "cumulative"
    SCORING = "scoring"
    CARDINAL = "cardinal"
    ORDINAL = "ordinal"

    @property
    def has_points(self) -> bool:
        return self in (VoteType.CUMULATIVE, VoteType.SCORING, VoteType.CARDINAL)


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    cost: Fraction
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vote:
    """`projects` in the order of the ballot; `points` beside them where ballots carry points."""

    voter: str
    projects: tuple[str, ...]
    points: tuple[Fraction, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Election:
    """`meta` holds every line of the section, budget and vote_type too."""

    meta: Mapping[str, str]
    budget: Fraction
    vote_type: VoteType
    projects: tuple[Project, ...]
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]


class UnreadableElection(PlanningError):
    """One sentence with the number of the line that is wrong."""

    def __init__(self, line: int, sentence: str) -> None:
        self.line = line
        super().__init__(f"Line {line}: {sentence}")


def read_election(content: bytes) -> Election:
    """Raises UnreadableElection where the file is none."""
    sections = _sections(_rows(_decoded(content)))
    meta = _meta(sections["META"])
    start = sections["META"][0].line
    vote_type = _vote_type(meta, start)
    budget = _number(meta.get("budget", ""), "The budget", start)
    projects = tuple(_projects(sections["PROJECTS"]))
    votes = tuple(_votes(sections["VOTES"], vote_type, {each.id for each in projects}))
    return Election(meta, budget, vote_type, projects, votes)


def write_election(election: Election) -> bytes:
    """The file that `read_election` reads back as the same election."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    has_points = election.vote_type.has_points
    meta = {**election.meta, "budget": _written(election.budget), "vote_type": str(election.vote_type)}
    writer.writerows([["META"], ["key", "value"], *meta.items(), ["PROJECTS"]])
    extra = list(dict.fromkeys(name for each in election.projects for name in each.columns))
    writer.writerow(["project_id", "cost", *extra])
    for project in election.projects:
        writer.writerow(
            [project.id, _written(project.cost), *(project.columns.get(name, "") for name in extra)]
        )
    extra = list(dict.fromkeys(name for each in election.votes for name in each.columns))
    writer.writerows([["VOTES"], ["voter_id", "vote", *(["points"] if has_points else []), *extra]])
    for vote in election.votes:
        points = [",".join(_written(each) for each in vote.points)] if has_points else []
        others = [vote.columns.get(name, "") for name in extra]
        writer.writerow([vote.voter, ",".join(vote.projects), *points, *others])
    return text.getvalue().encode()


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise UnreadableElection(1, f"the file is larger than {LARGEST_FILE >> 20} MiB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableElection(line, "the text is not UTF-8.") from error


def _rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", skipinitialspace=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield _Row(line, stripped)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableElection(line, f"the line cannot be split into fields: {error}.") from error


def _sections(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    """The rows of each section, its line of column names first."""
    sections: dict[str, list[_Row]] = {}
    current: list[_Row] | None = None
    line = 1
    for row in rows:
        line = row.line
        title = row.cells[0].upper() if not any(row.cells[1:]) else ""
        if title in SECTIONS:
            if title in sections:
                raise UnreadableElection(line, f"the section {title} begins a second time.")
            current = sections[title] = []
        elif current is None:
            raise UnreadableElection(line, "a .pb file begins with the line META.")
        else:
            current.append(row)
    for title in SECTIONS:
        if not sections.get(title):
            raise UnreadableElection(line, f"the file ends without a section {title} and its column names.")
    return sections


def _meta(rows: list[_Row]) -> dict[str, str]:
    if [cell.lower() for cell in rows[0].cells[:2]] != ["key", "value"]:
        raise UnreadableElection(rows[0].line, "the line after META is key;value.")
    meta: dict[str, str] = {}
    for row in rows[1:]:
        if len(row.cells) < 2:
            raise UnreadableElection(row.line, "a line of META is a key, a semicolon and a value.")
        key, value = row.cells[0], ";".join(row.cells[1:]).rstrip(";")
        if key in meta:
            raise UnreadableElection(row.line, f"{key} is there twice.")
        meta[key] = value
    return meta


def _vote_type(meta: Mapping[str, str], line: int) -> VoteType:
    name = meta.get("vote_type", "").lower()
    if name not in list(VoteType):
        known = ", ".join(VoteType)
        raise UnreadableElection(line, f"the vote_type in META is {name or 'missing'}; known are {known}.")
    return VoteType(name)


def _tabled(
    rows: list[_Row], required: tuple[str, ...], section: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line as a mapping from column names."""
    head = [name.lower() for name in rows[0].cells]
    while head and not head[-1]:
        head.pop()
    for name in required:
        if name not in head:
            raise UnreadableElection(rows[0].line, f"the columns of {section} lack {name}.")
    if len(set(head)) < len(head):
        raise UnreadableElection(rows[0].line, f"a column of {section} is there twice.")
    for row in rows[1:]:
        if len(row.cells) < len(head) or any(row.cells[len(head) :]):
            count = len(row.cells)
            raise UnreadableElection(
                row.line, f"{count} fields stand under the {len(head)} columns of {section}."
            )
        yield row.line, dict(zip(head, row.cells, strict=False))


def _projects(rows: list[_Row]) -> Iterator[Project]:
    seen: set[str] = set()
    for line, cells in _tabled(rows, ("project_id", "cost"), "PROJECTS"):
        key = cells.pop("project_id")
        if not key or "," in key:
            raise UnreadableElection(line, f"{key or 'nothing'} is no id of a project.")
        if key in seen:
            raise UnreadableElection(line, f"the project {key} is there twice.")
        seen.add(key)
        yield Project(key, _number(cells.pop("cost"), f"The cost of {key}", line), cells)


def _votes(rows: list[_Row], vote_type: VoteType, known: set[str]) -> Iterator[Vote]:
    required = ("voter_id", "vote", "points") if vote_type.has_points else ("voter_id", "vote")
    for line, cells in _tabled(rows, required, "VOTES"):
        chosen = _listed(cells.pop("vote"))
        for key in chosen:
            if key not in known:
                raise UnreadableElection(
                    line, f"the vote names the project {key}, which PROJECTS does not list."
                )
        if len(set(chosen)) < len(chosen):
            raise UnreadableElection(line, "the vote names a project twice.")
        points: tuple[Fraction, ...] = ()
        if vote_type.has_points:
            given = _listed(cells.pop("points"))
            if len(given) != len(chosen):
                raise UnreadableElection(line, f"{len(given)} points are given to {len(chosen)} projects.")
            points = tuple(_number(each, "A number of points", line) for each in given)
        yield Vote(cells.pop("voter_id"), tuple(chosen), points, cells)


def _listed(cell: str) -> list[str]:
    return [each.strip() for each in cell.split(",")] if cell else []


def _number(text: str, what: str, line: int) -> Fraction:
    if not NUMBER.fullmatch(text):
        shown = f"{text[:40]!r}" if text else "missing"
        raise UnreadableElection(line, f"{what} is {shown}: it is a number of 0 or more, without spaces.")
    return Fraction(text.replace(",", "."))


def _written(number: Fraction) -> str:
    """A decimal number that reads back exactly (what was read is one; `_number` sets the limit)."""
    if number.denominator == 1:
        return str(number.numerator)
    digits = number * 10**9
    if digits.denominator != 1:
        raise PlanningError(f"{number} has more than nine decimals and cannot be written.")
    return f"{digits.numerator // 10**9}.{digits.numerator % 10**9:09d}".rstrip("0")
