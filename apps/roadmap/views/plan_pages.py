"""What the pages of plans show: three plans side by side, all requests, the units' wallets, one request's why."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.http import QueryDict

from apps.roadmap.pictures import Bar, Mark, Part, bar, marks
from apps.roadmap.planning.instance import MICRO_WEEKS
from apps.roadmap.queries.explaining import Explained, Fate, Way
from apps.roadmap.queries.limits import limit_of
from apps.roadmap.queries.plan_totals import RoleTotal, UnitTotal, price_in_words, role_totals, unit_totals
from apps.roadmap.queries.planner_words import figure, percent, role_name, share_of, weeks
from apps.roadmap.queries.why_words import no_of, reason_of
from apps.roadmap.workflow import PlanKind

FILTERS = (("", "All"), ("in", "In the plan"), ("out", "Not in the plan"), ("differ", "Where plans differ"))
ORDER = (PlanKind.SCORE_RANKING, PlanKind.VALUE_MAXIMUM, PlanKind.EQUAL_SHARES)  # the default is drawn last
ABOUT = {
    PlanKind.EQUAL_SHARES: "Units buy with their wallets what they agree on; what is left is filled by value.",
    PlanKind.VALUE_MAXIMUM: "The highest sum of values that fits, whoever it is for.",
    PlanKind.SCORE_RANKING: "The best value per person-week first, while the roles last. What most backlogs do.",
}


def compared(read: Explained, query: QueryDict, address: str) -> dict[str, Any]:
    """All of the page that a finished run gives."""
    roles, units = role_totals(read), unit_totals(read)
    show = query.get("show", "")
    show = show if show in dict(FILTERS) else ""
    return {
        "read": read,
        "plans": [plan(read, kind, roles) for kind in PlanKind],
        "units": [unit_row(read, each) for each in units],
        "failing": [each.name for each in units if not each.passes],
        "silent": [read.names.unit(name) for name in read.result["without_ballot"]],
        "value_bars": value_bars(read),
        "price": percent(max(read.price_of_fairness, Fraction(0))),
        "price_words": price_in_words(read),
        "rows": [
            row for row in (request_row(read, name) for name in read.shown) if _wanted(row["fate"], show)
        ],
        "filters": [
            (value, label, f"{address}?show={value}" if value else address) for value, label in FILTERS
        ],
        "show": show,
        "hidden": hidden_row(read),
        "kinds": list(PlanKind),
    }


def _wanted(fate: Fate, show: str) -> bool:
    if show == "differ":
        return 0 < len(fate.plans) < len(PlanKind)
    return not show or (fate.way is not Way.OUT) == (show == "in")


def plan(read: Explained, kind: PlanKind, roles: list[RoleTotal]) -> dict[str, Any]:
    scale = max((role.capacity for role in roles), default=0)
    taken = read.taken[kind]
    return {
        "kind": kind,
        "about": ABOUT[kind],
        "default": kind == PlanKind.EQUAL_SHARES,
        "proven": read.proven[kind],
        "limit": limit_of(read, kind),
        "requests": len(taken),
        "value": read.value(kind),
        "weeks": figure(sum(role.used[kind] for role in roles)),
        "roles": [role_row(role, kind, scale) for role in roles],
    }


def role_row(role: RoleTotal, kind: PlanKind, scale: int) -> dict[str, Any]:
    """Of the default plan one reads what was bought and what was filled, of the others what is used."""
    used = role.used[kind]
    parts = [Part("reserve", role.reserve, "quiet"), Part("off the top", role.top, "info")]
    if kind == PlanKind.EQUAL_SHARES:
        parts += [
            Part("bought by units", role.bought, "accent"),
            Part("filled by value", role.filled, "good"),
        ]
    else:
        parts.append(Part("chosen", used - role.top, "accent"))
    name = role_name(role.role)
    return {
        "bar": bar(name, parts, scale, role.capacity),
        "name": name,
        "used": figure(used),
        "of": figure(role.capacity - role.reserve),
        "free": figure(role.free(kind)),
        "says": ", ".join(f"{part.label} {figure(part.amount)}" for part in parts if part.amount),
    }


def unit_row(read: Explained, each: UnitTotal) -> dict[str, Any]:
    return {
        "unit": each,
        "name": each.name[:1].upper() + each.name[1:],
        "share": share_of(each.share),
        "share_x": f"{each.share / 100:g}%",
        "wallet": figure(each.wallet),
        "spent": figure(each.spent),
        "left": figure(each.left),
        "received": [(kind.label, percent(each.received[kind]), each.shortfall(kind)) for kind in PlanKind],
        "marks": _marks(each),
        "alone": percent(each.alone),
        "alone_x": "" if each.alone is None else f"{float(each.alone) * 100:.2f}%",
        "bar": _wallet(each),
        "purchases": [
            (receipt.round, read.names.titles(receipt.items), figure(paid))
            for receipt, paid in each.purchases
        ],
        "elsewhere": figure(each.elsewhere) if each.elsewhere else "",
    }


def _marks(each: UnitTotal) -> tuple[Mark, ...]:
    values = [(kind, each.received[kind]) for kind in ORDER]
    return marks(
        [(str(kind.label), None if part is None else float(part), kind.value) for kind, part in values]
    )


def _wallet(each: UnitTotal) -> Bar:
    paints = ("accent", "info")
    parts = [
        Part(f"round {receipt.round}", paid, paints[number % 2])
        for number, (receipt, paid) in enumerate(each.purchases)
    ]
    return bar(each.name, [*parts, Part("requests not shown to you", each.elsewhere, "quiet")], each.wallet)


def value_bars(read: Explained) -> list[dict[str, Any]]:
    most = max(read.value(kind) for kind in PlanKind)
    return [
        {
            "name": str(kind.label),
            "value": read.value(kind),
            "bar": bar(str(kind.label), [Part("value", read.value(kind), "accent")], most),
            "part": percent(Fraction(read.value(kind), most)) if most else "0%",
        }
        for kind in PlanKind
    ]


def request_row(read: Explained, name: str) -> dict[str, Any]:
    wanted = read.requests[name]
    fate = read.fate(name)
    return {
        "request": read.names.requests[name],
        "fate": fate,
        "weeks": figure(wanted.cost),
        "value": wanted.value,
        "points": sum(points for _, points in read.supporters(name)),
        "marks": [(kind.label, kind in fate.plans) for kind in PlanKind],
        "reason": reason_of(read, name) if fate.way is Way.OUT else "",
    }


def hidden_row(read: Explained) -> dict[str, Any] | None:
    """Requests that the reader does not see: how many, and, of more than one, what they come to together."""
    names = read.hidden
    if len(names) < 2:
        return {"count": 1} if names else None
    return {
        "count": len(names),
        "weeks": weeks(sum(read.requests[name].cost for name in names)),
        "taken": [(kind.label, sum(name in read.taken[kind] for name in names)) for kind in PlanKind],
    }


def why_context(read: Explained, name: str) -> dict[str, Any]:
    """One request: what became of it, its receipt or why not, and what was frozen of it."""
    wanted, fate, receipt = read.requests[name], read.fate(name), read.receipt(name)
    payments = [
        {
            "unit": read.names.unit(each.unit),
            "paid": weeks(each.paid),
            "wallet": weeks(each.wallet),
            "points": each.points,
            "bar": bar(each.unit, [Part("paid", each.paid, "accent")], each.wallet),
        }
        for each in (receipt.payments if receipt else ())
    ]
    return {
        "request": read.names.requests[name],
        "fate": fate,
        "marks": [(kind.label, kind in fate.plans, ABOUT[kind]) for kind in PlanKind],
        "receipt": receipt,
        "together": read.names.titles(receipt.together) if receipt else [],
        "cost": weeks(receipt.cost) if receipt else "",
        "payments": payments,
        "came_by": read.came_by(name),
        "no": no_of(read, name) if fate.way in (Way.OUT, Way.FILLED) else None,
        "filled": fate.way is Way.FILLED,
        "instead": instead(read, name) if fate.way is Way.OUT else [],
        "value": wanted.value,
        "weeks": weeks(wanted.cost),
        "roles": [(role_name(role), figure(amount)) for role, amount in wanted.weeks.items() if amount],
        "supporters": [(read.names.unit(unit), points) for unit, points in read.supporters(name)],
        "needs": read.names.titles(sorted(wanted.needs)),
        "excludes": read.names.titles(sorted(wanted.excludes)),
    }


def instead(read: Explained, name: str) -> list[dict[str, Any]]:
    """What those who gave it points paid for: where the wallets went."""
    wanted = {unit for unit, _ in read.supporters(name)}
    return [unit_row(read, each) for each in unit_totals(read) if each.unit in wanted]


def moved(read: Explained, real: Explained) -> dict[str, Any]:
    """The sandbox against the real plan: what comes in, what goes out, of what the reader sees, and what was moved."""
    kind = PlanKind.EQUAL_SHARES
    now, before = read.taken[kind], real.taken[kind]
    shown = [name for name in read.shown if (name in now) != (name in before)]
    others = sum((name in now) != (name in before) for name in read.hidden)
    return {
        "comes": [read.names.requests[name] for name in shown if name in now],
        "goes": [read.names.requests[name] for name in shown if name in before],
        "others": others,
        "changes": changes(read, real),
        "value": read.value(kind) - real.value(kind),
    }


def changes(read: Explained, real: Explained) -> list[tuple[str, str, str]]:
    """(what, before, now)."""
    before, now = real.instance, read.instance
    rows = [
        (role_name(role), weeks(before.capacities[role]), weeks(amount))
        for role, amount in now.capacities.items()
        if amount != before.capacities[role]
    ]
    shares = {unit.id: unit.share for unit in before.units}
    rows += [
        (read.names.unit(unit.id), share_of(shares[unit.id]), share_of(unit.share))
        for unit in now.units
        if unit.share != shares[unit.id]
    ]
    return rows


def weeks_as_typed(micro: int) -> str:
    whole, rest = divmod(micro, MICRO_WEEKS)
    return f"{whole}" + (f".{rest:06d}".rstrip("0") if rest else "")
