"""Bearer tokens of sureties' software; a missing, wrong, expired or revoked one is answered 401."""

from dataclasses import dataclass
from typing import Any

from allauth.idp.oidc.models import Token
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from integrations import queries
from integrations.models import SuretyClient
from integrations.rules import Scope

TOKEN_ADDRESS = "/api/v1/oauth/token"


@dataclass(frozen=True)
class Grant:
    """A credential in force and what its token allows."""

    client: SuretyClient
    scopes: frozenset[str]


class BearerToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AnonymousUser, Grant]:
        kind, _space, value = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not value.strip():
            raise NotAuthenticated(_("Send the access token of your software as a Bearer token."))
        token = Token.objects.lookup(Token.Type.ACCESS_TOKEN, value.strip())
        client = queries.client_in_force(token.client_id) if token and token.client_id else None
        if token is None or client is None:
            raise AuthenticationFailed(_("The access token is unknown, expired or revoked. Ask for a new one."))
        return AnonymousUser(), Grant(client, frozenset(token.get_scopes()))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema describes it."""

    target_class = "integrations.authentication.BearerToken"
    name = "bondApi"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = {scope.value: str(scope.label) for scope in Scope}
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": TOKEN_ADDRESS, "scopes": scopes}}}
