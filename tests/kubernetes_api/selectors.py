"""Label and field selectors of a list request, in the grammar of the Kubernetes API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.kubernetes_api.answers import ApiError, failure

Test = Callable[[dict[str, Any]], bool]
TOKEN = re.compile(r"\s*(notin|in(?=[\s(])|!=|==|=|!|\(|\)|,|[A-Za-z0-9./_-]+)")
FIELDS = ("metadata.name", "metadata.namespace")
POD_FIELDS = (*FIELDS, "status.phase", "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName")


def bad_request(message: str) -> ApiError:
    return ApiError(failure(400, "BadRequest", message))


def field_test(selector: str, kind: str) -> Test:
    """Equality over the few fields that the server indexes for this kind."""
    tests = [one_field(part, POD_FIELDS if kind == "Pod" else FIELDS) for part in selector.split(",") if part]
    return lambda item: all(test(item) for test in tests)


def one_field(part: str, allowed: tuple[str, ...]) -> Test:
    path, operator, value = [*re.split("(==|!=|=)", part, maxsplit=1), "", ""][:3]
    if path not in allowed:
        raise bad_request(f"field label not supported: {path}")
    return lambda item: (inside(item, path) == value) is not (operator == "!=")


def inside(item: dict[str, Any], path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part, "")
    return value


def label_test(selector: str) -> Test:
    tests = Requirements(selector).read()
    return lambda item: all(test(item["metadata"].get("labels", {})) for test in tests)


class Requirements:
    """A reader of `a=b,c in (d,e),f,!g`, one token ahead."""

    def __init__(self, selector: str) -> None:
        self._tokens = TOKEN.findall(selector)

    def read(self) -> list[Test]:
        tests = [self._requirement()]
        while self._tokens:
            self._expect(",")
            tests.append(self._requirement())
        return tests

    def _requirement(self) -> Test:
        if self._next() == "!":
            self._take()
            absent = self._take()
            return lambda labels: absent not in labels
        key, operator = self._take(), self._next()
        if operator in ("=", "==", "!="):
            self._take()
            return one_of(key, {self._take()}, operator == "!=")
        if operator in ("in", "notin"):
            self._take()
            return one_of(key, self._values(), operator == "notin")
        return lambda labels: key in labels

    def _values(self) -> set[str]:
        self._expect("(")
        values = {self._take()}
        while self._next() == ",":
            self._take()
            values.add(self._take())
        self._expect(")")
        return values

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self) -> str:
        return self._tokens.pop(0) if self._tokens else ""

    def _expect(self, wanted: str) -> None:
        if (found := self._take()) != wanted:
            raise bad_request(f"unable to parse requirement: found '{found}' expected: '{wanted}'")


def one_of(key: str, values: set[str], negated: bool) -> Test:
    """A missing label is not equal to anything, so that the negations hold for it."""
    return lambda labels: (labels.get(key) in values) is not negated
