"""One report of a file's decisions, as text for a log, JSON for a program and SARIF 2.1.0 for a code host.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. Rules are the reason codes; a use that the standard allows
gives no result, an excepted one always gives a note.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from apps.tooling.book import Book, Condition, Grant, Rule, Standard
from apps.tooling.decide import Decision, decide
from apps.tooling.manifests import Manifest, Problem, Requirement
from apps.tooling.manifests.requirement import shown
from apps.tooling.vocabulary import ALLOWING, MEANINGS, NEXT_STEPS, DataClass, Reason, meaning_of

NOT_FOLLOWED = "not_followed"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SARIF_TYPE = "application/sarif+json"
FINGERPRINT = "requirementReason/v1"
NOTES = frozenset({Reason.TRIAL, Reason.EXCEPTED})

ToolOf = Callable[[Requirement], str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement and its answer. `request_url` is where an exception is asked for, filled in."""

    requirement: Requirement
    tool: str
    decision: Decision
    request_url: str = ""

    @property
    def level(self) -> str:
        """SARIF's word: `none` is not reported there."""
        if not self.decision.allowed:
            return "error"
        return "note" if self.decision.reason in NOTES else "none"

    @property
    def subject(self) -> str:
        asked = self.requirement.version or self.requirement.specifier or "(version unknown)"
        return f"{self.requirement.name} {asked}"

    @property
    def meaning(self) -> str:
        return meaning_of(self.decision.reason, self.requirement.version or self.requirement.specifier)

    @property
    def message(self) -> str:
        parts = [f"{self.subject}: {self.meaning}", *_details(self.decision)]
        return " ".join([*parts, self.decision.next_step, self.request_url]).strip()


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one file. `unlisted` counts the packages that were not asked about: no tool of the catalog."""

    file: str
    team: str
    environment: str
    data_class: DataClass
    at: datetime
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    unlisted: int = 0

    @property
    def allowed(self) -> bool:
        return all(each.decision.allowed for each in self.findings)


def check(
    book: Book,
    manifest: Manifest,
    *,
    file: str,
    team: str,
    environment: str,
    data_class: DataClass,
    at: datetime,
    tool_of: ToolOf,
) -> Report:
    """Decides on each requirement at one instant. `tool_of` names its tool, or None for what is no tool at all."""
    findings = tuple(
        Finding(each, tool, decide(book, team, tool, each.version, environment, data_class, at))
        for each in manifest.requirements
        if (tool := tool_of(each)) is not None
    )
    unlisted = len(manifest.requirements) - len(findings)
    return Report(
        shown(file) or manifest.kind, team, environment, data_class, at, findings, manifest.problems, unlisted
    )


def _details(decision: Decision) -> Iterator[str]:
    if decision.standard is not None:
        yield f"({decision.standard.capability}, revision {decision.standard.revision}.)"
    if decision.grant is not None:
        yield f"Exception {decision.grant.id}, until {decision.grant.ends.isoformat()}."
    if decision.conditions:
        yield f"Open conditions: {len(decision.conditions)}."
    if decision.alternatives:
        yield f"Alternatives: {', '.join(decision.alternatives)}."


def written(report: Report, form: str) -> tuple[str, str | dict[str, Any]]:
    """The report as `text`, `json` or `sarif`: its media type, and a text or an object."""
    if form == "text":
        return "text/plain; charset=utf-8", as_text(report)
    return (SARIF_TYPE, as_sarif(report)) if form == "sarif" else ("application/json", as_json(report))


def as_text(report: Report) -> str:
    """One line for each thing to know, as compilers write them, and a verdict."""
    lines = [
        f"{report.file}:{each.requirement.line}: {each.level}: {each.decision.reason}: {each.message}"
        for each in report.findings
        if each.level != "none"
    ]
    lines += [
        f"{report.file}:{each.line}: warning: {NOT_FOLLOWED}: {each.sentence}" for each in report.problems
    ]
    return "\n".join([*lines, _verdict(report)]) + "\n"


def _verdict(report: Report) -> str:
    denied = sum(not each.decision.allowed for each in report.findings)
    excepted = sum(each.decision.excepted for each in report.findings)
    verdict = "allowed" if report.allowed else "refused"
    return (
        f"{verdict}: {len(report.findings)} checked, {denied} denied, {excepted} excepted, "
        f"{report.unlisted} not under any standard, {len(report.problems)} lines not followed; "
        f"team {report.team}, {report.environment}, {report.data_class.name.lower()}, {report.at.isoformat()}"
    )


def as_json(report: Report) -> dict[str, Any]:
    """The report with every finding, also those that the standard allows."""
    return {
        "file": report.file,
        "allowed": report.allowed,
        "team": report.team,
        "environment": report.environment,
        "data_class": report.data_class.name.lower(),
        "at": report.at.isoformat(),
        "counts": dict(sorted(Counter(str(each.decision.reason) for each in report.findings).items())),
        "unlisted": report.unlisted,
        "findings": [_finding_json(each) for each in report.findings],
        "problems": [{"line": each.line, "detail": each.sentence} for each in report.problems],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    requirement = finding.requirement
    return {
        "line": requirement.line,
        "name": requirement.name,
        "ecosystem": str(requirement.ecosystem),
        "version": requirement.version,
        "specifier": requirement.specifier,
        "tool": finding.tool,
        "level": finding.level,
        "message": finding.message,
        "request_url": finding.request_url or None,
        "decision": decision_json(finding.decision),
    }


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision as every API gives it."""
    return {
        "allowed": decision.allowed,
        "reason": str(decision.reason),
        "ring": str(decision.ring),
        "excepted": decision.excepted,
        "standard": _standard_json(decision.standard),
        "rule": _rule_json(decision.rule),
        "grant": _grant_json(decision.grant),
        "conditions": [_condition_json(each) for each in decision.conditions],
        "alternatives": list(decision.alternatives),
        "next_step": decision.next_step,
        "cache_until": decision.cache_until.isoformat() if decision.cache_until else None,
    }


def _standard_json(standard: Standard | None) -> dict[str, Any] | None:
    if standard is None:
        return None
    return {
        "capability": standard.capability,
        "revision": standard.revision,
        "effective_from": standard.effective_from.isoformat(),
        "rationale": standard.rationale,
        "exit_criteria": standard.exit_criteria,
    }


def _rule_json(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "tool": rule.tool,
        "versions": rule.versions.text,
        "environment": rule.environment,
        "data_class": None if rule.data_class is None else rule.data_class.name.lower(),
        "ring": str(rule.ring),
    }


def _grant_json(grant: Grant | None) -> dict[str, Any] | None:
    if grant is None:
        return None
    return {
        "id": grant.id,
        "starts": grant.starts.isoformat(),
        "ends": grant.ends.isoformat(),
        "provisional": grant.provisional,
    }


def _condition_json(condition: Condition) -> dict[str, Any]:
    return {"text": condition.text, "due": condition.due.isoformat()}


def as_sarif(report: Report) -> dict[str, Any]:
    """A SARIF log of one run. Fingerprints hold neither line nor version of the file's format, so that an alert
    lives on when lines move."""
    results = [*_finding_results(report), *_problem_results(report)]
    rules = sorted({each["ruleId"] for each in results})
    for each in results:
        each["ruleIndex"] = rules.index(each["ruleId"])
    driver = {"name": "CoE Portal tooling", "rules": [_sarif_rule(each) for each in rules]}
    invocation = {"executionSuccessful": True, "endTimeUtc": report.at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"tooling/{report.team}/{report.environment}/"},
        "invocations": [invocation],
        "columnKind": "utf16CodeUnits",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_rule(code: str) -> dict[str, Any]:
    """A reason code as a rule."""
    if code == NOT_FOLLOWED:
        meaning, help_text, level = (
            "The line points to what was not read.",
            "Send the other file as well.",
            "warning",
        )
    else:
        reason = Reason(code)
        meaning, help_text = MEANINGS[reason], NEXT_STEPS[reason] or MEANINGS[reason]
        level = "note" if reason in ALLOWING else "error"
    return {
        "id": code,
        "name": code.title().replace("_", ""),
        "shortDescription": {"text": meaning},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": level},
    }


def _finding_results(report: Report) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for each in report.findings:
        if each.level == "none":
            continue
        code = str(each.decision.reason)
        key = "\n".join((str(each.requirement.ecosystem), each.requirement.name, report.environment, code))
        seen[key] += 1
        yield _result(report, code, each.level, each.message, each.requirement.line, f"{key}\n{seen[key]}")


def _problem_results(report: Report) -> Iterator[dict[str, Any]]:
    for place, each in enumerate(report.problems):
        key = f"{NOT_FOLLOWED}\n{each.sentence}\n{place}"
        yield _result(report, NOT_FOLLOWED, "warning", each.sentence, each.line, key)


def _result(report: Report, code: str, level: str, text: str, line: int, key: str) -> dict[str, Any]:
    uri = quote(report.file.replace("\\", "/").lstrip("/"), safe="/")
    location = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    return {
        "ruleId": code,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {FINGERPRINT: hashlib.sha256(key.encode()).hexdigest()},
    }
