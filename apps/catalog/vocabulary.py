"""The catalog's words: kinds, stages, relation types and Backstage's rules for names, as data.

Knows neither tables nor people, so that every room may import it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import models

# Backstage drops an entity that breaks these without a log line (catalog-model, KubernetesValidatorFunctions).
NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]", re.ASCII)
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
REFERENCE = re.compile(r"(?P<kind>[a-z_]+):(?P<namespace>[^/:\s]+)/(?P<name>[^/:\s]+)")


class Kind(models.TextChoices):
    MODEL = "model", "Model"
    DATASET = "dataset", "Dataset"
    FEATURE_VIEW = "feature_view", "Feature view"
    PIPELINE = "pipeline", "Pipeline"
    SERVICE = "service", "Service"
    APPLICATION = "application", "Application"
    API = "api", "API"
    TOOL = "tool", "Tool"
    AGENT = "agent", "Agent"
    PROMPT = "prompt", "Prompt"
    DASHBOARD = "dashboard", "Dashboard"
    USE_CASE = "use_case", "Use case"


VERSIONED_KINDS = frozenset({Kind.MODEL, Kind.PROMPT})


class Stage(models.TextChoices):
    IDEA = "idea", "Idea"
    EXPERIMENT = "experiment", "Experiment"
    PILOT = "pilot", "Pilot"
    PRODUCTION = "production", "Production"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"
    STOPPED = "stopped", "Stopped"
    SUSPENDED = "suspended", "Suspended"


# From each stage, where it may go by a person's decision. `stopped` and `retired` are ends.
MOVES: dict[str, tuple[str, ...]] = {
    Stage.IDEA: (Stage.EXPERIMENT, Stage.STOPPED),
    Stage.EXPERIMENT: (Stage.IDEA, Stage.PILOT, Stage.STOPPED),
    Stage.PILOT: (Stage.EXPERIMENT, Stage.PRODUCTION, Stage.SUSPENDED, Stage.STOPPED),
    Stage.PRODUCTION: (Stage.PILOT, Stage.DEPRECATED, Stage.SUSPENDED),
    Stage.SUSPENDED: (Stage.PILOT, Stage.PRODUCTION, Stage.DEPRECATED, Stage.STOPPED),
    Stage.DEPRECATED: (Stage.PRODUCTION, Stage.RETIRED),
    Stage.RETIRED: (),
    Stage.STOPPED: (),
}


class RelationType(models.TextChoices):
    PART_OF = "part_of", "Part of"
    DEPENDS_ON = "depends_on", "Depends on"
    TRAINED_ON = "trained_on", "Trained on"
    EVALUATED_ON = "evaluated_on", "Evaluated on"
    USES_FEATURE = "uses_feature", "Uses feature"
    DERIVED_FROM = "derived_from", "Derived from"
    PRODUCES = "produces", "Produces"
    CONSUMES = "consumes", "Consumes"
    SERVES = "serves", "Serves"
    DEPLOYED_AS = "deployed_as", "Deployed as"
    USES_TOOL = "uses_tool", "Uses tool"
    DOCUMENTED_BY = "documented_by", "Documented by"
    SUPERSEDES = "supersedes", "Supersedes"


@dataclass(frozen=True, slots=True)
class Reading:
    """How an edge reads from its target, and which way data flows along it.

    `flow` is +1 where data flows from source to target (a pipeline produces a dataset), -1 where it flows
    against the edge (a model is trained on a dataset), 0 where the edge is no lineage.
    """

    inverse: str
    flow: int


READINGS: dict[str, Reading] = {
    RelationType.PART_OF: Reading("Has part", 0),
    RelationType.DEPENDS_ON: Reading("Needed by", -1),
    RelationType.TRAINED_ON: Reading("Trains", -1),
    RelationType.EVALUATED_ON: Reading("Evaluates", -1),
    RelationType.USES_FEATURE: Reading("Feature of", -1),
    RelationType.DERIVED_FROM: Reading("Source of", -1),
    RelationType.PRODUCES: Reading("Produced by", 1),
    RelationType.CONSUMES: Reading("Consumed by", -1),
    RelationType.SERVES: Reading("Served by", -1),
    RelationType.DEPLOYED_AS: Reading("Runs", 1),
    RelationType.USES_TOOL: Reading("Used by", 0),
    RelationType.DOCUMENTED_BY: Reading("Documents", 0),
    RelationType.SUPERSEDES: Reading("Superseded by", 0),
}
# Types that must stay free of cycles; lineage itself may be cyclic in reality.
TREES = frozenset({RelationType.PART_OF, RelationType.SUPERSEDES})


class Severity(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class FindingKind(models.TextChoices):
    DRIFT = "drift", "Drift"
    UNOWNED = "unowned", "Unowned"
    UNGOVERNED_PROMOTION = "ungoverned_promotion", "Ungoverned promotion"
    UNSANCTIONED_TOOL = "unsanctioned_tool", "Unsanctioned tool"
    OUTSIDE_PURPOSE = "outside_purpose", "Outside its purposes"


class DeploymentStatus(models.TextChoices):
    RUNNING = "running", "Running"
    DEGRADED = "degraded", "Degraded"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"
    FINISHED = "finished", "Finished"


def reference(kind: str, namespace: str, name: str) -> str:
    """`model:retail-banking/fraud-score`."""
    return f"{kind}:{namespace}/{name}"
