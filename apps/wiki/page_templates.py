"""What a page of each kind must say: sections that can be checked, and a text to begin with.

A section is there when a heading of its title is; how it is written, and at which level, is the writer's matter.
A missing one is shown to writers and readers and refuses nothing: a runbook with a gap is better than none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.wiki.text.naming import page_key
from apps.wiki.vocabulary import Template


@dataclass(frozen=True, slots=True)
class Section:
    """`begin` is the text that stands below the heading of a new page."""

    title: str
    begin: str
    required: bool = True


TEMPLATES: dict[str, tuple[Section, ...]] = {
    Template.PAGE: (),
    Template.MODEL_CARD: (
        Section("Intended use", "Who uses its answers, for which decision, and what they must not be used for."),
        Section("Training data", "Which datasets, from when to when, and what is known to be missing in them."),
        Section(
            "Performance",
            "| measure | value | on which data | as of |\n| --- | --- | --- | --- |\n|  |  |  |  |",
        ),
        Section("Limits and failure modes", "Where it is wrong, and how one notices."),
        Section("Fairness and risks", "Which groups were compared, with what result; what was accepted and by whom."),
        Section("Contacts", "Who answers questions, and who decides."),
        Section("Model", "{{model:namespace/name}}", required=False),
    ),
    Template.DATA_CARD: (
        Section("What it holds", "One row is ... The data begin in ... and are renewed every ..."),
        Section("Origin", "Which systems and people it comes from, and what happens on the way."),
        Section("Personal data and classification", "Which columns, on which legal ground, kept for how long."),
        Section("Quality", "What is checked, how often, and what is known to be wrong."),
        Section("Allowed use", "For which purposes it may be used, and whom to ask for others."),
        Section("Contacts", "Who answers questions, and who decides."),
    ),
    Template.RUNBOOK: (
        Section("When to use this", "The alerts or questions that lead here."),
        Section("Check first", "- [ ] Is it really this? How to tell within two minutes.\n- [ ] Who is affected?"),
        Section("Steps", "1. Do this.\n2. See that.\n\n```bash\n# the command, as it is typed\n```"),
        Section("Roll back", "How to return to what worked, and how long it takes."),
        Section("Whom to call", "Who is on call, then who else, with times."),
    ),
    Template.POSTMORTEM: (
        Section("Summary", "What happened, in three sentences that a sponsor understands."),
        Section("Impact", "Who was affected, from when to when (UTC), with figures."),
        Section("Timeline", "| time (UTC) | what happened |\n| --- | --- |\n|  |  |"),
        Section("Causes", "What made it possible, what set it off, why it was not noticed earlier. Systems, not people."),
        Section("What went well", "What shortened it.", required=False),
        Section("Actions", "- [ ] What, who, by when"),
    ),
    Template.ADR: (
        Section("Status", "Proposed on ... Decided on ... by ..."),
        Section("Context", "What forces the decision, and what must not break."),
        Section("Decision", "What we do, in one paragraph."),
        Section("Consequences", "What becomes easier, what becomes harder, what has to be done now."),
        Section("Alternatives", "What else was looked at, and why it was not taken.", required=False),
    ),
    Template.POLICY: (
        Section("Purpose", "Which harm it prevents."),
        Section("Applies to", "Which people, models and data; which not."),
        Section("Rules", "1. What must be done, by whom, so that somebody else can check it."),
        Section("Exceptions", "Who grants them, for how long, and where they are recorded."),
        Section("Owner and review", "Who keeps this page, and when it is looked at again."),
    ),
    Template.HOW_TO: (
        Section("Goal", "What one has at the end."),
        Section("Before you start", "Access, tools and data that are needed."),
        Section("Steps", "1. Do this.\n2. See that."),
        Section("Check the result", "How to tell that it worked."),
        Section("If it fails", "Common faults and their ways out.", required=False),
    ),
    Template.LESSONS: (
        Section("What we tried", "The question, the team, from when to when."),
        Section("What happened", "With figures where there are any."),
        Section("What we would do again", "- "),
        Section("What we would do differently", "- "),
        Section("For whom this matters", "Teams or pages that should know: [[...]]", required=False),
    ),
    Template.SHOW_AND_TELL: (
        Section("What was shown", "One paragraph, and links to slides, notebooks or a demo."),
        Section("By whom and when", "Names with @, date."),
        Section("Questions and answers", "What was asked, what was answered, what stayed open."),
        Section("Where to go on", "Pages, entities and people: [[...]]"),
    ),
}  # fmt: skip


def starting_text(template: str) -> str:
    """The text of a new page of this kind; empty for a plain page."""
    return "\n".join(f"## {section.title}\n\n{section.begin}\n" for section in TEMPLATES.get(template, ()))


def required_sections(template: str) -> list[str]:
    return [section.title for section in TEMPLATES.get(template, ()) if section.required]


def missing_sections(template: str, sections: Iterable[str]) -> list[str]:
    """The required sections that no heading of `sections` names, in their order; case and signs do not matter."""
    written = {page_key(title) for title in sections}
    return [title for title in required_sections(template) if page_key(title) not in written]
