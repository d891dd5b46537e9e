"""Who opens the admin and what they find there: the same rows as everywhere, on every page of the site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Entity, Source
from apps.core.events import record
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.models import User
from tests.factories import EntityFactory, FindingFactory, SourceFactory, SyncRunFactory
from tests.personas import NAMES, People

SignedIn = Callable[[str], Client]
INSIDE = ("esther", "dmitri", "root")
PAGES = sorted(
    (f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry), key=str
)
# By hand: what each person may enter. A superuser is no CoE lead and belongs to no team.
ADDABLE = {
    "esther": {
        "catalog_entity", "catalog_source", "people_businessunit", "people_committee", "people_committeeseat",
        "people_liaison", "people_membership", "people_serviceaccount", "people_team", "people_user", "roadmap_cycle",
        "tooling_capability", "tooling_closedday", "tooling_environment", "tooling_tierrule", "wiki_space",
    },
    "dmitri": {"catalog_entity", "people_membership", "people_serviceaccount", "wiki_space"},
}  # fmt: skip
ADDABLE["root"] = {page for page in ADDABLE["esther"] if not page.startswith(("roadmap_", "tooling_"))}


def address(page: str, kind: str = "changelist", *args: object) -> str:
    return reverse(f"admin:{page}_{kind}", args=args)


@pytest.fixture
def world(people: People) -> People:
    """At least one row of each visibility, a source, a run and findings."""
    for visibility in ("company", "unit", "restricted"):
        FindingFactory(entity=EntityFactory(name=f"of-{visibility}", visibility=visibility))
    SyncRunFactory(source=SourceFactory(name="registry"))
    return people


def test_the_site_holds_only_pages_of_the_house(db: None) -> None:
    assert not admin.site.is_registered(Group)
    assert all(model.__module__.startswith("apps.") for model in admin.site._registry)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in INSIDE])
def test_others_are_refused_on_every_page(name: str, world: People, signed_in: SignedIn) -> None:
    client = signed_in(name)
    addresses = [reverse("admin:index"), *(address(page) for page in PAGES)]
    assert {client.get(one).status_code for one in addresses} == {403}


def test_anonymous_people_are_sent_to_the_sign_in(client: Client, db: None) -> None:
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_the_staff_flag_opens_nothing(world: People, signed_in: SignedIn) -> None:
    User.objects.filter(username="kim").update(is_staff=True)
    assert signed_in("kim").get(reverse("admin:index")).status_code == 403


def test_a_deactivated_lead_is_out(world: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    User.objects.filter(username="esther").update(is_active=False)
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", INSIDE)
def test_lists_show_what_the_policy_shows(name: str, page: str, world: People, signed_in: SignedIn) -> None:
    response = signed_in(name).get(address(page))
    assert response.status_code == 200
    listed = response.context["cl"]
    if hasattr(listed.model, "policy"):
        visible = listed.model.objects.visible_to(world[name])
        assert set(listed.queryset.values_list("pk", flat=True)) == set(visible.values_list("pk", flat=True))


@pytest.mark.parametrize("name", INSIDE)
def test_who_may_add_what(name: str, world: People, signed_in: SignedIn) -> None:
    client = signed_in(name)
    open_forms = {page for page in PAGES if client.get(address(page, "add")).status_code == 200}
    assert open_forms == ADDABLE[name]


def test_what_is_invisible_is_not_there(world: People, signed_in: SignedIn) -> None:
    restricted = Entity.objects.get(name="of-restricted")
    client = signed_in("dmitri")
    for kind in ("change", "history", "delete"):
        assert client.get(address("catalog_entity", kind, restricted.pk)).status_code in {403, 404}
    assert client.get(address("catalog_entity", "operation", restricted.pk, "transfer")).status_code == 404
    assert signed_in("esther").get(address("catalog_entity", "change", restricted.pk)).status_code == 200


def test_there_is_no_detour_to_objects(world: People, signed_in: SignedIn) -> None:
    """Django's `view_on_site` redirects to any row of any table, its reference in the address."""
    restricted = Entity.objects.get(name="of-restricted")
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(Entity)
    assert signed_in("dmitri").get(f"/admin/r/{kind.pk}/{restricted.pk}/").status_code == 404


@pytest.mark.parametrize("name", INSIDE)
def test_nothing_is_ever_deleted(name: str, world: People, signed_in: SignedIn) -> None:
    client = signed_in(name)
    for page, model in zip(PAGES, _models(), strict=True):
        row = model._base_manager.first()
        if row is not None:
            assert client.post(address(page, "delete", row.pk), {"post": "yes"}).status_code in {403, 404}
            data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            client.post(address(page), data)
            assert model._base_manager.filter(pk=row.pk).exists()


def _models() -> list[type]:
    return sorted(admin.site._registry, key=lambda model: f"{model._meta.app_label}_{model._meta.model_name}")


def test_choosing_a_row_offers_visible_ones_only(world: People, signed_in: SignedIn) -> None:
    query = {"app_label": "catalog", "model_name": "deployment", "field_name": "entity", "term": "of"}
    url = reverse("admin:autocomplete")
    offered = {row["text"] for row in signed_in("dmitri").get(url, query).json()["results"]}
    assert offered == {"Of company", "Of unit"}
    assert "Of restricted" in {row["text"] for row in signed_in("esther").get(url, query).json()["results"]}


def test_the_audit_log_shows_events_of_visible_things_only(world: People, signed_in: SignedIn) -> None:
    from django.db import transaction

    with transaction.atomic():
        for name in ("of-company", "of-restricted"):
            record("catalog.entity.changed", actor=SYSTEM, target=Entity.objects.get(name=name))
    page = signed_in("dmitri").get(address("core_event"), {"target_type": "catalog.entity"}).content.decode()
    assert "Of company" in page and "Of restricted" not in page


def test_platform_engineers_read_sources_and_may_not_edit_them(world: People, signed_in: SignedIn) -> None:
    source = Source.objects.get(name="registry")
    client = signed_in("dmitri")
    url = address("catalog_source", "change", source.pk)
    assert b'name="_save"' not in client.get(url).content
    before = Event.objects.count()
    assert client.post(url, {"name": "mine", "seen_version": "1"}).status_code == 403
    assert (Source.objects.get(pk=source.pk).name, Event.objects.count()) == ("registry", before)
