"""A second reading of the rules, slow and literal, sentence by sentence of `decide.py`'s docstring.

It shares nothing with the first but the data: no index, no ranks, no specifier objects (the versions of the test
universe are compared by hand).
"""

from __future__ import annotations

from datetime import datetime

from apps.tooling.book import Book, Grant, Rule, Standard
from apps.tooling.vocabulary import DataClass

LESS_THAN_2 = {"1.0"}
AT_LEAST_2 = {"2.0", "2.1rc1"}
MILD_TO_STRICT = ["recommended", "mandatory", "trial", "not here", "other", "assess", "hold", "banned"]
Answer = tuple[bool, str, int | None]


class PlainReading:
    """The answer to one question, worked out from the sentences."""

    def __init__(
        self,
        book: Book,
        team: str,
        tool: str,
        version: str | None,
        environment: str,
        data_class: DataClass,
        at: datetime,
    ) -> None:
        self.book, self.team, self.tool, self.version = book, team, tool, version
        self.environment, self.data_class, self.at = environment, data_class, at

    def answer(self) -> Answer:
        said = self.standard_says()
        if said in ("mandatory", "recommended", "trial"):
            return True, said, None
        best: Answer = (False, said, None)
        order = [
            "grant_revoked",
            "grant_expired",
            "provisional_not_in_production",
            "condition_overdue",
            "excepted",
        ]
        found = [
            (order.index(word), each.ends, each.id) for each in self.grants() if (word := self.state(each))
        ]
        if found:
            place, _, number = max(found)
            best = (order[place] == "excepted", order[place], number)
        return best

    # Point 1
    def holds(self, one: Standard) -> bool:
        later = [
            other
            for other in self.book.standards
            if other.capability == one.capability
            and other.revision > one.revision
            and other.effective_from <= self.at
        ]
        return one.effective_from <= self.at and not later

    # Point 2
    def fits(self, rule: Rule) -> bool:
        if rule.environment is not None and rule.environment != self.environment:
            return False
        if rule.data_class is None or rule.data_class == self.data_class:
            return True
        reaches_down = rule.ring.value in ("mandatory", "recommended", "trial")
        return reaches_down == (self.data_class.value < rule.data_class.value)

    def meets(self, text: str) -> str:
        """yes, no, or maybe (where nobody can read the version)"""
        if text == "*":
            return "yes"
        if self.version not in LESS_THAN_2 | AT_LEAST_2:
            return "maybe"
        return "yes" if self.version in {"<2": LESS_THAN_2, ">=2": AT_LEAST_2}[text] else "no"

    # Points 3 to 6
    def standard_says(self) -> str:
        candidates = []
        speaking = [each for each in self.book.standards if self.holds(each) and self.speaks(each)]
        for one in speaking:
            for rule in one.rules:
                met = self.meets(rule.versions.text)
                strict = rule.ring.value in ("assess", "hold", "banned")
                if (
                    rule.tool == self.tool
                    and self.fits(rule)
                    and (met == "yes" or (met == "maybe" and strict))
                ):
                    candidates.append((rule, self.said_by(rule, one), met))
        if candidates:
            winner = candidates[0]
            for other in candidates[1:]:
                winner = other if self.beats(other, winner) else winner
            _, word, met = winner
            words = {"not here": "trial_not_in_production", "other": "other_tool_mandatory"}
            return words.get(word, word) if met == "yes" else "unknown_version"
        if not speaking:
            return "unknown_tool"
        if any(self.others_mandatory(one) for one in speaking):
            return "other_tool_mandatory"
        may_be = [
            rule
            for one in speaking
            for rule in one.rules
            if rule.tool == self.tool and self.fits(rule) and self.meets(rule.versions.text) == "maybe"
        ]
        return "unknown_version" if may_be else "not_covered"

    def speaks(self, one: Standard) -> bool:
        return self.tool in [rule.tool for rule in one.rules]

    def said_by(self, rule: Rule, one: Standard) -> str:
        ring = rule.ring.value
        if ring in ("recommended", "trial") and self.others_mandatory(one):
            return "other"
        if ring == "trial" and self.environment == "production" and rule.environment is None:
            return "not here"
        return ring

    def beats(self, one: tuple[Rule, str, str], other: tuple[Rule, str, str]) -> bool:
        """Point 3, one comparison at a time."""
        if (one[1] == "banned") != (other[1] == "banned"):
            return one[1] == "banned"
        if self.named(one[0]) != self.named(other[0]):
            return self.named(one[0]) > self.named(other[0])
        if self.distance(one[0]) != self.distance(other[0]):
            return self.distance(one[0]) < self.distance(other[0])
        if one[1] != other[1]:
            return MILD_TO_STRICT.index(one[1]) > MILD_TO_STRICT.index(other[1])
        return one[2] == "yes" and other[2] == "maybe"

    def named(self, rule: Rule) -> int:
        return (rule.versions.text != "*") + (rule.environment is not None) + (rule.data_class is not None)

    def distance(self, rule: Rule) -> int:
        return 0 if rule.data_class is None else abs(rule.data_class.value - self.data_class.value)

    # Point 4
    def others_mandatory(self, one: Standard) -> bool:
        return any(
            rule.ring.value == "mandatory"
            and rule.tool != self.tool
            and self.fits(rule)
            and not any(self.unseats(rival, rule) for rival in one.rules)
            for rule in one.rules
        )

    def unseats(self, rival: Rule, rule: Rule) -> bool:
        same_versions = rival.versions.text in ("*", rule.versions.text)
        if rival.tool != rule.tool or not self.fits(rival) or not same_versions:
            return False
        return self.beats((rival, rival.ring.value, "yes"), (rule, rule.ring.value, "yes"))

    def alternatives(self) -> set[str]:
        """What a denied use is offered instead."""
        found: set[str] = set()
        for one in self.book.standards:
            ever = [
                other
                for other in self.book.standards
                if other.capability == one.capability and self.speaks(other) and self.ever_held(other)
            ]
            if self.holds(one) and ever:
                found |= self.stands(one, "mandatory") or self.stands(one, "recommended")
        return found - {self.tool}

    def ever_held(self, one: Standard) -> bool:
        """No later revision begins before it or with it."""
        return not any(
            other.capability == one.capability
            and other.revision > one.revision
            and other.effective_from <= one.effective_from
            for other in self.book.standards
        )

    def stands(self, one: Standard, ring: str) -> set[str]:
        return {
            rule.tool
            for rule in one.rules
            if rule.ring.value == ring
            and self.fits(rule)
            and not any(self.unseats(rival, rule) for rival in one.rules)
        }

    # Point 7
    def grants(self) -> list[Grant]:
        bans = [
            rule
            for one in self.book.standards
            if self.holds(one)
            for rule in one.rules
            if rule.ring.value == "banned"
            and rule.tool == self.tool
            and self.fits(rule)
            and self.meets(rule.versions.text) != "no"
        ]
        return [
            each
            for each in self.book.grants
            if (each.team, each.tool, each.environment) == (self.team, self.tool, self.environment)
            and (each.data_class is None or each.data_class.value >= self.data_class.value)
            and self.meets(each.versions.text) == "yes"
            and all(ban in each.bans for ban in bans)
        ]

    def state(self, one: Grant) -> str | None:
        end = one.expires
        if one.revoked_at is not None and one.revoked_at < end:
            end = one.revoked_at
        if end <= one.starts or self.at < one.starts:
            return None
        if self.at >= end:
            return "grant_expired" if end == one.expires else "grant_revoked"
        if one.provisional and self.environment == "production":
            return "provisional_not_in_production"
        for condition in self.book.conditions:
            met = condition.met_at is not None and condition.met_at <= self.at
            if condition.grant == one.id and condition.due <= self.at and not met:
                return "condition_overdue"
        return "excepted"
