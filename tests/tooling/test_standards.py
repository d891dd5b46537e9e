"""Publishing a revision: who may, what it must be, what happens to two who write at once; profiles and packages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.models import User
from apps.tooling.actions import standards, tools
from apps.tooling.models import Capability, Package, Standard, StandardRule, ToolProfile
from apps.tooling.queries import clock
from tests.factories import EntityFactory
from tests.personas import ALL, People
from tests.tooling import making
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def mlflow(people: People) -> Entity:
    return making.tool(people, "mlflow")


@pytest.fixture
def tracking(people: People) -> Capability:
    return making.capability(people)


def rule(tool: Entity, **fields: Any) -> dict[str, Any]:
    return {"tool": tool.ref, "ring": "trial", **fields}


def publish(user: Any, tracking: Capability, *rules: Any, **fields: Any) -> Standard:
    return standards.publish_standard(
        actor=user, capability=tracking, rules=list(rules), **{"rationale": "One place for runs.", **fields}
    )


# -- who may

ACTS: dict[str, Callable[[User, Capability, Entity], Any]] = {
    "publish_standard": lambda user, tracking, tool: publish(user, tracking, rule(tool)),
    "create_capability": lambda user, tracking, tool: standards.create_capability(
        actor=user, slug="serving", name="Serving", quadrant="running"
    ),
    "update_capability": lambda user, tracking, tool: standards.update_capability(
        actor=user, capability=tracking, changes={"name": "Runs"}
    ),
}
OF_A_TOOL: dict[str, Callable[[User, Entity], Any]] = {
    "set_profile": lambda user, tool: tools.set_profile(actor=user, tool=tool, support="Ask us."),
    "name_package": lambda user, tool: tools.name_package(
        actor=user, tool=tool, ecosystem="pypi", name="mlflow"
    ),
    "forget_package": lambda user, tool: tools.forget_package(
        actor=user, package=Package.objects.get(name="mlflow-skinny")
    ),
}


@pytest.mark.parametrize("name", sorted(set(ALL) - {"esther"}))
@pytest.mark.parametrize("act", sorted(ACTS))
def test_only_coe_leads_keep_standards(
    people: People, tracking: Capability, mlflow: Entity, act: str, name: str
) -> None:
    with nothing_changes(), pytest.raises(Forbidden):
        ACTS[act](people[name], tracking, mlflow)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_coe_leads_do_and_it_is_on_record(
    people: People, tracking: Capability, mlflow: Entity, act: str
) -> None:
    before = Event.objects.count()
    ACTS[act](people.esther, tracking, mlflow)
    assert Event.objects.count() == before + 1


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("act", sorted(OF_A_TOOL))
def test_a_profile_is_kept_by_the_tools_editors_and_coe_leads(
    people: People, mlflow: Entity, act: str, name: str
) -> None:
    tools.name_package(actor=SYSTEM, tool=mlflow, ecosystem="pypi", name="mlflow-skinny")
    if name in {"esther", "dmitri"}:
        OF_A_TOOL[act](people[name], mlflow)
        assert Event.objects.order_by("-pk")[0].actor == people[name]
    else:
        with nothing_changes(), pytest.raises(Forbidden):
            OF_A_TOOL[act](people[name], mlflow)


# -- what a revision is


def test_revisions_count_up_and_keep_everything(people: People, tracking: Capability, mlflow: Entity) -> None:
    first = publish(people.esther, tracking, rule(mlflow), summary="First", exit_criteria="A better one.")
    second = publish(
        people.esther,
        tracking,
        rule(mlflow, ring="recommended"),
        rule(
            mlflow, ring="hold", versions="<2", environment="production", data_class="restricted", note="Old."
        ),
    )
    assert [first.revision, second.revision] == [1, 2] and first.author == people.esther
    assert list(second.rules.values_list("versions", "environment__slug", "data_class", "ring", "note")) == [
        ("*", None, None, "recommended", ""),
        ("<2", "production", 3, "hold", "Old."),
    ]
    event = Event.objects.filter(verb="tooling.standard.published").order_by("-pk")[0]
    assert event.actor == people.esther and event.data["revision"] == 2


def test_a_revision_is_never_edited(people: People, tracking: Capability, mlflow: Entity) -> None:
    made = publish(people.esther, tracking, rule(mlflow))
    for attempt in (
        lambda: Standard.objects.filter(pk=made.pk).update(rationale="Another."),
        lambda: StandardRule.objects.filter(standard=made).update(ring="banned"),
        lambda: StandardRule.objects.filter(standard=made).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()


def test_the_scheme_of_the_tool_reads_its_versions(
    people: People, tracking: Capability, mlflow: Entity
) -> None:
    with nothing_changes(), pytest.raises(Invalid):
        publish(people.esther, tracking, rule(mlflow, versions="^1.4"))
    tools.set_profile(actor=people.esther, tool=mlflow, scheme="semver")
    assert publish(people.esther, tracking, rule(mlflow, versions="^1.4")).rules.get().scheme == "semver"


BAD_RULES: dict[str, Callable[[Entity, Entity], Any]] = {
    "none": lambda tool, model: [],
    "text": lambda tool, model: "tool:coe/mlflow",
    "numbers": lambda tool, model: [1],
    "unknown tool": lambda tool, model: [{"tool": "tool:coe/nothing", "ring": "trial"}],
    "no tool": lambda tool, model: [{"ring": "trial"}],
    "no tool of the catalog": lambda tool, model: [rule(model)],
    "no ring": lambda tool, model: [{"tool": tool.ref}],
    "unknown ring": lambda tool, model: [rule(tool, ring="adopt")],
    "unknown environment": lambda tool, model: [rule(tool, environment="moon")],
    "unknown data class": lambda tool, model: [rule(tool, data_class="secret")],
    "absurd versions": lambda tool, model: [rule(tool, versions=">>2")],
    "versions of no version": lambda tool, model: [rule(tool, versions="<1,>2")],
    "unknown field": lambda tool, model: [rule(tool, state="x")],
    "twice": lambda tool, model: [rule(tool), rule(tool, ring="hold")],
    "too many": lambda tool, model: [rule(tool, versions=f"=={number}") for number in range(201)],
    "hostile note": lambda tool, model: [rule(tool, note="a\x00b")],
    "long note": lambda tool, model: [rule(tool, note="a" * 301)],
}


@pytest.mark.parametrize("name", sorted(BAD_RULES))
def test_wrong_rules_are_refused_by_name(
    people: People, tracking: Capability, mlflow: Entity, name: str
) -> None:
    rules = BAD_RULES[name](mlflow, EntityFactory(name="score"))
    with nothing_changes(), pytest.raises(Invalid) as refused:
        standards.publish_standard(actor=people.esther, capability=tracking, rationale="So.", rules=rules)
    assert list(refused.value.errors) == ["rules"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rationale": " "}, "rationale"),
        ({"rationale": "x" * 20_001}, "rationale"),
        ({"exit_criteria": "\u202e"}, "exit_criteria"),
        ({"summary": "two\nlines"}, "summary"),
    ],
)
def test_wrong_texts_are_refused_by_name(
    people: People, tracking: Capability, mlflow: Entity, fields: dict[str, Any], field: str
) -> None:
    with nothing_changes(), pytest.raises(Invalid) as refused:
        publish(people.esther, tracking, rule(mlflow), **fields)
    assert list(refused.value.errors) == [field]


def test_a_standard_never_begins_in_the_past(people: People, tracking: Capability, mlflow: Entity) -> None:
    with nothing_changes(), pytest.raises(Invalid) as refused:
        publish(people.esther, tracking, rule(mlflow), effective_from=clock.now() - timedelta(seconds=1))
    assert list(refused.value.errors) == ["effective_from"]
    later = clock.now() + timedelta(days=9)
    assert publish(people.esther, tracking, rule(mlflow), effective_from=later).effective_from == later


def test_a_tool_that_not_everybody_sees_enters_no_standard(
    people: People, tracking: Capability, mlflow: Entity
) -> None:
    set_visibility(actor=people.esther, entity=mlflow, visibility="unit")
    with nothing_changes(), pytest.raises((Invalid, NotFound)):
        publish(people.esther, tracking, rule(mlflow))


def test_the_second_of_two_authors_is_told(people: People, tracking: Capability, mlflow: Entity) -> None:
    publish(people.esther, tracking, rule(mlflow), base_revision=0)
    with nothing_changes(), pytest.raises(Conflict) as refused:
        publish(people.esther, tracking, rule(mlflow, ring="hold"), base_revision=0)
    assert refused.value.extra == {"current_revision": 1}
    assert publish(people.esther, tracking, rule(mlflow, ring="hold"), base_revision=1).revision == 2


# -- capabilities, profiles, packages


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"slug": "Track ing"}, Invalid),
        ({"slug": "tracking"}, Conflict),
        ({"slug": "new", "name": ""}, Invalid),
        ({"slug": "new", "quadrant": "north"}, Invalid),
    ],
)
def test_odd_capabilities_are_refused(
    people: People, tracking: Capability, fields: dict[str, Any], error: type[PortalError]
) -> None:
    with nothing_changes(), pytest.raises(error):
        standards.create_capability(
            actor=people.esther, **{"name": "Tracking", "quadrant": "building", **fields}
        )


def test_the_second_of_two_editors_of_a_capability_is_told(people: People, tracking: Capability) -> None:
    seen = tracking.version
    standards.update_capability(
        actor=people.esther, capability=tracking, changes={"name": "Runs"}, expected_version=seen
    )
    with nothing_changes(), pytest.raises(Conflict):
        standards.update_capability(
            actor=people.esther, capability=tracking, changes={"name": "Other"}, expected_version=seen
        )


def test_a_scheme_stays_once_a_standard_speaks_of_the_tool(
    people: People, tracking: Capability, mlflow: Entity
) -> None:
    publish(people.esther, tracking, rule(mlflow))
    with nothing_changes(), pytest.raises(Conflict):
        tools.set_profile(actor=people.esther, tool=mlflow, scheme="semver")
    tools.set_profile(actor=people.esther, tool=mlflow, scheme="pep440", support="Ask us.")
    assert ToolProfile.objects.get(tool=mlflow).support == "Ask us."


def test_a_name_stands_for_one_tool(people: People, mlflow: Entity) -> None:
    tools.name_package(actor=people.esther, tool=mlflow, ecosystem="pypi", name="ML.Flow_Skinny")
    assert mlflow.packages.get().name == "ml-flow-skinny"
    other = making.tool(people, "other")
    with nothing_changes(), pytest.raises(Conflict):
        tools.name_package(actor=people.esther, tool=other, ecosystem="pypi", name="ml-flow-skinny")
    tools.forget_package(actor=people.esther, package=mlflow.packages.get())
    tools.name_package(actor=people.esther, tool=other, ecosystem="pypi", name="ml-flow-skinny")


def test_the_owner_of_a_tool_in_a_standard_takes_none_of_its_names_away(
    people: People, tracking: Capability, mlflow: Entity
) -> None:
    mine = making.tool(people, "mine")
    package = tools.name_package(actor=people.dmitri, tool=mine, ecosystem="image", name="mine/server")
    publish(people.esther, tracking, rule(mlflow), rule(mine, ring="banned"))
    other = making.tool(people, "other")
    with nothing_changes():
        with pytest.raises(Forbidden, match="judged by its names"):
            tools.forget_package(actor=people.dmitri, package=package)
        with pytest.raises(Forbidden, match="mine/server"), transaction.atomic():
            tools.name_package(
                actor=people.dmitri, tool=other, ecosystem="image", name="hub.corp/mine/server"
            )
    tools.forget_package(actor=people.esther, package=package)
    tools.name_package(actor=people.dmitri, tool=other, ecosystem="image", name="hub.corp/mine/server")


@pytest.mark.parametrize(
    ("ecosystem", "name"), [("cargo", "x"), ("pypi", ""), ("pypi", "a b"), ("npm", "\x00")]
)
def test_odd_names_are_refused(people: People, mlflow: Entity, ecosystem: str, name: str) -> None:
    with nothing_changes(), pytest.raises(Invalid):
        tools.name_package(actor=people.esther, tool=mlflow, ecosystem=ecosystem, name=name)


def test_only_tools_have_a_profile(people: People) -> None:
    model = EntityFactory(name="score")
    with nothing_changes(), pytest.raises(Conflict):
        tools.set_profile(actor=people.ada, tool=model)
