"""Which word of Backstage stands for which of ours. Source: the catalog model of Backstage 1.x, "Descriptor
format"."""

from __future__ import annotations

from apps.catalog.vocabulary import Kind, RelationType, Stage

# Our kind -> (Backstage kind, spec.type).
FORMS: dict[str, tuple[str, str]] = {
    Kind.MODEL: ("Component", "ml-model"),
    Kind.SERVICE: ("Component", "service"),
    Kind.APPLICATION: ("Component", "application"),
    Kind.PIPELINE: ("Component", "pipeline"),
    Kind.TOOL: ("Component", "tool"),
    Kind.AGENT: ("Component", "agent"),
    Kind.DASHBOARD: ("Component", "dashboard"),
    Kind.API: ("API", "openapi"),
    Kind.DATASET: ("Resource", "dataset"),
    Kind.FEATURE_VIEW: ("Resource", "feature-view"),
    Kind.PROMPT: ("Resource", "prompt"),
    Kind.USE_CASE: ("System", "use-case"),
}
# (Backstage kind, spec.type) -> our kind, with the words that other files use for the same. An API and a
# System
# are what they are whatever their type.
KINDS: dict[tuple[str, str], str] = {form: kind for kind, form in FORMS.items()} | {
    ("Component", "model"): Kind.MODEL,
    ("Component", "website"): Kind.APPLICATION,
    ("Resource", "feature_view"): Kind.FEATURE_VIEW,
}
KINDS_OF: dict[str, tuple[str, ...]] = {
    form: tuple(kind for kind, (own, _) in FORMS.items() if own == form)
    for form in ("Component", "API", "Resource", "System")
}

LIFECYCLES: dict[str, str] = {"experimental": Stage.EXPERIMENT} | {stage: stage for stage in Stage.values}

# Spec fields that name other entities, and how such an edge reads here.
RELATIONS: dict[str, str] = {
    "system": RelationType.PART_OF,
    "subcomponentOf": RelationType.PART_OF,
    "dependsOn": RelationType.DEPENDS_ON,
    "providesApis": RelationType.SERVES,
    "consumesApis": RelationType.CONSUMES,
}
# What a short reference in these fields means without a kind.
IMPLIED_KIND = {
    "system": "System",
    "subcomponentOf": "Component",
    "providesApis": "API",
    "consumesApis": "API",
}
# All of these leave as dependsOn; a file that says so again adds nothing to them.
DEPENDENCIES = frozenset(
    {
        RelationType.DEPENDS_ON,
        RelationType.TRAINED_ON,
        RelationType.EVALUATED_ON,
        RelationType.USES_FEATURE,
        RelationType.DERIVED_FROM,
        RelationType.CONSUMES,
        RelationType.SERVES,
        RelationType.USES_TOOL,
    }
)

ID, URL, TIER = "coe-portal/id", "coe-portal/url", "coe-portal/tier"
KUBERNETES_ID = "backstage.io/kubernetes-id"
SOURCE_LOCATION = "backstage.io/source-location"
REGISTERED_MODEL = "mlflow.org/registered-model"
# The title of the link that leads back here; it is ours, not the author's.
PORTAL = "CoE Portal"
