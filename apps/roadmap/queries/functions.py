"""Business functions: where in a business something is used. A tag `function:marketing` says it; else words do."""

from __future__ import annotations

import re
from collections.abc import Iterable

PREFIX = "function:"
OTHER = "other"
FUNCTIONS = {
    "marketing": (
        "Marketing and sales",
        "marketing sales campaign campaigns recommender churn retention leads",
    ),
    "service": ("Customer service", "service servicing complaints support contact calls chat letters letter"),
    "risk": ("Risk and credit", "risk credit lending mortgage limits underwriting default defaults"),
    "crime": ("Fraud and crime", "fraud aml laundering sanctions disputes dispute alerts alert"),
    "claims": ("Claims", "claim claims damage"),
    "products": (
        "Products and pricing",
        "pricing price prices portfolio advice funds product products motor life",
    ),
    "operations": (
        "Operations",
        "operations documents document invoices invoice forecasting forecast merchants cash branches planning",
    ),
    "finance": (
        "Finance and compliance",
        "finance treasury accounting reporting audit governance compliance",
    ),
    "people": ("People and workplace", "workplace hiring staffing hr training-courses office"),
}
_WORD = re.compile(r"[a-z0-9]+")
_BY_WORD = {word: name for name, (_, words) in FUNCTIONS.items() for word in words.split()}


def function_of(tags: Iterable[str], text: str = "") -> str:
    """The name of a function; what a tag says outright wins, then the first tag, then the first word that tells."""
    known = [tag.lower() for tag in tags]
    for tag in known:
        if tag.startswith(PREFIX) and tag != PREFIX:
            return tag.removeprefix(PREFIX)
    told = (_BY_WORD.get(word) for word in (*known, *_WORD.findall(text.lower())))
    return next((name for name in told if name), OTHER)


def label_of(name: str) -> str:
    if name == OTHER:
        return "Other"
    return FUNCTIONS[name][0] if name in FUNCTIONS else name.replace("-", " ").capitalize()
