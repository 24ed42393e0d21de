from django.urls import path

from delegation import api

_BUSINESS = "businesses/<str:bn9>/"
_PRACTICE = "practice/delegation-requests/<int:pk>/"

urlpatterns = [
    path(_BUSINESS + "clients", api.Clients.as_view(), name="api_clients"),
    path(_BUSINESS + "client-requests", api.ClientRequests.as_view(), name="api_client_requests"),
    path(_BUSINESS + "client-requests/list", api.ClientRequestList.as_view(), name="api_client_request_list"),
    path(
        _BUSINESS + "client-requests/<int:pk>/withdraw",
        api.WithdrawClientRequest.as_view(),
        name="api_withdraw_client_request",
    ),
    path(_PRACTICE + "approve", api.ApproveInPractice.as_view(), name="api_approve_in_practice"),
    path(_PRACTICE + "reject", api.RejectInPractice.as_view(), name="api_reject_in_practice"),
]
