"""Addresses of one provider: OpenID Connect at the root, pages under /en/ and /fr/."""

from allauth.idp.oidc import views as oidc
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from counterparts.identity import views
from counterparts.shell.views import livez, readyz

# Only what is offered here, under the names that allauth's own views reverse.
_oidc = (
    [
        path(".well-known/openid-configuration", oidc.configuration, name="configuration"),
        path(".well-known/jwks.json", oidc.jwks, name="jwks"),
        path("identity/o/authorize", views.authorize, name="authorization"),
        path("identity/o/logout", oidc.logout, name="logout"),
        path("identity/o/api/token", oidc.token, name="token"),
        path("identity/o/api/revoke", oidc.revoke, name="revoke"),
        path("identity/o/api/userinfo", oidc.user_info, name="userinfo"),
        path("identity/o/api/device/code", views.not_offered, name="device_code"),
    ],
    "oidc",
)

_pages: list[URLPattern | URLResolver] = [
    path("", views.start, name="home"),
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/again/", views.sign_in_again, name="account_reauthenticate"),
    path("signed-in/", views.signed_in, name="signed_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
]
if settings.IDENTITY == "gckey":
    _pages += [
        path("sign-in/", views.sign_in, name="sign_in"),
        path("sign-up/", views.sign_up, name="sign_up"),
        path("recover/", views.recover, name="recover"),
        path("recover/answer/", views.answer, name="answer"),
    ]
elif settings.IDENTITY == "partner":
    _pages += [
        path("banks/<slug:bank>/sign-in/", views.sign_in, name="sign_in"),
        path("banks/<slug:bank>/sign-up/", views.sign_up, name="sign_up"),
        path("banks/<slug:bank>/recover/", views.recover, name="recover"),
        path("banks/<slug:bank>/recover/answer/", views.answer, name="answer"),
    ]
else:
    _pages += [path("sign-in/", views.sign_in, name="sign_in")]

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("", views.start),
    path("", include(([path("", include(_oidc))], "idp"))),
    *i18n_patterns(*_pages),
]
