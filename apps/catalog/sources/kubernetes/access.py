"""Opens one explicit client per cluster, and refuses whatever would run a program or leak a token."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from apps.catalog.sources.base import SourceFailed
from apps.catalog.sources.kubernetes.config import KubernetesConfig, require_safe_url

SCOPE = "configuration"
PLUGINS = ("exec", "auth-provider")


def open_client(config: KubernetesConfig) -> Any:
    """The official library's `ApiClient` for this cluster only; the library's own defaults stay untouched."""
    from kubernetes import client

    settings = client.Configuration()
    if config.kubeconfig:
        use_kubeconfig(config, settings)
    elif config.in_cluster:
        use_service_account(settings)
    else:
        use_url(config, settings)
    settings.retries = False
    require_safe_url(settings.host)
    return client.ApiClient(settings)


def use_url(config: KubernetesConfig, settings: Any) -> None:
    settings.host = config.url.rstrip("/")
    if config.ca_file:
        if not Path(config.ca_file).is_file():
            raise SourceFailed(SCOPE, f"The CA file {config.ca_file} is not there.")
        settings.ssl_ca_cert = config.ca_file
    token = read_token(config)
    if token:
        settings.api_key["authorization"] = f"Bearer {token}"


def read_token(config: KubernetesConfig) -> str:
    """The bearer token by reference; its text never enters a message."""
    if config.token_file:
        return token_from_file(config.token_file)
    if config.token_variable:
        return require_token(os.environ.get(config.token_variable, ""), f"Variable {config.token_variable}")
    return ""


def token_from_file(path: str) -> str:
    try:
        content = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFailed(SCOPE, f"The token file {path} cannot be read.") from error
    return require_token(content, f"The token file {path}")


def require_token(content: str, place: str) -> str:
    token = content.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SourceFailed(SCOPE, f"{place} does not hold one token.")
    return token


def use_service_account(settings: Any) -> None:
    from kubernetes.config import ConfigException, load_incluster_config

    loader: Any = load_incluster_config  # the library says nothing of its types
    try:
        loader(client_configuration=settings)
    except ConfigException as error:
        raise SourceFailed(
            SCOPE, "In-cluster access is set, but this process does not run in a pod with a service account."
        ) from error


def use_kubeconfig(config: KubernetesConfig, settings: Any) -> None:
    from kubernetes.config import ConfigException
    from kubernetes.config.kube_config import KubeConfigLoader

    content = read_kubeconfig(config.kubeconfig)
    try:
        refuse_plugins(content, config)
        loader: Any = KubeConfigLoader  # the library says nothing of its types
        loader(
            content,
            active_context=config.context or None,
            config_base_path=str(Path(config.kubeconfig).parent),
        ).load_and_set(settings)
    except (ConfigException, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise SourceFailed(SCOPE, unusable(config)) from error
    require_clean_header(config, settings)


def read_kubeconfig(path: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFailed(SCOPE, f"The kubeconfig {path} cannot be read.") from error
    except yaml.YAMLError as error:
        raise SourceFailed(SCOPE, f"The kubeconfig {path} is not YAML.") from error
    if not isinstance(content, dict):
        raise SourceFailed(SCOPE, f"The kubeconfig {path} is not a kubeconfig.")
    return content


def refuse_plugins(content: dict[str, Any], config: KubernetesConfig) -> None:
    """A plugin is a program of somebody else's choice that would run here with the portal's rights."""
    chosen = config.context or content.get("current-context")
    names = [entry["context"].get("user") for entry in content["contexts"] if entry["name"] == chosen]
    users = [entry.get("user") or {} for entry in content.get("users") or [] if entry["name"] in names]
    for plugin in PLUGINS:
        if any(plugin in user for user in users):
            raise SourceFailed(
                SCOPE,
                f"The kubeconfig's context {chosen!r} signs in through a program ({plugin}), which is not "
                "run here. Use a service account's token instead.",
            )


def require_clean_header(config: KubernetesConfig, settings: Any) -> None:
    for value in settings.api_key.values():
        if not value.isascii() or not value.isprintable():
            raise SourceFailed(SCOPE, unusable(config))


def unusable(config: KubernetesConfig) -> str:
    context = f"context {config.context!r}" if config.context else "current context"
    return f"The kubeconfig {config.kubeconfig} has no usable cluster and user for its {context}."
