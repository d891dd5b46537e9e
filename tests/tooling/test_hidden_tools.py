"""A tool that was narrowed after somebody had named it is named to nobody else any more, on no surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.people.models import Visibility
from apps.tooling.actions import reviewing
from apps.tooling.actions.proposals import propose_standard
from apps.tooling.actions.records import body_of
from apps.tooling.models import ExceptionRequest, Proposal
from tests.personas import People
from tests.tooling import making

SignedIn = Callable[[str], Client]


def narrow(people: People, tool: Entity) -> None:
    set_visibility(actor=people.esther, entity=tool, visibility=Visibility.RESTRICTED)


@pytest.fixture
def rejected(people: People) -> ExceptionRequest:
    wanted, other = making.tool(people, "wandb"), making.tool(people, "secretsauce")
    request = making.sent(people, wanted, "development", days=60)
    request = reviewing.start_review(actor=people.dmitri, request=request)
    request = making.reject(people, request, other, central="dmitri")
    narrow(people, other)
    return ExceptionRequest.objects.get(pk=request.pk)


@pytest.mark.parametrize("path", ["{}", "/tooling/requests/export.csv"])
def test_a_rejection_names_its_alternative_to_whoever_sees_it(
    signed_in: SignedIn, rejected: ExceptionRequest, path: str
) -> None:
    address = path.format(rejected.get_absolute_url())
    answers: dict[str, Any] = {name: signed_in(name).get(address) for name in ("chloe", "dmitri")}
    text = {
        name: answer.getvalue() if answer.streaming else answer.content for name, answer in answers.items()
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    assert b"secretsauce" not in text["chloe"] and b"One is enough." in text["chloe"]
    assert b"secretsauce" in text["dmitri"]


def test_a_record_leaves_a_hidden_alternative_unnamed(rejected: ExceptionRequest) -> None:
    text = body_of(rejected)
    assert "secretsauce" not in text
    assert "Use a tool that not everybody sees instead." in text


@pytest.fixture
def proposal(people: People) -> Proposal:
    where, seen, other = (
        making.capability(people),
        making.tool(people, "mlflow"),
        making.tool(people, "secretsauce"),
    )
    rules = [{"tool": seen.ref, "ring": "recommended"}, {"tool": other.ref, "ring": "trial"}]
    row = propose_standard(
        actor=people.ada, capability=where, title="t", reason="r", rationale="x", rules=rules
    )
    narrow(people, other)
    return row


@pytest.mark.parametrize(("name", "hidden"), [("chloe", 1), ("dmitri", 0)])
def test_a_proposal_shows_the_rules_of_tools_that_the_reader_sees(
    signed_in: SignedIn, bearer: SignedIn, proposal: Proposal, name: str, hidden: int
) -> None:
    client = signed_in(name)
    rest = client.get(f"/api/v1/tooling/proposals/{proposal.pk}").json()
    query = "{ standardProposals { edges { node { rules hiddenRules } } } }"
    graph = bearer(name).post("/graphql", {"query": query}, content_type="application/json").json()
    node = graph["data"]["standardProposals"]["edges"][0]["node"]
    page = client.get(proposal.get_absolute_url()).content
    assert (rest["hidden_rules"], node["hiddenRules"]) == (hidden, hidden)
    assert len(rest["rules"]) == len(node["rules"]) == 2 - hidden
    assert all(("secretsauce" in str(each)) is not bool(hidden) for each in (rest, node, page))
    assert (b"1 more rule of tools" in page) is bool(hidden)
