"""What this provider says about a person, and under which name."""

from collections.abc import Iterable
from typing import Any, Literal

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse

from counterparts.identity.models import Credential
from counterparts.identity.queries import active_credential_with_subject


class IdentityAdapter(DefaultOIDCAdapter):
    """Pairwise subjects; GCKey and partners say nothing else, the staff provider adds name, e-mail and roles."""

    def get_issuer(self) -> str:
        return settings.PUBLIC_URL or super().get_issuer()

    def get_user_sub(self, client: Client, user: AbstractBaseUser) -> str:
        assert isinstance(user, Credential)
        return user.subject

    def get_user_by_sub(self, client: Client, sub: str) -> AbstractBaseUser | None:
        return active_credential_with_subject(sub)

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: AbstractBaseUser,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        assert isinstance(user, Credential)
        claims: dict[str, Any] = {"sub": user.subject}
        if settings.IDENTITY != "staff":
            return claims
        if "email" in scopes and user.email:
            claims |= {"email": user.email, "email_verified": True}
        if "profile" in scopes:
            claims |= {
                "name": f"{user.first_name} {user.last_name}",
                "given_name": user.first_name,
                "family_name": user.last_name,
                "preferred_username": user.username,
                "roles": user.roles,
                "groups": user.roles,
            }
        return claims

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        """Says only what is offered here; with a public address the browser's end points carry it."""
        data.pop("device_authorization_endpoint", None)
        data |= {
            "subject_types_supported": ["pairwise"],
            "grant_types_supported": ["authorization_code"],
            "response_types_supported": ["code"],
            "prompt_values_supported": ["login", "none", "create"],
            "ui_locales_supported": ["en", "fr"],
        }
        if settings.PUBLIC_URL:
            data["authorization_endpoint"] = settings.PUBLIC_URL + reverse("idp:oidc:authorization")
            data["end_session_endpoint"] = settings.PUBLIC_URL + reverse("idp:oidc:logout")
