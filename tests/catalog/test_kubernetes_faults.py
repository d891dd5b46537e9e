"""A cluster that is busy, broken, slow or none at all: what fails is said, and takes nothing else with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

import pytest

from apps.catalog.sources.base import DeploymentRecord, Record, ScopeDone, ScopeFailed, SourceFailed
from apps.catalog.sources.kubernetes import KubernetesConfig, KubernetesSource, OwnerRule
from apps.catalog.sources.kubernetes.source import NOT_TRIED
from tests.kubernetes_api import Fault, KubernetesApi
from tests.kubernetes_api.answers import Answer
from tests.kubernetes_api.recordings import calm_world

PODS, DEPLOYMENTS = "/api/v1/pods", "/apis/apps/v1/deployments"
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


@pytest.fixture
def api() -> Iterator[KubernetesApi]:
    with KubernetesApi(calm_world()) as running:
        yield running


class Sweeps:
    """Sweeps the server; `slept` holds every wait that was asked for, and none is waited."""

    def __init__(self, api: KubernetesApi, token_file: Path) -> None:
        token_file.write_text(api.token)
        self.api, self.token_file = api, str(token_file)
        self.slept: list[float] = []

    def source(self, **settings: Any) -> KubernetesSource:
        config = KubernetesConfig(**{"url": self.api.url, "token_file": self.token_file, **settings})
        return KubernetesSource(config, sleep=self.slept.append)

    def __call__(self, **settings: Any) -> list[Record]:
        records = list(self.source(**settings).sweep())
        assert self.api.token not in repr(records)
        return records


@pytest.fixture
def sweep(api: KubernetesApi, tmp_path: Path) -> Sweeps:
    return Sweeps(api, tmp_path / "token")


def failed(records: list[Record]) -> dict[str, str]:
    return {record.scope: record.reason for record in records if isinstance(record, ScopeFailed)}


def done(records: list[Record]) -> dict[str, ScopeDone]:
    return {record.scope: record for record in records if isinstance(record, ScopeDone)}


def deployments(records: list[Record]) -> dict[str, DeploymentRecord]:
    return {record.key: record for record in records if isinstance(record, DeploymentRecord)}


@pytest.mark.parametrize(
    ("fault", "settings", "reason"),
    [
        (Fault("html", PODS), {}, "a web page instead of JSON"),
        (Fault("truncated", PODS), {}, "not whole JSON"),
        (Fault("cut", PODS), {}, "connection was cut"),
        (Fault("slow", PODS, seconds=5), {"timeout": 0.2}, "did not answer within 0.2 s"),
        (Fault("drip", PODS, seconds=0.05), {"timeout": 0.3}, "not complete after 0.3 s"),
        (Fault("redirect", PODS), {}, "redirects elsewhere (302)"),
        (Fault("echo", PODS), {}, "unexpected status 500"),
        (None, {"page_bytes": 50_000}, "larger than 50000 bytes"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_bad_answer_fails_its_scope_only(
    api: KubernetesApi, sweep: Sweeps, fault: Fault | None, settings: dict[str, Any], reason: str
) -> None:
    whole = deployments(sweep())
    if fault:
        api.faults.append(fault)
    records = sweep(**settings)
    assert failed(records).keys() == {"pods"}
    assert reason in failed(records)["pods"]
    assert deployments(records).keys() == {key for key in whole if not key.startswith("pods/")}
    assert len(done(records)) == 9
    assert sweep.slept == []


def test_without_pods_the_gpus_are_unknown_and_not_zero(api: KubernetesApi, sweep: Sweeps) -> None:
    api.forbid("pods")
    records = sweep()
    assert failed(records) == {
        "pods": "The account may not read pods (403). Grant it the verbs get and list "
        'on "pods" in API group "" by a ClusterRole.'
    }
    found = deployments(records)
    assert found["deployments/team-vision/detector"].unknown == ("gpus", "image_digest")
    assert found["cronjobs/batch-jobs/minutely"].unknown == ("gpus", "image_digest", "replicas", "ready")
    assert all("gpus" in record.unknown for record in found.values())


def test_without_replica_sets_only_what_stands_on_them_is_unknown(api: KubernetesApi, sweep: Sweeps) -> None:
    api.forbid("replicasets")
    found = deployments(sweep())
    assert found["deployments/team-vision/detector"].unknown == ("gpus", "image_digest")
    assert found["statefulsets/team-vision/milvus"].unknown == ()
    assert not any(record.workload_kind == "ReplicaSet" for record in found.values())


def test_without_namespaces_owner_and_environment_may_be_unknown(api: KubernetesApi, sweep: Sweeps) -> None:
    rules = (OwnerRule("workload label", "team"), OwnerRule("namespace label", "team"))
    labelled = "deployments/team-vision/detector"
    api.faults.append(Fault("html", "/api/v1/namespaces", times=-1))
    record = deployments(sweep(owner_rules=rules))[labelled]
    assert record.owner is not None
    assert record.unknown == ("environment",)
    record = deployments(sweep(owner_rules=rules[::-1]))[labelled]
    assert record.unknown == ("owner", "environment")


@pytest.mark.parametrize(("missing", "status"), [("ray.io", "404"), ("", "403")])
def test_a_custom_kind_may_be_absent(tmp_path: Path, missing: str, status: str) -> None:
    with KubernetesApi(calm_world(without=(missing,) if missing else ())) as api:
        if not missing:
            api.forbid("rayclusters")
        records = Sweeps(api, tmp_path / "token")()
    assert failed(records) == {}
    end = done(records)["rayclusters"]
    assert end.rows == 0
    assert f"({status})" in end.absent
    assert done(records)["inferenceservices"].absent == ""


def test_a_busy_server_is_asked_again_when_it_says(api: KubernetesApi, sweep: Sweeps) -> None:
    whole = sweep()
    api.faults.append(Fault("busy", PODS, times=2, retry_after="3"))
    api.faults.append(Fault("unavailable", DEPLOYMENTS, times=2))
    assert sweep() == whole
    assert sweep.slept == [3.0, 3.0, 1.0, 2.0]


def test_a_date_in_retry_after_is_understood(api: KubernetesApi, sweep: Sweeps) -> None:
    api.faults.append(Fault("busy", PODS, retry_after=formatdate(time() + 10, usegmt=True)))
    assert failed(sweep()) == {}
    assert 7 < sweep.slept[0] <= 10


def test_patience_ends(api: KubernetesApi, sweep: Sweeps) -> None:
    api.faults.append(Fault("busy", PODS, times=-1))
    api.faults.append(Fault("unavailable", DEPLOYMENTS, retry_after="3600"))
    records = sweep(retries=3)
    assert failed(records) == {
        "pods": "The cluster is too busy to answer (429). It was asked 4 times.",
        "deployments": "The cluster is too busy to answer (503). "
        "It asks to wait 3600 s, more than this sweep may wait.",
    }
    assert sweep.slept == [1.0, 2.0, 4.0]


def test_the_waiting_of_a_whole_sweep_is_bounded(api: KubernetesApi, sweep: Sweeps) -> None:
    api.faults += [Fault("busy", path, times=-1, retry_after="4") for path in (PODS, DEPLOYMENTS)]
    assert failed(sweep(retry_seconds=10)).keys() == {"pods", "deployments"}
    assert sweep.slept == [4.0, 4.0]


def between(api: KubernetesApi, path: str, act: Callable[[], object]) -> None:
    """Do something just before each further page of the list at `path` is asked for."""
    answer = api.answer

    def acting(method: str, target: str, *rest: str) -> Answer:
        if target.startswith(path) and "continue=" in target:
            act()
        return answer(method, target, *rest)

    api.answer = acting  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("path", [PODS, DEPLOYMENTS])
def test_an_expired_list_begins_anew_and_counts_nothing_twice(
    api: KubernetesApi, sweep: Sweeps, path: str
) -> None:
    whole = sweep(page_size=3)
    expiries = [api.world.compact, api.world.compact]
    between(api, path, lambda: expiries and expiries.pop()())
    assert sweep(page_size=3) == whole


def test_a_list_that_always_expires_fails(api: KubernetesApi, sweep: Sweeps) -> None:
    between(api, PODS, api.world.compact)
    records = sweep(page_size=3, restarts=2)
    assert failed(records).keys() == {"pods"}
    assert "expired 3 times" in failed(records)["pods"]
    assert sum(path == f"{PODS}?limit=3" for _, path in api.requests) == 3


def test_a_list_without_end_is_left(api: KubernetesApi, sweep: Sweeps) -> None:
    answer = api.answer

    def endless(method: str, target: str, *rest: str) -> Answer:
        given = answer(method, target.split("?", maxsplit=1)[0], *rest)
        if target.startswith(PODS):
            body = json.loads(given.body)
            body["metadata"]["continue"] = "again"
            given.body = json.dumps(body).encode()
        return given

    api.answer = endless  # type: ignore[method-assign, assignment]
    records = sweep()
    assert failed(records) == {"pods": "The list does not end: the server repeats itself."}
    assert sum(path.startswith(PODS) for _, path in api.requests) == 2


def test_a_cluster_that_falls_silent_is_not_waited_for_kind_by_kind(
    api: KubernetesApi, sweep: Sweeps
) -> None:
    api.faults += [Fault("slow", path, times=-1, seconds=5) for path in (PODS, "/apis/apps/v1/replicasets")]
    reasons = failed(sweep(timeout=0.2))
    assert {scope for scope, reason in reasons.items() if reason == NOT_TRIED} == {
        "deployments",
        "statefulsets",
        "daemonsets",
        "jobs",
        "cronjobs",
        "inferenceservices",
        "rayclusters",
    }
    assert len(api.requests) <= 5


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("html", KUBE_SYSTEM), "a web page instead of JSON"),
        (Fault("slow", KUBE_SYSTEM, seconds=5), "did not answer within 0.2 s"),
        (Fault("echo", KUBE_SYSTEM), "unexpected status 500"),
        (Fault("redirect", KUBE_SYSTEM), "redirects elsewhere (302)"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_without_identity_nothing_is_read(
    api: KubernetesApi, sweep: Sweeps, fault: Fault, reason: str
) -> None:
    api.faults.append(fault)
    with pytest.raises(SourceFailed) as caught:
        list(sweep.source(timeout=0.2).sweep())
    assert caught.value.scope == "identity"
    assert reason in caught.value.reason
    assert api.token not in str(caught.value)
    assert len(api.requests) == 1


def test_a_wrong_token_is_refused(api: KubernetesApi, sweep: Sweeps, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("expired")
    with pytest.raises(SourceFailed, match=r"identity: The cluster refused the token \(401\)\. Renew"):
        sweep.source().identity()


def test_a_right_that_is_missing_for_the_identity_is_named(api: KubernetesApi, sweep: Sweeps) -> None:
    api.forbid("namespaces")
    with pytest.raises(SourceFailed, match='verbs get and list on "namespaces"'):
        sweep.source().identity()


def test_nothing_listens(sweep: Sweeps) -> None:
    with pytest.raises(SourceFailed, match="nothing answers at its address"):
        sweep.source(url="http://127.0.0.1:1").identity()


def test_no_tls_behind_https(api: KubernetesApi, sweep: Sweeps) -> None:
    with pytest.raises(SourceFailed, match="No safe connection"):
        sweep.source(url=api.url.replace("http:", "https:")).identity()


def test_an_unknown_host(sweep: Sweeps) -> None:
    with pytest.raises(SourceFailed, match="host name is not known"):
        sweep.source(url="https://cluster.invalid").identity()
