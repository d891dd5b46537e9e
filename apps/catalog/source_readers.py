"""From a configured row to a reader: the only place that knows which class reads which kind of source.

The client libraries are imported inside the readers' own functions, in workers only.
"""

from __future__ import annotations

from typing import Any

from apps.catalog.models import Source
from apps.catalog.source_config import secret
from apps.catalog.sources.base import Source as Reader
from apps.catalog.sources.base import SourceFailed
from apps.catalog.sources.kubernetes import EnvironmentRule, KubernetesConfig, KubernetesSource, OwnerRule
from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource


def open_source(source: Source) -> Reader:
    """The reader of a source; raises SourceFailed where its configuration or secret does not allow one."""
    if source.kind == Source.Kind.MLFLOW:
        return open_mlflow(source)
    return KubernetesSource(_kubernetes(source))


def open_mlflow(source: Source) -> MlflowSource:
    """The registry's reader, which can also re-read one model and write our id back."""
    config, key = source.config, secret(source.secret_ref)
    options: dict[str, Any] = {
        name: config[name] for name in ("verify_tls", "secret_over_http") if name in config
    }
    if "owner_tags" in config:
        options["owner_tags"] = tuple(config["owner_tags"])
    if config.get("username"):
        options |= {"username": config["username"], "password": key}
    else:
        options["token"] = key
    return MlflowSource(MlflowConfig(tracking_uri=config["url"], **options))


def _kubernetes(source: Source) -> KubernetesConfig:
    config = source.config
    way, _, where = source.secret_ref.partition(":")
    options = {
        name: config[name]
        for name in ("url", "ca_file", "kubeconfig", "context", "in_cluster")
        if name in config
    }
    if config.get("url"):
        secret(source.secret_ref)  # the same limits as every secret; the reader itself reads it afresh
        options["token_file" if way == "file" else "token_variable"] = where
    if "owner_rules" in config:
        options["owner_rules"] = tuple(_owner_rule(text) for text in config["owner_rules"])
    if "ignored_namespaces" in config:
        options["ignored_namespaces"] = tuple(config["ignored_namespaces"])
    if config.get("environment_label"):
        options["environment_rules"] = (EnvironmentRule(label=config["environment_label"]),)
    return KubernetesConfig(
        environment=config.get("environment", ""), page_size=config.get("page_size", 500), **options
    )


def _owner_rule(text: str) -> OwnerRule:
    try:
        return OwnerRule.parse(text)
    except ValueError as error:
        raise SourceFailed("configuration", str(error)) from error
