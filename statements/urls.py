from django.urls import path

from statements import views
from statements.files import views as files
from statements.history import views as history
from statements.levels import views as levels

app_name = "statements"

_ONE = "accounts/<str:number>/statements/<str:day>"
_LEVEL = "businesses/<str:bn9>/statements/<str:day>/<str:level>"

urlpatterns = [
    path("accounts/<str:number>/statements/", views.statement_list, name="list"),
    path(f"{_ONE}/", views.detail, name="detail"),
    *(
        path(f"{_ONE}/statement.{name}", views.statement_file, {"file_format": name.upper()}, name=name)
        for name in ("csv", "pdf", "xlsx", "json")
    ),
    path(f"{_ONE}/files/<str:extension>/", views.try_file, name="try_file"),
    path("accounts/<str:number>/transactions/", history.history, name="history"),
    path("accounts/<str:number>/transactions/export/", history.request_export, name="request_export"),
    path("accounts/<str:number>/transactions/filters/", history.save_filter, name="save_filter"),
    path("accounts/<str:number>/transactions/filters/<int:pk>/delete/", history.delete_filter, name="delete_filter"),
    path(
        "accounts/<str:number>/transactions/filters/<int:pk>/schedule/",
        history.schedule_filter,
        name="schedule_filter",
    ),
    path("accounts/<str:number>/files/", files.file_list, name="files"),
    path("accounts/<str:number>/files/<uuid:public_id>/", files.take_file, name="file"),
    path("accounts/<str:number>/files/<uuid:public_id>/retry/", files.retry_file, name="retry_file"),
    path("accounts/<str:number>/notices/", views.notices, name="notices"),
    path("accounts/<str:number>/notices/<str:day>/", views.notice, name="notice"),
    path("accounts/<str:number>/notices/<str:day>/notice.csv", views.notice_csv, name="notice_csv"),
    path("businesses/<str:bn9>/statements/", levels.level_list, name="levels"),
    path(f"{_LEVEL}/", levels.level, name="level"),
    path(f"{_LEVEL}/statement.<str:extension>", levels.level_file, name="level_file"),
    path(f"{_LEVEL}/files/<str:extension>/", levels.try_level_file, name="try_level_file"),
]
