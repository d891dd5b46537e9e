"""A cluster asks before it starts a pod: whose it is, what its images are, and what it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError
from django.test import Client

from apps.tooling.models import DecisionCount, Environment
from tests.factories import DeploymentFactory
from tests.personas import People
from tests.tooling.asking import ADMISSION, a_cluster, admitted, review
from tests.tooling.deciding import World, a_grant

GOOD, HELD, BANNED = "ghcr.io/mlflow/mlflow:v2.9.0", "wandb/local:1.0.0", "neptune/server:1.0.0"


@pytest.fixture
def world(people: People) -> World:
    return World.of(people)


@pytest.fixture
def cluster(people: People) -> Any:
    return a_cluster()


@pytest.fixture
def script(people: People, bearer: Callable[..., Client]) -> Client:
    """A token of the platform's, not of the team whose pods are judged."""
    return bearer("dmitri", "admission")


def test_the_uid_comes_back_and_the_message_says_what_to_do(
    world: World, cluster: Any, script: Client
) -> None:
    said = admitted(script, review(GOOD, HELD, uid="a-b-c"))
    assert (said["uid"], said["allowed"], said["status"]["code"]) == ("a-b-c", False, 403)
    message = said["status"]["message"]
    assert message.startswith(
        "wandb/local:1.0.0 (risk-ml, production): hold: The standard holds it: no new use."
    )
    assert "Alternatives: tool:coe/mlflow." in message and "/tooling/requests/new/?tool=" in message
    assert admitted(script, review(GOOD)) == {"uid": "705ab4f5", "allowed": True}


def test_an_excepted_image_is_let_in_with_a_warning(world: World, cluster: Any, script: Client) -> None:
    grant = a_grant(world.tools["wandb"])
    said = admitted(script, review(GOOD, HELD))
    assert said["allowed"] is True and len(said["warnings"]) == 1
    assert f"Exception {grant.pk}, until" in said["warnings"][0] and len(said["warnings"][0]) <= 256
    assert DecisionCount.objects.get().reason == "excepted"


def test_images_of_all_containers_count(world: World, cluster: Any, script: Client) -> None:
    for place in ("initContainers", "containers", "ephemeralContainers"):
        document = review(GOOD)
        document["request"]["object"]["spec"][place] = [{"name": "x", "image": HELD}]
        assert admitted(script, document)["allowed"] is False, place


@pytest.mark.parametrize("path", [("template",), ("jobTemplate", "spec", "template")])
def test_workloads_are_judged_by_their_pods(
    world: World, cluster: Any, script: Client, path: tuple[str, ...]
) -> None:
    pod = {"metadata": {"labels": {"team": "risk-ml"}}, "spec": {"containers": [{"image": HELD}]}}
    for name in reversed(path):
        pod = {name: pod}
    document = review(object={"kind": "Any", "metadata": {}, "spec": pod})
    assert "hold" in admitted(script, document)["status"]["message"]


def test_an_update_is_asked_about_its_new_images_only(world: World, cluster: Any, script: Client) -> None:
    before = review(HELD)["request"]["object"]
    assert admitted(script, review(HELD, operation="UPDATE", oldObject=before))["allowed"] is True
    assert admitted(script, review(HELD, BANNED, operation="UPDATE", oldObject=before))["allowed"] is False
    assert admitted(script, review(operation="DELETE", object=None, oldObject=before))["allowed"] is True


def test_a_dry_run_is_answered_alike_and_counts_nothing(world: World, cluster: Any, script: Client) -> None:
    dry = admitted(script, review(HELD, dryRun=True))
    assert DecisionCount.objects.count() == 0
    assert admitted(script, review(HELD)) == dry
    assert DecisionCount.objects.get().surface == "admission"


def test_the_team_comes_from_the_rules_of_the_cluster(world: World, script: Client) -> None:
    a_cluster(owner_rules=["workload label squad", "namespace label team"])
    a_grant(world.tools["wandb"], team="claims-ai")
    said = admitted(script, review(HELD, labels={"squad": "claims-ai", "team": "risk-ml"}))
    assert said["allowed"] is True
    DeploymentFactory(
        namespace="claims", owner=world.people.team("claims-ai"), owner_rule="namespace label team"
    )
    assert admitted(script, review(HELD, namespace="claims", labels={"team": "risk-ml"}))["allowed"] is True
    DeploymentFactory(
        namespace="shared", owner=world.people.team("claims-ai"), owner_rule="workload label squad"
    )
    assert admitted(script, review(HELD, namespace="shared", labels={"a": "b"}))["allowed"] is True
    DeploymentFactory(
        namespace="shared", owner=world.people.team("risk-ml"), owner_rule="workload label squad"
    )
    assert (
        "No team"
        in admitted(script, review(HELD, namespace="shared", labels={"a": "b"}))["status"]["message"]
    )


@pytest.mark.parametrize("ruled", ["namespace label team", "workload label team"])
def test_a_label_borrows_no_other_teams_exception(
    world: World, cluster: Any, script: Client, ruled: str
) -> None:
    a_grant(world.tools["wandb"], team="claims-ai")
    DeploymentFactory(namespace="risk", owner=world.people.team("risk-ml"), owner_rule=ruled)
    said = admitted(script, review(HELD, labels={"team": "claims-ai"}))
    assert said["allowed"] is False and "names the team" in said["status"]["message"]
    assert "hold" in admitted(script, review(HELD, labels={"team": "Risk-ML"}))["status"]["message"]
    assert "hold" in admitted(script, review(HELD, labels={"a": "b"}))["status"]["message"]
    assert not DecisionCount.objects.filter(reason="excepted").exists()


def test_a_namespace_of_nobody_is_refused_unless_the_source_names_an_owner(
    world: World, script: Client
) -> None:
    source = a_cluster()
    for labels in ({"app": "x"}, {"team": "no-such-team"}):
        said = admitted(script, review(GOOD, labels=labels))
        assert (
            said["allowed"] is False and "No team of the portal is known to own" in said["status"]["message"]
        )
    source.default_owner = world.people.team("risk-ml")
    source.save()
    assert admitted(script, review(GOOD, labels={"app": "x"}))["allowed"] is True
    assert admitted(script, review(GOOD, labels={"team": "no-such-team"}))["allowed"] is False


def test_the_environment_comes_from_the_address_the_sweep_or_the_source(world: World, script: Client) -> None:
    a_cluster(environment="prod")
    a_grant(world.tools["wandb"], "staging")
    assert admitted(script, review(HELD))["allowed"] is False
    assert admitted(script, review(HELD), "/prod-fra?environment=staging")["allowed"] is True
    DeploymentFactory(namespace="risk", environment="stage", owner=world.people.team("risk-ml"))
    assert admitted(script, review(HELD))["allowed"] is True
    Environment.objects.filter(slug="staging").update(other_names=[])
    said = admitted(script, review(HELD))
    assert said["allowed"] is False and "(“stage” is none)" in said["status"]["message"]


def test_namespaces_that_the_sweep_ignores_are_not_judged(world: World, cluster: Any, script: Client) -> None:
    assert admitted(script, review(BANNED, namespace="kube-system"))["allowed"] is True


def test_the_only_cluster_needs_no_name_and_one_of_several_does(
    world: World, cluster: Any, script: Client
) -> None:
    assert admitted(script, review(GOOD), "")["allowed"] is True
    a_cluster("dev-fra")
    assert admitted(script, review(GOOD), "?cluster=prod-fra&timeout=10s")["allowed"] is True
    unnamed = script.post(ADMISSION, json.dumps(review(GOOD)), "application/json")
    assert unnamed.status_code == 400 and "cluster" in unnamed.json()["errors"]
    unknown = script.post(f"{ADMISSION}/moon", json.dumps(review(GOOD)), "application/json")
    assert unknown.status_code == 404 and "moon" in unknown.json()["detail"]


def test_a_hidden_tool_is_no_way_around_its_standard(
    world: World, cluster: Any, bearer: Callable[..., Client]
) -> None:
    for name in ("neptune", "mlflow"):
        tool = world.tools[name]
        type(tool)._base_manager.filter(pk=tool.pk).update(visibility="restricted")
    message = admitted(bearer("chloe", "admission"), review(BANNED))["status"]["message"]
    assert "banned" in message and "tool:coe/mlflow" not in message


def test_images_of_no_tool_pass_unless_they_are_to_be_denied(
    world: World, cluster: Any, script: Client
) -> None:
    assert admitted(script, review("redis:7.2.1"))["allowed"] is True
    said = admitted(script, review("redis:7.2.1"), "/prod-fra?unlisted=deny")
    assert "unknown_tool" in said["status"]["message"]


NONE: list[Any] = [
    {}, [], "x", 3, None, {"kind": "AdmissionReview"}, {"apiVersion": "admission.k8s.io/v1", "kind": "Pod"},
    review(GOOD) | {"apiVersion": "admission.k8s.io/v1beta1"}, review(GOOD) | {"request": None},
    review(GOOD) | {"request": []}, review(GOOD, uid=None), review(GOOD, uid=7), review(GOOD, uid="u" * 500),
    review(GOOD, object="x"), review(GOOD, oldObject=[1]),
]  # fmt: skip


@pytest.mark.parametrize("document", NONE, ids=[str(number) for number in range(len(NONE))])
def test_what_is_no_review_is_a_problem(world: World, cluster: Any, script: Client, document: Any) -> None:
    began = time.monotonic()
    answer = script.post(f"{ADMISSION}/prod-fra", json.dumps(document), "application/json")
    assert time.monotonic() - began < 1
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert b"Traceback" not in answer.content and "AdmissionReview" in answer.json()["next_step"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5_000, b'{"kind": 1, "kind": 2}', b'"\\u0000"'])
def test_what_is_no_json_is_a_problem(world: World, cluster: Any, script: Client, body: bytes) -> None:
    answer = script.post(f"{ADMISSION}/prod-fra", body, "application/json")
    assert answer.status_code == 400 and b"Traceback" not in answer.content


UNREADABLE: list[dict[str, Any]] = [
    {"object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"labels": {"team": "risk-ml"}}, "spec": spec}}
    for spec in (
        None, "x", {}, {"containers": {}}, {"containers": "x"}, {"containers": [1]}, {"containers": [{}]},
        {"containers": [{"image": 5}]}, {"containers": [{"image": GOOD}], "initContainers": {}},
    )
] + [
    {"object": None}, {"object": {}}, {"object": {"spec": {"containers": [None]}}},
    {"object": {"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": "x"}}},
    {"kind": {"group": "batch", "kind": "CronJob"}, "object": {"spec": {"containers": []}}},
]  # fmt: skip


@pytest.mark.parametrize("door", [True, False])
@pytest.mark.parametrize("odd", UNREADABLE, ids=[str(number) for number in range(len(UNREADABLE))])
def test_containers_that_nobody_can_read_are_answered_as_the_setting_says(
    world: World, cluster: Any, script: Client, settings: Any, odd: dict[str, Any], door: bool
) -> None:
    settings.ADMISSION_FAIL_OPEN = door
    said = admitted(script, review(**odd))
    sentence = said["warnings"][0] if door else said["status"]["message"]
    assert said["allowed"] is door and "could not decide" in sentence and len(sentence) <= 250


def test_an_open_door_lets_no_banned_image_in_beside_an_unreadable_one(
    world: World, cluster: Any, script: Client, settings: Any
) -> None:
    settings.ADMISSION_FAIL_OPEN = True
    document = review(BANNED)
    document["request"]["object"]["spec"]["initContainers"] = [{}]
    assert "banned" in admitted(script, document)["status"]["message"]


@pytest.mark.parametrize(
    "other",
    [{"kind": "ConfigMap", "apiVersion": "v1", "data": {}},
     {"kind": "InferenceService", "apiVersion": "serving.kserve.io/v1beta1", "spec": {"predictor": {}}},
     {"kind": "Prometheus", "apiVersion": "monitoring.coreos.com/v1", "spec": {"containers": [{"name": "a"}]}},
     {"kind": "Pod", "apiVersion": "v1", "metadata": {"labels": ["x"]}, "spec": {"containers": []}}],
)  # fmt: skip
def test_objects_that_need_no_images_pass(
    world: World, cluster: Any, script: Client, other: dict[str, Any]
) -> None:
    assert admitted(script, review(object=other)) == {"uid": "705ab4f5", "allowed": True}


@pytest.mark.parametrize("image", ["Ünsichtbar:1", "a b", "x" * 2_000, "@", ":::", "mlflow\u202e:1"])
def test_an_image_that_is_none_is_refused(world: World, cluster: Any, script: Client, image: str) -> None:
    assert admitted(script, review(image))["allowed"] is False


def test_very_many_images_are_refused_in_few_words(world: World, cluster: Any, script: Client) -> None:
    began = time.monotonic()
    said = admitted(script, review(*(f"wandb/local:1.0.{number}" for number in range(400))))
    assert "And 395 more images." in said["status"]["message"] and time.monotonic() - began < 1
    assert admitted(script, review(*(f"a/b:1.0.{number}" for number in range(501))))["allowed"] is False


@pytest.mark.parametrize("door", [True, False])
def test_a_failure_of_the_portal_is_answered_as_the_setting_says(
    world: World, cluster: Any, script: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, door: bool
) -> None:
    settings.ADMISSION_FAIL_OPEN = door
    for place, error in (
        ("apps.tooling.api.admission.admit", DatabaseError("secret words")),
        ("apps.tooling.api.admission.admit", ValueError("secret words")),
        ("apps.people.authentication.digest", OperationalError("secret words")),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(place, raising(error))
            answer = script.post(f"{ADMISSION}/prod-fra", json.dumps(review(GOOD)), "application/json")
            assert answer.status_code == 200 and b"secret words" not in answer.content
            said = answer.json()["response"]
            assert (said["uid"], said["allowed"]) == ("705ab4f5", door)
            none = script.post(f"{ADMISSION}/prod-fra", b"{}", "application/json")
            assert none.status_code == 400
    assert DecisionCount.objects.count() == 0


def raising(error: Exception) -> Callable[..., Any]:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise error

    return broken


def test_a_slow_database_is_not_waited_for(
    world: World, cluster: Any, script: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    def slow(*args: Any, **kwargs: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr("apps.tooling.api.admission.admit", slow)
    began = time.monotonic()
    assert admitted(script, review(GOOD))["allowed"] is False
    assert time.monotonic() - began < 1


def test_a_person_without_a_token_speaks_for_no_cluster(
    world: World, cluster: Any, signed_in: Callable[..., Client]
) -> None:
    for name in ("kim", "ben", "esther"):
        answer = signed_in(name).post(f"{ADMISSION}/prod-fra", json.dumps(review(HELD)), "application/json")
        assert answer.status_code == 403 and "admission" in answer.json()["detail"]
    assert DecisionCount.objects.count() == 0


def test_it_needs_its_own_scope(world: World, cluster: Any, bearer: Callable[..., Client]) -> None:
    script = bearer("dmitri", "read", "write", "tooling:decide")
    answer = script.post(f"{ADMISSION}/prod-fra", json.dumps(review(GOOD)), "application/json")
    assert answer.status_code == 403 and "admission" in answer.json()["detail"]
    assert Client().post(f"{ADMISSION}/prod-fra", "{}", "application/json").status_code == 401
