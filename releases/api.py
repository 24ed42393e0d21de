"""Releases for software: ask for one, read those asked for."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.errors import DomainError, Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from delegation import queries as delegations
from delegation.access import BusinessSeat, business_call
from delegation.rules import Action
from releases import queries, services
from releases.models import Release, ReleaseMessage
from releases.rules import Refusal, ReleaseKind
from releases.services import ReleaseRequest

TAGS = ["Releases"]
_OPTIONAL = (
    "expected_arrival_on",
    "department",
    "permit_number",
    "is_uncontrolled",
    "contingency_account",
    "goods_category",
)
FILER = OpenApiParameter(
    "filer", str, description="BN9 of the business that asks; needed by somebody who belongs to several."
)


class ReleaseCallSerializer(serializers.Serializer[dict[str, Any]]):
    """A request for release."""

    filer = serializers.RegexField(r"^\d{9}$", required=False, help_text="BN9 of the business that asks.")
    program_account = serializers.RegexField(
        r"^\d{9}RM\d{4}$",
        help_text="BN15 of the importer.",
        error_messages={"invalid": gettext_lazy("Send nine digits, RM and four digits, for example 704123686RM0001.")},
    )
    kind = serializers.ChoiceField(choices=Release.Kind.choices)
    cargo_control_number = serializers.CharField(
        max_length=40,
        help_text="The carrier's code of four characters and a reference: capital letters and digits, at most 25.",
    )
    office = serializers.RegexField(r"^\d{4}$", help_text="Four digits.")
    goods = serializers.CharField(max_length=200)
    estimated_value = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, help_text="Canadian dollars."
    )

    expected_arrival_on = serializers.DateField(
        required=False, allow_null=True, help_text="For PARS and IID: left out, the goods are here."
    )
    department = serializers.ChoiceField(
        choices=Release.Department.choices, required=False, allow_blank=True, help_text="For IID."
    )
    permit_number = serializers.CharField(max_length=30, required=False, allow_blank=True, help_text="For IID.")
    is_uncontrolled = serializers.BooleanField(
        required=False, help_text="For CLVS: that no other department controls the goods."
    )
    contingency_account = serializers.RegexField(
        r"^\d{9}RM\d{4}$", required=False, help_text="The broker's BN15 under the contingency plan."
    )
    goods_category = serializers.ChoiceField(
        choices=Release.GoodsCategory.choices, required=False, help_text="For the contingency plan."
    )


class MessageSerializer(serializers.ModelSerializer[ReleaseMessage]):
    """One notice of a release."""

    text = serializers.CharField(source="get_code_display", help_text="The message in the caller's language.")

    class Meta:
        model = ReleaseMessage
        fields: ClassVar = ["code", "text", "sent_at", "office", "note"]


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A request, its decision and the dates that follow from it."""

    program_account = serializers.CharField(source="asked_for")
    filer = serializers.CharField(source="submitter.bn9")
    refusal = serializers.SerializerMethodField(help_text="Code of the reason, null when not refused.")
    reason = serializers.SerializerMethodField(help_text="The reason in words, in the caller's language.")
    way_out = serializers.SerializerMethodField(help_text="What to do after a refusal, in the caller's language.")
    link = serializers.SerializerMethodField(help_text="The page of the portal where the way out begins.")
    estimated_value = serializers.DecimalField(max_digits=14, decimal_places=2)
    contingency_account = serializers.CharField(source="contingency_account.number", default=None, allow_null=True)

    class Meta:
        model = Release
        fields: ClassVar = [
            "transaction_number",
            "program_account",
            "filer",
            "kind",
            "cargo_control_number",
            "office",
            "goods",
            "estimated_value",
            "expected_arrival_on",
            "department",
            "permit_number",
            "contingency_account",
            "goods_category",
            "stream",
            "state",
            "refusal",
            "reason",
            "way_out",
            "link",
            "requested_at",
            "released_on",
            "accounting_due_on",
            "payment_due_on",
            "last_day_to_pay",
            "accounted_on",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_refusal(self, release: Release) -> str | None:
        return release.refusal or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_reason(self, release: Release) -> str | None:
        return str(release.get_refusal_display()) if release.refusal else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_link(self, release: Release) -> str | None:
        """To registration, enrolment or a request for access; else to the page of the request."""
        filer = release.submitter.bn9
        places: dict[str, tuple[str, tuple[str, ...]]] = {
            Refusal.NOT_REGISTERED: ("registration:start", ()),
            Refusal.NO_DELEGATION: ("delegation:request_client", (filer,)),
        }
        if release.program_account is not None and release.program_account.business_id == release.submitter_id:
            places[Refusal.NO_RPP] = ("security:enrol", (release.asked_for,))
        own = ("releases:detail", (filer, release.transaction_number))
        name, words = places.get(release.refusal, own)
        return reverse(name, args=words) if release.refusal else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_way_out(self, release: Release) -> str | None:
        return str(services.WAY_OUT[Refusal(release.refusal)]) if release.refusal else None


class ReleaseDetailSerializer(ReleaseSerializer):
    """A release with its messages."""

    messages = MessageSerializer(many=True)

    class Meta(ReleaseSerializer.Meta):
        fields: ClassVar = [*ReleaseSerializer.Meta.fields, "messages"]


def _filer(request: Request, named: str) -> str:
    """The caller's own business: the one named, or the only one there is."""
    if named:
        return named
    own = list(delegations.own_businesses(user_id=request.user.pk)[:2])
    if len(own) != 1:
        raise DomainError(
            _("Name the business that asks: send its nine-digit business number as filer."),
            code="filer_needed",
            field="filer",
        )
    return own[0].business.bn9


def _filer_asked_for(request: Request) -> str:
    return _filer(request, request.query_params.get("filer", ""))


def _call(request: Request) -> dict[str, Any]:
    """What was sent, once it is whole."""
    call = ReleaseCallSerializer(data=request.data)
    call.is_valid(raise_exception=True)
    return call.validated_data


def _filer_of_the_call(request: Request) -> str:
    return _filer(request, _call(request).get("filer", ""))


class Releases(IdempotentMixin, GenericAPIView[Release]):
    """What a filer asked for, and asking."""

    serializer_class = ReleaseSerializer
    queryset = Release._default_manager.none()

    @extend_schema(
        operation_id="list_releases",
        summary="Releases that a filer asked for, newest first",
        tags=TAGS,
        parameters=[FILER],
        responses={200: ReleaseSerializer(many=True), 400: ErrorSerializer, 404: ErrorSerializer},
    )
    @business_call(to=Action.VIEW_TRANSACTIONS, bn9_of=_filer_asked_for)
    def get(self, request: Request, seat: BusinessSeat) -> Response:
        found = queries.releases_of_submitter(seat.business.pk, held=seat.program_account_ids, user_id=seat.staff_id)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(ReleaseSerializer(page, many=True).data)

    @extend_schema(
        operation_id="request_release",
        summary="Ask for release; the decision comes with the answer",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=ReleaseCallSerializer,
        responses={201: ReleaseSerializer, 400: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer},
        examples=[
            OpenApiExample(
                "Before arrival",
                request_only=True,
                value={
                    "program_account": "704123686RM0001",
                    "kind": "PARS",
                    "cargo_control_number": "8042PARS884120",
                    "office": "0453",
                    "goods": "Hiking boots and packs",
                    "estimated_value": "26500.00",
                },
            )
        ],
    )
    @business_call(to=Action.REQUEST_RELEASE, bn9_of=_filer_of_the_call)
    def post(self, request: Request, seat: BusinessSeat) -> Response:
        given = _call(request)

        def work() -> tuple[int, Any]:
            release = services.request_release(
                request=ReleaseRequest(
                    account_number=given["program_account"],
                    kind=ReleaseKind(given["kind"]),
                    cargo_control_number=given["cargo_control_number"],
                    office=given["office"],
                    goods=given["goods"],
                    estimated_value=given["estimated_value"],
                    **{name: given[name] for name in _OPTIONAL if given.get(name)},
                ),
                submitter=seat.business,
                staff_actions=seat.actions,
                held=seat.program_account_ids,
                actor=seat.actor,
                at=clock.now(),
            )
            return 201, ReleaseSerializer(release).data

        return self.once(request, work)


class OneRelease(GenericAPIView[Release]):
    """One release of a filer, with its messages."""

    serializer_class = ReleaseDetailSerializer
    queryset = Release._default_manager.none()

    @extend_schema(
        operation_id="read_release",
        summary="One release with its messages, the first one first",
        tags=TAGS,
        parameters=[FILER],
        responses={200: ReleaseDetailSerializer, 400: ErrorSerializer, 404: ErrorSerializer},
    )
    @business_call(to=Action.VIEW_TRANSACTIONS, bn9_of=_filer_asked_for)
    def get(self, request: Request, seat: BusinessSeat, transaction_number: str) -> Response:
        release = queries.release_by_number(
            transaction_number, submitter_id=seat.business.pk, held=seat.program_account_ids, user_id=seat.staff_id
        )
        if release is None:
            raise Stranger(_("There is no release of that number here. Check the number."), code="not_found")
        return Response(ReleaseDetailSerializer(release).data)
