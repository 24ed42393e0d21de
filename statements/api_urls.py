from django.urls import path

from statements.api import StatementDetail, StatementList

urlpatterns = [
    path("accounts/<str:number>/statements", StatementList.as_view(), name="api_statements"),
    path("accounts/<str:number>/statements/<str:day>", StatementDetail.as_view(), name="api_statement"),
]
