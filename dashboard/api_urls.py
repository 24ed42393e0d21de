from django.urls import path

from dashboard.api import AsOfDetail, EntryExplanation, ExplanationDetail, ReconciliationDetail

urlpatterns = [
    path("accounts/<str:number>/explain/entries/<uuid:entry_id>", EntryExplanation.as_view(), name="api_explain_entry"),
    path("accounts/<str:number>/explain/<slug:what>", ExplanationDetail.as_view(), name="api_explain"),
    path("accounts/<str:number>/as-of", AsOfDetail.as_view(), name="api_as_of"),
    path("accounts/<str:number>/reconciliation/<str:day>", ReconciliationDetail.as_view(), name="api_reconciliation"),
]
