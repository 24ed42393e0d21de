from django.urls import path

from releases import views

app_name = "releases"

urlpatterns = [
    path("businesses/<str:bn9>/releases/", views.releases, name="list"),
    path("businesses/<str:bn9>/releases/request/", views.ask, name="request"),
    path("businesses/<str:bn9>/releases/<str:transaction_number>/", views.detail, name="detail"),
    path("accounts/<str:number>/releases/", views.account_releases, name="account_list"),
]
