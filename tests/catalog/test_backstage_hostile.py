"""Texts that want to be more than texts, rows that Backstage would drop, and the rules themselves."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from apps.catalog.backstage import rules
from apps.catalog.exchange import backstage_document
from apps.catalog.models import Entity
from apps.people.models import Team
from tests import backstage_rules as backstage
from tests.backstage_rules.served import documents, fetch
from tests.factories import EntityFactory, RelationFactory
from tests.personas import People

HOSTILE = [
    "colon: space", "key: {a: b}", "---", "...", "--- !!python/object/apply:os.system ['id']", "!!binary x",
    "&a *a", "*alias", "# comment", "a # b", "yes", "No", "null", "~", "1e3", "0o17", ".5", "1_000", "0x1F",
    "2026-01-01", "12:30:45", "=", "<<", "- item", "? key", "| block", "> fold", "@at", "`tick`",
    "%YAML 1.1", "'single'", '"double"', "back\\slash \\n", "ünïcödé 漢字 🚀", "\u2028line\u2029para",
    "\u0085next", "\ufeffbom", "tab\there", "a\r\nb", "first\n---\nkind: User\n...\n", "  leading\n   more",
    "trailing \n\n", "x\n\n\n y\n", "\x7f\x9f\uffff", "{{ jinja }}", "' or 1=1; --",
    "<script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(people: People, text: str) -> None:
    curated = {"definition": text, "definition_type": text}
    links = [{"url": "https://example.com/?q=a:b#c", "title": text}]
    EntityFactory(kind="api", name="edge", title=text, description=text, links=links, curated=curated)
    Team.objects.filter(slug="risk-ml").update(name=text, description=text)
    found = documents()
    document = found["api:retail-banking/edge"]
    assert document["metadata"]["title"] == document["metadata"]["description"] == text
    assert document["metadata"]["links"][1]["title"] == text
    assert document["spec"]["definition"] == document["spec"]["type"] == text
    assert found["group:default/risk-ml"]["spec"]["profile"]["displayName"] == text


def test_a_very_long_description_survives(people: People) -> None:
    text = "Line of a long story: it goes on.\n" * 20_000 + "end"
    EntityFactory(name="long", description=text)
    assert documents()["component:retail-banking/long"]["metadata"]["description"] == text


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["kind", "a-b", "x/y.z"]),
            st.recursive(
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
                lambda inner: (
                    st.lists(inner.filter(lambda value: isinstance(value, str)))
                    | st.dictionaries(st.sampled_from(["p", "q"]), inner, min_size=1)
                ),
            ),
            min_size=1,
        ),
        min_size=1,
    )
)
def test_stream_reads_back_as_written(content: list[dict[str, Any]]) -> None:
    text = backstage_document(content)
    assert list(yaml.load_all(text, Loader=yaml.SafeLoader)) == content
    assert list(yaml.load_all(text, Loader=backstage.Strict)) == content


def test_what_backstage_would_drop_is_left_out_and_logged(people: People) -> None:
    """Rows that no action would write: the database does not know Backstage's rules."""
    good = EntityFactory(name="good")
    for column, value in {
        "name": "bad name",
        "namespace": "Bad_Space",
        "tags": ["No Tag"],
        "title": "  ",
    }.items():
        bad = EntityFactory(name=f"bad-{column}")
        Entity.objects.filter(pk=bad.pk).update(**{column: value})
        RelationFactory(source=good, target=bad, type="depends_on")
    Entity.objects.filter(pk=EntityFactory(name="bad-link").pk).update(
        links=[{"url": "javascript:x", "title": "x"}]
    )
    with capture_logs() as logs:
        content = fetch()
    assert len([entry for entry in logs if entry["event"] == "left out of the Backstage file"]) == 5
    assert content.endswith(b"Left out because Backstage would drop them: 5.\n")
    found = documents()
    assert [name for name in found if ":retail-banking/" in name] == ["component:retail-banking/good"]
    assert "dependsOn" not in found["component:retail-banking/good"]["spec"]


BROKEN: list[tuple[str, Any]] = [
    ("root", {"relations": []}), ("apiVersion", "backstage.io/v2"), ("kind", "Template"),
    ("metadata.name", "-a"), ("metadata.name", "a" * 64), ("metadata.name", "a\n"), ("metadata.name", 7),
    ("metadata.namespace", "Retail"), ("metadata.namespace", "a_b"), ("metadata.title", ""),
    ("metadata.description", None), ("metadata.tags", ["A"]), ("metadata.tags", ["a--b"]),
    ("metadata.tags", ["a" * 64]), ("metadata.annotations", {"a b": "x"}),
    ("metadata.annotations", {"a/b/c": "x"}), ("metadata.annotations", {"a": 1}),
    ("metadata.links", [{"url": "/x"}]), ("metadata.links", [{"url": "https://a.b", "title": " "}]),
    ("metadata.links", [{"title": "x"}]), ("spec.type", ""), ("spec.lifecycle", None),
    ("spec.owner", "risk-ml"), ("spec.dependsOn", ["component:a"]), ("spec.system", ""),
    ("spec.dependsOn", "component:a/b"), ("spec.providesApis", [""]),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value"), BROKEN)
def test_both_writings_of_the_rules_refuse_the_same(place: str, value: Any) -> None:
    document: dict[str, Any] = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {"type": "service", "lifecycle": "pilot", "owner": "group:default/a"},
    }
    assert rules.problems(document) == backstage.refusals(document) == []
    outer, _, inner = place.partition(".")
    if place == "root":
        document |= value
    elif inner:
        document[outer][inner] = value
    else:
        document[outer] = value
    assert rules.problems(document)
    assert backstage.refusals(document)
