"""The table of rights of people.md, written by hand, against every owned model.

Each letter of a cell says what the persona may do with a thing that `risk-ml` (Retail Banking) owns: v view,
c change, a administer. Nothing here is computed from a policy: such an expectation could not fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from apps.catalog.actions import grant_access, revoke_access
from apps.catalog.models import Entity
from apps.core.errors import Forbidden, NotFound, Unauthenticated
from apps.core.policies import SYSTEM, can, require
from apps.people.actions import deactivate_user, end_membership, send_liaison
from apps.people.models import Membership, Owned
from apps.roadmap.models import Request
from apps.wiki.models import Page, Space
from tests.factories import EntityFactory
from tests.personas import ALL, People
from tests.roadmap.walked import a_request
from tests.wiki.making import a_page, a_space

#             company   unit   restricted
MATRIX = {
    "ada": ("vca", "vca", "vca"),
    "ben": ("vc", "vc", "vc"),
    "chloe": ("v", "", ""),
    "dmitri": ("v", "v", ""),
    "esther": ("va", "va", "va"),
    "farid": ("v", "v", ""),
    "grace": ("v", "", ""),
    "hana": ("v", "", ""),
    "ivan": ("v", "", ""),
    "jo": ("v", "", ""),
    "kim": ("v", "", ""),
    "root": ("v", "v", "v"),
    "ci-risk": ("vc", "vc", "vc"),
}
VISIBILITIES = ("company", "unit", "restricted")
ACTIONS = {"v": "view", "c": "change", "a": "administer"}

# One way to make a thing of each owned model, owned by risk-ml. A new owned model is refused until it is here.
MAKERS: dict[type[Any], Callable[..., Any]] = {
    Entity: EntityFactory,
    Request: a_request,
    Space: a_space,
    Page: a_page,
}


def owned_models() -> list[type[Any]]:
    return [model for model in apps.get_models() if issubclass(model, Owned)]


def test_every_owned_model_has_a_maker_and_every_persona_a_row() -> None:
    assert set(MAKERS) == set(owned_models())
    assert set(MATRIX) == set(ALL)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_the_table_of_rights(people: People, model: type[Any], visibility: str) -> None:
    thing = MAKERS[model](visibility=visibility)
    column = VISIBILITIES.index(visibility)
    found = {
        name: "".join(letter for letter, action in ACTIONS.items() if can(people[name], action, thing))
        for name in ALL
    }
    assert found == {name: cells[column] for name, cells in MATRIX.items()}


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_lists_say_what_single_checks_say(people: People, model: type[Any], visibility: str) -> None:
    thing = MAKERS[model](visibility=visibility)
    for name in ALL:
        user = people[name]
        row = model.objects.with_can(user, *ACTIONS.values()).get(pk=thing.pk)
        for action in ACTIONS.values():
            listed = model.objects.allowed(user, action).filter(pk=thing.pk).exists()
            assert listed == can(user, action, thing) == getattr(row, f"can_{action}"), (name, action)


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_invisible_is_not_found_and_visible_but_refused_is_forbidden(people: People, visibility: str) -> None:
    thing = EntityFactory(visibility=visibility)
    expected = Forbidden if visibility == "company" else NotFound
    with pytest.raises(expected):
        require(people.chloe, "change", thing)
    with pytest.raises(Unauthenticated):
        require(AnonymousUser(), "view", thing)


def test_nobody_and_the_deactivated_see_nothing(people: People) -> None:
    thing = EntityFactory(visibility="company")
    assert not can(AnonymousUser(), "view", thing)
    assert not can(None, "view", thing)
    ada = people.ada
    deactivate_user(actor=people.esther, user=people.ada)
    ada.is_active = False
    assert not can(people.ada, "view", thing)
    assert not can(people.esther, "fly", thing), "an unknown action is denied"


def test_tokens_narrow_what_the_policy_gives(people: People) -> None:
    thing = EntityFactory()
    ben = people.ben
    ben.token_scopes = frozenset({"read"})
    assert can(ben, "view", thing)
    assert not can(ben, "change", thing)
    ben.token_scopes = frozenset({"write"})
    assert not can(ben, "view", thing)


def test_a_token_without_the_scope_is_told_so(people: People) -> None:
    thing, ben, chloe = EntityFactory(), people.ben, people.chloe
    ben.token_scopes = chloe.token_scopes = frozenset({"read"})
    with pytest.raises(Forbidden, match="This token has no scope “write”") as refused:
        require(ben, "change", thing)
    assert refused.value.next_step == "Use a token with the scope “write”."
    chloe.token_scopes = frozenset({"read", "write"})
    with pytest.raises(Forbidden, match="You see this entity and may not change it"):
        require(chloe, "change", thing)
    ben.token_scopes = frozenset({"write"})
    with pytest.raises(NotFound):
        require(ben, "change", thing)


def test_a_grant_opens_one_thing_to_one_team(people: People) -> None:
    thing, other = EntityFactory(visibility="restricted"), EntityFactory(visibility="restricted")
    grant_access(actor=people.ada, entity=thing, grantee=people.team("claims-ai"), permission="view")
    assert can(people.chloe, "view", thing)
    assert not can(people.chloe, "change", thing)
    assert not can(people.chloe, "view", other)
    grant_access(actor=people.ada, entity=thing, grantee=people.kim, permission="change")
    assert can(people.kim, "change", thing)
    revoke_access(actor=people.ada, entity=thing, grantee=people.kim, permission="change")
    assert not can(people.kim, "view", thing)


def test_operators_and_the_accountable_person_see_it(people: People) -> None:
    thing = EntityFactory(
        visibility="restricted", operated_by=people.team("ml-platform"), accountable=people.kim
    )
    for user in (people.dmitri, people.kim):
        assert can(user, "view", thing)
        assert not can(user, "change", thing)


def test_liaisons_and_members_below_see_what_the_unit_shows(people: People) -> None:
    thing = EntityFactory(visibility="unit")
    assert not can(people.kim, "view", thing)
    send_liaison(actor=people.esther, user=people.kim, business_unit=people.unit("retail-banking"))
    assert can(people.kim, "view", thing)
    from apps.people.actions import create_team

    group_team = create_team(
        actor=SYSTEM, slug="group-ai", name="Group AI", kind="embedded", business_unit=people.unit("group")
    )
    above = EntityFactory(visibility="unit", owner=group_team)
    assert can(people.ben, "view", above), "a member of a team below the owner's unit"
    from apps.people.actions import start_membership

    start_membership(actor=SYSTEM, user=people.grace, team=group_team)
    assert not can(people.grace, "view", thing), "a member above the owner's unit"


def test_a_membership_that_ended_gives_nothing(people: People) -> None:
    thing = EntityFactory(visibility="restricted")
    end_membership(actor=people.ada, membership=Membership.objects.get(user=people.ben, team__slug="risk-ml"))
    assert not can(people.ben, "view", thing)
