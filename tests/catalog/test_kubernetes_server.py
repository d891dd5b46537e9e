"""The API server of the tests is held to what a real one answered, and fails where real ones fail."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kubernetes_api import Fault, KubernetesApi, World
from tests.kubernetes_api.recordings import FOLDER, calm_world, expiry_world, late_world, recording

CALM = [
    "version",
    "list_namespaces",
    "list_nodes",
    "list_pods",
    "list_deployments",
    "list_statefulsets",
    "list_daemonsets_empty",
    "list_replicasets",
    "list_jobs",
    "list_cronjobs",
    "list_inferenceservices",
    "list_rayclusters",
    "list_pods_labelselector",
    "list_pods_fieldselector",
    "list_namespaces_metadata_only",
    "get_deployment",
    "get_gpu_pod",
    "page_deployments_1",
    "page_deployments_2",
    "page_deployments_3",
    "err_401_bad_token",
    "err_403_secrets",
    "err_403_nobody_pods",
    "err_403_write",
    "err_403_watch_configmaps",
    "err_403_unknown_group_reader",
    "err_404_object",
    "err_404_unknown_group",
    "err_404_unknown_resource_known_group",
    "err_405_method",
    "err_400_bad_continue",
    "err_400_bad_labelselector",
    "err_400_bad_fieldselector",
    "err_429_too_many_requests",
    "err_410_list_exact_old_rv",
    "err_503_aggregated_api_down",
    "list_in_missing_namespace_is_empty",
    "list_kube_system_namespace_uid",
    "err_504_future_resourceversion",
]
EXPIRY = ["page_before_expiry", "err_410_continue_expired", "page_after_410_inconsistent_continue"]
LATE = [
    "page_pods_big_first_of_many",
    "list_pods_metadata_only_page",
    "list_pods_rv0_from_cache_with_limit",
    "list_jobs_with_cronjob_owner",
    "list_cronjobs_after_run",
    "list_pods_owned_by_cronjob_job",
]
# Not replayed: the list of the reader's rights, which is where the server has them from.
NOT_REPLAYED = {"self_subject_rules_review_reader"}
ADMIN = {
    "err_404_unknown_group",
    "err_404_unknown_resource_known_group",
    "err_405_method",
    "err_503_aggregated_api_down",
}
# The recorder kept two of 3,018 items of this one; its point is that the limit was ignored.
TRIMMED = {"list_pods_rv0_from_cache_with_limit"}
# Recorded at revision 446, two changes after the others of its world.
OWN_REVISION = {"err_504_future_resourceversion": 446}


class Reply:
    def __init__(self, status: int, headers: Any, content: bytes) -> None:
        self.status, self.headers, self.content = status, headers, content

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def ask(api: KubernetesApi, path: str, *, method: str = "GET", token: str = "", **headers: str) -> Reply:
    """One request as the reader (or with another token), whatever its status."""
    named = {"Accept": "application/json", "Authorization": f"Bearer {token or api.token}", **headers}
    request = urllib.request.Request(api.url + path, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers, error.read())


def replay(api: KubernetesApi, name: str) -> Reply:
    request = recording(name)["request"]
    token = api.token
    if name in ADMIN:
        token = api.admin_token
    elif name == "err_403_nobody_pods":
        token = api.nobody_token
    elif name == "err_401_bad_token":
        token = "not-a-token"
    elif name == "err_429_too_many_requests":
        api.faults.append(Fault("busy", "/api/v1/pods", retry_after="1"))
    return ask(api, request["path"], method=request["method"], token=token, Accept=request["accept"])


def compare(name: str, reply: Reply) -> None:
    recorded = recording(name)
    assert reply.status == recorded["status"]
    assert reply.headers["Content-Type"] == recorded["headers"]["Content-Type"]
    assert reply.headers["Retry-After"] == recorded["headers"].get("Retry-After")
    if "body_text" in recorded:
        assert reply.content.decode() == recorded["body_text"]
    elif name in TRIMMED:
        expected, found = recorded["body"], reply.body
        assert found["items"][: len(expected["items"])] == expected["items"]
        assert len(found["items"]) == expected["items_count_note"]
        assert found["metadata"] == expected["metadata"]
    else:
        assert reply.body == recorded["body"]


def test_every_recording_is_replayed() -> None:
    assert {*CALM, *EXPIRY, *LATE, *NOT_REPLAYED} == {path.stem for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("name", CALM)
def test_answers_as_the_real_server_did(name: str) -> None:
    with KubernetesApi(calm_world(OWN_REVISION.get(name, 444))) as api:
        compare(name, replay(api, name))


@pytest.fixture(scope="module")
def late_api() -> Iterator[KubernetesApi]:
    with KubernetesApi(late_world()) as api:
        yield api


@pytest.mark.parametrize("name", LATE)
def test_answers_as_the_real_server_did_when_it_was_full(late_api: KubernetesApi, name: str) -> None:
    compare(name, replay(late_api, name))


def test_an_expired_token_is_answered_as_recorded() -> None:
    world = expiry_world()
    with KubernetesApi(world) as api:
        compare("page_before_expiry", replay(api, "page_before_expiry"))
        world.compact()
        world.revision = 735
        compare("err_410_continue_expired", replay(api, "err_410_continue_expired"))
        compare("page_after_410_inconsistent_continue", replay(api, "page_after_410_inconsistent_continue"))


@pytest.fixture
def world() -> World:
    return calm_world()


@pytest.fixture
def api(world: World) -> Iterator[KubernetesApi]:
    with KubernetesApi(world) as running:
        yield running


def names(reply: Reply) -> list[str]:
    return [item["metadata"]["name"] for item in reply.body["items"]]


def test_pages_show_the_moment_of_the_first(api: KubernetesApi, world: World) -> None:
    path = "/apis/apps/v1/deployments?limit=4"
    before = names(ask(api, "/apis/apps/v1/deployments"))
    first = ask(api, path)
    world.remove("Deployment", "team-vision", "detector")
    newcomer = {"metadata": {"name": "newcomer", "namespace": "team-vision"}, "spec": {}}
    world.put("Deployment", newcomer)
    rest = ask(api, f"{path}&continue={first.body['metadata']['continue']}")
    assert names(first) + names(rest) == before
    assert rest.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]
    now = names(ask(api, "/apis/apps/v1/deployments"))
    assert "newcomer" in now
    assert "detector" not in now


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("team=nlp", {"nlp-serving", "too-big"}),
        ("team!=nlp,team", {"vllm-llama", "unlabelled", "detector", "image-search"}),
        ("team notin (nlp, vision)", {"vllm-llama", "unlabelled"}),
        ("!team", set()),
    ],
)
def test_label_selectors(api: KubernetesApi, selector: str, expected: set[str]) -> None:
    quoted = urllib.parse.quote(selector)
    assert set(names(ask(api, f"/apis/apps/v1/deployments?labelSelector={quoted}"))) == expected


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_reader_writes_nothing(api: KubernetesApi, world: World, method: str) -> None:
    reply = ask(api, "/apis/apps/v1/namespaces/team-nlp/deployments/too-big", method=method)
    assert reply.status == 403
    assert reply.body["reason"] == "Forbidden"
    assert world.revision == 444
    assert "too-big" in names(ask(api, "/apis/apps/v1/deployments"))


def test_a_right_can_be_taken_away(api: KubernetesApi) -> None:
    api.forbid("pods")
    named = ask(api, "/api/v1/namespaces/team-vision/pods/notebook-ana")
    assert named.status == 403
    assert named.body["message"].startswith('pods "notebook-ana" is forbidden')
    assert named.body["message"].endswith('in API group "" in the namespace "team-vision"')
    assert ask(api, "/apis/apps/v1/deployments").status == 200


def test_a_group_that_is_not_installed_is_a_plain_404() -> None:
    with KubernetesApi(calm_world(without=("ray.io",))) as api:
        reply = ask(api, "/apis/ray.io/v1/rayclusters")
    assert (reply.status, reply.content) == (404, b"404 page not found\n")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"


PODS = "/api/v1/pods"


@pytest.mark.parametrize(
    ("fault", "holds"),
    [
        (Fault("busy", PODS, retry_after="7"), lambda r: (r.status, r.headers["Retry-After"]) == (429, "7")),
        (Fault("unavailable", PODS), lambda r: (r.status, r.content) == (503, b"service unavailable\n")),
        (Fault("html", PODS), lambda r: r.status == 200 and b"<html>" in r.content),
        (Fault("truncated", PODS), lambda r: r.status == 200 and r.content.startswith(b'{"kind"')),
        (Fault("slow", PODS, seconds=0.05), lambda r: r.body["kind"] == "PodList"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_fault_strikes_once_and_only_its_path(
    api: KubernetesApi, fault: Fault, holds: Callable[[Reply], bool]
) -> None:
    api.faults.append(fault)
    assert ask(api, "/api/v1/namespaces").status == 200
    assert holds(ask(api, PODS))
    assert ask(api, PODS).body["kind"] == "PodList"


def test_a_cut_connection_breaks_its_promise(api: KubernetesApi) -> None:
    api.faults.append(Fault("cut", PODS, skip=1))
    assert ask(api, PODS).status == 200
    with pytest.raises(http.client.IncompleteRead):
        ask(api, PODS)
