"""A tool's page and its profile."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.tooling.actions.granting import close
from apps.tooling.actions.tools import name_package, set_profile
from apps.tooling.models import Environment, ObservedUse, Package, ToolProfile
from tests.factories import EntityFactory
from tests.personas import ALL, People
from tests.tooling import making
from tests.traces import nothing_changes

SignedIn = Callable[[str], Client]
PAGE = "/tooling/tools/coe/wandb/"
PROFILE = PAGE + "profile/"


@pytest.fixture
def wandb(people: People) -> Entity:
    found = making.tool(people, "wandb", title="Wandb")
    mlflow = making.tool(people, "mlflow", title="Mlflow")
    making.standard(
        people,
        making.capability(people),
        rules=[
            {"tool": mlflow.ref, "ring": "recommended"},
            {"tool": found.ref, "ring": "hold"},
            {"tool": found.ref, "ring": "trial", "environment": "development", "note": "For comparison."},
            {"tool": found.ref, "ring": "assess", "versions": "<1", "note": "Not looked at."},
        ],
        exit_criteria="Runs can be exported.",
    )
    return found


def use(tool: Entity, where: str = "production", version: str = "1.4", **fields: object) -> ObservedUse:
    return ObservedUse.objects.create(
        entity=EntityFactory(**fields),
        tool=tool,
        environment=Environment.objects.get(slug=where),
        data_class=1,
        version=version,
        origin="flavour",
    )


def get(client: Client, address: str = PAGE, **params: str) -> str:
    answer = client.get(address, params)
    assert answer.status_code == 200
    return answer.content.decode()


def rings(body: str) -> list[list[str]]:
    table = body.partition('class="table ring-table"')[2].partition("</table>")[0]
    return [re.findall(r"ring-word ring-(\w+)", row) for row in table.split("<tr>")[2:]]


def test_the_page_tells_where_it_stands_and_why(signed_in: SignedIn, wandb: Entity) -> None:
    body = get(signed_in("kim"))
    assert rings(body) == [["trial"] * 4, ["hold"] * 4, ["hold"] * 4, ["hold"] * 4]
    for word in ("One place for runs.", "Runs can be exported.", "For comparison.", "newest version"):
        assert word in body
    assert (
        'href="/tooling/requests/new/?tool=tool%3Acoe/wandb"' in body
        and 'href="/catalog/tool/coe/wandb"' in body
    )


def test_one_version_may_be_asked_for(signed_in: SignedIn, wandb: Entity) -> None:
    assert rings(get(signed_in("kim"), version="0.9")) == [["assess"] * 4] * 4


@pytest.mark.parametrize("version", ["", "x" * 500, "<script>", "latest", "\u202e", "9" * 60])
def test_odd_versions_are_answered(signed_in: SignedIn, wandb: Entity, version: str) -> None:
    assert "<script>" not in get(signed_in("kim"), version=version).partition("<main")[2]


def test_uses_are_judged_now(people: People, signed_in: SignedIn, wandb: Entity) -> None:
    use(wandb, name="score")
    use(wandb, "development", name="trial-run")
    use(wandb, "test", name="excepted-run")
    making.sent(people, wandb, "test")
    body = get(signed_in("kim"))
    answers = re.findall(
        r"(Allowed|Denied|Excepted)</span>", body.partition('id="uses"')[2].partition('id="exceptions"')[0]
    )
    assert answers == ["Denied", "Excepted", "Allowed"]
    assert "<code>1.4</code>" in body and "3 entities" in body
    assert '<td data-label="In">Production<span' in body


def test_uses_of_hidden_entities_are_not_shown(signed_in: SignedIn, wandb: Entity) -> None:
    use(wandb, name="secret-score", visibility="restricted")
    assert "secret-score" in get(signed_in("ben"))
    body = get(signed_in("kim"))
    assert "secret-score" not in body and "The scan saw nobody use it" in body


def test_exceptions_are_shown_as_they_hold_now(people: People, signed_in: SignedIn, wandb: Entity) -> None:
    request = making.sent(people, wandb, "test")
    body = get(signed_in("kim")).partition('id="exceptions"')[2]
    assert "Excepted" in body and request.get_absolute_url() in body
    close(actor=people.ben, request=request)
    body = get(signed_in("kim")).partition('id="exceptions"')[2]
    assert "Excepted" not in body and "Revoked" in body


def test_instead_of_a_tool_one_takes_what_decide_names_wherever_it_stands_on_the_radar(
    people: People, signed_in: SignedIn
) -> None:
    kept, runs = making.tool(people, "mlflow", title="Mlflow"), making.tool(people, "wandb", title="Wandb")
    making.standard(people, making.capability(people), (kept, "mandatory"), (runs, "trial"))
    making.standard(people, making.capability(people, "versioning", "data"), (kept, "mandatory"))
    aside = get(signed_in("kim")).partition("Take instead")[2].partition("</section>")[0]
    assert 'href="/tooling/tools/coe/mlflow/"' in aside


def test_what_to_take_instead(signed_in: SignedIn, wandb: Entity) -> None:
    assert 'href="/tooling/tools/coe/mlflow/"' in get(signed_in("kim"))
    assert "No standard names another tool" in get(signed_in("kim"), "/tooling/tools/coe/mlflow/")


def test_support_and_names(people: People, signed_in: SignedIn, wandb: Entity) -> None:
    set_profile(
        actor=people.dmitri, tool=wandb, supported_by=people.team("ml-platform"), support="Ask **us**."
    )
    name_package(actor=people.dmitri, tool=wandb, ecosystem="pypi", name="wandb-core")
    body = get(signed_in("kim"))
    assert "<strong>us</strong>" in body and "wandb-core" in body and "ML Platform" in body


def test_a_tool_of_no_standard_is_to_be_assessed(people: People, signed_in: SignedIn) -> None:
    making.tool(people, "unheard")
    assert "To be assessed" in get(signed_in("kim"), "/tooling/tools/coe/unheard/")


def test_capital_letters_do_not_matter(signed_in: SignedIn, wandb: Entity) -> None:
    assert "Wandb" in get(signed_in("kim"), "/tooling/tools/COE/Wandb/")


def test_what_is_hidden_or_no_tool_is_not_found(people: People, signed_in: SignedIn, wandb: Entity) -> None:
    EntityFactory(name="score", namespace="coe")
    set_visibility(actor=people.esther, entity=wandb, visibility="restricted")
    for address in (PAGE, PROFILE, "/tooling/tools/coe/score/", "/tooling/tools/coe/nothing/"):
        assert signed_in("kim").get(address).status_code == 404
    assert signed_in("dmitri").get(PAGE).status_code == 200


def test_statements_do_not_grow_with_uses(people: People, signed_in: SignedIn, wandb: Entity) -> None:
    client = signed_in("ben")
    use(wandb)
    making.sent(people, wandb, "test")

    def statements() -> int:
        get(client)
        with CaptureQueriesContext(connection) as found:
            get(client)
        return len(found)

    before = statements()
    for number in range(5):
        use(wandb, version=f"1.{number}.9")
    making.sent(people, wandb, "staging", by="chloe", team=people.team("claims-ai"))
    assert statements() == before


# -- the profile


@pytest.mark.parametrize("name", sorted(set(ALL) - {"esther", "dmitri"}))
@pytest.mark.parametrize("do", ["profile", "name", "forget"])
def test_only_editors_and_coe_leads_write_it(
    people: People, signed_in: SignedIn, wandb: Entity, name: str, do: str
) -> None:
    package = name_package(actor=people.dmitri, tool=wandb, ecosystem="pypi", name="wandb")
    client = signed_in(name)
    data = {"do": do, "scheme": "pep440", "ecosystem": "npm", "name": "wandb", "package": package.pk}
    with nothing_changes():
        assert client.get(PROFILE).status_code == 403
        assert client.post(PROFILE, data).status_code == 403
    assert PROFILE not in get(client)


@pytest.mark.parametrize("name", ["esther", "dmitri"])
def test_it_is_written_section_by_section(
    people: People, signed_in: SignedIn, wandb: Entity, name: str
) -> None:
    client = signed_in(name)
    sent = {"do": "profile", "scheme": "pep440", "supported_by": "ml-platform", "support": "Ask us."}
    assert client.post(PROFILE, sent).status_code == 302
    assert client.post(PROFILE, {"do": "name", "ecosystem": "pypi", "name": "WandB"}).status_code == 302
    profile, package = ToolProfile.objects.get(tool=wandb), Package.objects.get()
    assert (profile.supported_by, profile.support, package.name) == (
        people.team("ml-platform"),
        "Ask us.",
        "wandb",
    )
    body = get(client, PROFILE)
    assert "Ask us." in body and "wandb" in body
    # a standard speaks of the tool: CoE leads alone take a name off it, or its ban would end with the name
    answer = client.post(PROFILE, {"do": "forget", "package": package.pk})
    assert (answer.status_code, Package.objects.exists()) == (
        (302, False) if name == "esther" else (403, True)
    )


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"do": "name", "ecosystem": "pypi", "name": "a b"}, 400),
        ({"do": "name", "ecosystem": "cargo", "name": "a"}, 400),
        ({"do": "name", "ecosystem": "pypi", "name": "mlflow"}, 409),
        ({"do": "profile", "scheme": "semver", "support": "Kept words"}, 409),
        ({"do": "profile", "scheme": "pep440", "supported_by": "nobody", "support": "Kept words"}, 400),
        ({"do": "profile", "scheme": "pep440", "support": "Kept words\u202e"}, 400),
        ({"do": "forget", "package": "x"}, 400),
        ({"do": "forget", "package": "999999"}, 404),
        ({"do": "sell"}, 400),
        ({}, 400),
    ],
)
def test_what_is_refused_stays_typed(
    people: People, signed_in: SignedIn, wandb: Entity, data: dict[str, str], status: int
) -> None:
    mlflow = Entity.objects.get(name="mlflow")
    name_package(actor=people.dmitri, tool=mlflow, ecosystem="pypi", name="mlflow")
    client = signed_in("esther")
    with nothing_changes():
        answer = client.post(PROFILE, data)
    assert answer.status_code == status
    assert data.get("support", "")[:10] in answer.content.decode()
