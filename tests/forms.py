"""What a browser would send back when somebody presses a button without touching anything."""

from __future__ import annotations

from collections import defaultdict
from html.parser import HTMLParser

from django.test.client import Client

Data = dict[str, list[str]]


class _Form(HTMLParser):
    """Reads the controls of one form: the first POST form of `<main>` whose action ends with `action`."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.inside = self.done = False
        self.data: Data = defaultdict(list)
        self.area: str | None = None
        self.select: str | None = None
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attrs = {name: value or "" for name, value in pairs}
        if tag == "form" and not self.done and attrs.get("method") == "post":
            self.inside = attrs.get("action", "").endswith(self.action) and "/accounts/" not in attrs.get(
                "action", ""
            )
        if not self.inside:
            return
        name = attrs.get("name", "")
        if tag == "input" and name and not name.endswith("_typed"):
            self._input(name, attrs)
        elif tag == "textarea":
            self.area = name
            self.data[name].append("")
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option" and self.select:
            self.options.append((attrs.get("value", ""), "selected" in attrs))

    def _input(self, name: str, attrs: dict[str, str]) -> None:
        if attrs.get("type") in {"checkbox", "radio"} and "checked" not in attrs:
            return
        if attrs.get("type") != "file":
            self.data[name].append(attrs.get("value", "on" if attrs.get("type") == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self.inside and self.area is not None:
            self.data[self.area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area is not None:
            self.data[self.area][-1] = self.data[self.area][-1].removeprefix("\n")
            self.area = None
        elif tag == "select" and self.select:
            chosen = [value for value, on in self.options if on] or [value for value, _ in self.options[:1]]
            self.data[self.select] += chosen
            self.select = None
        elif tag == "form" and self.inside:
            self.inside, self.done = False, True


def form_of(client: Client, path: str, action: str = "") -> Data:
    """The values that the page at `path` shows in its form (the one with this action, where there are
    several)."""
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return read_form(response.content.decode(), action)


def read_form(html: str, action: str = "") -> Data:
    parser = _Form(action)
    parser.feed(html[html.index("<main") : html.index("</main>")])
    parser.data.pop("csrfmiddlewaretoken", None)
    return dict(parser.data)
