from django.urls import path

from statements import api

urlpatterns = [
    path("accounts/<str:number>/statements", api.StatementList.as_view(), name="api_statements"),
    path("accounts/<str:number>/statements/<str:day>", api.StatementDetail.as_view(), name="api_statement"),
    path(
        "accounts/<str:number>/statements/<str:day>/documents/<str:extension>",
        api.StatementFile.as_view(),
        name="api_statement_file",
    ),
    path(
        "accounts/<str:number>/statements/<str:day>/explain/<str:what>",
        api.StatementExplanation.as_view(),
        name="api_statement_explanation",
    ),
    path("accounts/<str:number>/transactions", api.TransactionList.as_view(), name="api_transactions"),
    path("accounts/<str:number>/notices", api.DailyNoticeList.as_view(), name="api_daily_notices"),
    path("accounts/<str:number>/notices/<str:day>", api.DailyNoticeDetail.as_view(), name="api_daily_notice"),
    path("businesses/<str:bn9>/statements", api.LevelStatementList.as_view(), name="api_level_statements"),
    path(
        "businesses/<str:bn9>/statements/<str:day>/<str:level>",
        api.LevelStatementDetail.as_view(),
        name="api_level_statement",
    ),
    path(
        "businesses/<str:bn9>/statements/<str:day>/<str:level>/documents/<str:extension>",
        api.LevelStatementFile.as_view(),
        name="api_level_statement_file",
    ),
    path(
        "businesses/<str:bn9>/statements/<str:day>/<str:level>/explain/<str:what>",
        api.LevelStatementExplanation.as_view(),
        name="api_level_statement_explanation",
    ),
    path("schemas/statement.json", api.StatementSchema.as_view(), name="api_statement_schema"),
]
