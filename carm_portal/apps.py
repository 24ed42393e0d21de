"""The officers' admin site."""

from django.contrib.admin.apps import AdminConfig


class OfficerAdminConfig(AdminConfig):
    default_site = "carm_portal.admin_site.OfficerSite"
