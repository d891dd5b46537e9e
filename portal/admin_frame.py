"""The admin's rail and its first page: what CoE leads do and what waits for them, not a dump of tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.catalog.queries import findings, orphaned, source_health, sync_runs, unowned
from apps.catalog.vocabulary import Severity
from apps.people.models import Team
from apps.people.queries import running, units
from apps.people.standing import standing_of

MOST_COUNTED = 1_000
SOON = timedelta(days=60)
ROWS = 6

# The portal's accent, deep teal, and its slate (portal/static/portal/css/tokens.css).
_TEAL = {
    "50": 97.5,
    "100": 94,
    "200": 88,
    "300": 82,
    "400": 76,
    "500": 70,
    "600": 46,
    "700": 40,
    "800": 34,
    "900": 28,
    "950": 22,
}
_CHROMA = {"50": 0.012, "100": 0.025, "200": 0.045, "300": 0.065, "400": 0.085, "500": 0.09, "600": 0.078}
COLOURS = {
    "primary": {step: f"oklch({light}% {_CHROMA.get(step, 0.06)} 198)" for step, light in _TEAL.items()},
    "base": {
        "50": "oklch(98% .003 250)",
        "100": "oklch(96.6% .005 250)",
        "200": "oklch(92% .006 250)",
        "300": "oklch(85% .01 250)",
        "400": "oklch(69% .014 253)",
        "500": "oklch(50.5% .017 256)",
        "600": "oklch(41% .018 257)",
        "700": "oklch(37% .016 255)",
        "800": "oklch(28.5% .013 255)",
        "900": "oklch(18.5% .009 255)",
        "950": "oklch(16% .008 255)",
    },
    "font": {
        "subtle-light": "oklch(50.5% .017 256)",
        "subtle-dark": "oklch(69% .014 253)",
        "default-light": "oklch(41% .018 257)",
        "default-dark": "oklch(79% .012 252)",
        "important-light": "oklch(23% .018 258)",
        "important-dark": "oklch(95% .005 250)",
    },
}

# group -> (title, icon, page, query); who sees an entry is asked of its page.
RAIL: dict[str, list[tuple[str, str, str, str]]] = {
    "Waiting": [
        ("Findings", "flag", "catalog_finding", "open=yes"),
        ("Unowned and orphaned", "person_off", "catalog_entity", "ownership=any"),
        ("Unclaimed workloads", "deployed_code_alert", "catalog_deployment", "claimed=no"),
    ],
    "Sources": [
        ("Sources", "database", "catalog_source", ""),
        ("Sync runs", "sync", "catalog_syncrun", ""),
    ],
    "Catalog": [
        ("Entities", "category", "catalog_entity", ""),
        ("Workloads", "deployed_code", "catalog_deployment", ""),
        ("Team grants", "key", "catalog_entitygroupgrant", ""),
        ("Personal grants", "person_add", "catalog_entityusergrant", ""),
    ],
    "Roadmap": [
        ("Waiting requests", "alarm", "roadmap_request", "waiting=yes"),
        ("Requests", "map", "roadmap_request", ""),
        ("Scoring policies", "balance", "roadmap_scoringpolicy", ""),
        ("Cycles", "calendar_month", "roadmap_cycle", ""),
        ("Candidates", "ballot", "roadmap_candidate", ""),
        ("Obligations to approve", "gavel", "roadmap_candidate", "obligation=waiting"),
        ("Plans", "account_tree", "roadmap_planrun", ""),
        ("Meetings", "groups", "roadmap_meeting", ""),
        ("Outcomes", "trending_up", "roadmap_outcome", ""),
        ("Outcome reviews", "event_available", "roadmap_outcomereview", ""),
    ],
    "Tooling": [
        ("Overdue requests", "alarm", "tooling_exceptionrequest", "overdue=yes"),
        ("Requests", "contact_support", "tooling_exceptionrequest", ""),
        ("Grants", "task_alt", "tooling_grant", ""),
        ("Conditions", "checklist", "tooling_condition", ""),
        ("Proposals", "how_to_vote", "tooling_proposal", ""),
        ("Capabilities", "radar", "tooling_capability", ""),
        ("Standards", "rule", "tooling_standard", ""),
        ("Tools' names", "label", "tooling_package", ""),
        ("Tools' support", "support_agent", "tooling_toolprofile", ""),
        ("Tiers", "stacks", "tooling_tier", ""),
        ("Tier rules", "filter_alt", "tooling_tierrule", ""),
        ("Environments", "dns", "tooling_environment", ""),
        ("Closed days", "event_busy", "tooling_closedday", ""),
        ("Decisions", "query_stats", "tooling_decisioncount", ""),
    ],
    "Wiki": [
        ("Spaces", "library_books", "wiki_space", ""),
        ("Pages", "article", "wiki_page", ""),
        ("Revisions", "history_edu", "wiki_revision", ""),
        ("Verifications", "verified", "wiki_verification", ""),
        ("Acknowledgements", "fact_check", "wiki_acknowledgement", ""),
        ("Comments", "forum", "wiki_comment", ""),
        ("Attachments", "attach_file", "wiki_attachment", ""),
        ("Old addresses", "alt_route", "wiki_redirect", ""),
        ("Imports and exports", "import_export", "wiki_transfer", ""),
    ],
    "Organisation": [
        ("Teams", "groups", "people_team", ""),
        ("Memberships", "badge", "people_membership", ""),
        ("Business units", "account_tree", "people_businessunit", ""),
        ("Liaisons", "handshake", "people_liaison", ""),
        ("Committees", "gavel", "people_committee", ""),
        ("People", "person", "people_user", ""),
        ("Service accounts", "smart_toy", "people_serviceaccount", ""),
        ("API tokens", "vpn_key", "people_apitoken", ""),
    ],
    "Record": [("Audit log", "history", "core_event", "")],
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar: the entries whose pages the person may open."""
    start = {"title": "What waits", "icon": "inbox", "link": reverse("admin:index")}
    shown = _openable(request)
    groups = [
        _group(title, [entry for entry in entries if entry[2] in shown], request)
        for title, entries in RAIL.items()
    ]
    return [{"items": [start]}, *(group for group in groups if group["items"])]


def _openable(request: HttpRequest) -> set[str]:
    pages = admin.site._registry.items()
    return {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, page in pages
        if page.has_view_permission(request)
    }


def _group(title: str, entries: list[tuple[str, str, str, str]], request: HttpRequest) -> dict[str, Any]:
    items = [
        {"title": name, "icon": icon, "link": _address(page, query), "active": _active(request, page, query)}
        for name, icon, page, query in entries
    ]
    return {"title": title, "separator": False, "items": items}


def _address(page: str, query: str = "") -> str:
    return reverse(f"admin:{page}_changelist") + (f"?{query}" if query else "")


def _active(request: HttpRequest, page: str, query: str) -> bool:
    """The entry with the address's own query, else the plain one of the same page."""
    here = request.path.startswith(_address(page))
    queries = [entry[3] for entries in RAIL.values() for entry in entries if entry[2] == page and entry[3]]
    asked = next((one for one in queries if one in request.GET.urlencode()), "")
    return here and (asked == query or (len(queries) == 1 and query != "" and not _has_plain(page)))


def _has_plain(page: str) -> bool:
    return any(entry[2] == page and not entry[3] for entries in RAIL.values() for entry in entries)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the first page, with the list that it counts."""

    label: str
    value: str
    url: str
    meaning: str = ""
    remark: str = ""

    @property
    def label_type(self) -> str:
        """Unfold's name for the meaning; nothing to colour where nothing is counted."""
        return (
            {"bad": "danger", "warn": "warning", "info": "info"}.get(self.meaning, "")
            if self.value != "0"
            else ""
        )


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """What waits, for the person who looks: every figure counts what they may see."""
    user = request.user
    sources = source_health(user)
    return {
        "tiles": _tiles(user, sources),
        "severities": _severities(user),
        "urgent": list(findings(user, is_open=True)[:ROWS]),
        "sources": sources,
        "running": list(sync_runs(user).filter(state__in=["queued", "running"])[:ROWS]),
        "ending": list(_ending_teams(user)[:ROWS]),
        "unserved": list(units(user).filter(liaison_count=0)[:ROWS]),  # type: ignore[misc]
        "leads": standing_of(user).sees_everything,
        "lists": {
            "findings": _address("catalog_finding", "open=yes"),
            "units": _address("people_businessunit"),
        },
    }


def _tiles(user: Any, sources: list[Any]) -> list[Tile]:
    entities, workloads = unowned(user)
    failing = [health for health in sources if health.last_state in {"failed", "partial"}]
    return [
        _count_tile("Open findings", findings(user, is_open=True), _address("catalog_finding", "open=yes")),
        _count_tile("Entities without owner", entities, _address("catalog_entity", "ownership=unowned")),
        _count_tile("Orphaned entities", orphaned(user), _address("catalog_entity", "ownership=orphaned")),
        _count_tile("Unclaimed workloads", workloads, _address("catalog_deployment", "claimed=no")),
        Tile(
            "Failing sources",
            f"{len(failing)} of {len(sources)}",
            _address("catalog_source"),
            "bad" if failing else "good",
        ),
        _age_tile(sources),
    ]


def _count_tile(label: str, rows: QuerySet[Any], url: str) -> Tile:
    count = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    shown = f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"
    return Tile(label, shown, url, "warn" if count else "good")


def _age_tile(sources: list[Any]) -> Tile:
    """The oldest success among the sources that are switched on: the catalog is as fresh as that."""
    times = [health.last_success_at for health in sources if health.source.enabled]
    url = _address("catalog_syncrun")
    if not times:
        return Tile("Oldest successful sync", "–", url, remark="No source is switched on.")
    if None in times:
        return Tile("Oldest successful sync", "never", url, "bad", "A source has never been read whole.")
    minutes = int((timezone.now() - min(times)).total_seconds() // 60)
    value = (
        f"{minutes} min ago"
        if minutes < 120
        else f"{minutes // 60} h ago"
        if minutes < 2880
        else f"{minutes // 1440} days ago"
    )
    return Tile("Oldest successful sync", value, url, "warn" if minutes > 60 else "good")


def _severities(user: Any) -> list[Tile]:
    counted = findings(user, is_open=True).order_by().values("severity").annotate(rows=Count("pk"))
    found = {row["severity"]: row["rows"] for row in counted}
    meanings = {"critical": "bad", "high": "bad", "medium": "warn", "low": "info"}
    return [
        Tile(
            Severity(name).label,
            f"{found.get(name, 0):,}",
            _address("catalog_finding", f"open=yes&severity__exact={name}"),
            meanings[name],
        )
        for name in reversed(Severity.values)
    ]


def _ending_teams(user: Any) -> QuerySet[Team]:
    """Running teams with an end in sight; what they own needs a new owner before it."""
    return Team.objects.visible_to(user).filter(running(), ends__lt=timezone.now() + SOON).order_by("ends")
