"""`catalog-info.yaml` in and out: what is read, what is refused and how, and that nothing is lost on the
way."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.actions.exchange import import_catalog_info, preview_import
from apps.catalog.exchange import Described, backstage_document, catalog_info, read, to_backstage
from apps.catalog.models import Entity, Relation
from apps.catalog.vocabulary import Kind
from apps.core.errors import Invalid
from apps.core.models import Event
from tests.factories import EntityFactory, RelationFactory
from tests.forms import read_form

FILE = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: churn-score
  title: Churn score
  description: |
    Likelihood that a customer leaves.
    Second line.
  tags: [churn, Python]
  links:
    - url: https://git.example.com/churn
      title: Code
  annotations:
    coe-portal/tier: "2"
    backstage.io/source-location: url:https://git.example.com/churn-source
    example.com/other: ignored
spec:
  type: ml-model
  lifecycle: experimental
  owner: group:default/risk-ml
  system: retention
  dependsOn: [resource:default/customers, "component:nowhere"]
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: retention}
spec: {owner: nobody-here}
---
apiVersion: backstage.io/v1alpha1
kind: Template
metadata: {name: scaffold}
spec: {type: service}
"""


@pytest.fixture
def data(people: Any) -> Entity:
    return EntityFactory(kind="dataset", name="customers")


def document(**changes: Any) -> str:
    base = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "thing"},
        "spec": {"type": "service"},
    }
    return yaml.safe_dump(base | changes)


def test_a_file_becomes_entities_with_relations(people: Any, data: Entity) -> None:
    made = import_catalog_info(actor=people.ben, text=FILE, owner=people.team("risk-ml"), skip_refused=True)
    churn = Entity.objects.get(name="churn-score")
    assert [one.name for one in made] == ["churn-score", "retention"]
    assert (churn.kind, churn.stage, churn.namespace, churn.tier) == (
        "model",
        "experiment",
        "retail-banking",
        2,
    )
    assert (churn.tags, churn.description) == (
        ["churn", "python"],
        "Likelihood that a customer leaves.\nSecond line.",
    )
    assert [link["title"] for link in churn.links] == ["Code", "Source"]
    edges = set(Relation.objects.values_list("source__name", "type", "target__name"))
    assert edges == {("churn-score", "part_of", "retention"), ("churn-score", "depends_on", "customers")}


def test_a_file_with_a_refused_document_is_refused_whole(people: Any, data: Entity) -> None:
    events = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        import_catalog_info(actor=people.ben, text=FILE, owner=people.team("risk-ml"))
    assert "“Template” is not kept in this catalog" in refusal.value.detail
    assert "Line 29" in refusal.value.detail
    assert not Entity.objects.filter(name="churn-score").exists()
    assert Event.objects.count() == events


def test_a_preview_says_all_and_writes_nothing(people: Any, data: Entity) -> None:
    events = Event.objects.count()
    outcomes = preview_import(actor=people.ben, text=FILE, owner=people.team("risk-ml"))
    assert [one.change for one in outcomes] == ["create", "create", "refused"]
    said = " ".join(" ".join(one.details) for one in outcomes)
    for part in (
        "New model of Risk ML",
        "no team “nobody-here”",
        "No relation to component:default/nowhere",
        "Relates it to",
    ):
        assert part in said
    assert Entity.objects.count() == 1
    assert Event.objects.count() == events


def test_rights_are_those_of_the_person(people: Any) -> None:
    text = (
        document(spec={"type": "service", "owner": "risk-ml"}) + "---\n" + document(metadata={"name": "own"})
    )
    outcomes = preview_import(actor=people.chloe, text=text, owner=people.team("claims-ai"))
    assert [one.change for one in outcomes] == ["refused", "create"]
    assert outcomes[0].details == ["You may not create things for Risk ML."]
    EntityFactory(kind="service", name="own", owner=people.team("risk-ml"), namespace="insurance")
    (only,) = preview_import(
        actor=people.chloe,
        text=document(metadata={"name": "OWN", "title": "New"}),
        owner=people.team("claims-ai"),
    )
    assert only.change == "refused"
    hidden = EntityFactory(kind="dataset", name="hidden", visibility="restricted")
    spec = {"type": "service", "dependsOn": ["resource:retail-banking/hidden"]}
    (other,) = preview_import(actor=people.chloe, text=document(spec=spec), owner=people.team("claims-ai"))
    assert "not shown to you" in " ".join(other.details)
    assert str(hidden) not in " ".join(other.details)


def test_owner_and_stage_of_what_exists_are_left_alone(people: Any) -> None:
    EntityFactory(kind="service", name="thing", stage="pilot")
    text = document(
        metadata={"name": "thing", "title": "New title"},
        spec={"type": "service", "owner": "claims-ai", "lifecycle": "production"},
    )
    text = text.replace("name: thing", "name: thing\n  namespace: retail-banking")
    (outcome,) = preview_import(actor=people.ben, text=text, owner=people.team("risk-ml"))
    assert outcome.change == "update"
    assert outcome.details == [
        "Changes title.",
        "The owner stays Risk ML; transfer it on its page.",
        "The stage stays pilot; change it on its page.",
    ]


@pytest.mark.parametrize("kind", Kind.values)
def test_out_and_in_again_changes_nothing(people: Any, data: Entity, kind: str) -> None:
    facts = (
        {"definition": "openapi: 3.1.0", "definition_type": "openapi", "note": "kept"}
        if kind == "api"
        else {"note": "kept"}
    )
    thing = EntityFactory(
        kind=kind,
        name="Thing_1.x",
        tags=["a-b"],
        tier=3,
        curated=facts,
        description="One.\n\n- two: 'three' # four\n",
        links=[{"url": "https://x.example/?a=1", "title": "X"}],
        stage="pilot",
    )
    for target, type_ in (
        (data, "trained_on"),
        (EntityFactory(kind="use_case"), "part_of"),
        (EntityFactory(kind="api"), "serves"),
    ):
        RelationFactory(source=thing, target=target, type=type_)
    edges = [(row.type, row.target) for row in Relation.objects.filter(source=thing)]
    text = catalog_info(thing, edges, base_url="https://portal.example")
    thing.description = thing.description.strip()
    Entity.objects.filter(pk=thing.pk).update(description=thing.description)
    (outcome,) = preview_import(actor=people.ben, text=text, owner=people.team("risk-ml"))
    assert (outcome.change, outcome.details) == ("same", [])


def test_a_document_has_what_backstage_requires(people: Any, data: Entity) -> None:
    thing = EntityFactory(name="Fraud-Score", stage="production", tier=1)
    made = to_backstage(thing, [("trained_on", data), ("documented_by", data)], base_url="https://p.example")
    assert set(made) == {"apiVersion", "kind", "metadata", "spec"}
    assert made["spec"] == {
        "type": "ml-model",
        "lifecycle": "production",
        "owner": "group:default/risk-ml",
        "dependsOn": ["resource:retail-banking/customers"],
    }
    assert all(isinstance(value, str) for value in made["metadata"]["annotations"].values())
    assert list(yaml.safe_load_all(backstage_document([made, made]))) == [made, made]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to read"),
        ("a: [", "not valid YAML"),
        ("a: \x01", "not valid YAML"),
        ("x: " + "y" * 1_100_000, "larger than 1 MB"),
        ("---\na: 1\n" * 501, "At most 500"),
        ("- " * 400 + "a", "levels inside each other"),
        ("[" * 50_000, "levels inside each other"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "\n".join(
                f"{b}: &{b} [{','.join(['*' + a] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "unfold to more",
        ),
        ("a: &a [*a]", "unfold to more"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("? [1, 2]\n: x\n? {a: b}\n: y", "not valid YAML"),
        ("a: 2020-13-45", "form that YAML does not know"),
        ("a: " + "9" * 5_000, "form that YAML does not know"),
    ],
)
def test_files_that_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(text)
    assert says in refusal.value.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"apiVersion": "v1"},
        {"kind": "Group"},
        {"kind": ["Component"]},
        {"spec": {"type": "library"}},
        {"spec": "service"},
        {"metadata": {"name": ["x"]}},
        {"metadata": {"name": "x", "tags": "a"}},
        {"metadata": {"name": "x", "tags": [{"a": 1}]}},
        {"metadata": {"name": "x", "links": [{"url": ["y"]}]}},
        {"metadata": {"name": "x", "links": "y"}},
        {"metadata": {"name": "x", "annotations": [1]}},
        {"metadata": {"name": "bad name"}},
        {"metadata": {"name": ""}},
        {"metadata": {"name": "x\u202ey"}},
        {"metadata": {"name": "x", "namespace": "Elsewhere"}},
        {"metadata": {"name": "x", "namespace": "insurance"}},
        {"metadata": {"name": "x", "links": [{"url": "javascript:alert(1)"}]}},
        {"metadata": {"name": "x", "title": "a\u200bb"}},
        {"metadata": {"name": "x", "annotations": {"coe-portal/tier": "9"}}},
        {"spec": {"type": "service", "dependsOn": {"a": 1}}},
        {"spec": {"type": "service", "dependsOn": ["x"] * 201}},
    ],
)
def test_documents_that_are_refused_with_a_sentence(people: Any, changes: dict[str, Any]) -> None:
    (outcome,) = preview_import(actor=people.ben, text=document(**changes), owner=people.team("risk-ml"))
    assert outcome.change == "refused"
    assert outcome.details[0].endswith(".")


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["metadata", "spec", "name", "tags", "links", "type", "owner", "kind"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_shape_of_a_document_breaks_the_reader(value: Any) -> None:
    wrapped = (
        value | {"apiVersion": "backstage.io/v1alpha1", "kind": "Component"}
        if isinstance(value, dict)
        else value
    )
    for one in read(
        yaml.safe_dump([wrapped], allow_unicode=True) + "---\n" + yaml.safe_dump(wrapped) + "---\nx"
    ):
        assert isinstance(one, Described) or one.reason


def test_the_page_shows_before_it_writes(signed_in: Any, people: Any, data: Entity) -> None:
    ben = signed_in("ben")
    shown = ben.post("/catalog/import", {"text": FILE, "owner": "risk-ml"})
    assert shown.status_code == 200
    assert b"2 new, 0 changed, 0 the same, 1 refused" in shown.content
    assert Entity.objects.count() == 1
    kept = read_form(shown.content.decode())
    assert kept["text"][0].replace("\r\n", "\n").strip() == FILE.strip()
    assert ben.post("/catalog/import", kept | {"import": ["1"]}).status_code == 302
    assert Entity.objects.count() == 3


def test_a_file_is_uploaded(signed_in: Any, people: Any) -> None:
    ben = signed_in("ben")

    def send(content: bytes) -> Any:
        return ben.post(
            "/catalog/import", {"file": SimpleUploadedFile("catalog-info.yaml", content), "owner": "risk-ml"}
        )

    assert b"1 new" in send(b"\xef\xbb\xbf" + document().encode()).content
    for content in (b"a: \xff\xfe", b"x" * 1_100_000, b"a: [", b"\x00"):
        response = send(content)
        assert response.status_code == 400
        assert response.context["form"].errors
    assert ben.post("/catalog/import", {"text": "", "owner": "risk-ml"}).status_code == 400
    assert ben.post("/catalog/import", {"text": document(), "owner": "claims-ai"}).status_code == 400
    assert not Entity.objects.exists()


def test_the_export_leaves_out_what_one_may_not_see(signed_in: Any, people: Any) -> None:
    thing = EntityFactory(name="open")
    RelationFactory(
        source=thing, target=EntityFactory(kind="dataset", name="secret-data", visibility="restricted")
    )
    RelationFactory(source=thing, target=EntityFactory(kind="dataset", name="open-data"))
    address = thing.get_absolute_url() + "/catalog-info.yaml"
    chloe, ben = (signed_in(name).get(address) for name in ("chloe", "ben"))
    assert chloe.headers["Content-Type"] == "application/yaml; charset=utf-8"
    assert b"secret-data" not in chloe.content
    assert b"open-data" in chloe.content
    assert b"secret-data" in ben.content
    assert yaml.safe_load(ben.content)["metadata"]["name"] == "open"
