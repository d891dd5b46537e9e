"""Made-up rows for the living page of all parts; no row of the database is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from apps.core.differences import diff
from apps.core.feed import Word
from apps.core.narrowing import Narrowing


@dataclass(frozen=True, slots=True)
class Party:
    """Stands in for a team or a person: the parts read only these names."""

    name: str
    slug: str = ""
    username: str = ""
    kind: str = "person"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return "#chips"


RISK = Party("Risk ML", "risk-ml", kind="embedded")
CLAIMS = Party("Claims AI", "claims-ai", kind="embedded")
PLATFORM = Party("ML Platform", "ml-platform", kind="central")
ADA, BEN, DMITRI = (
    Party("Ada", username="ada"),
    Party("Ben", username="ben"),
    Party("Dmitri", username="dmitri"),
)
CI_RISK = Party("ci-risk", username="ci-risk", kind="service")

ROWS = [
    (
        "Fraud score",
        "model:retail-banking/fraud-score",
        RISK,
        "production",
        "company",
        "gold",
        18,
        1_204.50,
        2,
    ),
    ("Credit limit", "model:retail-banking/credit-limit", RISK, "pilot", "unit", "silver", 4, 310.00, 26),
    (
        "Claims triage",
        "model:insurance/claims-triage",
        CLAIMS,
        "experiment",
        "restricted",
        "none",
        3,
        84.25,
        75,
    ),
    (
        "Document reader",
        "service:coe/document-reader",
        PLATFORM,
        "deprecated",
        "company",
        "bronze",
        11,
        96.10,
        240,
    ),
    ("Churn", "model:retail-banking/churn", None, "suspended", "company", "none", 7, 0.00, 900),
    (
        "Price elasticity",
        "model:insurance/price-elasticity",
        CLAIMS,
        "stopped",
        "company",
        "none",
        1,
        0.00,
        4_100,
    ),
]
COLUMNS = [
    {"name": "owner", "label": "Owner"},
    {"name": "visibility", "label": "Visibility"},
    {"name": "level", "label": "Readiness"},
    {"name": "versions", "label": "Versions"},
    {"name": "cost", "label": "Cost"},
]


def samples() -> dict[str, Any]:
    """Everything that the templates of the page show, by the names that they use."""
    now = timezone.now()
    return {
        "teams_shown": [RISK, PLATFORM, None],
        "people_shown": [ADA, CI_RISK, None],
        "rows": [_row(row, now) for row in ROWS],
        "columns": COLUMNS,
        **_stories(now),
        **_pictures(),
        **_lists(),
    }


def _row(row: tuple[Any, ...], now: datetime) -> dict[str, Any]:
    names = ("title", "ref", "owner", "stage", "visibility", "level", "versions", "cost")
    return dict(zip(names, row, strict=False)) | {"changed": now - timedelta(hours=row[-1])}


def _named(names: str, *rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def _stories(now: datetime) -> dict[str, Any]:
    """What happened, what must happen, and where something stands."""
    ago, ahead = (lambda hours: now - timedelta(hours=hours)), (lambda days: now + timedelta(days=days))
    return {
        "entries": _named(
            "icon meaning actor text more at",
            ("rocket", "good", BEN, "moved Fraud score to production", "Version 18, approved by Ada", now),
            (
                "triangle-alert",
                "warn",
                "MLflow sync",
                "found an ungoverned promotion",
                "Alias champion",
                ago(5),
            ),
            ("pencil", "", ADA, "changed the owner from Claims AI to Risk ML", "", ago(24)),
            (
                "circle-x",
                "bad",
                "Kubernetes sync",
                "failed on cluster prod-eu",
                "403 on namespaces",
                ago(290),
            ),
            ("plus", "info", CI_RISK, "added version 17", "", ago(1_700)),
        ),
        "feed_line": {
            "actor": BEN,
            "words": [Word("related "), Word("Fraud score", "/about/parts/"), Word(" to Card transactions")],
        },
        "checks": _named(
            "result label more who due",
            ("pass", "Runbook verified in the last 90 days", "Verified on 2 May", "", None),
            ("fail", "Latency below 200 ms at p95", "Measured 310 ms on 12 May", "Ben", ahead(3)),
            ("unknown", "Fairness measured per protected group", "No evidence was sent", "ci-risk", ahead(9)),
            ("waived", "Model card complete", "Exception until 30 June", "Ada", None),
            ("not_applicable", "Retraining younger than 180 days", "", "", None),
        ),
        "tasks": _named(
            "icon title remark due meaning",
            ("shield-alert", "Accept the risk of Claims triage", "Chloe asks", ahead(2), ""),
            ("triangle-alert", "Answer a finding on Churn", "No owner since 14 October", ago(30), "bad"),
            ("git-pull-request", "Approve version 18 of Fraud score", "Ben asks", ahead(6), ""),
        ),
        "steps": _named(
            "label state more",
            ("Idea", "done", "3 February"),
            ("Pilot", "done", "21 March"),
            ("Production", "now", "Waits for Ada, by Friday"),
            ("Retired", "next", ""),
        ),
        "steps_stopped": _named(
            "label state more",
            ("Requested", "done", "by Ben"),
            ("Security", "problem", "Ivan asked for changes"),
            ("Decision", "next", ""),
        ),
    }


def _pictures() -> dict[str, Any]:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]
    return {
        "rising": [12, 14, 13, 17, 19, 18, 23, 27],
        "flat": [5, 5, 5, 5, 5],
        "short": [1],
        "capacity": [("Committed", 62, "accent"), ("Planned", 18, "info"), ("Unplanned work", 12, "warn")],
        "line_chart": {
            "type": "line",
            "unit": "models",
            "labels": months,
            "series": [
                {"name": "In production", "values": [12, 14, 15, 18, 19, 23, 26, 29, 31], "forecast_from": 7},
                {"name": "In pilot", "values": [9, 9, 11, 10, 12, 11, 9, 8, 8], "forecast_from": 7},
            ],
        },
        "bar_chart": {
            "type": "bar",
            "unit": "EUR",
            "labels": months,
            "series": [
                {
                    "name": "Cost",
                    "values": [1204, 1310, 1290, 1502, 1480, 1610, 1702, 1750, 1800],
                    "preliminary_from": 6,
                    "forecast_from": 7,
                }
            ],
        },
    }


def _lists() -> dict[str, Any]:
    stages = [("Production", 31, True), ("Pilot", 8, False), ("Experiment", 64, False)]
    return {
        "stage_values": [
            {"label": word, "count": count, "active": on, "url": "#filters", "capped": False}
            for word, count, on in stages
        ],
        "narrowing": _narrowing(),
        "tag_values": [
            {"label": "tabular", "count": 1000, "capped": True, "url": "#filters", "active": False}
        ],
        "page_tabs": [
            {"label": "Overview", "url": "#tabs", "active": True},
            {"label": "Versions", "url": "#tabs", "count": 18},
            {"label": "Lineage", "url": "#tabs", "icon": "workflow"},
        ],
        "panel_tabs": [
            {"label": "Markdown", "panel": "panel-text", "active": True},
            {"label": "YAML", "panel": "panel-yaml"},
        ],
        "crumbs": [("Home", "/"), ("Parts of the portal", "")],
        "facts_shown": [
            ("Accountable", "Ada"),
            ("Tier", "1"),
            ("Classification", "confidential"),
            ("Last sync", None),
        ],
        "diff_lines": [
            {"sign": "@", "text": "Limitations and risks", "old": None, "new": None},
            {"sign": " ", "old": 12, "new": 12, "text": "The score is calibrated on card payments."},
            {"sign": "-", "old": 13, "new": None, "text": "It must not be used for loans."},
            {
                "sign": "+",
                "old": None,
                "new": 13,
                "text": "It must not be used for loans or for direct debits.",
            },
            {"sign": " ", "old": 14, "new": 14, "text": "Review the threshold each quarter."},
        ],
        "changed_blocks": diff(
            "The score is calibrated on card payments.\nIt must not be used for loans.",
            "The score is calibrated on card payments.\nIt must not be used for loans or for direct debits.",
        ),
    }


def _narrowing() -> Narrowing:
    found = Narrowing(QueryDict("severity=high"), "parts")
    found.choose("severity", "Severity", [("high", "High"), ("low", "Low")])
    found.choose("team", "Owner", [("risk-ml", "Risk ML"), ("claims-ai", "Claims AI")])
    return found
