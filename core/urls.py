from django.urls import path

from core.views import design

app_name = "core"

urlpatterns = [path("design/", design, name="design")]
