"""The officers' back office: entered only through the staff sign-in with its second factor."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class OfficerSite(AdminSite):
    site_header = _("Portage officers (simulation)")
    site_title = _("Portage officers")
    index_title = _("Registers and actions")
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """No password page of its own: a password here would go round the second factor.

        Somebody signed in who is no officer is sent home, since signing in again would not help.
        """
        if request.user.is_authenticated:
            return redirect("dashboard:start")
        return redirect_to_login(request.get_full_path(), reverse("accounts:sign_in"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Staff without a group see no empty back office: they are refused."""
        if not self.get_app_list(request):
            raise PermissionDenied
        return super().index(request, extra_context)
