from django.urls import path

from delegation.api import clients, people

_BUSINESS = "businesses/<str:bn9>/"
_PRACTICE = "practice/delegation-requests/<int:pk>/"

urlpatterns = [
    path(_BUSINESS + "people", people.People.as_view(), name="api_people"),
    path(_BUSINESS + "people/<int:pk>/roles", people.ChangeRoles.as_view(), name="api_people_roles"),
    path(_BUSINESS + "people/<int:pk>/revoke", people.RevokeAccess.as_view(), name="api_people_revoke"),
    path(_BUSINESS + "invitations", people.Invitations.as_view(), name="api_people_invitations"),
    path(
        _BUSINESS + "invitations/<int:pk>/withdraw",
        people.WithdrawInvitation.as_view(),
        name="api_people_withdraw_invitation",
    ),
    path(_BUSINESS + "clients", clients.Clients.as_view(), name="api_clients"),
    path(_BUSINESS + "client-requests", clients.ClientRequests.as_view(), name="api_client_requests"),
    path(_BUSINESS + "client-requests/list", clients.ClientRequestList.as_view(), name="api_client_request_list"),
    path(
        _BUSINESS + "client-requests/<int:pk>/withdraw",
        clients.WithdrawClientRequest.as_view(),
        name="api_withdraw_client_request",
    ),
    path(_PRACTICE + "approve", clients.ApproveInPractice.as_view(), name="api_approve_in_practice"),
    path(_PRACTICE + "reject", clients.RejectInPractice.as_view(), name="api_reject_in_practice"),
]
