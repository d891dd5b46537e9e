"""Figures as the benchmarks give them: a name, a value, and the budget that it is held to.

Times of one machine mean little on another: budgets are ratios of two works measured in turns in one run.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; without a budget it is only reported."""

    name: str
    value: float
    unit: str = "x"
    budget: float | None = None
    remark: str = ""

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return "reported"
        return "kept" if self.value <= self.budget else "BROKEN"


def seconds(work: Work) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median_ms(work: Work, rounds: int = 15) -> float:
    """Median milliseconds of `work`, after one run that is not counted."""
    work()
    return statistics.median(seconds(work) for _ in range(rounds)) * 1000


def paired_ratio(work: Work, base: Work, rounds: int = 15) -> tuple[float, float, float]:
    """The median of `work / base` taken pair by pair, with the median milliseconds of both.

    A pair is measured in the same fraction of a second, so that a busy neighbour on the machine slows both.
    """
    work(), base()
    pairs = [(seconds(work), seconds(base)) for _ in range(rounds)]
    ratio = statistics.median(one / two for one, two in pairs)
    first, second = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    return ratio, first, second


def machine() -> str:
    """What the figures were measured on."""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, {system}"


def table(figures: Iterable[Figure]) -> str:
    rows = [("figure", "value", "budget", "verdict", "")]
    rows += [
        (row.name, _shown(row.value, row.unit), _shown(row.budget, row.unit), row.verdict, row.remark)
        for row in figures
    ]
    name, value, budget, verdict = (max(len(row[column]) for row in rows) for column in range(4))
    form = f"{{:<{name}}}  {{:>{value}}}  {{:>{budget}}}  {{:<{verdict}}}  {{}}"
    return "\n".join(form.format(*row).rstrip() for row in rows)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    number = (
        f"{value:,.0f}"
        if unit in {"statements", "MB"}
        else f"{value:,.2f}"
        if value < 100
        else f"{value:,.0f}"
    )
    return f"{number}{unit}" if unit == "x" else f"{number} {unit}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
