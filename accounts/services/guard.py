"""The count of wrong codes, kept with the person and locked: many browsers and workers have no more tries than one."""

from datetime import datetime

from accounts import queries, rules
from accounts.models import SignInGuard, User
from core import audit
from core.actor import Actor


def locked_guard(user: User) -> SignInGuard:
    """The person's guard, locked until the caller's transaction ends."""
    SignInGuard.objects.get_or_create(user=user)
    return SignInGuard.objects.select_for_update().get(user=user)


def count_try(guard: SignInGuard, *, is_right: bool, actor: Actor, at: datetime, wall_at: datetime) -> None:
    """One try more: a right one clears the count, the fifth wrong one in a row begins the pause.

    It raises nothing, because a raise would roll the count back with the caller's transaction.
    """
    if guard.paused_until is not None or is_right:
        guard.failure_count, guard.paused_until = 0, None
    if not is_right:
        guard.failure_count += 1
        guard.paused_until = rules.paused_until(guard.failure_count, wall_at)
        verb = "person.sign_in_paused" if guard.paused_until else "person.code_rejected"
        audit.record(actor=actor, verb=verb, target=queries.target_of(guard.user), at=at)
    guard.save()
