from django.urls import path

from delegation.views import clients, people, third_parties

app_name = "delegation"

_PEOPLE = "businesses/<str:bn9>/people/"
_THIRD_PARTIES = "businesses/<str:bn9>/third-parties/"
_REQUEST = _THIRD_PARTIES + "requests/<int:pk>/"
_CLIENTS = "businesses/<str:bn9>/clients/"

urlpatterns = [
    path("help/who-may-do-what/", people.who_may_do_what, name="who_may_do_what"),
    path("switch-account/", clients.switch, name="switch"),
    path("switch-account/file/", clients.switch_csv, name="switch_csv"),
    path("employer/", people.employer_request, name="employer_request"),
    path("employer/<str:bn9>/withdraw/", people.withdraw_employer_request, name="withdraw_employer_request"),
    path("invitations/<str:token>/", people.accept_invitation, name="accept_invitation"),
    path(_PEOPLE, people.people, name="people"),
    path(_PEOPLE + "members/", people.members, name="members"),
    path(_PEOPLE + "members/<int:pk>/", people.member, name="member"),
    path(_PEOPLE + "members/<int:pk>/remove/", people.remove_member, name="remove_member"),
    path(_PEOPLE + "requests/", people.employee_requests, name="employee_requests"),
    path(_PEOPLE + "requests/<int:pk>/", people.employee_request, name="employee_request"),
    path(_PEOPLE + "requests/<int:pk>/reject/", people.reject_employee, name="reject_employee"),
    path(_PEOPLE + "backup/", people.invite_backup, name="invite_backup"),
    path(_PEOPLE + "invitations/", people.invitations, name="invitations"),
    path(_PEOPLE + "invitations/new/", people.invite, name="invite"),
    path(_PEOPLE + "invitations/<int:pk>/withdraw/", people.withdraw_invitation, name="withdraw_invitation"),
    path(_THIRD_PARTIES, third_parties.third_parties, name="third_parties"),
    path(_THIRD_PARTIES + "<int:pk>/", third_parties.third_party, name="third_party"),
    path(_THIRD_PARTIES + "<int:pk>/change/", third_parties.edit, name="edit_third_party"),
    path(_THIRD_PARTIES + "<int:pk>/revoke/", third_parties.revoke, name="revoke_third_party"),
    path(_THIRD_PARTIES + "new/", third_parties.nominate, name="nominate"),
    path(_THIRD_PARTIES + "requests/", third_parties.requests, name="third_party_requests"),
    path(_REQUEST, third_parties.request_details, name="third_party_request"),
    path(_REQUEST + "approve/", third_parties.approve, name="approve_request"),
    path(_REQUEST + "accept/", third_parties.accept, name="accept_nomination"),
    path(_REQUEST + "reject/", third_parties.reject, name="reject_request"),
    path(_REQUEST + "withdraw/", third_parties.withdraw, name="withdraw_request"),
    path(_CLIENTS, clients.clients, name="clients"),
    path(_CLIENTS + "request/", clients.request_client, name="request_client"),
    path(_CLIENTS + "<int:pk>/", clients.client, name="client"),
    path(_CLIENTS + "<int:pk>/end/", clients.end, name="end_client"),
]
