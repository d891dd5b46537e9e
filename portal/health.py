"""Is it alive, is it ready, and how is it doing: for orchestrators and Prometheus."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from apps.catalog.models import Finding, Source, SyncRun
from apps.core.jobs import SILENCE

SYNC_PATIENCE = 3


@require_GET
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all."""
    return JsonResponse({"status": "ok"})


@require_GET
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers; workers and syncs are reported, and do not take a web process out of service.

    Anybody may ask, so sources are counted; only the holder of METRICS_TOKEN reads their names.
    """
    try:
        report = state()
    except DatabaseError as error:
        return JsonResponse({"status": "unready", "database": type(error).__name__}, status=503)
    sources = report["sources"] if _has_token(request) else _summary(report["sources"])
    return JsonResponse(
        {"status": "ready", "database": "ok", "workers": report["workers"], "sources": sources}
    )


@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Gauges in Prometheus' text form, read from the database, so that every web process says the same.

    They name sources, so they are for the holder of METRICS_TOKEN; the demo, which only its machine reaches,
    shows them to anybody.
    """
    if not (_has_token(request) or (settings.DEMO and not settings.METRICS_TOKEN)):
        return _token_wanted()
    registry = CollectorRegistry()
    report = state()
    Gauge("coe_workers_alive", "Workers with a heartbeat in the last minute.", registry=registry).set(
        report["workers"]
    )
    _labelled(registry, "coe_jobs", "Jobs by state.", "status", job_counts())
    findings = _counted(Finding.objects.filter(state__in=Finding.OPEN_STATES), "severity")
    _labelled(registry, "coe_findings_open", "Open findings by severity.", "severity", findings)
    runs = _counted(SyncRun.objects.all(), "state")
    _labelled(registry, "coe_sync_runs", "Sweeps by outcome.", "state", runs)
    ages = {row["name"]: row["age_seconds"] for row in report["sources"] if row["age_seconds"] is not None}
    _labelled(registry, "coe_sync_age_seconds", "Seconds since the last complete sweep.", "source", ages)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, settings.METRICS_TOKEN)


def _token_wanted() -> HttpResponse:
    text = (
        "Send Authorization: Bearer with the value of METRICS_TOKEN, which the portal's environment sets.\n"
    )
    headers = {"WWW-Authenticate": "Bearer"}
    return HttpResponse(text, status=401, content_type="text/plain; charset=utf-8", headers=headers)


def _summary(sources: list[dict[str, Any]]) -> dict[str, Any]:
    ages = [source["age_seconds"] for source in sources if source["age_seconds"] is not None]
    return {
        "enabled": len(sources),
        "late": sum(source["late"] for source in sources),
        "oldest_age_seconds": max(ages, default=None),
    }


def state() -> dict[str, Any]:
    """How many workers are alive, and how old each enabled source's last complete sweep is."""
    return {
        "workers": workers_alive(),
        "sources": [_source(row) for row in Source.objects.filter(enabled=True)],
    }


def workers_alive() -> int:
    with connection.cursor() as cursor:
        oldest = timezone.now() - SILENCE
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s", [oldest])
        (alive,) = cursor.fetchone()
    return int(alive)


def job_counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
        return {status: int(count) for status, count in cursor.fetchall()}


def _source(source: Source) -> dict[str, Any]:
    age = _age(source.last_success_at)
    late = age is None or age > source.interval_minutes * 60 * SYNC_PATIENCE
    return {"name": source.name, "kind": source.kind, "age_seconds": age, "late": late}


def _age(moment: datetime | None) -> int | None:
    return None if moment is None else int((timezone.now() - moment).total_seconds())


def _counted(rows: QuerySet[Any], column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))


def _labelled(registry: CollectorRegistry, name: str, text: str, label: str, values: dict[str, int]) -> None:
    gauge = Gauge(name, text, [label], registry=registry)
    for value, count in values.items():
        gauge.labels(value).set(count)
