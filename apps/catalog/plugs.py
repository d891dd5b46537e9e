"""What the catalog offers to the other rooms: how its events read, what waits for whom, what search finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from apps.catalog import queries, team_panel
from apps.catalog.models import Entity, Finding
from apps.catalog.queries.entities import orphan
from apps.catalog.vocabulary import FindingKind, Kind, RelationType, Stage
from apps.core.markdown import first_sentence
from apps.core.plugs import Card, FeedVerb, Hit, Item, Items, NavItem, Searchable, first_items, register
from apps.core.words import counted
from apps.people.models import Visibility
from apps.people.standing import standing_of

ENDS_SOON = timedelta(days=90)
ICONS: dict[str, str] = {
    Kind.MODEL: "brain",
    Kind.DATASET: "database",
    Kind.FEATURE_VIEW: "table-properties",
    Kind.PIPELINE: "workflow",
    Kind.SERVICE: "server",
    Kind.APPLICATION: "app-window",
    Kind.API: "plug",
    Kind.TOOL: "wrench",
    Kind.AGENT: "bot",
    Kind.PROMPT: "message-square-text",
    Kind.DASHBOARD: "layout-dashboard",
    Kind.USE_CASE: "target",
}
MEANINGS = {"critical": "bad", "high": "bad", "medium": "warn"}


def register_all() -> None:
    team_panel.register()
    register(
        NavItem("Catalog", "catalog:list", "library", "/catalog/", order=10),
        Searchable("entities", "Catalog", Entity, _hits, order=10),
        Card("catalog.findings", "Findings", "waiting", _findings, url="/catalog/findings/", order=10),
        Card("catalog.orphans", "Needs a new owner", "waiting", _orphans, url="/catalog/unowned/", order=20),
        Card("catalog.mine", "Your entities", "mine", _mine, url="/catalog/?mine=1", order=10),
        *_verbs(),
    )


def _verbs() -> Iterator[FeedVerb]:
    yield FeedVerb("catalog.entity.created", "added", "plus")
    yield FeedVerb("catalog.entity.changed", "changed", "pencil", _changed)
    yield FeedVerb("catalog.entity.stage_changed", "moved", "git-commit-horizontal", _stage)
    yield FeedVerb("catalog.entity.visibility_changed", "changed who sees", "eye", _visibility)
    yield FeedVerb("catalog.entity.owner_changed", "gave a new owner to", "arrow-right-left")
    yield FeedVerb("catalog.entity.synced", "read new facts about", "refresh-cw")
    yield FeedVerb("catalog.entity.adopted", "recognised {subject} at its source", "link")
    yield FeedVerb(
        "catalog.entity.renamed_at_source", "found {subject} under a new name", "text-cursor-input"
    )
    yield FeedVerb("catalog.entity.gone_at_source", "no longer finds", "eye-off")
    yield FeedVerb("catalog.entity.returned", "finds again", "eye")
    yield FeedVerb("catalog.version.registered", "registered a version of", "package-plus", _version)
    yield FeedVerb("catalog.version.gone_at_source", "no longer finds a version of", "package-x", _version)
    yield FeedVerb("catalog.alias.moved", "moved an alias of", "tag", _alias)
    yield FeedVerb("catalog.alias.removed", "removed an alias of", "tag", _alias)
    yield FeedVerb("catalog.deployment.appeared", "found {subject} running", "rocket", _deployment)
    yield FeedVerb("catalog.deployment.changed", "saw a change of what runs of", "rocket", _deployment)
    yield FeedVerb("catalog.deployment.gone", "saw the end of a workload of", "circle-stop")
    yield FeedVerb("catalog.deployment.linked", "linked a workload with", "link")
    yield FeedVerb("catalog.relation.added", "related {subject} to {target}", "waypoints", _relation)
    yield FeedVerb(
        "catalog.relation.ended", "ended the relation of {subject} to {target}", "unlink", _relation
    )
    yield FeedVerb("catalog.grant.given", "granted access to", "key-round", _grant)
    yield FeedVerb("catalog.grant.revoked", "revoked access to", "key-round", _grant)
    yield FeedVerb("catalog.finding.opened", "opened a finding about", "triangle-alert", _finding_kind)
    yield FeedVerb("catalog.finding.handled", "handled a finding about", "check-check", _finding_move)
    yield FeedVerb("catalog.source.created", "added the source", "plug")
    yield FeedVerb("catalog.source.changed", "changed the source", "plug")
    yield FeedVerb("catalog.sync.queued", "started a sync of", "refresh-cw")
    yield FeedVerb("catalog.sync.succeeded", "The sync of {subject} finished", "circle-check", _sync, True)
    yield FeedVerb(
        "catalog.sync.partial", "The sync of {subject} read only a part", "circle-alert", _sync, True
    )
    yield FeedVerb("catalog.sync.failed", "The sync of {subject} failed", "circle-x", _sync, True)


def _changed(data: dict[str, Any]) -> str:
    return ", ".join(str(name).replace("_", " ") for name in data.get("changes") or [])


def _stage(data: dict[str, Any]) -> str:
    words = dict(Stage.choices)
    return f"{words.get(data.get('from', ''), 'new')} to {words.get(data.get('to', ''), 'unknown')}"


def _visibility(data: dict[str, Any]) -> str:
    words = dict(Visibility.choices)
    return " to ".join(
        str(words.get(value, value)) for value in (data.get("changes") or {}).get("visibility") or []
    )


def _version(data: dict[str, Any]) -> str:
    return f"Version {data['version']}" if data.get("version") else ""


def _alias(data: dict[str, Any]) -> str:
    where = f" to version {data['version']}" if data.get("version") else ""
    return f"{data.get('alias', '')}{where}"


def _deployment(data: dict[str, Any]) -> str:
    replicas = data.get("replicas") or 0
    return f"{data['status']}, {counted(replicas, 'replica')}" if data.get("status") else ""


def _relation(data: dict[str, Any]) -> str:
    return str(dict(RelationType.choices).get(data.get("type", ""), ""))


def _grant(data: dict[str, Any]) -> str:
    return {"view": "to see it", "change": "to see and change it"}.get(data.get("permission", ""), "")


def _finding_kind(data: dict[str, Any]) -> str:
    return str(dict(FindingKind.choices).get(data.get("kind", ""), ""))


def _finding_move(data: dict[str, Any]) -> str:
    return str(dict(Finding.State.choices).get(data.get("to", ""), ""))


def _sync(data: dict[str, Any]) -> str:
    if "read" not in data:
        return ""
    return f"{data['read']:,} read, {data.get('added', 0):,} added, {data.get('changed', 0):,} changed"


def _hits(rows: Any, query: str, limit: int) -> Iterator[Hit]:
    for entity, score in queries.search_entities(rows, query, limit):
        yield Hit(
            title=str(entity),
            url=entity.get_absolute_url(),
            kind=entity.get_kind_display(),
            ref=entity.ref,
            snippet=first_sentence(entity.description, 160),
            score=score,
            icon=ICONS[entity.kind],
        )


def _findings(user: Any, limit: int) -> Items:
    """Open findings about things of one's teams; what belongs to nobody waits for CoE leads."""
    standing = standing_of(user)
    wanted = Q(owner__in=standing.teams) | Q(entity__owner__in=standing.teams)
    if standing.coe_lead:
        wanted |= Q(owner=None, entity__owner=None)
    return first_items(queries.findings(user, is_open=True).filter(wanted), limit, _finding_item)


def _finding_item(row: Finding) -> Item:
    about = row.entity or row.deployment
    words = [f"{row.get_severity_display()} severity", row.get_kind_display().lower(), str(about or "")]
    return Item(
        title=row.title,
        url=f"{reverse('catalog:findings')}#finding-{row.pk}",
        remark=", ".join(filter(None, words)),
        icon="triangle-alert",
        meaning=MEANINGS.get(row.severity, ""),
    )


def _orphans(user: Any, limit: int) -> Items:
    """For those who decide about owners: what is orphaned, and what soon will be."""
    soon = Q(owner__ends__lte=timezone.now() + ENDS_SOON)
    rows = Entity.objects.allowed(user, "administer").filter(orphan() | soon, tombstoned_at=None)
    found = rows.select_related("owner", "accountable").order_by("owner__ends", "id")
    return first_items(found, limit, _orphan_item)


def _orphan_item(row: Entity) -> Item:
    if row.accountable and not row.accountable.is_active:
        way = reverse("catalog:edit", args=[row.kind, row.namespace, row.name])
        return Item(
            str(row), way, f"{row.accountable} has left; name another accountable person", ICONS[row.kind]
        )
    way = reverse("catalog:access", args=[row.kind, row.namespace, row.name])
    ends = row.owner.ends if row.owner else None
    over = ends is not None and ends <= timezone.now()
    text = f"{row.owner} {'has ended' if over else 'ends'}; name another owner"
    return Item(str(row), way, text, ICONS[row.kind], due=ends, meaning="bad" if over else "warn")


def _mine(user: Any, limit: int) -> Items:
    rows = queries.filter_entities(queries.entities(user), queries.EntityFilter(mine=True), user)
    return first_items(rows.order_by("-updated_at", "-id"), limit, _own_item)


def _own_item(row: Entity) -> Item:
    remark = f"{row.get_kind_display()}, {row.get_stage_display().lower()}"
    return Item(str(row), row.get_absolute_url(), remark, ICONS[row.kind])
