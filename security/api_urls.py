from django.urls import path

from security import api

urlpatterns = [path("accounts/<str:number>/security", api.SecurityView.as_view(), name="api_security")]
