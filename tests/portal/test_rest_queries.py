"""How many statements the main lists take, each with its reason; none of them grows with the rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Alias
from apps.wiki.actions.comments import add_comment
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
from tests.roadmap import walked as asked
from tests.tooling import walked
from tests.wiki.making import a_page

# The database's clock, for what is judged now.
CLOCK = 1
# The token with its user; where the user stands, for rules that ask it. Both once per request.
TOKEN = 1
CALLER = 2

STATEMENTS = {
    # + the page with owner, operating team, accountable person and details, + the sources that one sees
    "entities/?limit=100": CALLER + 2,
    "entities/?limit=100&kind=model&tag=fraud&q=thing&sort=-updated_at": CALLER + 2,
    # + the page, + the entities, + the present aliases
    "versions/?limit=100": CALLER + 3,
    # + the page, + the entities, + the versions they run, + the owners
    "deployments/?limit=100": CALLER + 4,
    # + the page, + the sources' and the targets' entities
    "relations/?limit=100": CALLER + 3,
    # + the page, + entities, deployments, sources, owners and handlers that the caller sees
    "findings/?limit=100": CALLER + 6,
    # + the page, + who started them
    "sync-runs/?limit=100": CALLER + 2,
    # + the page; no standing, as everybody sees capabilities
    "tooling/capabilities/?limit=100": TOKEN + 1,
    # + the page with capabilities and authors, + the rules with environments, + their tools
    "tooling/standards/?limit=100": CALLER + 3,
    "tooling/standards/?limit=100&in_force=true": CALLER + 3 + CLOCK,
    # + the page with capabilities, proposers and revisions; no standing either
    "tooling/proposals/?limit=100": TOKEN + 1,
    # + the page with teams, requesters and capabilities, + tools, environments and steps
    "tooling/requests/?limit=100": CALLER + 4 + CLOCK,
    "tooling/requests/?limit=100&state=in_review&team=risk-ml&tier=medium": CALLER + 4 + CLOCK,
    # + the page with teams and environments, + the tools
    "tooling/grants/?limit=100&active=true": CALLER + 2 + CLOCK,
    # + the page with their people
    "tooling/conditions/?limit=100": CALLER + 1,
    # + the page with environments, + entities and tools
    "tooling/uses/?limit=100": CALLER + 3,
    # + the page with supporting teams, + the tools
    "tooling/tools/?limit=100": CALLER + 2,
    # + the page, + the tools
    "tooling/packages/?limit=100": CALLER + 2,
    # + the page with the owner teams
    "wiki-spaces/?limit=100": CALLER + 1,
    # + the page with spaces, owners, revisions and verifiers
    "wiki-pages/?limit=100": CALLER + 1,
    "wiki-pages/?limit=100&q=some&tag=fraud&sort=-updated_at": CALLER + 1,
    # + the page with its pages, authors and revisions
    "wiki-comments/?limit=100": CALLER + 1,
    # + the page with units, teams and people, + supports, candidacies, blocks, milestones and reviews for whose turn it
    # is; what a request was merged into is read where one was
    "roadmap/requests/?limit=100": CALLER + 6,
    "roadmap/requests/?limit=100&state=needs_info&type=use_case&unit=retail-banking&team=risk-ml&mine=false": CALLER
    + 6,
    # + the page with the scoring policies; no standing, as everybody sees cycles
    "roadmap/cycles/?limit=100": TOKEN + 1,
    # + the page with the authors
    "roadmap/scoring-policies/?limit=100": TOKEN + 1,
    # + the page of both kinds, + the requests that were stopped, + the reviews with theirs
    "roadmap/lessons/": CALLER + 3,
    # + which models they are about, + the page, + the actors
    "events/?limit=100": CALLER + 3,
    # + the page, + the running memberships with their teams; no standing, as everybody sees people
    "people/?limit=100": TOKEN + 2,
}


def fill(people: People, rows: int) -> None:
    source = SourceFactory()
    for number in range(rows):
        asked.a_request()
        asked.a_request(state="cancelled")
        seen = {
            "verdict": "adopted",
            "lesson": "Start small.",
            "done_by": people.ben,
            "done_at": timezone.now(),
        }
        asked.a_review(asked.a_request(state="closed"), **seen)
        asked.a_cycle(scoring_policy=asked.a_policy())
        add_comment(actor=people.ben, page=a_page(tags=["fraud"]), text="A remark.")
        model = EntityFactory(
            tags=["fraud"],
            operated_by=people.team("ml-platform"),
            accountable=people.ben,
            source=source,
            source_key=str(SourceFactory.build().name),
        )
        version = VersionFactory(entity=model)
        Alias.objects.create(entity=model, alias=f"champion-{number}", version=version)
        RelationFactory(source=model)
        deployment = DeploymentFactory(entity=model, model_version=version, owner=people.team("risk-ml"))
        FindingFactory(
            entity=model,
            deployment=deployment,
            source=source,
            owner=people.team("risk-ml"),
            handled_by=people.ben,
        )
        SyncRunFactory(source=source, started_by=people.dmitri)
        for kind, maker in walked.OF_A_TOOL.items():
            assert isinstance(maker(people, EntityFactory(kind="tool")), kind)
        walked.a_proposal()


@pytest.mark.parametrize("address", STATEMENTS)
def test_statements_of_a_list(people: People, bearer: Callable[..., Client], address: str) -> None:
    client = bearer("esther")
    counts = []
    for rows in (2, 6):
        fill(people, rows)
        client.get(f"/api/v1/{address}")  # the token's time of use is written once in five minutes
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/api/v1/{address}")
        assert len(answer.json()["results"]) >= rows
        counts.append(len(captured))
    statements = "\n".join(query["sql"][:150] for query in captured)
    assert counts == [STATEMENTS[address]] * 2, statements
    assert STATEMENTS[address] <= 8
