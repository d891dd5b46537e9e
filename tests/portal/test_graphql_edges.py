"""No way through the GraphQL graph leads to a row that the caller may not see, or to a statement per row.

In this world everything of the team `claims-ai` is restricted and has the word HUSH in its texts. Whatever is
public points at it from all sides: relations both ways, deployments with hidden versions, revisions, aliases,
findings. What each persona may see is written by hand. `decide` is left out: it answers somebody's own team, and its
parts are no rows (tests/tooling has its own tests).
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import execute, parse
from graphql_relay import from_global_id, to_global_id

from apps.catalog.actions import grant_access
from apps.catalog.models import (
    Alias,
    DatasetDetails,
    Deployment,
    DeploymentRevision,
    Entity,
    Finding,
    ModelDetails,
    ModelVersion,
    StageEvent,
)
from apps.core.graphql_node import Node
from apps.core.policies import SYSTEM
from apps.people.actions import send_liaison
from apps.people.models import Team, User
from apps.roadmap import models as roadmap
from apps.tooling.models import (
    Condition,
    ExceptionRequest,
    Grant,
    ObservedUse,
    RequestComment,
    ReviewStep,
    StandardRule,
    Verdict,
)
from apps.wiki.actions.comments import add_comment, resolve_comment
from apps.wiki.actions.editing import create_page, restore_revision, save_page
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Comment, Link, Page, Revision, Space
from tests.factories import (
    DeploymentFactory,
    EntityFactory,
    FindingFactory,
    RelationFactory,
    SourceFactory,
    SyncRunFactory,
    VersionFactory,
)
from tests.personas import People
from tests.portal.graphql_walk import GRAPH, Way, all_steps, context_of, ways
from tests.roadmap.graph import OPEN_WISH, open_and_hidden_roadmap
from tests.tooling.graph import OPEN_REQUEST, open_and_hidden_tooling

SECRET = "HUSH"
SEES_SECRETS = {
    "ben": False,
    "chloe": True,
    "dmitri": False,
    "farid": False,
    "kim": False,
    "ci-risk": False,
    "root": True,
}
STARTS = {
    "entity": 'kind: MODEL, namespace: "retail-banking", name: "open-0"',
    "lineage": 'ref: "model:retail-banking/open-0"',
    "grants": 'ref: "model:retail-banking/open-0"',
    "versionComparison": 'ref: "model:retail-banking/open-0", left: "v-open-0", right: "w-open-0"',
    "team": 'slug: "risk-ml"',
    "unit": 'slug: "retail-banking"',
    "person": 'username: "ada"',
    "wikiSpace": 'slug: "open"',
    "wikiPage": 'uid: "open-page-0"',
    "wikiReading": 'uid: "open-page-0"',
    "pagesAbout": 'ref: "model:retail-banking/open-0"',
    "decide": 'tool: "model:retail-banking/open-0", environment: "production", dataClass: "internal", team: "risk-ml"',
    "toolCapability": 'slug: "open-0"',
    "roadmapRequest": f'id: "{to_global_id("RoadmapRequest", OPEN_WISH)}"',
    "cycle": 'slug: "open-0"',
    "planningPlans": 'cycle: "open-0"',
    "planningMeeting": 'cycle: "open-0"',
    "planningWhy": f'cycle: "open-0", request: "{to_global_id("RoadmapRequest", OPEN_WISH)}"',
    "exceptionRequest": f'id: "{to_global_id("ExceptionRequest", OPEN_REQUEST)}"',
}


OF_THE_ROADMAP = [
    roadmap.Request, roadmap.RequestKpi, roadmap.Support, roadmap.RequestLink, roadmap.Score, roadmap.ScoreLine,
    roadmap.Estimate, roadmap.Dependency, roadmap.RequestComment, roadmap.Milestone, roadmap.Block, roadmap.Outcome,
    roadmap.OutcomeReview, roadmap.Actual, roadmap.Handover, roadmap.Candidate, roadmap.Ballot, roadmap.BallotLine,
    roadmap.Snapshot, roadmap.PlanRun,
]  # fmt: skip


def open_and_hidden(number: int) -> None:
    """A public model and a hidden one, tied together in every way that the tables allow."""
    public = _entity(f"open-{number}", "risk-ml", "company")
    hidden = _entity(f"{SECRET}-{number}", "claims-ai", "restricted")
    for one, other in ((public, hidden), (hidden, public), (public, public), (hidden, hidden)):
        _run(one, other)
    for source, goal in ((public, hidden), (hidden, public)):
        RelationFactory(source=source, target=goal, type="derived_from")
    _source(number)
    _data(public, f"open-data-{number}", "company")
    _data(public, f"{SECRET}-data-{number}", "restricted")
    _wiki(number)
    open_and_hidden_tooling(number, public, hidden)
    open_and_hidden_roadmap(number, public, hidden)


def _entity(name: str, team: str, visibility: str) -> Entity:
    owner = Team.objects.get(slug=team)
    ada = User.objects.get(username="ada")
    text = f"{SECRET} text" if SECRET in name else "text"
    entity: Entity = EntityFactory(
        name=name, owner=owner, visibility=visibility, description=text, operated_by=owner,
        curated={"note": text},
        links=[{"url": "https://example.com", "title": text}],
        accountable=None if SECRET in name else ada,
    )  # fmt: skip
    ModelDetails.objects.create(entity=entity, purpose=text)
    StageEvent.objects.create(entity=entity, to_stage="pilot", actor=ada, note=text)
    version = VersionFactory(entity=entity, version=f"v-{name}", description=text)
    VersionFactory(
        entity=entity, version=f"w-{name}", description=text, metrics={"auc": 0.5}, params={"depth": "6"},
        datasets=[{"name": text, "digest": "1"}],
    )  # fmt: skip
    Alias.objects.create(entity=entity, alias=f"alias-{name}", version=version)
    return entity


def _source(number: int) -> None:
    source = SourceFactory(name=f"registry-{number}", default_owner=Team.objects.get(slug="risk-ml"))
    SyncRunFactory(source=source, started_by=User.objects.get(username="ada"))


def _wiki(number: int) -> None:
    """A public page and a hidden one that name each other and document both models, with words below both."""
    refs = [Entity.objects.get(name=f"{name}-{number}").ref for name in ("open", SECRET)]
    for name, visibility in (("open", "company"), ("quiet", "restricted")):
        mark = "Open" if name == "open" else SECRET
        page = create_page(
            actor=SYSTEM, space=_space(name, mark, visibility), title=f"{mark} page {number}", slug=f"{name}-{number}",
            text=f"# {mark}\n\n[[open/open-{number}]] and [[quiet/quiet-{number}]]\n", uid=f"{name}-page-{number}",
        )  # fmt: skip
        who = "verifier" if name == "open" else "verifier_team"
        verifier = User.objects.get(username="ada") if name == "open" else Team.objects.get(slug="risk-ml")
        update_page(actor=SYSTEM, page=page, changes={who: verifier}, documents=refs)
        _discussed(page, mark)


def _space(slug: str, mark: str, visibility: str) -> Space:
    owner = Team.objects.get(slug="claims-ai")
    found = Space.objects.filter(slug=slug).first()
    title = f"{mark} space"
    return found or create_space(actor=SYSTEM, slug=slug, title=title, owner=owner, visibility=visibility)


def _discussed(page: Page, mark: str) -> None:
    """Written over, brought back, commented on and settled."""
    chloe = User.objects.get(username="chloe")
    save_page(actor=chloe, page=page, text=f"{mark} for a while", base=1)
    restore_revision(actor=chloe, page=page, number=1)
    first = add_comment(actor=chloe, page=page, text=f"{mark} remark")
    add_comment(actor=chloe, page=page, text=f"{mark} answer", answers=first)
    resolve_comment(actor=chloe, comment=first)


def _run(entity: Entity, other: Entity) -> None:
    """A deployment of `entity` that runs a version of `other`; findings about both."""
    mark = SECRET if SECRET in entity.name else "open"
    version = ModelVersion.objects.filter(entity=other).earliest("pk")
    deployment = DeploymentFactory(
        entity=entity,
        model_version=version,
        workload=f"{mark}-workload-{other.pk}-{entity.pk}",
        owner=entity.owner,
    )
    DeploymentRevision.objects.create(
        deployment=deployment, status="running", model_version=version, image_digest=f"{mark}-digest"
    )
    FindingFactory(
        title=f"{mark} finding", entity=entity, deployment=deployment, owner=entity.owner,
        handled_by=User.objects.get(username="ada"),
    )  # fmt: skip
    FindingFactory(title=f"{mark} finding", entity=None, deployment=deployment)
    hidden = Deployment.objects.filter(workload__startswith=SECRET).first()
    FindingFactory(title=f"{mark} finding", entity=entity, deployment=hidden)


def _data(model: Entity, name: str, visibility: str) -> None:
    owner = Team.objects.get(slug="claims-ai")
    data = EntityFactory(kind="dataset", name=name, owner=owner, visibility=visibility)
    DatasetDetails.objects.create(entity=data, location=f"s3://{name}")
    RelationFactory(source=model, target=data)


@pytest.fixture
def world(people: People) -> People:
    send_liaison(actor=SYSTEM, user=people.dmitri, business_unit=people.unit("retail-banking"))
    retail = people.unit("retail-banking")
    retail.parent = people.unit("group")
    retail.save()
    open_and_hidden(0)
    public = Entity.objects.get(name="open-0")
    for grantee in (people.team("claims-ai"), people.kim):
        grant_access(actor=people.ada, entity=public, grantee=grantee, permission="view")
    return people


def run(user: User, query: str) -> Any:
    result: Any = execute(GRAPH, parse(query), context_value=context_of(user))
    assert not result.errors, (query, result.errors)
    return result.data


def walk(length: int, together: int = 1) -> list[Way]:
    return [way for way in ways(STARTS, length, together) if way.steps[0] != ("Query", "decide")]


def to_every_edge(together: int = 1) -> list[Way]:
    """All ways of three steps, and those of four that end with an edge which none of these takes."""
    near = walk(3, together)
    taken = {(kind, name) for way in near for kind, names in way.steps for name in names.split("|")}
    return [*near, *(way for way in walk(4) if way.steps[-1] not in taken)]


def objects(value: Any) -> list[dict[str, Any]]:
    """All objects of an answer."""
    if isinstance(value, list):
        return [found for item in value for found in objects(item)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for item in value.values() for found in objects(item))]


def ids_seen(answer: Any) -> set[tuple[str, int]]:
    pairs = (from_global_id(found["id"]) for found in objects(answer) if isinstance(found.get("id"), str))
    return {(name, int(pk)) for name, pk in pairs}


def model_of(name: str) -> Any:
    return GRAPH.type_map[name].graphene_type._meta.model  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", SEES_SECRETS)
def test_no_way_leads_to_a_hidden_row(world: People, name: str) -> None:
    user = world[name]
    seen: set[tuple[str, int]] = set()
    secrets = []
    for way in to_every_edge(together=8):
        answer = run(user, way.query)
        seen |= ids_seen(answer)
        if SECRET in repr(answer):
            secrets.append(way.steps)
    assert bool(secrets) is SEES_SECRETS[name], secrets[:5]
    for kind in {kind for kind, _ in seen}:
        visible = set(model_of(kind).objects.visible_to(user).values_list("pk", flat=True))
        assert {pk for of_kind, pk in seen if of_kind == kind} <= visible, kind


def test_longer_ways_do_not_leak_either(world: People) -> None:
    """Four steps, where the second is a relation, a deployment or a version."""
    crossings = {("Entity", "outgoing"), ("Entity", "deployments"), ("Entity", "versions")}
    for way in (
        way for way in walk(4, together=8) if way.steps[0][1] == "entity" and way.steps[1] in crossings
    ):
        assert SECRET not in repr(run(world["kim"], way.query)), way.steps


def test_the_walk_takes_every_edge_and_finds_something_behind_each(world: People) -> None:
    """What the tests above prove is proven about every edge: none is empty in this world for root."""
    found: set[tuple[str, str]] = set()
    for way in to_every_edge():
        answer = run(world["root"], way.query)
        for step in _with_rows(answer, way.steps):
            found.add(step)
    nothing_to_find = {("Viewer", "teams"), ("Viewer", "ledTeams")}  # root is in no team
    nothing_to_find |= {
        ("PlanningWhy", "receipt"),
        ("PlanReceipt", "items"),
        ("PlanReceipt", "payments"),
    }  # no why-not then
    decided = {step for step in all_steps() if step == ("Query", "decide") or step[0] == "ToolDecision"}
    assert all_steps() - nothing_to_find - decided == found


def _with_rows(answer: Any, steps: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The leading steps of a way behind which the answer has objects."""
    here, taken = [answer], []
    for step in steps:
        here = [row for item in here for row in _rows(item.get(step[1]))]
        if not here:
            break
        taken.append(step)
    return taken


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict) and "node" in next(iter(value.get("edges") or [{}])):
        return [edge["node"] for edge in value["edges"]]
    return [item for item in (value if isinstance(value, list) else [value]) if item]


def test_statements_do_not_grow_with_rows(world: People) -> None:
    before = {way: _statements(world, way) for way in to_every_edge(together=8)}
    for number in range(1, 4):
        open_and_hidden(number)
    public = Entity.objects.get(name="open-0")
    for number in range(6):
        _run(public, public)
        VersionFactory(entity=public, version=f"more-{number}")
        grantee = world[list(SEES_SECRETS)[number]]
        grant_access(actor=world["ada"], entity=public, grantee=grantee, permission="change")
        send_liaison(
            actor=SYSTEM, user=world[list(SEES_SECRETS)[number]], business_unit=world.unit("insurance")
        )
    grown = {way.steps: (count, _statements(world, way)) for way, count in before.items()}
    assert {steps: counts for steps, counts in grown.items() if counts[0] < counts[1]} == {}


def _statements(world: People, way: Way) -> int:
    user = world["root"]
    with CaptureQueriesContext(connection) as captured:
        run(user, way.query)
    return len(captured)


@pytest.mark.parametrize(
    "model",
    [Entity, ModelVersion, Alias, Deployment, DeploymentRevision, Finding, StageEvent, Space, Page, Revision,
     Link, Comment, StandardRule, ExceptionRequest, ReviewStep, Verdict, Grant, Condition, RequestComment, ObservedUse,
     *OF_THE_ROADMAP],
)  # fmt: skip
def test_an_id_opens_nothing_hidden(world: People, model: Any) -> None:
    """`node(id)` answers a hidden row exactly as one that does not exist."""
    name = next(kind._meta.name for kind in Node.__subclasses__() if kind._meta.model is model)
    shown = set(model.objects.visible_to(world["kim"]).values_list("pk", flat=True))
    hidden = model.objects.exclude(pk__in=shown).first()
    assert hidden is not None
    for pk, expected in ((hidden.pk, False), (10**9, False), (min(shown), True)):
        query = f'{{ node(id: "{to_global_id(name, pk)}") {{ __typename id ... on {name} {{ id }} }} }}'
        assert bool(run(world["kim"], query)["node"]) is expected


def test_a_hidden_count_is_not_to_be_guessed(world: People) -> None:
    """A page of one whose only further rows are hidden has no next page."""
    assert Entity.objects.filter(kind="model").count() == 2
    query = (
        "{ entities(first: 1, filter: {kind: MODEL}) { edges { node { name } } pageInfo { hasNextPage } } }"
    )
    page = run(world["kim"], query)["entities"]
    assert page == {"edges": [{"node": {"name": "open-0"}}], "pageInfo": {"hasNextPage": False}}


def test_an_unmarked_row_never_leaves(world: People) -> None:
    """The last guard: a resolver that returned a row past the policies gets an error, not an answer."""
    hidden = Entity.objects.filter(visibility="restricted").first()
    kind: Any = GRAPH.type_map["Entity"]
    with pytest.raises(RuntimeError, match="without having passed"):
        kind.is_type_of(hidden, None)


def test_edges_behind_a_change_are_narrowed_too(world: People) -> None:
    """The object that a mutation answers with is read like any other."""
    query = """mutation { updateEntity(input: {ref: "model:retail-banking/open-0", title: "New"}) { entity {
      title owner { slug } outgoing { edges { node { target { ref title } } } }
      incoming { edges { node { source { ref } } } }
      deployments { edges { node { modelVersion { version } } } } } } }"""
    answer = run(world["ben"], query)
    assert answer["updateEntity"]["entity"]["title"] == "New"
    assert answer["updateEntity"]["entity"]["outgoing"]["edges"]
    assert SECRET not in repr(answer)
