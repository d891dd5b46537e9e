"""A write that is denied changes no row, records no event and defers no job, whichever door it came through.

The doors are listed from the routes themselves: a new one is refused here until it has a line below.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from drf_spectacular.generators import SchemaGenerator
from graphql_relay import to_global_id

from apps.catalog.models import Deployment, Entity, Finding, Relation, Source
from apps.core.policies import SYSTEM
from apps.people.actions import create_token
from apps.people.models import ApiToken, Membership
from apps.wiki.actions.attachments import attach
from apps.wiki.actions.comments import add_comment
from apps.wiki.actions.editing import save_page
from apps.wiki.models import Attachment, Comment, Page
from portal.schema import schema
from tests import factories
from tests.personas import People
from tests.roadmap import refusals as roadmap
from tests.tooling import refusals as tooling
from tests.wiki import refusals
from tests.wiki.making import a_page, a_space

# kim has no team; chloe is an embedded member elsewhere; dmitri runs the platform; jo sponsors another unit.
OUTSIDERS = ("kim", "chloe", "jo", "grace")


@pytest.fixture
def secret(people: People) -> Entity:
    """A restricted thing of risk-ml with everything that hangs on it."""
    entity = factories.EntityFactory(name="secret", visibility="restricted", stage="experiment")
    factories.RelationFactory(source=entity)
    factories.DeploymentFactory(entity=entity)
    factories.FindingFactory(entity=entity)
    factories.SourceFactory(name="mlflow-main")
    create_token(actor=SYSTEM, user=people["ci-risk"], name="ci", scopes=["read"])
    a_secret_page()
    refusals.with_more(Page.objects.get(title="Secret page"), people)
    tooling.with_tooling(people)
    roadmap.with_roadmap(people)
    return entity


def a_secret_page() -> None:
    """A page of a restricted space of risk-ml with two revisions, a comment and a file."""
    page = a_page(space=a_space("restricted", slug="closed"), title="Secret page")
    save_page(actor=SYSTEM, page=page, text="More words.", base=1)
    add_comment(actor=SYSTEM, page=page, text="A remark.")
    attach(actor=SYSTEM, page=page, name="notes.txt", data=b"abc")


def snapshot() -> dict[str, Any]:
    """Every row of every table as the database counts and stamps it (last use of tokens and sessions excepted)."""
    left_out = {"people_apitoken", "django_session", "people_user"}
    tables = {model._meta.db_table for model in apps.get_models() if model._meta.managed} - left_out
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in sorted(tables | {"procrastinate_jobs"}):
            cursor.execute(f"SELECT count(*), sum(xmin::text::bigint) FROM {table}")
            found[table] = cursor.fetchone()
        cursor.execute("SELECT count(*), count(revoked_at) FROM people_apitoken")
        found["tokens"] = cursor.fetchone()
    return found


def rest_writes(secret: Entity) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Operation -> method, address and a body that would be accepted from somebody with the right."""
    at = f"/api/v1/entities/{secret.pk}/"
    deployment, finding, relation = Deployment.objects.get(), Finding.objects.get(), Relation.objects.get()
    target = relation.target.ref
    token = ApiToken.objects.filter(name="ci").get()
    return (
        {
            "deployments_link_create": (
                "post",
                f"/api/v1/deployments/{deployment.pk}/link/",
                {"entity": None},
            ),
            "entities_create": (
                "post",
                "/api/v1/entities/",
                {"kind": "model", "name": "mine", "team": "risk-ml"},
            ),
            "entities_partial_update": ("patch", at, {"title": "Taken", "version": secret.version}),
            "entities_grants_create": ("post", f"{at}grants/", {"team": "claims-ai", "permission": "view"}),
            "entities_grants_destroy": ("delete", f"{at}grants/?team=claims-ai&permission=view", {}),
            "entities_owner_create": (
                "post",
                f"{at}owner/",
                {"owner": "claims-ai", "version": secret.version},
            ),
            "entities_stage_create": ("post", f"{at}stage/", {"to": "pilot", "version": secret.version}),
            "entities_visibility_create": (
                "post",
                f"{at}visibility/",
                {"visibility": "company", "version": secret.version},
            ),
            "findings_handle_create": (
                "post",
                f"/api/v1/findings/{finding.pk}/handle/",
                {"state": "acknowledged"},
            ),
            "relations_create": (
                "post",
                "/api/v1/relations/",
                {"source": secret.ref, "target": target, "type": "evaluated_on"},
            ),
            "relations_destroy": ("delete", f"/api/v1/relations/{relation.pk}/", {}),
            "sync_runs_create": ("post", "/api/v1/sync-runs/", {"source": "mlflow-main"}),
            "tokens_revoke_create": ("post", f"/api/v1/tokens/{token.pk}/revoke/", {}),
        }
        | wiki_writes()
        | tooling.rest_writes()
        | roadmap.rest_writes()
    )


def wiki_writes() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """The same for the restricted page below the restricted space of the wiki."""
    page, comment = Page.objects.get(title="Secret page"), Comment.objects.get()
    attachment = Attachment.objects.get()
    at, space = f"/api/v1/wiki-pages/{page.uid}/", f"/api/v1/wiki-spaces/{page.space.slug}/"
    said = f"/api/v1/wiki-comments/{comment.pk}/"
    grant = {"team": "claims-ai", "permission": "view"}
    return {
        "wiki_spaces_create": (
            "post",
            "/api/v1/wiki-spaces/",
            {"slug": "mine", "title": "Mine", "team": "risk-ml"},
        ),
        "wiki_spaces_partial_update": ("patch", space, {"title": "Taken", "version": 1}),
        "wiki_spaces_visibility_create": ("post", f"{space}visibility/", {"visibility": "company"}),
        "wiki_spaces_owner_create": ("post", f"{space}owner/", {"owner": "claims-ai"}),
        "wiki_spaces_grants_create": ("post", f"{space}grants/", grant),
        "wiki_spaces_grants_destroy": ("delete", f"{space}grants/?team=claims-ai&permission=view", {}),
        "wiki_pages_create": ("post", "/api/v1/wiki-pages/", {"space": page.space.slug, "title": "Mine"}),
        "wiki_pages_partial_update": ("patch", at, {"tags": ["taken"], "version": page.version}),
        "wiki_pages_revisions_create": ("post", f"{at}revisions/", {"text": "Taken.", "base": 2}),
        "wiki_pages_restore_create": ("post", f"{at}restore/", {"revision": 1}),
        "wiki_pages_redact_create": ("post", f"{at}redact/", {"revision": 1, "reason": "x"}),
        "wiki_pages_rename_create": ("post", f"{at}rename/", {"slug": "taken"}),
        "wiki_pages_move_create": ("post", f"{at}move/", {"target": page.get_parent().uid}),
        "wiki_pages_visibility_create": ("post", f"{at}visibility/", {"narrowed": "unit"}),
        "wiki_pages_archive_create": ("post", f"{at}archive/", {}),
        "wiki_pages_unarchive_create": ("post", f"{at}unarchive/", {}),
        "wiki_pages_verify_create": ("post", f"{at}verify/", {"revision": 2}),
        "wiki_pages_unverify_create": ("post", f"{at}unverify/", {}),
        "wiki_pages_acknowledge_create": ("post", f"{at}acknowledge/", {"revision": 2}),
        "wiki_pages_watch_create": ("post", f"{at}watch/", {}),
        "wiki_pages_watch_destroy": ("delete", f"{at}watch/", {}),
        "wiki_pages_grants_create": ("post", f"{at}grants/", grant),
        "wiki_pages_grants_destroy": ("delete", f"{at}grants/?team=claims-ai&permission=view", {}),
        "wiki_pages_attachments_create": ("post", f"{at}attachments/", {"file": "plan.txt"}),
        "wiki_pages_attachments_destroy": ("delete", f"{at}attachments/{attachment.pk}/", {}),
        "wiki_pages_comments_create": ("post", f"{at}comments/", {"text": "Mine."}),
        "wiki_comments_resolve_create": ("post", f"{said}resolve/", {}),
        "wiki_comments_reopen_create": ("post", f"{said}reopen/", {}),
        "wiki_comments_withdraw_create": ("post", f"{said}withdraw/", {}),
    }


def sent(client: Client, method: str, address: str, body: dict[str, Any]) -> Any:
    """As JSON; a file as a form."""
    if "file" in body:
        return client.post(address, {"file": SimpleUploadedFile(body["file"], b"abc")})
    return getattr(client, method)(address, body, content_type="application/json")


def test_every_rest_write_is_walked(secret: Entity) -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"].values()
    writes = {
        ops[method]["operationId"]
        for ops in paths
        for method in ops
        if method in {"post", "put", "patch", "delete"}
    }
    assert writes == set(rest_writes(secret))


@pytest.mark.parametrize("name", OUTSIDERS)
def test_rest(secret: Entity, bearer: Any, name: str) -> None:
    client: Client = bearer(name)
    before = snapshot()
    for operation, (method, address, body) in rest_writes(secret).items():
        if operation in tooling.OPEN_TO_ALL:
            continue
        answer = sent(client, method, address, body)
        assert answer.status_code in {403, 404}, (operation, answer.status_code, answer.content)
        assert b"secret" not in answer.content.replace(secret.ref.encode(), b"").replace(b'secret"', b""), (
            operation
        )
        assert snapshot() == before, operation


def test_a_token_that_may_only_read_writes_nothing(secret: Entity, bearer: Any) -> None:
    client: Client = bearer("ada", "read")
    before = snapshot()
    for operation, (method, address, body) in rest_writes(secret).items():
        answer = sent(client, method, address, body)
        assert answer.status_code in {403, 404}, (operation, answer.status_code, answer.content)
        assert snapshot() == before, operation


def mutations(secret: Entity) -> dict[str, str]:
    """Field -> its input, acceptable from somebody with the right."""
    finding, relation, deployment = Finding.objects.get(), Relation.objects.get(), Deployment.objects.get()
    workload = to_global_id("Deployment", deployment.pk)
    ref, version = f'ref: "{secret.ref}"', f"version: {secret.version}"
    return (
        {
            "createEntity": 'kind: MODEL, name: "mine", owner: "risk-ml"',
            "updateEntity": f'{ref}, {version}, title: "Taken"',
            "changeStage": f"{ref}, {version}, to: PILOT",
            "setVisibility": f"{ref}, {version}, visibility: COMPANY",
            "transferOwnership": f'{ref}, {version}, owner: "claims-ai"',
            "grantAccess": f'{ref}, team: "claims-ai", permission: VIEW',
            "revokeAccess": f'{ref}, team: "claims-ai", permission: VIEW',
            "relate": f'source: "{secret.ref}", target: "{relation.target.ref}", type: EVALUATED_ON',
            "unrelate": f"id: {relation.pk}",
            "linkDeployment": f'id: "{workload}", entity: null',
            "handleFinding": f"id: {finding.pk}, state: ACKNOWLEDGED",
            "addComment": f'page: "{Page.objects.get(title="Secret page").uid}", text: "Mine."',
            "resolveComment": f'id: "{to_global_id("WikiComment", Comment.objects.get().pk)}"',
        }
        | tooling.mutations()
        | roadmap.mutations()
    )


def test_every_mutation_is_walked(secret: Entity) -> None:
    assert set(schema.graphql_schema.mutation_type.fields) == set(mutations(secret))


@pytest.mark.parametrize("name", OUTSIDERS)
def test_graphql(secret: Entity, bearer: Any, name: str) -> None:
    client: Client = bearer(name)
    before = snapshot()
    for field, given in mutations(secret).items():
        arguments = given if field == "unrelate" else f"input: {{ {given} }}"
        query = f"mutation {{ {field}({arguments}) {{ __typename }} }}"
        answer = client.post("/graphql", {"query": query}, content_type="application/json").json()
        assert {error["extensions"]["code"] for error in answer["errors"]} <= {"forbidden", "not_found"}, (
            field,
            answer,
        )
        assert snapshot() == before, field


READING_PAGES = {
    "list", "facets", "count", "entity", "versions", "compare", "deployments", "lineage", "relations", "activity",
    "similar", "preview", "pair-row", "options", "export", "findings", "unowned", "all-deployments", "sources", "source",
    "run", "new", "access", "teams", "committees", "team", "unit", "person",
}  # fmt: skip


def page_writes(secret: Entity, people: People) -> dict[str, tuple[list[Any], dict[str, Any]]]:
    """Route -> its arguments and a form that would be accepted from somebody with the right."""
    at = [secret.kind, secret.namespace, secret.name]
    relation, version = Relation.objects.get(), str(secret.version)
    token = ApiToken.objects.filter(name="ci").get()
    member = Membership.objects.get(user=people.ben)
    risk = people.team("risk-ml").pk
    elsewhere = refusals.page_writes() | tooling.page_writes() | roadmap.page_writes()
    return {
        "catalog:new-of-kind": (
            ["model"],
            {"name": "mine", "title": "Mine", "owner": risk, "visibility": "company"},
        ),
        "catalog:import": (
            [],
            {"text": "apiVersion: backstage.io/v1alpha1\nkind: Component", "owner": risk, "confirm": "1"},
        ),
        "catalog:edit": (at, {"title": "Taken", "version": version}),
        "catalog:stage": (at, {"stage": "pilot", "to": "pilot", "version": version}),
        "catalog:set-visibility": (at, {"visibility": "company", "version": version}),
        "catalog:transfer": (at, {"owner": people.team("claims-ai").pk, "version": version}),
        "catalog:grant": (at, {"team": people.team("claims-ai").pk, "permission": "view"}),
        "catalog:revoke": (at, {"team": people.team("claims-ai").pk, "permission": "view"}),
        "catalog:relate": (at, {"type": "evaluated_on", "target": relation.target.ref}),
        "catalog:unrelate": ([*at, relation.pk], {}),
        "catalog:finding": ([Finding.objects.get().pk], {"state": "acknowledged"}),
        "catalog:link-deployment": ([Deployment.objects.get().pk], {"entity": ""}),
        "catalog:sync": ([Source.objects.get().name], {}),
        "people:member_new": (["risk-ml"], {"user": people.kim.pk, "role": "lead"}),
        "people:member_end": (["risk-ml", member.pk], {}),
        "people:account_new": (["risk-ml"], {"username": "bot", "name": "Bot"}),
        "people:liaison_new": (["insurance"], {"user": people.kim.pk}),
        "people:liaison_end": (["insurance", 1], {}),
        "people:token_new": (["ci-risk"], {"name": "x", "scopes": ["read"], "days": "30"}),
        "people:token_revoke": ([token.pk], {}),
    } | elsewhere


def routes(prefix: str) -> Iterator[str]:
    """The names of an app's pages."""
    resolver = next(each for each in get_resolver().url_patterns if str(each.pattern) == prefix)
    assert isinstance(resolver, URLResolver)
    for pattern in resolver.url_patterns:
        assert isinstance(pattern, URLPattern)
        yield str(pattern.name)


def test_every_page_is_walked_or_only_reads(secret: Entity, people: People) -> None:
    """`people:profile` is everybody's own and is not among them."""
    walked = set(page_writes(secret, people))
    found = {f"catalog:{name}" for name in set(routes("catalog/")) - READING_PAGES}
    found |= {f"people:{name}" for name in set(routes("people/")) - READING_PAGES - {"profile"}}
    found |= {f"wiki:{name}" for name in set(routes("wiki/")) - refusals.READING - refusals.OWN}
    found |= {f"tooling:{name}" for name in set(routes("tooling/")) - tooling.READING - tooling.OWN}
    found |= {f"roadmap:{name}" for name in set(routes("roadmap/")) - roadmap.READING}
    assert found == walked


@pytest.mark.parametrize("name", OUTSIDERS)
def test_pages(secret: Entity, people: People, signed_in: Any, name: str) -> None:
    browser: Client = signed_in(name)
    writes = page_writes(secret, people)
    before = snapshot()
    for route, (arguments, form) in writes.items():
        answer = browser.post(reverse(route, args=arguments), form)
        refused = answer.status_code in {400, 403, 404} or (
            answer.status_code in {200, 409} and "Location" not in answer
        )
        assert refused, (route, answer.status_code)
        assert b"secret" not in answer.content or answer.status_code == 200, route
        assert b"Secret" not in answer.content, route
        assert snapshot() == before, route


@pytest.mark.parametrize(
    "route",
    [
        "catalog:edit",
        "catalog:sync",
        "people:member_new",
        "wiki:edit",
        "tooling:publish",
        "roadmap:cycle-act",
    ],
)
def test_nobody_is_sent_to_sign_in(secret: Entity, people: People, route: str) -> None:
    arguments, form = page_writes(secret, people)[route]
    before = snapshot()
    answer = Client().post(reverse(route, args=arguments), form)
    assert (answer.status_code, answer["Location"].startswith("/accounts/login/")) == (302, True)
    assert snapshot() == before
