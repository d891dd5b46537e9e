"""Tooling: standards without a dictatorship."""

from django.apps import AppConfig


class ToolingConfig(AppConfig):
    name = "apps.tooling"
    label = "tooling"
    verbose_name = "Tooling"

    def ready(self) -> None:
        from apps.tooling import defaults
        from apps.tooling.plugs import register_all

        defaults.connect()
        register_all()
