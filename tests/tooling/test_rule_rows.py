"""The rows of rules that publishing and proposing share: read, checked, added and removed without a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity
from apps.core.checking import refuse
from apps.tooling.actions.rules import checked_rules
from apps.tooling.forms.rules import MOST_ROWS, RuleRows
from apps.tooling.queries.rules import compared, last_revision, rules_of
from tests.personas import People
from tests.tooling import making


@pytest.fixture
def mlflow(people: People) -> Entity:
    return making.tool(people, "mlflow")


def sent(*rows: dict[str, str], **more: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for number, row in enumerate(rows):
        data.appendlist("row", str(number))
        for name, value in row.items():
            data[f"rule-{number}-{name}"] = value
    data.update(more)
    return data


def test_rows_become_rules_as_actions_take_them(people: People, mlflow: Entity) -> None:
    row = {"tool": mlflow.ref, "versions": " >=2.9,<3 ", "ring": "trial", "environment": "staging"}
    rows = RuleRows(people.esther, sent(row | {"data_class": "internal", "note": "Until spring"}))
    assert rows.is_valid() and not rows.editing
    draft = checked_rules(people.esther, rows.rules())[0]
    assert draft.as_json() == rows.rules()[0]
    assert draft.as_json() == {
        "tool": "tool:coe/mlflow", "versions": ">=2.9,<3", "environment": "staging", "data_class": "internal",
        "ring": "trial", "note": "Until spring",
    }  # fmt: skip


def test_a_row_without_content_is_no_rule(people: People, mlflow: Entity) -> None:
    rows = RuleRows(people.esther, sent({"versions": "*"}, {"tool": mlflow.ref, "ring": "hold"}))
    assert rows.is_valid()
    assert [rule["ring"] for rule in rows.rules()] == ["hold"]
    empty = RuleRows(people.esther, sent({"versions": "*"}))
    assert not empty.is_valid() and empty.errors == ["Give at least one rule."]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("tool", "tool:coe/nothing", "There is nothing of this name"),
        ("tool", "a\x00b", "There is nothing of this name"),
        ("versions", "about two", "about two"),
        ("ring", "adopt", "adopt"),
        ("environment", "moon", "moon"),
        ("data_class", "secret", "secret"),
        ("note", "x" * 301, "At most 300"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    people: People, mlflow: Entity, field: str, value: str, said: str
) -> None:
    rows = RuleRows(people.esther, sent({"tool": mlflow.ref, "ring": "trial"} | {field: value}))
    assert not rows.is_valid()
    assert said in str(rows.forms[0].errors[field])
    assert "Rule 1" in render_to_string("tooling/rule_rows.html", {"rows": rows})


def test_adding_and_removing_keep_what_was_typed_and_judge_nothing(people: People, mlflow: Entity) -> None:
    typed: list[dict[str, str]] = [{"tool": mlflow.ref, "versions": "nonsense"}, {"note": "second"}]
    added = RuleRows(people.esther, sent(*typed, rows="add"))
    assert added.editing and [form["note"].value() for form in added.forms] == ["", "second", None]
    removed = RuleRows(people.esther, sent(*typed, rows="remove-1"))
    assert [form["versions"].value() for form in removed.forms] == ["nonsense"]
    page = render_to_string("tooling/rule_rows.html", {"rows": removed})
    assert "field-errors" not in page and "nonsense" in page
    last = RuleRows(people.esther, sent({"note": "only"}, rows="remove-0"))
    assert len(last.forms) == 1


def test_hostile_row_numbers_are_dropped_and_rows_are_bounded(people: People, mlflow: Entity) -> None:
    data = sent({"tool": mlflow.ref, "ring": "trial"})
    data.setlist("row", ["0", "0", "-1", "9" * 40, "x", "\x00", *map(str, range(1, 500))])
    assert len(RuleRows(people.esther, data).forms) == MOST_ROWS


def test_a_refusal_of_the_action_stands_at_the_row_that_it_names(people: People, mlflow: Entity) -> None:
    same = {"tool": mlflow.ref, "ring": "trial", "versions": "*"}
    rows = RuleRows(people.esther, sent(same, same | {"ring": "hold"}))
    assert rows.is_valid()
    assert rows.show(refuse("rules", "Rule 2 repeats the context of another one; one ring a context."))
    assert "repeats" in str(rows.forms[1].non_field_errors())
    assert not rows.show(refuse("rationale", "Say why."))


def test_many_rows_cost_as_many_statements_as_one(people: People, mlflow: Entity) -> None:
    others = [making.tool(people, f"tool-{number}") for number in range(5)]
    rows = [{"tool": each.ref, "ring": "trial"} for each in (mlflow, *others)]
    counts = [statements(people, rows[:size]) for size in (1, 6)]
    # the tools by reference, those offered (with the person's standing), environments, schemes
    assert counts[0] == counts[1] <= 9, counts


def statements(people: People, rows: list[dict[str, str]]) -> int:
    user = people.esther
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found = RuleRows(user, sent(*rows))
        assert found.is_valid()
        render_to_string("tooling/rule_rows.html", {"rows": found})
    return len(captured)


def test_a_revision_reads_back_as_the_rules_that_made_it(people: People, mlflow: Entity) -> None:
    where = making.capability(people)
    rules: list[dict[str, Any]] = [
        {"tool": mlflow.ref, "versions": ">=2", "environment": "production", "data_class": "confidential",
         "ring": "mandatory", "note": "n"},
        {"tool": mlflow.ref, "versions": "*", "environment": None, "data_class": None, "ring": "hold", "note": ""},
    ]  # fmt: skip
    assert rules_of(people.kim, last_revision(where)) == []
    made = making.standard(people, where, rules=rules)
    assert last_revision(where) == made
    assert rules_of(people.kim, made) == rules


def test_two_sets_of_rules_compared(mlflow: Entity) -> None:
    def rule(ring: str, versions: str = "*", note: str = "") -> dict[str, Any]:
        return {"tool": mlflow.ref, "versions": versions, "environment": None, "data_class": None, "ring": ring,
                "note": note}  # fmt: skip

    changes = compared([rule("hold"), rule("trial", "<2"), rule("trial", "3")],
                       [rule("hold"), rule("banned", "<2"), rule("assess", ">4")])  # fmt: skip
    assert [change.kind for change in changes] == ["same", "changed", "added", "removed"]


def test_tools_are_found_by_typing(
    people: People, mlflow: Entity, signed_in: Callable[[str], Client]
) -> None:
    answer = signed_in("kim").get("/tooling/options/tools/?q=mlf")
    assert [row["value"] for row in answer.json()] == [mlflow.ref]
    assert signed_in("kim").get("/tooling/options/nothing/").status_code == 404
