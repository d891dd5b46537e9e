"""The wiki: knowledge that stays true."""

from django.apps import AppConfig


class WikiConfig(AppConfig):
    name = "apps.wiki"
    label = "wiki"
    verbose_name = "Wiki"

    def ready(self) -> None:
        from apps.wiki.plugs import register_all

        register_all()
