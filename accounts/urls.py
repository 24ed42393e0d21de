"""Addresses of sign-in and profile. Of allauth's own only those are here that a sign-in passes through."""

from django.urls import include, path
from django.views.generic import RedirectView

from accounts import views, views_email

_pages = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/e-mail/", views.enrol, name="enrol"),
    path("sign-in/pause/", views.paused, name="paused"),
    path("sign-in/blocked/", views.blocked, name="blocked"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("signed-out/", views.signed_out, name="signed_out"),
    path("session/extend/", views.extend, name="extend"),
    path("welcome/profile/", views.profile_setup, name="profile_setup"),
    path("profile/", views.profile, name="profile"),
    path("profile/edit/", views.profile_edit, name="profile_edit"),
    path("profile/sign-ins/", views.history, name="history"),
    path("profile/security/", views.security, name="security"),
    path("profile/security/sessions/<int:session_id>/end/", views.end_session, name="end_session"),
    path("profile/security/sessions/end-others/", views.end_other_sessions, name="end_other_sessions"),
    path("profile/e-mail/", views_email.addresses, name="addresses"),
    path("profile/e-mail/change/", views_email.change, name="email_change"),
    path("profile/e-mail/contact/prove/", views_email.prove_contact, name="prove_contact"),
    path("profile/e-mail/contact/same/", views_email.use_sign_in_address, name="use_sign_in_address"),
    path("profile/e-mail/<slug:purpose>/code/", views_email.code, name="email_code"),
    path("profile/messages/", views_email.letters, name="letters"),
    path("profile/messages/<uuid:public_id>/send-again/", views_email.send_again, name="send_again"),
    path("sign-in/inactive/", views_email.dormant, name="dormant"),
    path("sign-out/other-method/", views_email.leave_for_other_method, name="leave_for_other_method"),
    path("practice/inbox/", views.inbox, name="inbox"),
    path("practice/inbox/<uuid:public_id>/", views.inbox_message, name="inbox_message"),
]

urlpatterns = [
    path("", include((_pages, "accounts"))),
    path("sign-in/code/", views.code, name="account_confirm_login_code"),
    path("sign-in/start/", RedirectView.as_view(pattern_name="accounts:sign_in"), name="account_login"),
    path("sign-in/oidc/<slug:provider_id>/login/", views.to_provider, name="openid_connect_login"),
    path("sign-in/oidc/<slug:provider_id>/login/callback/", views.from_provider, name="openid_connect_callback"),
]
