"""Addresses of sign-in and profile. Of allauth's own only those are here that a sign-in passes through."""

from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views import confirmation, email, second_factor
from accounts.views import person as views

_pages = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/e-mail/", views.enrol, name="enrol"),
    path("sign-in/pause/", views.paused, name="paused"),
    path("sign-in/blocked/", views.blocked, name="blocked"),
    path("sign-in/emergency/", second_factor.emergency, name="emergency"),
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
    path("profile/security/confirm/go-on/", confirmation.go_on, name="go_on"),
    path("profile/security/app/", second_factor.app, name="app"),
    path("profile/security/passkey/", second_factor.passkey, name="passkey"),
    path("profile/security/factors/<int:factor_id>/rename/", second_factor.rename_factor, name="rename_factor"),
    path("profile/security/factors/<int:factor_id>/remove/", second_factor.remove_factor, name="remove_factor"),
    path("profile/security/recovery-codes/", second_factor.recovery_codes, name="recovery_codes"),
    path("profile/security/start-over/", second_factor.start_over, name="start_over"),
    path("profile/e-mail/", email.addresses, name="addresses"),
    path("profile/e-mail/change/", email.change, name="email_change"),
    path("profile/e-mail/contact/prove/", email.prove_contact, name="prove_contact"),
    path("profile/e-mail/contact/same/", email.use_sign_in_address, name="use_sign_in_address"),
    path("profile/e-mail/<slug:purpose>/code/", email.code, name="email_code"),
    path("profile/messages/", email.letters, name="letters"),
    path("profile/messages/<uuid:public_id>/send-again/", email.send_again, name="send_again"),
    path("sign-in/inactive/", email.dormant, name="dormant"),
    path("sign-out/other-method/", email.leave_for_other_method, name="leave_for_other_method"),
    path("practice/inbox/", views.inbox, name="inbox"),
    path("practice/inbox/<uuid:public_id>/", views.inbox_message, name="inbox_message"),
]

urlpatterns = [
    path("", include((_pages, "accounts"))),
    path("sign-in/code/", views.code, name="account_confirm_login_code"),
    path("sign-in/second-factor/", second_factor.authenticate, name="mfa_authenticate"),
    path("profile/security/confirm/", confirmation.confirm_person, name="account_reauthenticate"),
    path("sign-in/start/", RedirectView.as_view(pattern_name="accounts:sign_in"), name="account_login"),
    path("sign-in/oidc/<slug:provider_id>/login/", views.to_provider, name="openid_connect_login"),
    path("sign-in/oidc/<slug:provider_id>/login/callback/", views.from_provider, name="openid_connect_callback"),
]
