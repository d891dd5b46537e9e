"""Entities written in the browser: who may, what is kept, what is refused and what happens to one's words
then."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.catalog.actions import create_entity, update_entity
from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.core.models import Event
from tests.factories import EntityFactory
from tests.forms import form_of, read_form

FACTS: dict[str, dict[str, Any]] = {
    "agent": {"max_steps": 12, "human_in_the_loop": True, "tools": ["search", "mail; send"], "model": "m-1"},
    "api": {"definition": "openapi: 3.1.0\ninfo: {}\n", "definition_type": "openapi"},
    "prompt": {"template": "You are {{ name }}.\n\nAnswer.", "variables": ["name"]},
    "pipeline": {"schedule": "0 3 * * *", "sla": "By 04:00\non working days"},
}


@pytest.fixture
def entity(people: Any) -> Entity:
    return EntityFactory(
        name="fraud-score", title="Fraud score", tags=["fraud"], description="First line.\nSecond."
    )


def page(entity: Entity, below: str = "") -> str:
    return entity.get_absolute_url() + below


@pytest.mark.parametrize(
    ("below", "allowed", "forbidden"),
    [
        ("/edit", "ada ben", "chloe dmitri esther farid kim root"),
        ("/stage", "ada ben esther", "chloe dmitri kim root"),
        ("/access", "ada esther", "ben chloe dmitri kim root"),
        ("/relations/add", "ada ben", "chloe esther kim root"),
    ],
)
def test_who_opens_the_page(signed_in: Any, entity: Entity, below: str, allowed: str, forbidden: str) -> None:
    for name in allowed.split():
        assert signed_in(name).get(page(entity, below)).status_code == 200, name
    for name in forbidden.split():
        assert signed_in(name).get(page(entity, below)).status_code == 403, name


@pytest.mark.parametrize("below", ["/edit", "/stage", "/access", "/relations/add", "/catalog-info.yaml"])
def test_an_invisible_entity_is_not_there(signed_in: Any, people: Any, below: str) -> None:
    hidden = EntityFactory(visibility="restricted")
    for name in ("chloe", "dmitri", "kim"):
        assert signed_in(name).get(page(hidden, below)).status_code == 404
        assert signed_in(name).post(page(hidden, below)).status_code in {404, 405}


def test_strangers_are_sent_to_sign_in(entity: Entity) -> None:
    for path in ("/catalog/new", "/catalog/import", "/catalog/findings/", page(entity, "/edit")):
        response = Client().get(path)
        assert response.status_code == 302, path
        assert "/accounts/login/" in response.headers["Location"]


def test_a_denied_write_changes_nothing(signed_in: Any, entity: Entity) -> None:
    data = {
        "title": "Mine",
        "version": "1",
        "stage": "experiment",
        "visibility": "restricted",
        "owner": "claims-ai",
        "sure": "1",
        "grantee": "user:chloe",
        "permission": "view",
    }
    events = Event.objects.count()
    for below in (
        "/edit",
        "/stage",
        "/access/visibility",
        "/access/owner",
        "/access/grant",
        "/access/revoke",
        "/relations/add",
    ):
        assert signed_in("chloe").post(page(entity, below), data).status_code == 403
    kept = Entity.objects.get(pk=entity.pk)
    assert (kept.title, kept.version, kept.stage, kept.visibility) == ("Fraud score", 1, "idea", "company")
    assert Event.objects.count() == events


def test_the_name_follows_the_title(signed_in: Any) -> None:
    ada = signed_in("ada")
    data = {
        "title": "Überfraud score 2",
        "owner": "risk-ml",
        "visibility": "unit",
        "description": "It scores.",
        "tags": "Fraud, real-time",
        "links_first": ["https://git.example.com/x", ""],
        "links_second": ["Code", ""],
        "risk_class": "limited",
        "regimes": "gdpr, eu-ai-act",
        "facts_first": ["note", "empty"],
        "facts_second": ["a; b", ""],
        "accountable": "ben",
        "tier": "2",
    }
    response = ada.post("/catalog/new/model", data)
    made = Entity.objects.get(name="uberfraud-score-2")
    assert response.headers["Location"] == made.get_absolute_url()
    assert (made.namespace, made.visibility, made.tier) == ("retail-banking", "unit", 2)
    assert (made.tags, made.curated, made.accountable.username) == (
        ["fraud", "real-time"],
        {"note": "a; b"},
        "ben",
    )
    assert made.links == [{"url": "https://git.example.com/x", "title": "Code"}]
    assert (made.model.risk_class, made.model.regimes) == ("limited", ["gdpr", "eu-ai-act"])


def test_a_taken_name_is_said_at_the_name(signed_in: Any, entity: Entity) -> None:
    data = {
        "title": "Another",
        "name": "FRAUD-score",
        "owner": "risk-ml",
        "visibility": "company",
        "risk_class": "high",
    }
    response = signed_in("ada").post("/catalog/new/model", data)
    assert response.status_code == 400
    assert "exist already" in str(response.context["form"].errors["name"])
    assert b'value="Another"' in response.content


def test_people_without_a_team_are_told_so(signed_in: Any) -> None:
    kim = signed_in("kim")
    assert b"You are in no team" in kim.get("/catalog/new").content
    response = kim.post("/catalog/new/tool", {"title": "X", "owner": "risk-ml", "visibility": "company"})
    assert response.status_code == 400
    assert not Entity.objects.exists()


def test_similar_things_show_while_typing(signed_in: Any, entity: Entity) -> None:
    EntityFactory(name="fraud-secret", visibility="restricted")
    address = "/catalog/similar?title=A+new+fraud+thing&name=a-new&suggested=a-new"
    mine, theirs = (signed_in(name).get(address).content.decode() for name in ("ada", "chloe"))
    assert "Fraud score" in theirs
    assert "Fraud secret" in mine
    assert "Fraud secret" not in theirs
    assert 'value="a-new-fraud-thing"' in mine
    assert (
        "hx-swap-oob"
        not in signed_in("ada").get("/catalog/similar?title=A+new&name=chosen&suggested=a").content.decode()
    )


@pytest.mark.parametrize("kind", Kind.values)
def test_saving_an_untouched_form_changes_nothing(signed_in: Any, people: Any, kind: str) -> None:
    details = {
        "dataset": {"retention_days": 30, "allowed_purposes": ["fraud", "credit risk"], "certified": True},
        "model": {"risk_class": "high", "retraining_max_age_days": 90},
    }
    made = create_entity(
        actor=people.ada,
        kind=kind,
        name="thing",
        owner=people.team("risk-ml"),
        title="A thing",
        tier=1,
        reusable=True,
        description="\nOne.\n\n- two  \n- three",
        tags=["a", "b-c"],
        links=[{"url": "https://x.example/a"}],
        accountable=people.ben,
        operated_by=people.team("ml-platform"),
        curated=FACTS.get(kind, {"note": "yes"}),
        details=details.get(kind),
    )
    ada = signed_in("ada")
    response = ada.post(page(made, "/edit"), form_of(ada, page(made, "/edit")))
    assert response.status_code == 302
    after = Entity.objects.get(pk=made.pk)
    assert (after.version, after.curated) == (made.version, made.curated)


def test_a_save_keeps_the_type_of_facts(signed_in: Any, people: Any) -> None:
    made = EntityFactory(kind="agent", curated=FACTS["agent"])
    ada = signed_in("ada")
    data = form_of(ada, page(made, "/edit"))
    values = dict(zip(data["facts_first"], data["facts_second"], strict=True))
    assert values["human_in_the_loop"] == "yes"
    changed = {"max_steps": "20", "human_in_the_loop": "no", "tools": "search; calendar"}
    data["facts_second"] = [changed.get(name, text) for name, text in values.items()]
    ada.post(page(made, "/edit"), data)
    assert Entity.objects.get(pk=made.pk).curated == {
        "max_steps": 20,
        "human_in_the_loop": False,
        "tools": ["search", "calendar"],
        "model": "m-1",
    }


def test_a_conflict_keeps_every_word(signed_in: Any, people: Any, entity: Entity) -> None:
    ada = signed_in("ada")
    data = form_of(ada, page(entity, "/edit"))
    changes = {"description": "Ben's text.", "tags": ["fraud", "cards"]}
    update_entity(actor=people.ben, entity=Entity.objects.get(pk=entity.pk), changes=changes)
    data |= {"description": ["Ada's text."], "title": ["Ada's title"]}
    response = ada.post(page(entity, "/edit"), data)
    html = response.content.decode()
    assert response.status_code == 409
    assert "Ben</strong> changed it" in html
    assert "Ben&#x27;s text." in html
    kept = read_form(html)
    assert kept["description"] == ["Ada's text."]
    assert kept["title"] == ["Ada's title"]
    assert kept["tags"] == ["fraud, cards"]
    assert Entity.objects.get(pk=entity.pk).description == "Ben's text."
    assert ada.post(page(entity, "/edit"), kept).status_code == 302
    after = Entity.objects.get(pk=entity.pk)
    assert (after.title, after.description, after.tags) == ("Ada's title", "Ada's text.", ["fraud", "cards"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("links_first", ["javascript:alert(1)"]),
        ("links_first", ["https://user:word@x.example/"]),
        ("title", ["ad\u202emin"]),
        ("title", ["a\x00b"]),
        ("title", ["x" * 201]),
        ("description", ["a\x08b"]),
        ("description", ["x" * 20_001]),
        ("tags", ["not_a_tag!"]),
        ("tier", ["9"]),
        ("accountable", ["nobody"]),
        ("accountable", ["a\x00"]),
        ("risk_class", ["none of them"]),
        ("purpose", ["a\x07b"]),
        ("retraining_max_age_days", ["-1"]),
        ("retraining_max_age_days", ["9" * 40]),
        ("facts_first", ["note"]),
        ("version", ["99999999999999999999"]),
        ("version", [""]),
    ],
)
def test_bad_input_is_said_at_its_field(signed_in: Any, entity: Entity, field: str, value: list[str]) -> None:
    ada = signed_in("ada")
    data = form_of(ada, page(entity, "/edit")) | {
        "title": ["My words"],
        "links_second": ["Title"],
        "facts_second": ["b\x00"],
    }
    response = ada.post(page(entity, "/edit"), data | {field: value})
    assert response.status_code == 400
    assert response.context["form"].errors
    assert Entity.objects.get(pk=entity.pk).version == 1
    if field != "title":
        assert b"My words" in response.content


def test_a_paste_of_ten_megabytes_is_refused(people: Any, entity: Entity) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.ada, backend="django.contrib.auth.backends.ModelBackend")
    client.raise_request_exception = False
    client.get(page(entity, "/edit"))
    form = "application/x-www-form-urlencoded"
    for answer in (
        client.post(page(entity, "/edit"), {"description": "x" * 10_000_000}),
        client.post(page(entity, "/edit"), b"description=" + b"x" * 10_000_000, content_type=form),
    ):
        assert answer.status_code in {400, 413}
        assert b"Go back" in answer.content or b"Send less" in answer.content
    assert Entity.objects.get(pk=entity.pk).version == 1


def test_text_that_is_not_utf8_gives_no_server_error(signed_in: Any, entity: Entity) -> None:
    form = "application/x-www-form-urlencoded"
    for body in (b"title=\xff\xfe%ff%ed%a0%80&version=1", b"\xff=%00&title=%00&version=1", b"--nothing", b""):
        response = signed_in("ada").post(page(entity, "/edit"), body, content_type=form)
        assert 200 <= response.status_code < 500
    response = signed_in("ada").post(
        page(entity, "/edit"), b"--x\r\nbroken", content_type="multipart/form-data; boundary=x"
    )
    assert 200 <= response.status_code < 500


def test_the_preview_is_sanitised(signed_in: Any) -> None:
    response = signed_in("kim").post(
        "/catalog/preview", {"description": "# T\n\n<script>x</script> [a](javascript:b)"}
    )
    text = response.content.decode()
    assert "<h2>T</h2>" in text
    assert "<script>x" not in text
    assert 'href="javascript' not in text


def test_rows_come_without_scripts_too(signed_in: Any, entity: Entity) -> None:
    ada = signed_in("ada")
    data = form_of(ada, page(entity, "/edit"))
    response = ada.post(page(entity, "/edit"), data | {"more": ["links"], "title": ["Kept"]})
    shown = read_form(response.content.decode())
    assert response.status_code == 200
    assert len(shown["links_first"]) == len(data["links_first"]) + 1
    assert shown["title"] == ["Kept"]
    assert ada.get("/catalog/row/links").status_code == 200
    assert ada.get("/catalog/row/other").status_code == 404


def test_choices_offer_only_what_is_visible(signed_in: Any, people: Any) -> None:
    EntityFactory(name="fraud-open")
    EntityFactory(name="fraud-hidden", visibility="restricted")

    def names(person: str, what: str, words: str = "fraud") -> set[str]:
        return {row["value"] for row in signed_in(person).get(f"/catalog/options/{what}?q={words}").json()}

    assert names("chloe", "entities") == {"model:retail-banking/fraud-open"}
    assert names("chloe", "editable") == set()
    assert len(names("ada", "editable")) == 2
    assert signed_in("kim").get("/catalog/options/entities?q=%00").status_code == 400
    assert signed_in("kim").get("/catalog/options/passwords").status_code == 404
