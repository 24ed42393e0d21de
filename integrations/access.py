"""The door of sureties' software: a token, its scope, and the one surety whose bonds it reaches."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Business
from core.actor import Actor, ActorKind, Channel
from core.errors import Refused
from integrations.models import SuretyClient
from integrations.rules import Scope
from security import queries as security


@dataclass(frozen=True)
class SuretySeat:
    """Software acting for its surety."""

    actor: Actor
    client: SuretyClient

    @property
    def surety(self) -> Business:
        return self.client.surety


def surety_call(scope: Scope) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For a method of the Bond API: the token holds the scope, its surety is still registered."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def opened(view: Any, request: Any, **kwargs: Any) -> Any:
            client: SuretyClient = request.auth.client
            if scope not in request.auth.scopes:
                raise Refused(
                    _("This credential may not do that: it needs the scope %(scope)s. Ask the officer who issued it.")
                    % {"scope": scope.value},
                    code="scope_missing",
                )
            if not security.registered_sureties().filter(pk=client.surety_id).exists():
                raise Refused(
                    _("%(surety)s is no registered financial security provider any more.")
                    % {"surety": client.surety.legal_name},
                    code="unknown_provider",
                )
            actor = Actor(
                kind=ActorKind.SOFTWARE,
                client_id=client.client_id,
                business_id=client.surety_id,
                channel=Channel.API,
                request_id=getattr(request, "request_id", ""),
                name=client.name,
            )
            return method(view, request, seat=SuretySeat(actor=actor, client=client), **kwargs)

        return opened

    return decorate
