"""The catalog in the admin: sources and their runs, findings, entities and their rights, workloads."""

from apps.catalog.admin import deployments, entities, findings, grants, runs, sources

__all__ = ["deployments", "entities", "findings", "grants", "runs", "sources"]
