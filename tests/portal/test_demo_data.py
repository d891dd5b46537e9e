"""The demo world's files hold together: what a loader would trip over, or a visitor would notice, fails here.

Plain data against rules written by hand (`demo_files`); no table and no policy is asked, so that a mistake in
those cannot hide one here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
import yaml

from tests.portal import demo_files as demo

FRAUD = "model:retail-banking/fraud-score"
OLDEST_DAYS = 190


def test_people_are_thirty_with_the_personas() -> None:
    data = demo.read("people.yaml")
    assert len(data["users"]) == len(demo.usernames()) == 30
    assert demo.usernames() >= demo.PERSONAS
    assert all(row["email"] == f"{row['username']}@example.com" for row in data["users"])
    in_teams = {row["user"] for row in data["memberships"]}
    assert in_teams <= demo.usernames() - demo.WITHOUT_TEAM
    assert {row["craft"] for row in data["memberships"]} == demo.CRAFTS


def test_teams_and_units_form_the_organisation() -> None:
    data = demo.read("people.yaml")
    units = {row["slug"]: row for row in data["business_units"]}
    assert len([row for row in units.values() if row["parent"] is None]) == 3
    assert {row["parent"] for row in units.values()} == {None, "retail-banking"}
    assert Counter(row["kind"] for row in data["teams"]) == {"central": 3, "embedded": 5}
    assert [row["slug"] for row in data["teams"] if row.get("coe_office")] == ["coe-office"]
    for team in data["teams"]:
        assert (team["business_unit"] in units) == (team["kind"] == "embedded")
        assert demo.members()[team["slug"]][team["lead"]]["role"] == "lead"


def test_liaisons_are_central_and_one_unit_has_none() -> None:
    data = demo.read("people.yaml")
    central = [row["slug"] for row in data["teams"] if row["kind"] == "central"]
    served = {row["business_unit"] for row in data["liaisons"]}
    assert "wealth-management" in {row["slug"] for row in data["business_units"]} - served
    for row in data["liaisons"]:
        assert any(row["user"] in demo.members()[team] for team in central)


def test_committees_can_decide_and_service_accounts_have_teams() -> None:
    data = demo.read("people.yaml")
    assert {row["purpose"] for row in data["committees"]} == {"steering", "ethics", "standards"}
    for committee in data["committees"]:
        seats = {row["user"] for row in committee["seats"]}
        assert seats <= demo.usernames()
        assert committee["chair"] in seats
        assert len(seats) >= committee["quorum"] == 3
    accounts = {row["username"]: row["team"] for row in data["service_accounts"]}
    assert accounts == {"ci-risk": "risk-ml", "ci-claims": "claims-ai"}


def test_there_is_enough_of_everything() -> None:
    rows = list(demo.entities().values())
    kinds = Counter(row["ref"].partition(":")[0] for row in rows)
    stages = Counter(row["stage"] for row in rows)
    seen = Counter(row["visibility"] for row in rows)
    assert 150 <= len(rows) <= 200
    assert set(kinds) == demo.KINDS
    assert set(stages) == set(demo.MOVES)
    assert set(seen) == {"company", "unit", "restricted"}
    assert min(kinds.values()) >= 5
    assert min(stages.values()) >= 3
    assert 0.6 < seen["company"] / len(rows) < 0.8
    assert {kind for _, kind, _ in demo.edges()} == demo.RELATIONS


def prose_that_everybody_reads() -> Iterator[tuple[str, str]]:
    """What is written on and around things that the whole company sees: `(ref, text in one line)`."""
    company = {ref: row for ref, row in demo.entities().items() if row["visibility"] == "company"}
    for ref, row in company.items():
        plain = {name: row.get(name) for name in ("ref", "title", "description", "tags", "details", "links")}
        notes = [
            [move.get("note") for move in row.get("stages") or []],
            [version.get("description") for version in row.get("versions") or []],
            [edit["set"] for edit in row.get("edits") or []],
        ]
        yield ref, yaml.safe_dump([plain, notes], width=10**6)
    for row in demo.read("findings.yaml")["findings"]:
        if row.get("entity") in company:
            yield row["entity"], yaml.safe_dump([row["title"], row["detail"], row.get("note")], width=10**6)


def test_what_everybody_reads_names_nothing_that_is_hidden_from_some() -> None:
    """A sync or an export copies such a text into the open; the reference alone tells that the thing exists."""
    hidden = {ref for ref, row in demo.entities().items() if row["visibility"] != "company"}
    assert len(hidden) > 30
    words = {ref: {ref.lower(), ref.partition(":")[2].lower()} for ref in hidden}
    told = [
        (ref, other)
        for ref, text in prose_that_everybody_reads()
        for other, names in words.items()
        if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _one_line(text)) for name in names)
    ]
    assert told == []


def _one_line(text: str) -> str:
    """Without the line breaks that YAML and Markdown put in, also inside of a reference."""
    return re.sub(r"\s+", " ", text.replace("\\n", " ")).lower()


@pytest.mark.parametrize("ref", sorted(demo.entities()))
def test_an_entity_is_well_formed(ref: str) -> None:
    entity = demo.entities()[ref]
    kind, namespace, name = re.split("[:/]", ref)
    assert kind in demo.KINDS
    assert demo.NAME.fullmatch(name)
    assert namespace in {"coe", *(row["slug"] for row in demo.read("people.yaml")["business_units"])}
    assert {entity["owner"], entity["operated_by"]} <= {None, *demo.members()}
    assert entity["accountable"] in {None, *demo.usernames()}
    assert entity["tier"] in {None, 1, 2, 3, 4}
    assert all(demo.TAG.fullmatch(tag) and len(tag) <= 63 for tag in entity["tags"])
    assert all(row["url"].startswith("https://") and row["title"] for row in entity["links"])


@pytest.mark.parametrize("kind", sorted(demo.TYPED))
def test_typed_details_use_known_words(kind: str) -> None:
    for entity in demo.entities().values():
        details = entity["details"]
        if not entity["ref"].startswith(f"{kind}:"):
            continue
        assert set(details) == demo.TYPED[kind], entity["ref"]
        words = demo.DATASET_WORDS if kind == "dataset" else {"risk_class": demo.RISK_CLASSES}
        assert all(details[field] in allowed for field, allowed in words.items()), entity["ref"]


def test_api_definitions_are_openapi() -> None:
    for entity in demo.entities().values():
        if entity["ref"].startswith("api:"):
            document = yaml.safe_load(entity["details"]["definition"])
            assert document["openapi"] == "3.1.0", entity["ref"]
            assert document["paths"], entity["ref"]


def test_every_description_says_something_of_its_own() -> None:
    texts = {ref: row["description"] for ref, row in demo.entities().items()}
    assert len(set(texts.values())) == len(texts)
    assert not [ref for ref, text in texts.items() if len(text) < 80 or demo.FILLER.search(text)]


def test_stages_follow_allowed_moves_and_end_at_today() -> None:
    for ref, entity in demo.entities().items():
        steps = entity["stages"]
        assert steps[0]["days_ago"] == entity["created_days_ago"] <= OLDEST_DAYS, ref
        assert steps[-1]["stage"] == entity["stage"], ref
        for before, after in pairwise(steps):
            assert after["stage"] in demo.MOVES[before["stage"]], ref
            assert 0 < after["days_ago"] < before["days_ago"], ref


def test_whoever_moved_a_stage_had_the_right_to() -> None:
    for entity, step in demo.every("stages"):
        if step is not entity["stages"][0]:
            right = demo.may_administer if step["stage"] in demo.LEADS_DECIDE else demo.may_change
            assert right(entity, step["actor"], step["days_ago"]), (entity["ref"], step)


def test_whoever_granted_or_edited_had_the_right_to() -> None:
    for entity, grant in demo.every("grants"):
        assert demo.may_administer(entity, grant["by"], grant["days_ago"]), (entity["ref"], grant)
        assert grant.get("team") in demo.members() or grant.get("user") in demo.usernames()
    for entity, edit in demo.every("edits"):
        right = demo.may_administer if {"owner", "visibility"} & set(edit["set"]) else demo.may_change
        assert right(entity, edit["actor"], edit["days_ago"]), (entity["ref"], edit)
        assert 0 < edit["days_ago"] < entity["created_days_ago"], (entity["ref"], edit)


def test_people_acted_after_they_had_joined() -> None:
    joined = {user: row["days_ago"] for team in demo.members().values() for user, row in team.items()}
    for part in ("stages", "edits"):
        for entity, row in demo.every(part):
            assert joined[row["actor"]] >= row["days_ago"], (entity["ref"], row)


def test_relations_lead_somewhere_and_were_drawn_by_those_who_see() -> None:
    assert len(demo.edges()) == len(set(demo.edges()))
    for source, kind, target in demo.edges():
        assert source != target, source
        assert target in demo.entities(), (source, kind, target)
        owner = demo.entities()[source]["owner"]
        assert owner is None or demo.sees(owner, demo.entities()[target]), (source, kind, target)


@pytest.mark.parametrize("tree", ["part_of", "supersedes"])
def test_trees_have_no_circle(tree: str) -> None:
    pairs = [(source, target) for source, kind, target in demo.edges() if kind == tree]
    assert not [ref for ref in demo.entities() if ref in demo.reached(ref, pairs)]


def test_versions_and_aliases_are_in_order() -> None:
    for ref, entity in demo.entities().items():
        ages = {row["version"]: row["days_ago"] for row in entity.get("versions") or []}
        assert list(ages) == [str(number) for number in range(1, len(ages) + 1)], ref
        assert list(ages.values()) == sorted(ages.values(), reverse=True), ref
        assert max(ages.values(), default=0) <= entity["created_days_ago"], ref
        for alias in entity.get("aliases") or []:
            until = alias.get("to_days_ago", 0)
            assert until < alias["from_days_ago"] <= ages[alias["version"]], (ref, alias)


def test_versions_name_their_run_commit_and_data() -> None:
    for entity, row in demo.every("versions"):
        assert re.fullmatch("[0-9a-f]{32}", row["run_id"]), entity["ref"]
        assert re.fullmatch("[0-9a-f]{40}", row["code_commit"]), entity["ref"]
        assert all((row["metrics"], row["params"], row["datasets"], row["description"])), entity["ref"]
        assert all(isinstance(part["digest"], str) for part in row["datasets"]), entity["ref"]


def test_an_alias_points_to_one_version_at_a_time() -> None:
    for ref, entity in demo.entities().items():
        rows = entity.get("aliases") or []
        for name in {row["alias"] for row in rows}:
            same = [row for row in rows if row["alias"] == name]
            spans = sorted((-row["from_days_ago"], -row.get("to_days_ago", 0)) for row in same)
            assert all(before[1] <= after[0] for before, after in pairwise(spans)), (ref, name)


def test_deployments_tell_their_history() -> None:
    rows = demo.deployments()
    assert len({demo.place(row) for row in rows}) == len(rows)
    assert {row["status"] for row in rows} == demo.STATUSES
    assert {row["workload_kind"] for row in rows} == demo.WORKLOADS
    for row in rows:
        days, last = [step["days_ago"] for step in row["history"]], row["history"][-1]
        assert days == sorted(days, reverse=True), demo.place(row)
        assert days[-1] == row["since_days_ago"], demo.place(row)
        assert last.items() <= {**row, "days_ago": row["since_days_ago"]}.items(), demo.place(row)
        assert row["ready"] <= row["replicas"], demo.place(row)
        assert re.fullmatch("sha256:[0-9a-f]{64}", row["image_digest"]), demo.place(row)


def test_a_deployment_runs_a_version_that_existed() -> None:
    for entity, row in demo.every("deployments"):
        ages = {version["version"]: version["days_ago"] for version in entity.get("versions") or []}
        for step in row["history"]:
            oldest = ages[step["version"]] if "version" in step else entity["created_days_ago"]
            assert step["days_ago"] <= oldest, (entity["ref"], step)


def test_the_newcomers_question_has_one_answer() -> None:
    model = demo.entities()[FRAUD]
    assert (model["owner"], model["tier"]) == ("risk-ml", 1)
    about_fraud = [
        ref
        for ref, row in demo.entities().items()
        if ref.startswith("model:") and "fraud" in row["title"].lower()
        if (row["stage"], row["visibility"]) == ("production", "company")
    ]
    assert about_fraud == [FRAUD]


def test_the_fraud_model_has_a_rich_lineage() -> None:
    back = [(target, source) for source, target in demo.flow()]
    upstream, downstream = demo.reached(FRAUD, back, hops=4), demo.reached(FRAUD, demo.flow(), hops=4)
    assert len(upstream) >= 12
    assert len(downstream) >= 8
    assert not upstream & downstream


def test_findings_are_about_something_known() -> None:
    places = {demo.place(row) for row in demo.deployments()}
    rows = demo.read("findings.yaml")["findings"]
    kinds = {"drift", "unowned", "ungoverned_promotion", "unsanctioned_tool"}
    assert {row["kind"] for row in rows} == kinds
    assert {row["state"] for row in rows} == {"open", "acknowledged", "resolved", "dismissed"}
    assert {row["severity"] for row in rows} == {"low", "medium", "high", "critical"}
    for row in rows:
        assert {row["entity"], row["deployment"]} <= {None, *demo.entities(), *places}, row["title"]
        assert row["entity"] or row["deployment"], row["title"]
        assert (row["state"] == "open") == ("by" not in row), row["title"]
        assert row.get("by") in {None, *demo.usernames()}, row["title"]
        assert row["days_ago"] <= OLDEST_DAYS, row["title"]


def test_mlflow_holds_known_models_and_a_few_of_its_own() -> None:
    data = demo.read("mlflow.yaml")
    known = {ref.partition("/")[2] for ref in demo.entities() if ref.startswith("model:")}
    names = [row["name"] for row in data["models"]]
    assert 8 <= len(names) == len(set(names)) <= 12
    assert 2 <= len(set(names) - known) <= 3
    assert 1 <= len(data["prompts"]) <= 2
    for row in data["models"]:
        assert row["tags"].get("team") in {None, *demo.members()}, row["name"]
        assert set(row["aliases"].values()) <= set(range(1, len(row["versions"]) + 1)), row["name"]
