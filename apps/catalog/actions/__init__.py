"""Every write to the catalog: require, change, record, in one transaction."""

from apps.catalog.actions.deployments import link_deployment
from apps.catalog.actions.entities import create_entity, update_entity
from apps.catalog.actions.findings import close_findings, handle_finding, open_finding
from apps.catalog.actions.relations import relate, unrelate
from apps.catalog.actions.rights import grant_access, revoke_access, set_visibility, transfer_ownership
from apps.catalog.actions.sources import create_source, start_sync, update_source
from apps.catalog.actions.stages import change_stage

__all__ = [
    "change_stage",
    "close_findings",
    "create_entity",
    "create_source",
    "grant_access",
    "handle_finding",
    "link_deployment",
    "open_finding",
    "relate",
    "revoke_access",
    "set_visibility",
    "start_sync",
    "transfer_ownership",
    "unrelate",
    "update_entity",
    "update_source",
]
