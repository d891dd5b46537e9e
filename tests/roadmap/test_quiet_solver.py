"""Whatever the solver prints in C, a program's standard output holds what the program wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOUD = """
import ctypes, sys, threading
from apps.roadmap.planning.quiet import output_kept_clean
libc = ctypes.CDLL(None)
print("before")
def solve():
    with output_kept_clean():
        libc.printf(b"noise\\n")
solve()
threads = [threading.Thread(target=solve) for _ in range(8)]
[each.start() for each in threads]; [each.join() for each in threads]
print("after")
"""
SOLVED = """
from apps.roadmap.planning.plans import make_plans
from apps.roadmap.planning.canonical import canonical_json
from tests.roadmap.cycles import large_cycle
for seed in range(1, 4):
    plans = make_plans(large_cycle(120, 8, seed))
print(len(canonical_json(plans)))
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )


def test_what_c_prints_meanwhile_goes_to_the_standard_error() -> None:
    done = run(LOUD)
    assert done.stdout == "before\nafter\n"
    assert done.stderr.count("noise") == 9


def test_a_quarter_is_planned_without_a_word() -> None:
    assert run(SOLVED).stdout.strip().isdecimal()


def test_a_process_without_a_standard_output_solves_too() -> None:
    program = f"import os; os.close(1)\n{SOLVED.replace('print(', 'str(')}"
    assert run(program).stdout == ""
