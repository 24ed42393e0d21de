"""One constant page, then the portal."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from carm_portal.urls import urlpatterns as portal


@login_required
def constant(request: HttpRequest) -> HttpResponse:
    """The same bytes for everybody who is signed in."""
    return HttpResponse("<!DOCTYPE html><html lang=en><title>Constant</title><p>Always the same.</p></html>")


urlpatterns = [path("en/constant/", constant, name="constant"), *portal]
