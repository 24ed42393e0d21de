from django.urls import path

from releases.views import officers, pages

app_name = "releases"

_OWN = "businesses/<str:bn9>/releases/"

urlpatterns = [
    path(_OWN, pages.releases, name="list"),
    path(_OWN + "file/", pages.releases_csv, name="csv"),
    path(_OWN + "request/", pages.ask, name="request"),
    path(_OWN + "<str:transaction_number>/", pages.detail, name="detail"),
    path("accounts/<str:number>/releases/", pages.account_releases, name="account_list"),
    path("accounts/<str:number>/releases/file/", pages.account_releases_csv, name="account_csv"),
    path("officers/releases/", officers.desk, name="desk"),
    path("officers/releases/admissions/", officers.admissions, name="admissions"),
    path("officers/releases/admissions/<int:pk>/end/", officers.end_admission, name="end_admission"),
    path("officers/releases/<str:transaction_number>/", officers.desk_release, name="desk_release"),
]
