from django.urls import path

from releases import api

urlpatterns = [
    path("releases", api.Releases.as_view(), name="api_releases"),
    path("releases/<str:transaction_number>", api.OneRelease.as_view(), name="api_release"),
]
