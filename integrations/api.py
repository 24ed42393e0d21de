"""The Bond API: a surety's software does what its people do at their desk, over the same services."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.idp.oidc.views import token as allauth_token
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.errors import DomainError, Stranger
from core.money import ZERO
from core.rest import IDEMPOTENCY_HEADER
from core.rest_defaults import CursorPages
from integrations import services
from integrations.access import SuretySeat, surety_call
from integrations.rules import Scope
from integrations.serializers import (
    AcknowledgedSerializer,
    AcknowledgementSerializer,
    AmendmentSerializer,
    BondFilterSerializer,
    BondSerializer,
    EventFilterSerializer,
    EventsSerializer,
    FilingSerializer,
    ReasonSerializer,
    TerminationSerializer,
    UsageSerializer,
    WholeBondSerializer,
)
from integrations.software_call import READ, TAGS, WRITE, SuretyView, given_in, now_of
from security import queries as security
from security import services as bonds
from security.models import Bond
from security.rules import Share

PAGE = 100
FILING = OpenApiExample(
    "A continuous bond",
    request_only=True,
    value={
        "agreement_number": "KN-2026-0042",
        "program_account": "123456782RM0001",
        "debtor_name": "Northlight Outfitters Ltd.",
        "program": "IMPORTATION_RPP",
        "legislative_authority": "AIG_FSR",
        "amount": "25000.00",
        "validity_start": "2026-08-01",
    },
)
RAISE = OpenApiExample(
    "An increase",
    request_only=True,
    value={"type": "INCREASE", "amount": "30750.00", "prior_version": 2},
)
SHARED = OpenApiExample(
    "A reallocation",
    request_only=True,
    value={
        "type": "REALLOCATE",
        "allocations": [
            {"program_account": "123456782RM0001", "amount": "20000.00"},
            {"program_account": "123456782RM0002", "amount": "10750.00"},
        ],
        "prior_version": 3,
    },
)
NOTICE = OpenApiExample("A notice", request_only=True, value={"terminates_on": "2026-09-30", "reason": "Not renewed"})
REFUSAL = OpenApiExample(
    "Too early",
    response_only=True,
    status_codes=["400"],
    value={
        "code": "BA204",
        "message": "A bond ends at least 30 days after the notice. Enter 30 August 2026 or later.",
        "field": "terminates_on",
        "link": None,
    },
)


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """OAuth2 client credentials for an access token (RFC 6749, section 4.4); no other grant is open here."""
    if request.POST.get("grant_type") != "client_credentials":
        return HttpResponse(
            b'{"error": "unsupported_grant_type"}', status=HTTPStatus.BAD_REQUEST, content_type="application/json"
        )
    answer: HttpResponse = allauth_token(request)
    answer["Cache-Control"] = "no-store"
    return answer


class BondView(SuretyView):
    def changed(self, request: Request, seat: SuretySeat, pk: int, act: Callable[..., Bond], **given: Any) -> Response:
        """Act on one bond of this surety, once for the request's key, and answer with how it stands."""
        bond_of(seat, pk)
        return self.once(request, lambda: (200, _shown(seat, act(bond_id=pk, **given, **now_of(seat)).pk)))


def bond_of(seat: SuretySeat, pk: int) -> Bond:
    bond = security.bonds_of_surety(seat.surety.pk).prefetch_related("versions").filter(pk=pk).first()
    if bond is None:
        raise Stranger(_("There is no such bond among yours. Check the identifier."), code="not_found")
    return bond


def _shown(seat: SuretySeat, pk: int) -> dict[str, Any]:
    return dict(WholeBondSerializer(bond_of(seat, pk)).data)


def _shares(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent with its allocations as the services take them; refused with the first account that is unknown."""
    shares = []
    for position, part in enumerate(given.pop("allocations", ())):
        account = security.account_to_secure(part["program_account"]["number"])
        if account is None:
            raise DomainError(
                _("There is no program account of this number. Check it on the importer's agreement."),
                code="debtor_not_found",
                field=f"allocations[{position}].program_account",
            )
        shares.append(Share(account.pk, part["amount"]))
    return {**given, "shares": shares}


class Bonds(BondView):
    pagination_class = CursorPages

    @extend_schema(
        operation_id="list_bonds",
        summary="Your bonds, newest first",
        tags=TAGS,
        parameters=[BondFilterSerializer],
        responses={200: BondSerializer(many=True), **READ},
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat) -> Response:
        chosen = given_in(BondFilterSerializer, request.query_params)
        rows = security.bonds_of_surety(seat.surety.pk)
        if "program_account" in chosen:
            rows = rows.filter(allocations__program_account__number=chosen["program_account"])
        if "debtor_bn9" in chosen:
            rows = rows.filter(debtor__bn9=chosen["debtor_bn9"])
        if "state" in chosen:
            rows = rows.filter(state=chosen["state"])
        if "updated_since" in chosen:
            rows = security.changed_since(rows, chosen["updated_since"])
        pages = CursorPages()
        page: Any = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(BondSerializer(page, many=True).data)

    @extend_schema(
        operation_id="file_bond",
        summary="File a bond: it is given at that moment",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=FilingSerializer,
        examples=[FILING],
        responses={201: WholeBondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat) -> Response:
        given = given_in(FilingSerializer, request.data)
        del given["program"], given["legislative_authority"]
        elements = _shares(given)
        elements["program_account_number"] = elements.pop("program_account")
        return self.once(
            request,
            lambda: (
                201,
                _shown(seat, bonds.file_bond(provider_id=seat.surety.pk, **elements, **now_of(seat)).pk),
            ),
        )


class OneBond(BondView):
    @extend_schema(
        operation_id="read_bond", summary="One of your bonds", tags=TAGS, responses={200: WholeBondSerializer, **READ}
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return Response(_shown(seat, pk))


class Confirmation(BondView):
    @extend_schema(
        operation_id="confirm_bond",
        summary="Confirm what an importer entered",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=None,
        responses={200: WholeBondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.confirm_bond)


class Rejection(BondView):
    @extend_schema(
        operation_id="reject_bond",
        summary="Reject what an importer entered",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=ReasonSerializer,
        responses={200: WholeBondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.reject_bond, **given_in(ReasonSerializer, request.data))


class Amendments(BondView):
    @extend_schema(
        operation_id="amend_bond",
        summary="Raise or lower the amount, share it anew, change the debtor's name, extend the validity",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=AmendmentSerializer,
        examples=[RAISE, SHARED],
        responses={200: WholeBondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        given = given_in(AmendmentSerializer, request.data)
        del given["type"]
        if given.pop("effective_date", clock.today()) != clock.today():
            raise DomainError(
                _("A change takes effect when it is filed. Send today's date or leave it out."),
                code="bad_effective_date",
                field="effective_date",
            )
        return self.changed(request, seat, pk, bonds.amend_bond, **_shares(given))


class Termination(BondView):
    @extend_schema(
        operation_id="give_termination_notice",
        summary="Give notice that the bond ends, at least 30 days ahead",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=TerminationSerializer,
        examples=[NOTICE, REFUSAL],
        responses={200: WholeBondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        given = given_in(TerminationSerializer, request.data)
        return self.changed(request, seat, pk, bonds.give_termination_notice, **given)

    @extend_schema(
        operation_id="withdraw_termination_notice",
        summary="Take the notice back before its day",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        responses={200: WholeBondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def delete(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.withdraw_termination_notice)


class Usage(BondView):
    @extend_schema(
        operation_id="read_bond_usage",
        summary="How much of the bond today's debt would take",
        tags=TAGS,
        responses={200: UsageSerializer, **READ},
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        bond = bond_of(seat, pk)
        shares = security.use_by_account(bond, on=clock.today())
        parts = [
            {
                "program_account": row.program_account.number,
                "amount": row.amount,
                "used": part,
                "balance": row.amount - part,
            }
            for row, part in shares
        ]
        used = sum((part for _row, part in shares), ZERO)
        told = {"amount": bond.amount, "used": used, "balance": bond.amount - used, "allocations": parts}
        return Response(UsageSerializer(told).data)


class Events(BondView):
    @extend_schema(
        operation_id="list_bond_events",
        summary="Events that you have not acknowledged, oldest first; kept for 30 days",
        tags=TAGS,
        parameters=[EventFilterSerializer],
        responses={200: EventsSerializer, **READ},
    )
    @surety_call(Scope.EVENTS)
    def get(self, request: Request, seat: SuretySeat) -> Response:
        after = given_in(EventFilterSerializer, request.query_params)["after"]
        rows = list(security.events_for(seat.surety.pk, after=after)[: PAGE + 1])
        told = [services.event_body(row) for row in rows[:PAGE]]
        return Response({"results": told, "has_more": len(rows) > PAGE})


class Acknowledgements(BondView):
    @extend_schema(
        operation_id="acknowledge_bond_events",
        summary="Say that you have these events; they are not listed again",
        tags=TAGS,
        request=AcknowledgementSerializer,
        responses={200: AcknowledgedSerializer, **WRITE},
    )
    @surety_call(Scope.EVENTS)
    def post(self, request: Request, seat: SuretySeat) -> Response:
        ids = given_in(AcknowledgementSerializer, request.data)["ids"]
        count = bonds.acknowledge_events(provider_id=seat.surety.pk, event_ids=ids, wall_at=clock.wall_now())
        return Response({"acknowledged": count})
