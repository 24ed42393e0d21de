"""THE timetable of jobs: what fires when, by the business clock of America/Toronto."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from core.timetable import Daily, Monthly, ScheduledJob, Yearly

TIMETABLE: tuple[ScheduledJob, ...] = (
    ScheduledJob("delegation.expiry", "delegation.services.expire", Daily(time(0, 1)), _("Ends of access")),
    ScheduledJob(
        "accounts.inactivity", "accounts.services.inactivity.run_inactivity", Daily(time(0, 2)), _("Inactive people")
    ),
    ScheduledJob("documents.expiry", "documents.services.expire_files", Daily(time(0, 2)), _("Files kept long enough")),
    ScheduledJob("security.daily", "security.services.run_daily", Daily(time(0, 3)), _("Bonds and reminders")),
    ScheduledJob(
        "registration.daily",
        "registration.applications.upkeep.run_daily",
        Daily(time(0, 4)),
        _("Applications: reminders and files"),
    ),
    ScheduledJob(
        "security.annual_review",
        "security.services.run_annual_review",
        Yearly(7, 25, time(0, 5)),
        _("Yearly review of financial security"),
        is_repeatable=True,
    ),
    ScheduledJob(
        "security.annual_review.october",
        "security.services.run_annual_review",
        Yearly(10, 20, time(0, 5)),
        _("Yearly review of financial security, October cycle"),
        is_repeatable=True,
    ),
    ScheduledJob(
        "security.surety_events",
        "security.services.run_surety_events",
        Daily(time(0, 8)),
        _("Events for sureties"),
    ),
    ScheduledJob(
        "security.review_deadline",
        "security.services.run_review_deadline",
        Yearly(10, 16, time(0, 5)),
        _("Deadline of the yearly review"),
    ),
    ScheduledJob(
        "security.review_deadline.october",
        "security.services.run_review_deadline",
        Yearly(1, 16, time(0, 5)),
        _("Deadline of the yearly review, October cycle"),
    ),
    ScheduledJob("payments.clearing", "payments.services.run_clearing", Daily(time(0, 10)), _("Credits meet debts")),
    ScheduledJob("payments.debits", "payments.debits.run.run_debits", Daily(time(6, 30)), _("Pre-authorized debits")),
    ScheduledJob(
        "payments.bank_files", "payments.debits.files.run_bank_files", Daily(time(20, 0)), _("Return files of the bank")
    ),
    ScheduledJob("standing.daily", "standing.services.run_daily", Daily(time(0, 20)), _("Overdue accounts")),
    ScheduledJob(
        "declarations.late_accounting",
        "declarations.services.run_late_accounting",
        Daily(time(0, 30)),
        _("Late accounting"),
    ),
    ScheduledJob(
        "statements.daily_notices", "statements.services.run_daily_notices", Daily(time(0, 40)), _("Daily notices")
    ),
    ScheduledJob(
        "statements.interest_credits",
        "statements.interest.run_credits",
        Daily(time(0, 42)),
        _("Interest taken back after a decision"),
    ),
    ScheduledJob("releases.arrivals", "releases.services.run_arrivals", Daily(time(6, 0)), _("Arrivals of goods")),
    ScheduledJob(
        "statements.monthly", "statements.services.run_statements", Monthly(25, time(0, 50)), _("Statements of account")
    ),
    ScheduledJob(
        "statements.interest",
        "statements.services.run_interest",
        Monthly(24, time(23, 50)),
        _("Interest on late debts"),
    ),
    ScheduledJob(
        "statements.files",
        "statements.files.services.run_expiry",
        Daily(time(0, 4)),
        _("Requested files kept ten days"),
    ),
    ScheduledJob(
        "statements.reports",
        "statements.history.services.run_reports",
        Daily(time(1, 30)),
        _("Regular reports of transactions"),
    ),
    ScheduledJob(
        "notifications.digest", "notifications.services.run_digest", Daily(time(6, 0)), _("Summaries of the day")
    ),
)
