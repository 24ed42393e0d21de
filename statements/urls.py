from django.urls import path

from statements import views

app_name = "statements"

urlpatterns = [
    path("accounts/<str:number>/statements/", views.statement_list, name="list"),
    path("accounts/<str:number>/statements/<str:day>/", views.detail, name="detail"),
    path("accounts/<str:number>/statements/<str:day>/statement.csv", views.statement_csv, name="csv"),
    path("accounts/<str:number>/statements/<str:day>/statement.pdf", views.statement_pdf, name="pdf"),
    path("accounts/<str:number>/transactions/", views.history, name="history"),
    path("accounts/<str:number>/notices/", views.notices, name="notices"),
]
