"""What a sweep does to the catalog, whatever the source: a scripted reader says what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.catalog.actions import change_stage, link_deployment, start_sync, transfer_ownership, update_entity
from apps.catalog.actions.sources import queue_sync
from apps.catalog.actions.sync import run_sync
from apps.catalog.models import Alias, Deployment, Entity, Finding, ModelVersion, Source, SyncRun
from apps.catalog.sources.base import (
    DeploymentRecord,
    EntityRecord,
    OwnerHint,
    Record,
    Refusal,
    ScopeDone,
    ScopeFailed,
    SourceFailed,
    VersionRecord,
)
from apps.catalog.tasks import schedule_syncs
from apps.core.errors import Conflict, NotFound
from apps.core.models import Event
from apps.core.policies import SYSTEM
from tests.factories import EntityFactory, SourceFactory, SyncRunFactory, VersionFactory
from tests.personas import People

LONG_AGO = datetime(2026, 3, 3, tzinfo=UTC)
FRAUD = EntityRecord(
    key="fraud-score",
    kind="model",
    name="fraud-score",
    description="Scores payments.",
    tags=("fraud",),
    owner=OwnerHint("risk-ml", "tag team"),
    facts={"description": "Scores payments."},
)
V1 = VersionRecord(entity_key="fraud-score", version="1", created_at=LONG_AGO, metrics={"auc": 0.9})
V2 = replace(V1, version="2", metrics={"auc": 0.92})
WORKLOAD = DeploymentRecord(
    key="deployments/risk/fraud-score",
    workload_kind="Deployment",
    namespace="risk",
    name="fraud-score",
    status="running",
    replicas=2,
    ready=2,
    environment="production",
    owner=OwnerHint("risk-ml", "workload label team"),
    candidates=("fraud-score",),
)
MODELS_DONE = (ScopeDone("models", 1), ScopeDone("versions", 1), ScopeDone("runs", 1))


class Script:
    """A reader that says what a test wrote; an exception in the script is raised at its place."""

    def __init__(self, *records: Record | Exception, identity: str = "uid-1") -> None:
        self.records, self.uid = records, identity

    def identity(self) -> str:
        return self.uid

    def sweep(self) -> Iterator[Record]:
        for record in self.records:
            if isinstance(record, Exception):
                raise record
            yield record


def sweep(source: Source, *records: Record | Exception, **how: str) -> SyncRun:
    return run_sync(queue_sync(actor=SYSTEM, source=source), reader=Script(*records, **how))


@pytest.fixture
def registry(people: People) -> Source:
    return SourceFactory(name="mlflow-main")


@pytest.fixture
def cluster(people: People) -> Source:
    return SourceFactory(name="prod", kind="kubernetes", config={"cluster": "prod-fra", "in_cluster": True})


def test_a_new_model_gets_owner_namespace_versions_and_history(registry: Source) -> None:
    run = sweep(registry, FRAUD, V1, V2, *MODELS_DONE)
    entity = Entity.objects.get()
    assert (run.state, run.read, run.added) == ("succeeded", 3, 3)
    assert (entity.ref, entity.owner.slug) == ("model:retail-banking/fraud-score", "risk-ml")
    assert list(entity.versions.values_list("version", flat=True)) == ["2", "1"]
    assert Event.objects.filter(verb="catalog.entity.created", actor=None, target_id=entity.pk).exists()


def test_an_unchanged_sweep_changes_nothing(registry: Source) -> None:
    sweep(registry, FRAUD, V1, *MODELS_DONE)
    before = Event.objects.exclude(verb__startswith="catalog.sync.").count()
    run = sweep(registry, FRAUD, V1, *MODELS_DONE)
    assert (run.added, run.changed, run.missing) == (0, 0, 0)
    assert Event.objects.exclude(verb__startswith="catalog.sync.").count() == before


def test_what_people_wrote_survives_what_the_source_says(registry: Source, people: People) -> None:
    sweep(registry, FRAUD, *MODELS_DONE)
    entity = Entity.objects.get()
    update_entity(actor=people.ben, entity=entity, changes={"description": "Ours.", "tags": ["ours"]})
    sweep(
        registry,
        replace(FRAUD, description="Theirs.", tags=("theirs",), facts={"description": "Theirs."}),
        *MODELS_DONE,
    )
    entity.refresh_from_db()
    assert (entity.description, entity.tags, entity.synced["description"]) == ("Ours.", ["ours"], "Theirs.")


def test_a_known_entity_is_adopted_not_doubled(registry: Source) -> None:
    known = EntityFactory(name="Fraud-Score", stage="production")
    sweep(registry, FRAUD, *MODELS_DONE)
    known.refresh_from_db()
    assert Entity.objects.count() == 1
    assert (known.source, known.stage) == (registry, "production")


def test_versions_that_people_entered_are_taken_over_or_left_alone(registry: Source) -> None:
    known = EntityFactory(name="fraud-score")
    VersionFactory(entity=known, number=1, version="1", metrics={"auc": 0.1})
    VersionFactory(entity=known, number=7, version="7")
    for _ in range(3):
        sweep(registry, FRAUD, V1, *MODELS_DONE)
    assert known.versions.get(version="1").metrics == {"auc": 0.9}
    assert known.versions.get(version="7").tombstoned_at is None


def test_a_rename_is_followed_by_our_id(registry: Source) -> None:
    sweep(registry, FRAUD, V1, *MODELS_DONE)
    entity = Entity.objects.get()
    renamed = replace(FRAUD, key="fraud-v2", name="fraud-v2", adopted_id=entity.pk)
    sweep(registry, renamed, replace(V1, entity_key="fraud-v2"), *MODELS_DONE)
    entity.refresh_from_db()
    assert (Entity.objects.count(), entity.name, entity.source_key, entity.missing_since) == (
        1,
        "fraud-score",
        "fraud-v2",
        None,
    )
    assert ModelVersion.objects.get().missing_since is None


@pytest.mark.parametrize("foreign", [-1, 0, 2**80, 999_999])
def test_an_id_that_is_not_ours_is_no_rename(registry: Source, foreign: int) -> None:
    other = EntityFactory(name="other")
    sweep(
        registry,
        replace(FRAUD, adopted_id=foreign),
        replace(FRAUD, key="b", name="b", adopted_id=other.pk),
        *MODELS_DONE,
    )
    assert Entity.objects.count() == 3


def test_a_name_that_backstage_refuses_keeps_its_original_as_title(registry: Source) -> None:
    names = ["Fraud score (EU)", "Fraud score [EU]", "метрика", "\u202egnp", "x" * 200]
    sweep(registry, *(replace(FRAUD, key=name, name=name) for name in names), *MODELS_DONE)
    assert Entity.objects.count() == len(names)
    assert Entity.objects.filter(title="Fraud score (EU)").exists()


def test_the_same_name_in_two_registries_makes_two_entities(registry: Source, people: People) -> None:
    second = SourceFactory(name="mlflow-second")
    sweep(registry, FRAUD, *MODELS_DONE)
    sweep(second, FRAUD, *MODELS_DONE)
    assert Entity.objects.values_list("source__name", flat=True).distinct().count() == 2


def test_missing_is_marked_then_gone_after_two_full_sweeps_and_returns(registry: Source) -> None:
    sweep(registry, FRAUD, V1, *MODELS_DONE)
    assert sweep(registry, *MODELS_DONE).missing == 2
    entity = Entity.objects.get()
    assert entity.missing_since and not entity.tombstoned_at
    sweep(registry, *MODELS_DONE)
    entity.refresh_from_db()
    assert entity.tombstoned_at
    sweep(registry, FRAUD, V1, *MODELS_DONE)
    entity.refresh_from_db()
    assert (entity.tombstoned_at, entity.missing_since, entity.missed_sweeps) == (None, None, 0)


@pytest.mark.parametrize(
    "ending",
    [(SourceFailed("versions", "The server closed the connection."),), (ScopeFailed("models", "500"),), ()],
)
def test_a_failed_or_partial_read_deletes_nothing(
    registry: Source, ending: tuple[Record | Exception, ...]
) -> None:
    sweep(registry, FRAUD, V1, *MODELS_DONE)
    for _ in range(3):
        run = sweep(registry, *ending)
        assert run.missing == 0
    assert Entity.objects.get().missing_since is None
    assert run.state in {"failed", "partial", "succeeded"}


def test_what_was_read_before_the_source_died_is_kept(registry: Source) -> None:
    run = sweep(
        registry,
        *(replace(FRAUD, key=f"m{n}", name=f"m{n}") for n in range(250)),
        SourceFailed("models", "Gone."),
    )
    assert (run.state, run.error) == ("failed", "models: Gone.")
    assert Entity.objects.count() == 200, "whole batches only"


def test_two_syncs_of_one_source_cannot_run_at_once(registry: Source, people: People) -> None:
    start_sync(actor=people.dmitri, source=registry)
    with pytest.raises(Conflict, match="queued or running"):
        start_sync(actor=people.esther, source=registry)
    assert SyncRun.objects.count() == 1


def test_a_run_whose_job_is_gone_does_not_block_the_next(registry: Source, people: People) -> None:
    run = start_sync(actor=people.dmitri, source=registry)
    SyncRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(Conflict, match="queued or running"):
        start_sync(actor=people.dmitri, source=registry)  # the job still waits for a worker
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    start_sync(actor=people.dmitri, source=registry)
    run.refresh_from_db()
    assert (run.state, run.error) == (
        "failed",
        "Its job ended before it could begin; the worker's log says why.",
    )


@pytest.mark.parametrize(("name", "error"), [("ada", NotFound), ("kim", NotFound)])
def test_only_the_center_starts_a_sync(
    registry: Source, people: People, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        start_sync(actor=people[name], source=registry)
    assert not SyncRun.objects.exists()
    assert not Event.objects.filter(verb="catalog.sync.queued").exists()


def test_a_carried_out_run_is_not_carried_out_again(registry: Source) -> None:
    run = sweep(registry, FRAUD, *MODELS_DONE)
    assert run_sync(run, reader=Script(RuntimeError())).state == "succeeded"


def test_alias_moves_are_remembered_and_an_ungoverned_one_is_a_finding(registry: Source) -> None:
    first = replace(FRAUD, aliases={"champion": "1"})
    sweep(registry, first, V1, V2, *MODELS_DONE)
    assert not Finding.objects.filter(kind="ungoverned_promotion").exists(), (
        "what stood at the first read is the baseline"
    )
    sweep(registry, replace(first, aliases={"champion": "2"}), V1, V2, *MODELS_DONE)
    history = list(Alias.objects.order_by("valid_from").values_list("version__version", "valid_to"))
    assert [version for version, _ in history] == ["1", "2"]
    assert history[0][1] is not None
    assert history[1][1] is None
    finding = Finding.objects.get(kind="ungoverned_promotion")
    assert finding.owner.slug == "risk-ml"
    sweep(registry, replace(first, aliases={}), V1, V2, *MODELS_DONE)
    assert not Alias.objects.filter(valid_to=None).exists()


def test_an_alias_to_a_version_that_was_not_read_is_refused_aloud(registry: Source) -> None:
    run = sweep(registry, replace(FRAUD, aliases={"champion": "9"}), V1, *MODELS_DONE)
    assert run.refused == 1
    assert "9" in run.refusals[0]["reason"]


def test_unknown_values_do_not_overwrite_known_ones(registry: Source) -> None:
    sweep(registry, FRAUD, V1, *MODELS_DONE)
    blind = replace(V1, metrics={}, description="New.", unknown=("metrics",))
    sweep(
        registry, FRAUD, blind, ScopeDone("models", 1), ScopeDone("versions", 1), ScopeFailed("runs", "500")
    )
    version = ModelVersion.objects.get()
    assert (version.metrics, version.description) == ({"auc": 0.9}, "New.")


def test_a_workload_is_linked_owned_and_remembered(cluster: Source) -> None:
    service = EntityFactory(kind="service", name="fraud-score")
    EntityFactory(kind="model", name="fraud-score")
    sweep(cluster, WORKLOAD, ScopeDone("deployments", 1))
    sweep(cluster, replace(WORKLOAD, replicas=4), ScopeDone("deployments", 1))
    deployment = Deployment.objects.get()
    assert (deployment.entity, deployment.owner.slug, deployment.owner_rule) == (
        service,
        "risk-ml",
        "workload label team",
    )
    assert list(deployment.revisions.order_by("at").values_list("replicas", flat=True)) == [2, 4]


def test_a_workload_of_nobody_is_a_finding_until_somebody_claims_it(cluster: Source, people: People) -> None:
    sweep(
        cluster,
        replace(WORKLOAD, owner=OwnerHint("phantom", "workload label team")),
        ScopeDone("deployments", 1),
    )
    finding, deployment = Finding.objects.get(), Deployment.objects.get()
    assert (finding.kind, finding.state, deployment.owner) == ("unowned", "open", None)
    mine = EntityFactory(kind="service", name="something-else", owner=people.team("ml-platform"))
    link_deployment(actor=people.dmitri, deployment=deployment, entity=mine)
    finding.refresh_from_db()
    assert finding.state == "resolved"
    sweep(cluster, replace(WORKLOAD, owner=None, replicas=9), ScopeDone("deployments", 1))
    deployment.refresh_from_db()
    assert deployment.entity == mine, "what a person linked stays"


def test_drift_is_found_and_closes_when_its_cause_is_gone(cluster: Source, people: People) -> None:
    entity = EntityFactory(kind="service", name="fraud-score", stage="deprecated")
    change_stage(actor=people.ada, entity=entity, to="retired")
    sweep(cluster, WORKLOAD, ScopeDone("deployments", 1))
    assert Finding.objects.get().kind == "drift"
    sweep(cluster, replace(WORKLOAD, status="stopped", replicas=0), ScopeDone("deployments", 1))
    assert Finding.objects.get().state == "resolved"


def test_failures_stay_with_their_kind(cluster: Source) -> None:
    job = replace(WORKLOAD, key="jobs/risk/train", workload_kind="Job", name="train", candidates=())
    sweep(cluster, WORKLOAD, ScopeDone("deployments", 1), job, ScopeDone("jobs", 1))
    for _ in range(2):
        run = sweep(
            cluster,
            ScopeDone("deployments", 0),
            ScopeFailed("jobs", "403"),
            ScopeDone("rayclusters", 0, "No such kind here."),
        )
    ended = {row.workload: row.ended_at is not None for row in Deployment.objects.all()}
    assert run.state == "partial"
    assert ended == {"fraud-score": True, "train": False}


def test_the_same_name_in_two_clusters_is_two_deployments(cluster: Source, people: People) -> None:
    other = SourceFactory(
        name="staging", kind="kubernetes", config={"cluster": "staging-fra", "in_cluster": True}
    )
    sweep(cluster, WORKLOAD, ScopeDone("deployments", 1))
    sweep(other, WORKLOAD, ScopeDone("deployments", 1), identity="uid-2")
    assert set(Deployment.objects.values_list("cluster", flat=True)) == {"prod-fra", "staging-fra"}


def test_another_cluster_behind_the_same_address_is_refused(cluster: Source) -> None:
    sweep(cluster, WORKLOAD, ScopeDone("deployments", 1))
    run = sweep(cluster, ScopeDone("deployments", 0), identity="uid-other")
    assert run.state == "failed"
    assert "Another Kubernetes answers" in run.error
    assert Deployment.objects.get().missed_sweeps == 0


def test_an_unowned_entity_closes_its_finding_with_its_owner(registry: Source, people: People) -> None:
    sweep(registry, replace(FRAUD, owner=None), *MODELS_DONE)
    entity = Entity.objects.get()
    assert (entity.owner, Finding.objects.get().state) == (None, "open")
    transfer_ownership(actor=people.esther, entity=entity, owner=people.team("risk-ml"))
    assert Finding.objects.get().state == "resolved"


def test_refusals_are_listed(registry: Source) -> None:
    run = sweep(registry, Refusal("bad", "It has no name."), *MODELS_DONE)
    assert (run.state, run.refused, run.refusals) == (
        "succeeded",
        1,
        [{"key": "bad", "reason": "It has no name."}],
    )


def test_a_crash_in_the_portal_fails_the_run_and_is_not_swallowed(registry: Source) -> None:
    with pytest.raises(RuntimeError):
        sweep(registry, RuntimeError("boom"))
    assert SyncRun.objects.get().state == "failed"
    assert "boom" not in SyncRun.objects.get().error


def test_the_schedule_starts_what_is_due_and_nothing_else(registry: Source) -> None:
    never, off = SourceFactory(name="never"), SourceFactory(name="off", enabled=False)
    SyncRunFactory(
        source=registry, queued_at=timezone.now() - timedelta(minutes=registry.interval_minutes - 1)
    )
    old = SourceFactory(name="old")
    SyncRunFactory(source=old, queued_at=timezone.now() - timedelta(minutes=old.interval_minutes + 1))
    SyncRunFactory(source=old, only="one-model")
    schedule_syncs(0)
    queued = set(SyncRun.objects.filter(state="queued").values_list("source__name", flat=True))
    assert queued == {never.name, old.name}
    assert off.name not in queued
    schedule_syncs(0)
    assert SyncRun.objects.filter(state="queued").count() == 2, "one at a time"
