"""Roadmap: an end to the fight for central capacity."""

from django.apps import AppConfig


class RoadmapConfig(AppConfig):
    name = "apps.roadmap"
    label = "roadmap"
    verbose_name = "Roadmap"

    def ready(self) -> None:
        from apps.roadmap.plugs import register_all

        register_all()
