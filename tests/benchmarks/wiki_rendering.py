"""What a kept rendering saves: a page read from it against one that is rendered anew."""

from __future__ import annotations

from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Page, Rendering
from apps.wiki.queries.reading import read
from tests.benchmarks.figures import Figure, paired_ratio
from tests.benchmarks.surfaces import Visitor

READER = 6
PROSE = "## Part {0}\n\nThe *daily* account of a [[Page]] and of `code` is kept, see [there](https://example.com).\n\n"
CODE = (
    "```python\ndef score_{0}(rows: list[int]) -> float:\n    return sum(rows) / len(rows)  # mean\n```\n\n"
)


def figures() -> list[Figure]:
    """Two texts: 3,000 words of prose, and 200 blocks of code."""
    owner = Team.objects.get(slug="team-1")
    space = create_space(actor=SYSTEM, slug="rendering", title="Rendering", owner=owner)
    texts = {
        "3,000 words": "".join(PROSE.format(number) + "word " * 86 + "\n\n" for number in range(30)),
        "200 code blocks": "".join(CODE.format(number) for number in range(200)),
    }
    return [
        _kept(name, create_page(actor=SYSTEM, space=space, title=name, text=text))
        for name, text in texts.items()
    ]


def _kept(name: str, page: Page) -> Figure:
    reader, revision = Visitor.of(READER).fresh_user(), page.revision
    assert revision is not None

    def anew() -> None:
        Rendering.objects.filter(revision=revision).delete()
        read(reader, revision)

    ratio, kept, made = paired_ratio(lambda: read(reader, revision), anew, 7)
    return Figure(
        f"wiki page of {name}, kept / rendered anew", ratio, "x", 1.0, f"{kept:.0f} ms against {made:.0f} ms"
    )
