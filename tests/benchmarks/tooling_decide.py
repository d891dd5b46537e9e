"""decide() in one process at 1,000 standards and 10,000 grants, and files of CI at 20,000 lines. No database."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apps.tooling.book import Book, Condition, Grant, Rule, Standard
from apps.tooling.decide import decide
from apps.tooling.manifests import read_manifest
from apps.tooling.reports import as_sarif, check
from apps.tooling.versions import Specifier
from apps.tooling.vocabulary import DataClass, Ring
from tests.benchmarks.figures import Figure, median_ms

STANDARDS, REVISIONS, TOOLS_EACH, GRANTS = 1_000, 3, 5, 10_000
QUESTIONS = 20_000
WANTED = 10_000
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ENVIRONMENTS = ("dev", "staging", "production")
SPECIFIERS = tuple(Specifier(text) for text in ("*", ">=1,<2", ">=2", "~=1.4", "<1"))
Question = tuple[str, str, str | None, str, DataClass, datetime]


def figures() -> list[Figure]:
    chance = random.Random(4)
    book = world(chance)
    questions = [_question(chance) for _ in range(QUESTIONS)]
    milliseconds = median_ms(lambda: [decide(book, *each) for each in questions], 5)
    rate = QUESTIONS / milliseconds * 1000
    allowed = sum(decide(book, *each).allowed for each in questions) / QUESTIONS
    remark = f"{rate:,.0f} decisions/s, wanted {WANTED:,}; {allowed:.0%} allowed"
    built = median_ms(lambda: Book(book.standards, book.grants, book.conditions), 3)
    return [
        Figure("decide(), 10,000 decisions", 10_000 / rate, "s", 10_000 / WANTED, remark),
        Figure("book of 1,000 standards x 3 and 10,000 grants", built, "ms", None, "indexed"),
        *(_file(name, make) for name, make in FILES.items()),
        _report(book),
    ]


def world(chance: random.Random) -> Book:
    standards = tuple(
        _standard(chance, number, revision) for number in range(STANDARDS) for revision in range(REVISIONS)
    )
    grants = tuple(_grant(chance, number) for number in range(GRANTS))
    conditions = tuple(
        Condition(number, NOW + timedelta(days=chance.randrange(-30, 60))) for number in range(0, GRANTS, 3)
    )
    return Book(standards, grants, conditions)


def _standard(chance: random.Random, number: int, revision: int) -> Standard:
    rules = tuple(
        Rule(
            f"tool-{number * TOOLS_EACH + place}",
            chance.choice(SPECIFIERS),
            chance.choice((None, *ENVIRONMENTS)),
            chance.choice((None, *DataClass)),
            chance.choice(list(Ring)),
        )
        for place in range(TOOLS_EACH)
        for _ in range(2)
    )
    since = NOW + timedelta(days=90 * (revision - 1))
    return Standard(f"capability-{number}", revision, rules, "Why.", "When not.", since)


def _grant(chance: random.Random, number: int) -> Grant:
    starts = NOW + timedelta(days=chance.randrange(-200, 60))
    return Grant(
        id=number,
        team=f"team-{chance.randrange(100)}",
        tool=f"tool-{chance.randrange(200)}",
        versions=chance.choice(SPECIFIERS),
        environment=chance.choice(ENVIRONMENTS),
        data_class=chance.choice((None, *DataClass)),
        starts=starts,
        expires=starts + timedelta(days=chance.choice((30, 90, 180))),
    )


def _question(chance: random.Random) -> Question:
    """Half of them about the tools that have grants."""
    tools = 200 if chance.random() < 0.5 else STANDARDS * TOOLS_EACH
    version = chance.choice(
        (None, "latest", *(f"{chance.randrange(4)}.{chance.randrange(30)}" for _ in range(6)))
    )
    return (
        f"team-{chance.randrange(100)}",
        f"tool-{chance.randrange(tools)}",
        version,
        chance.choice(ENVIRONMENTS),
        chance.choice(list(DataClass)),
        NOW + timedelta(hours=chance.randrange(24)),
    )


def _uv_lock() -> bytes:
    package = (
        '[[package]]\nname = "tool-{0}"\nversion = "1.{0}.0"\nsource = {{ registry = "https://example.com/simple" }}\n'
        'dependencies = [\n    {{ name = "tool-1" }},\n    {{ name = "tool-2" }},\n]\nwheels = [\n'
        '    {{ url = "https://example.com/{0}.whl", hash = "sha256:{1}", size = 12345 }},\n]\n\n'
    )
    return "".join(package.format(number, "ab" * 32) for number in range(1_700)).encode()


def _package_lock() -> bytes:
    package = (
        '    "node_modules/tool-{0}": {{\n      "version": "1.{0}.0",\n      "resolved": "https://example.com/{0}.tgz",\n'
        '      "integrity": "sha512-{1}",\n      "dependencies": {{\n        "tool-1": "^1.0.0"\n      }}\n    }}'
    )
    entries = ",\n".join(package.format(number, "a" * 86) for number in range(2_500))
    return f'{{\n  "lockfileVersion": 3,\n  "packages": {{\n{entries}\n  }}\n}}\n'.encode()


def _requirements() -> bytes:
    return "".join(f"tool-{number}==1.{number}.0\n" for number in range(20_000)).encode()


FILES: dict[str, Callable[[], bytes]] = {
    "uv.lock": _uv_lock,
    "package-lock.json": _package_lock,
    "requirements.txt": _requirements,
}


def _file(name: str, make: Callable[[], bytes]) -> Figure:
    content = make()
    count = len(read_manifest(content, name).requirements)
    remark = f"{content.count(bytes([10])):,} lines, {count:,} packages"
    seconds = median_ms(lambda: read_manifest(content, name), 3) / 1000
    return Figure(f"{name} of 20,000 lines read", seconds, "s", 2.0, remark)


def _report(book: Book) -> Figure:
    content = "".join(f"tool-{number}==1.{number}\n" for number in range(2_000)).encode()

    def whole() -> object:
        manifest = read_manifest(content, "requirements.txt")
        return as_sarif(
            check(
                book,
                manifest,
                file="requirements.txt",
                team="team-1",
                environment="production",
                data_class=DataClass.INTERNAL,
                at=NOW,
                tool_of=lambda requirement: requirement.name,
            )
        )

    return Figure("2,000 packages read, decided, as SARIF", median_ms(whole, 3), "ms")
