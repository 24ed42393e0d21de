from django.urls import path

from standing import api

urlpatterns = [path("accounts/<str:number>/standing", api.StandingView.as_view(), name="api_standing")]
