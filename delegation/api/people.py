"""The people of a business for software: who is there, invitations, roles changed and taken away."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import PROGRAM_ROLES, Invitation, Membership
from core import clock
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from delegation import queries, rules, services
from delegation.access import BusinessSeat, business_call
from delegation.rules import Action, Grant, Roles

TAGS = ["People of a business"]
ERRORS: dict[int, Any] = {400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
ADDABLE = sorted({action.value for actions in rules.ADDABLE.values() for action in actions})
ONE_ROLE: dict[str, Any] = {"program_account": "704123686RM0001", "role": "READER", "added_actions": ["pay"]}
ONE_PERSON: dict[str, Any] = {
    "id": 12,
    "name": "Rae Reader",
    "email": "rae@example.com",
    "role": "READER",
    "is_primary": False,
    "roles": [ONE_ROLE],
    "since": "2026-07-22T09:00:00-04:00",
}
ONE_INVITATION: dict[str, Any] = {
    "id": 4,
    "email": "nora@example.com",
    "role": "READER",
    "roles": [ONE_ROLE],
    "state": "SENT",
    "invited_by": "Amara Okoye",
    "invited_at": "2026-07-22T09:00:00-04:00",
    "expires_at": "2026-08-05T09:00:00-04:00",
}


class RoleInProgramSerializer(serializers.Serializer[Any]):
    """A role in one program account."""

    program_account = serializers.CharField(source="program_account.number", max_length=20, help_text="BN15.")
    role = serializers.ChoiceField(choices=PROGRAM_ROLES)
    added_actions = serializers.ListField(
        child=serializers.ChoiceField(choices=ADDABLE),
        required=False,
        default=list,
        help_text="Single permissions on top of the role.",
    )


class WithRoles(serializers.Serializer[Any]):
    """What a person and an invitation share."""

    role = serializers.ChoiceField(
        choices=Membership.Role.choices,
        help_text="`BAM` for a manager of the business; otherwise the least of the roles in program accounts.",
    )
    roles = serializers.SerializerMethodField(help_text="Account by account; empty for a manager of the business.")

    @extend_schema_field(RoleInProgramSerializer(many=True))
    def get_roles(self, row: Membership | Invitation) -> list[Any]:
        return list(RoleInProgramSerializer(row.programs.all(), many=True).data)


class PersonSerializer(WithRoles):
    """Somebody with access to the business."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="user")
    email = serializers.EmailField(source="user.address")
    is_primary = serializers.BooleanField(help_text="Holds the primary role.")
    since = serializers.DateTimeField(source="started_at")


class InvitationSerializer(WithRoles):
    """A link that was e-mailed; the link itself is in the e-mail alone."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    state = serializers.ChoiceField(choices=Invitation.State.choices)
    invited_by = serializers.CharField()
    invited_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class RolesCallSerializer(serializers.Serializer[dict[str, Any]]):
    """Manager of the business, or a role in each of some program accounts."""

    is_manager = serializers.BooleanField(default=False, help_text="Business Account Manager; `roles` is then empty.")
    roles = RoleInProgramSerializer(many=True, required=False, default=list)


class InvitationCallSerializer(RolesCallSerializer):
    email = serializers.EmailField(max_length=254)


class RevocationCallSerializer(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="The person reads it."
    )


def _business_number(request: Request) -> str:
    """The business number in the address."""
    return str(request.parser_context["kwargs"]["bn9"])


def _wanted(answers: dict[str, Any], seat: BusinessSeat) -> Roles:
    """The roles that a call names; a program account that the business doesn't have is refused by its number."""
    if answers["is_manager"]:
        if answers["roles"]:
            raise serializers.ValidationError(
                {"roles": _("Leave the roles out: a Business Account Manager has every program account.")},
                code="manager_has_all",
            )
        return None
    numbers = {account.number: account.pk for account in queries.open_program_accounts(seat.business.pk)}
    found: dict[int, Grant] = {}
    for place, row in enumerate(answers["roles"]):
        number = row["program_account"]["number"]
        if number not in numbers or numbers[number] in found:
            raise serializers.ValidationError(
                {f"roles[{place}].program_account": _("Name each open program account of the business once.")},
                code="unknown_program",
            )
        found[numbers[number]] = Grant(row["role"], tuple(row["added_actions"]))
    return found


class OfPeople(GenericAPIView[Any]):
    """What these operations share: the rows that this manager sees on the pages."""

    serializer_class: Any = PersonSerializer
    queryset = Membership._default_manager.none()

    def person(self, seat: BusinessSeat, pk: int) -> Membership:
        row = queries.members(seat.business.pk, held=seat.program_account_ids).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row


class People(OfPeople):
    """Who belongs to the business."""

    @extend_schema(
        operation_id="list_people",
        summary="People with access to the business and their roles",
        description="A Program Account Manager gets the managers and the people of the own program accounts.",
        tags=TAGS,
        responses={200: PersonSerializer(many=True), **ERRORS},
        examples=[OpenApiExample("A reader", response_only=True, status_codes=["200"], value=ONE_PERSON)],
    )
    @business_call(to=Action.MANAGE_PEOPLE, bn9_of=_business_number)
    def get(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        rows = queries.members(seat.business.pk, held=seat.program_account_ids)
        return self.get_paginated_response(PersonSerializer(self.paginate_queryset(rows), many=True).data)


class ChangeRoles(IdempotentMixin, OfPeople):
    @extend_schema(
        operation_id="change_roles",
        summary="Give a person other roles; they hold from the next call on",
        description=(
            "The answer takes the place of all roles in the program accounts that the caller manages. A Program "
            "Account Manager leaves what the person has in others untouched."
        ),
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=RolesCallSerializer,
        responses={200: PersonSerializer, **ERRORS, 409: ErrorSerializer},
        examples=[
            OpenApiExample("A role in one program account", request_only=True, value={"roles": [ONE_ROLE]}),
            OpenApiExample("Its answer", response_only=True, status_codes=["200"], value=ONE_PERSON),
        ],
    )
    @business_call(to=Action.MANAGE_PEOPLE, bn9_of=_business_number)
    def post(self, request: Request, bn9: str, pk: int, *, seat: BusinessSeat) -> Response:
        row = self.person(seat, pk)
        call = RolesCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        roles = _wanted(call.validated_data, seat)

        def work() -> tuple[int, Any]:
            services.change_role(membership_id=row.pk, roles=roles, actor=seat.actor, on=seat.on, at=clock.now())
            return 200, PersonSerializer(queries.members(seat.business.pk).get(pk=row.pk)).data

        return self.once(request, work)


class RevokeAccess(IdempotentMixin, OfPeople):
    @extend_schema(
        operation_id="revoke_access",
        summary="Take a person out of the business at once",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=RevocationCallSerializer,
        responses={204: None, **ERRORS, 409: ErrorSerializer},
        examples=[OpenApiExample("With a reason", request_only=True, value={"reason": "Left the business."})],
    )
    @business_call(to=Action.MANAGE_PEOPLE, bn9_of=_business_number)
    def post(self, request: Request, bn9: str, pk: int, *, seat: BusinessSeat) -> Response:
        row = self.person(seat, pk)
        call = RevocationCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)

        def work() -> tuple[int, Any]:
            services.revoke_membership(
                membership_id=row.pk,
                reason=call.validated_data["reason"],
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
            return 204, None

        return self.once(request, work)


class Invitations(IdempotentMixin, OfPeople):
    """The invitations of the business, and inviting."""

    serializer_class: Any = InvitationSerializer

    @extend_schema(
        operation_id="list_invitations",
        summary="Invitations and what became of them, newest first",
        tags=TAGS,
        responses={200: InvitationSerializer(many=True), **ERRORS},
        examples=[OpenApiExample("One that waits", response_only=True, status_codes=["200"], value=ONE_INVITATION)],
    )
    @business_call(to=Action.MANAGE_PEOPLE, bn9_of=_business_number)
    def get(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        rows = queries.invitations(seat.business.pk, held=seat.program_account_ids)
        return self.get_paginated_response(InvitationSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        operation_id="invite_person",
        summary="E-mail somebody a link by which they join with these roles",
        description="The link works once, for 14 days.",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=InvitationCallSerializer,
        responses={201: InvitationSerializer, **ERRORS, 409: ErrorSerializer},
        examples=[
            OpenApiExample("A reader", request_only=True, value={"email": "nora@example.com", "roles": [ONE_ROLE]}),
            OpenApiExample("Its answer", response_only=True, status_codes=["201"], value=ONE_INVITATION),
        ],
    )
    @business_call(to=Action.MANAGE_PEOPLE, bn9_of=_business_number)
    def post(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        call = InvitationCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        roles = _wanted(call.validated_data, seat)

        def work() -> tuple[int, Any]:
            row = services.invite(
                business_id=seat.business.pk,
                email=call.validated_data["email"],
                roles=roles,
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
            return 201, InvitationSerializer(row).data

        return self.once(request, work)


class WithdrawInvitation(IdempotentMixin, OfPeople):
    serializer_class: Any = InvitationSerializer

    @extend_schema(
        operation_id="withdraw_invitation",
        summary="Make a link useless that nobody has used",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=None,
        responses={200: InvitationSerializer, **ERRORS, 409: ErrorSerializer},
    )
    @business_call(to=Action.MANAGE_PEOPLE, bn9_of=_business_number)
    def post(self, request: Request, bn9: str, pk: int, *, seat: BusinessSeat) -> Response:
        if not queries.invitations(seat.business.pk, held=seat.program_account_ids).filter(pk=pk).exists():
            raise Http404

        def work() -> tuple[int, Any]:
            row = services.withdraw_invitation(invitation_id=pk, actor=seat.actor, on=seat.on, at=clock.now())
            return 200, InvitationSerializer(row).data

        return self.once(request, work)
