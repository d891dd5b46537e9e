"""The handbook says what is true: its links lead somewhere, and every name in it exists in the product.

A chapter that names a setting, a command, an address of the API or a right of the cluster is compared with the code
that has it. Chapters are text for people, so whatever can be checked only by reading is not checked here.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.http import QueryDict
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404
from drf_spectacular.generators import SchemaGenerator
from graphql import parse, validate

from apps.catalog.exchange import Described, read
from apps.catalog.sources.kubernetes.kinds import KINDS
from apps.catalog.vocabulary import MOVES, READINGS, Kind, RelationType, Stage
from apps.people.models import Scope
from apps.tooling.api.admission import ClusterAdmissionView
from apps.tooling.api.deciding import CheckQuery, DecideBody
from apps.tooling.defaults import TIERS
from apps.tooling.management.commands.check_tools import Command as CheckTools
from apps.tooling.manifests.admission import VERSION
from apps.tooling.vocabulary import ALLOWING, Reason, Ring
from apps.wiki.text.outline import anchor_id
from portal.schema import schema
from tests.kubernetes_api.rights import Asked, User

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "fixtures" / "handbook"
FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n(.*)", re.DOTALL)
ID = re.compile(r"hb-[a-z0-9-]{1,35}[a-z0-9]")
FENCE = re.compile(
    r"^(?P<mark>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=mark)`*\s*$", re.DOTALL | re.MULTILINE
)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[\[([^\[\]|#\n]*)(?:#([^\[\]|\n]+))?(?:\|[^\[\]\n]+)?\]\]")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
VARIABLE = re.compile(r"\b((?:COE|OIDC)_[A-Z][A-Z0-9_]*|DATABASE_URL|SECRET_KEY(?:_FILE)?|METRICS_TOKEN)\b")


@dataclass(frozen=True, slots=True)
class Chapter:
    slug: str
    head: dict[str, Any]
    body: str

    @property
    def prose(self) -> str:
        """The body without code, where `[[` and `#` are marks."""
        return CODE.sub("", FENCE.sub("", self.body))

    @property
    def headings(self) -> list[tuple[int, str]]:
        return [(len(mark), title) for mark, title in HEADING.findall(FENCE.sub("", self.body))]

    def fences(self, language: str) -> list[str]:
        return [found["text"] for found in FENCE.finditer(self.body) if found["language"].strip() == language]

    def section(self, title: str) -> str:
        """What stands below the heading, up to the next one."""
        return re.split(r"^## ", self.body.split(f"## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


@cache
def chapters() -> dict[str, Chapter]:
    return {path.stem: _chapter(path) for path in sorted(FOLDER.glob("*.md"))}


def _chapter(path: Path) -> Chapter:
    match = FRONT_MATTER.fullmatch(path.read_text(encoding="utf-8"))
    assert match, f"{path.name} begins with its front matter"
    return Chapter(path.stem, yaml.safe_load(match[1]), match[2])


def _each() -> list[Any]:
    return [pytest.param(chapter, id=slug) for slug, chapter in chapters().items()]


def test_every_id_and_title_is_there_once() -> None:
    heads = [chapter.head for chapter in chapters().values()]
    assert len(heads) == 24
    assert all(set(head) == {"id", "title", "tags"} for head in heads)
    assert all(ID.fullmatch(head["id"]) and head["title"].strip() and head["tags"] for head in heads)
    for field in ("id", "title"):
        values = [head[field] for head in heads]
        assert len(values) == len(set(values))


@pytest.mark.parametrize("chapter", _each())
def test_headings_are_in_order_and_once(chapter: Chapter) -> None:
    """The title is the only heading of the first level; no level is left out on the way down."""
    levels = [1, *(level for level, _ in chapter.headings)]
    assert 1 not in levels[1:]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    anchors = [anchor_id(title) for _, title in chapter.headings]
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("chapter", _each())
def test_links_lead_to_chapters_and_headings(chapter: Chapter) -> None:
    links = LINK.findall(chapter.prose)
    assert chapter.prose.count("[[") == len(links)
    for slug, heading in links:
        target = chapters().get(slug or chapter.slug)
        assert target, f"[[{slug}]] is no chapter"
        known = {anchor_id(title) for _, title in target.headings}
        assert not heading or anchor_id(heading) in known, f"[[{slug}#{heading}]] is no heading"


def test_every_chapter_can_be_reached_from_the_first() -> None:
    reached, waiting = set(), ["index"]
    while waiting:
        slug = waiting.pop()
        if slug not in reached:
            reached.add(slug)
            waiting += [target for target, _ in LINK.findall(chapters()[slug].prose) if target]
    assert reached == set(chapters())


@pytest.mark.parametrize("chapter", _each())
def test_code_names_its_language_and_hosts_are_examples(chapter: Chapter) -> None:
    assert all(found["language"].strip() for found in FENCE.finditer(chapter.body))
    hosts = set(re.findall(r"(?:https?|postgresql)://(?:[^@/\s`'\"]*@)?([a-z0-9.-]+)", chapter.body))
    assert {host for host in hosts if host not in {"127.0.0.1", "host"}} <= {
        "portal.example.com", "mlflow.example.com", "db.example.com",
    }  # fmt: skip


def names_read(*functions: str) -> set[str]:
    """Environment variables that the settings read, by all functions of `portal.env` or by some."""
    tree = ast.parse((ROOT / "portal" / "settings.py").read_text(encoding="utf-8"))
    return {name for function, name in _calls(tree) if not functions or function in functions}


def _calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            first = node.args[0]
            if ast.unparse(node.func.value) == "env" and isinstance(first, ast.Constant):
                yield node.func.attr, str(first.value)


def settings_table() -> dict[str, str]:
    """Each variable of the handbook's table with the rest of its row."""
    rows = re.findall(r"^\| (`[^|]+) \|(.*)$", chapters()["operations"].section("Settings"), re.MULTILINE)
    return {name: rest for names, rest in rows for name in CODE.findall(names)}


def test_the_settings_of_the_handbook_are_those_of_the_product() -> None:
    assert set(settings_table()) == names_read()
    files = {f"{name}_FILE" for name in names_read("secret")}
    mentioned = {name for chapter in chapters().values() for name in VARIABLE.findall(chapter.body)}
    assert mentioned <= names_read() | files


def test_secrets_that_may_be_files_are_marked() -> None:
    assert {name for name, rest in settings_table().items() if "*file*" in rest} == names_read("secret")


@pytest.mark.parametrize("chapter", _each())
def test_commands_exist(chapter: Chapter) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", chapter.body))
    assert named <= set(get_commands())


REST = re.compile(r"/api/v1/[^\s\"'`|)?]*")


@pytest.mark.parametrize("chapter", _each())
def test_addresses_of_the_api_exist(chapter: Chapter) -> None:
    known = [_pattern(path) for path in SchemaGenerator().get_schema(request=None, public=True)["paths"]]
    own = {reverse("api-schema"), reverse("api-docs")}
    for path in REST.findall(chapter.body):
        address = path.rstrip(".,;")
        found = any(pattern.fullmatch(address) for pattern in known)
        assert found or address.rstrip("/") in {one.rstrip("/") for one in own}, address


def _pattern(path: str) -> re.Pattern[str]:
    """`{id}` is a number, a word, or an entity's reference."""
    one = r"(?:[a-z_]+:[^/:]+/[^/:]+|[^/:]+)"
    return re.compile(one.join(re.escape(part) for part in re.split(r"\{[a-z]+\}", path)))


PAGES = re.compile(r"`(/(?!api/v1)[a-z][a-z0-9/.-]*)`|https://portal\.example\.com(/[a-z0-9/.-]+)")


@pytest.mark.parametrize("chapter", _each())
def test_other_addresses_exist(chapter: Chapter) -> None:
    for found in PAGES.findall(chapter.body):
        address = next(filter(None, found))
        try:
            match = resolve(address)
        except Resolver404:
            pytest.fail(f"{chapter.slug} names {address}")
        assert match.func.__name__ != "nothing_here"


def test_graphql_names_exist() -> None:
    """Documents of the examples are valid against the schema."""
    documents = [
        json.loads(body)["query"]
        for text in chapters()["api"].fences("sh")
        for body in re.findall(r"-d '(\{\"query\".*?\})'$", text, re.DOTALL | re.MULTILINE)
    ]
    assert len(documents) == 4
    for document in documents:
        assert validate(schema.graphql_schema, parse(document)) == []


def test_the_kubernetes_role_is_what_the_source_reads() -> None:
    """Every list of a sweep and the one get of its identity, and nothing beyond."""
    (manifest,) = chapters()["sources-kubernetes"].fences("yaml")
    documents = list(yaml.safe_load_all(manifest))
    assert [one["kind"] for one in documents] == [
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
    ]
    rules = documents[2]["rules"]
    reader = User("reader", rules)
    lists = [Asked("GET", "", group=kind.group, plural=kind.scope) for kind in KINDS]
    identity = Asked("GET", "", plural="namespaces", name="kube-system")
    assert all(reader.may(asked) for asked in [*lists, identity])
    granted = {
        (group, name, verb)
        for rule in rules for group in rule["apiGroups"] for name in rule["resources"] for verb in rule["verbs"]
    }  # fmt: skip
    assert granted == {(kind.group, kind.scope, "list") for kind in KINDS} | {("", "namespaces", "get")}
    assert documents[3]["roleRef"]["name"] == documents[2]["metadata"]["name"]
    assert documents[3]["subjects"][0]["name"] == documents[1]["metadata"]["name"]


def test_the_file_of_the_import_chapter_can_be_imported() -> None:
    front_matter, catalog_info = chapters()["import-export"].fences("yaml")
    assert next(yaml.safe_load_all(front_matter))["id"] == "runbook-fraud"
    (described,) = read(catalog_info)
    assert isinstance(described, Described)
    assert (described.kind, described.owner, described.stage) == (Kind.MODEL, "risk-ml", Stage.EXPERIMENT)
    assert len(described.pointers) == 1 and not described.remarks


def test_the_words_of_the_catalog_are_all_told() -> None:
    catalog = chapters()["catalog"]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", catalog.section("Kinds"), re.MULTILINE)) == set(Kind.values)
    rows = dict(re.findall(r"^\| ([a-z, ]+) \| ([^|]+) \|$", catalog.section("Stages"), re.MULTILINE))
    for stage in Stage.values:
        told = next(moves for names, moves in rows.items() if stage in names.split(", "))
        assert set(told.split(", ")) == set(MOVES[stage]) or (not MOVES[stage] and told.startswith("nothing"))
    relations = dict(
        re.findall(r"^\| ([a-z ]+) \| ([a-z ]+) \|$", catalog.section("Relations"), re.MULTILINE)
    )
    assert relations == {
        type_.label.lower(): READINGS[type_].inverse.lower() for type_ in map(RelationType, READINGS)
    }


def test_scopes_of_the_handbook_exist() -> None:
    told = re.findall(r"^\| `([a-z:]+)` \|", chapters()["api"].section("Tokens"), re.MULTILINE)
    assert set(told) == {Scope.READ, Scope.WRITE, Scope.TOOLING_DECIDE, Scope.ADMISSION}


def test_the_words_of_tooling_are_all_told() -> None:
    """Rings and reason codes with their answers, and the tiers as a new portal has them."""
    tooling, exceptions = chapters()["tooling"], chapters()["exceptions"]
    assert re.findall(r"^\| `([a-z]+)` \|", tooling.section("The radar"), re.MULTILINE) == [
        str(ring) for ring in Ring
    ]
    codes = dict(re.findall(r"^\| `([a-z_]+)` \| (yes|no) \|", tooling.section("Reason codes"), re.MULTILINE))
    assert codes == {str(reason): "yes" if reason in ALLOWING else "no" for reason in Reason}
    told = re.findall(
        r"^\| (low|medium|high) \|.*$", exceptions.section("How careful the review is"), re.MULTILINE
    )
    assert told == list(TIERS)
    for level, frame in TIERS.items():
        row = re.search(rf"^\| {level} \|.*$", exceptions.body, re.MULTILINE)
        days = [int(number) for number in re.findall(r"\| (\d+)(?: working)? days", row[0] if row else "")]
        assert days == [frame["working_days"], frame["longest_days"], frame["total_days"]]


def test_the_commands_of_ci_are_one_line_and_true() -> None:
    curl, command, decide = chapters()["exceptions"].fences("sh")
    assert len(curl.splitlines()) == 1
    given = CheckQuery(data=QueryDict(curl.split("?", 1)[1].rstrip('"\n')))
    assert given.is_valid(), given.errors
    (body,) = re.findall(r"-d '(.*)'$", decide, re.MULTILINE)
    asked = DecideBody(data=json.loads(body))
    assert asked.is_valid(), asked.errors
    words = command.split()
    parser = CheckTools().create_parser(*words[1:3])
    assert vars(parser.parse_args(words[3:]))["environment"] == "production"


def test_the_webhook_of_the_handbook_is_what_the_portal_answers() -> None:
    hook = yaml.safe_load(chapters()["exceptions"].fences("yaml")[1])
    assert hook["kind"] == "ValidatingWebhookConfiguration"
    (one,) = hook["webhooks"]
    path = one["clientConfig"]["url"].removeprefix("https://portal.example.com")
    assert resolve(path).func.cls is ClusterAdmissionView
    assert one["admissionReviewVersions"] == [VERSION.rpartition("/")[2]]
    assert one["timeoutSeconds"] > 1
