"""The portal itself as an app: templates, static files, commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our site; stands in INSTALLED_APPS in the place of `django.contrib.admin`."""

    default_site = "portal.admin_site.AdminSite"
