from django.urls import path

from standing.views import desk, pages

app_name = "standing"
urlpatterns = [
    path("accounts/<str:number>/standing/", pages.detail, name="detail"),
    path("accounts/<str:number>/standing/notices/<int:notice_id>/", pages.letter, name="letter"),
    path("officers/standing/", desk.desk, name="desk"),
    path("officers/standing/file/", desk.desk_csv, name="desk_csv"),
    path("officers/standing/<str:number>/", desk.case, name="case"),
]
