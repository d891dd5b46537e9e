"""What a cluster is answered: whose a namespace is, and whether its team may run these images there.

The team comes from the catalog's ownership rules for cluster and namespace (people.md): what the last sweep learned of
the namespace, because an AdmissionReview does not carry the namespace's own labels, then labels of the workload. Whoever
may start a pod writes its labels, so that a label that names another team than the namespace's is denied: it would
borrow that team's exceptions. Which tool an image is does not hang on who asks, so that a hidden tool is no way around
its standard; alternatives do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.db.models import Q

from apps.catalog.models import Deployment, Source
from apps.catalog.sources.kubernetes.config import DEFAULT_OWNER_RULES, OwnerRule
from apps.catalog.sources.kubernetes.owners import NO_MARKS, Marks, owner_of
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.policies import SYSTEM, System
from apps.people.models import Team
from apps.tooling.manifests.admission import Review
from apps.tooling.manifests.requirement import Requirement, shown
from apps.tooling.models import Environment
from apps.tooling.queries.book import Snapshot, snapshot
from apps.tooling.queries.deciding import Asked, Place, Use, answers, reader_with
from apps.tooling.queries.kept import Names, names_beside
from apps.tooling.queries.naming import PackageNames, data_class_named, environment_named
from apps.tooling.vocabulary import DataClass, meaning_of

SCOPE = "admission"
IGNORED = ("kube-*",)  # as the sweep ignores them
MOST_TOLD = 5
LONGEST_WARNING = 250  # Kubernetes cuts longer ones


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to one review."""

    allowed: bool
    message: str = ""
    warnings: tuple[str, ...] = ()
    place: Place | None = None
    answers: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """What the last sweep learned of the namespace; empty where it saw nothing, or several."""

    ruled: str = ""
    owner: str = ""
    environment: str = ""

    @property
    def team(self) -> str:
        return self.ruled or self.owner


def admit(
    user: Any,
    review: Review,
    *,
    cluster: str | None = None,
    environment: str | None = None,
    data_class: str = "internal",
    strict: bool = False,
) -> Admission:
    """Raises Forbidden without the scope, Invalid or NotFound for a cluster that the catalog does not read."""
    reader, source, now = _gate(user), _source(cluster), snapshot()
    kept = names_beside(now.book)
    wanted = environment_named(environment, kept) if environment else None
    classed = data_class_named(data_class)
    ignored = source.config.get("ignored_namespaces", IGNORED)
    if any(fnmatchcase(review.namespace, pattern) for pattern in ignored):
        return Admission(True)
    found = _judged(reader, source, now, review, wanted, classed, strict)
    return _doubted(found, review.unclear) if found.allowed and review.unclear else found


def _gate(user: Any) -> Any:
    """Only a token that was made for it speaks for a cluster: the answer may be another team's."""
    if isinstance(user, System) or getattr(user, "token_scopes", None) is not None:
        return reader_with(user, SCOPE)
    raise Forbidden(
        f"A cluster asks with a token that has the scope “{SCOPE}”.",
        next_step=f"Make a token with the scope “{SCOPE}” for the cluster.",
    )


def _doubted(found: Admission, why: str) -> Admission:
    """What was read may run; for what could not be read the setting decides."""
    sentence = (
        f"{why} So the portal could not decide about them. Send a list of containers, each with its image."
    )
    if settings.ADMISSION_FAIL_OPEN:
        return replace(found, warnings=(*found.warnings, sentence))
    return replace(found, allowed=False, message=sentence)


def _judged(
    reader: Any,
    source: Source,
    now: Snapshot,
    review: Review,
    wanted: Environment | None,
    classed: DataClass,
    strict: bool,
) -> Admission:
    """The answer about the images that were read."""
    kept = names_beside(now.book)
    if review.problems:
        return Admission(False, "; ".join(each.sentence for each in review.problems[:MOST_TOLD]))
    if not review.images:
        return Admission(True)
    known = _neighbours(source, review.namespace)
    labelled = _labelled(source, review)
    if known.team and labelled not in ("", known.team):
        return Admission(False, _borrowed(source, review, labelled, known))
    team, where = _team(source, known.team or labelled), wanted or _environment(source, known, kept)
    if team is None or where is None:
        return Admission(False, _unplaced(source, review, team, known))
    place = Place(reader, team, where, classed)
    return _answered(place, answers(place, now, _uses(review.images, strict)))


def _source(cluster: str | None) -> Source:
    rows = list(Source._base_manager.filter(kind=Source.Kind.KUBERNETES).order_by("id"))
    named = [row for row in rows if cluster in (None, _cluster(row), row.name)]
    if cluster is None and len({_cluster(row) for row in named}) != 1:
        sentence = "Say which cluster asks."
        raise Invalid(errors={"cluster": [sentence]}, next_step="POST to …/admission/<cluster>.")
    if not named:
        raise NotFound(
            f"The catalog reads no cluster {shown(cluster or '')}.",
            next_step="A CoE lead adds it as a source of the catalog.",
        )
    return named[0]


def _cluster(source: Source) -> str:
    return str(source.config.get("cluster", source.name))


def _neighbours(source: Source, namespace: str) -> _Neighbours:
    rows = Deployment._base_manager.filter(Q(cluster=_cluster(source)), namespace=namespace, ended_at=None)
    seen = set(rows.values_list("owner__slug", "owner_rule", "environment").distinct())
    return _Neighbours(
        ruled=_only(owner for owner, rule, _ in seen if rule.startswith("namespace ")),
        owner=_only(owner for owner, _, _ in seen),
        environment=_only(environment for _, _, environment in seen),
    )


def _only(texts: Iterable[str | None]) -> str:
    """The one text that all of them are."""
    found = {text for text in texts if text}
    return found.pop() if len(found) == 1 else ""


def _team(source: Source, slug: str) -> Team | None:
    team = Team._base_manager.filter(slug=slug).first() if slug else None
    return team or (None if slug else source.default_owner)


def _labelled(source: Source, review: Review) -> str:
    """Whom the object itself names, by the first of the source's rules that finds somebody on it."""
    texts = source.config.get("owner_rules")
    rules = DEFAULT_OWNER_RULES if texts is None else tuple(OwnerRule.parse(text) for text in texts)
    own = tuple(rule for rule in rules if not rule.place.startswith("namespace"))
    hint = owner_of(own, Marks(review.labels, review.annotations), NO_MARKS)
    return hint.team.strip().lower() if hint else ""


def _borrowed(source: Source, review: Review, labelled: str, known: _Neighbours) -> str:
    return (
        f"The object names the team {shown(labelled)}, but the namespace {shown(review.namespace)} of "
        f"{_cluster(source)} is {known.team}'s. Correct the label, or start it in a namespace of that team."
    )


def _environment(source: Source, known: _Neighbours, kept: Names) -> Environment | None:
    text = known.environment or source.config.get("environment", "")
    try:
        return environment_named(text, kept) if text else None
    except Invalid:
        return None


def _unplaced(source: Source, review: Review, team: Team | None, known: _Neighbours) -> str:
    where = f"the namespace {shown(review.namespace) or '(none)'} of {_cluster(source)}"
    if team is None:
        return (
            f"No team of the portal is known to own {where}. "
            "Label the workload or its namespace with the team's slug, as the catalog's source says."
        )
    said = f" (“{shown(known.environment)}” is none)" if known.environment else ""
    return (
        f"No environment is known for {where}{said}. "
        "Name one in the catalog's source, or with ?environment= where the webhook is set up."
    )


def _uses(images: Iterable[Requirement], strict: bool) -> list[Use]:
    wanted = list(images)
    names = PackageNames(SYSTEM, {(each.ecosystem.value, each.name) for each in wanted})
    found = [(each, names.tool_of(each.ecosystem.value, each.name)) for each in wanted]
    return [Use(each.raw, tool, each.version, each.said) for each, tool in found if tool or strict]


def _answered(place: Place, given: list[Asked]) -> Admission:
    denied = [each for each in given if not each.decision.allowed]
    excepted = [each for each in given if each.decision.excepted]
    message = "\n".join(_sentence(each) for each in denied[:MOST_TOLD])
    if len(denied) > MOST_TOLD:
        message += f"\nAnd {len(denied) - MOST_TOLD} more images."
    warnings = tuple(_sentence(each)[:LONGEST_WARNING] for each in excepted[:MOST_TOLD])
    return Admission(not denied, message, warnings, place, tuple(given))


def _sentence(given: Asked) -> str:
    decision, where = given.decision, f"{given.place.team.slug}, {given.place.environment.slug}"
    meaning = meaning_of(decision.reason, given.version or given.said)
    parts = [f"{given.name} ({where}): {decision.reason}: {meaning}"]
    if decision.grant is not None:
        parts.append(f"Exception {decision.grant.id}, until {decision.grant.ends.isoformat()}.")
    if decision.alternatives:
        parts.append(f"Alternatives: {', '.join(decision.alternatives)}.")
    return " ".join([*parts, decision.next_step, given.request_url]).strip()
