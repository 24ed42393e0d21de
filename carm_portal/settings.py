"""Settings of the portal, read from the environment.

Every value has a safe default for practice on one's own machine. With ``PORTAGE_MODE=production`` the values that
matter (secret key, hosts, database, Redis) have no default: a missing or malformed one stops the start with a sentence
that names it.
"""

import os
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if os.environ.get("PORTAGE_MODE") != "test":
    environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

MODE = env.str("PORTAGE_MODE", default="practice")
if MODE not in {"practice", "test", "production"}:
    raise ImproperlyConfigured(f"PORTAGE_MODE is '{MODE}': use practice, test or production.")
IS_PRODUCTION = MODE == "production"
DEBUG = False


def required_in_production(name: str, *, default: str) -> str:
    """The variable's text; in production mode a missing one stops the start."""
    value = env.str(name, default="")
    if value:
        return value
    if IS_PRODUCTION:
        raise ImproperlyConfigured(f"{name} is missing. Set it in the environment before starting in production mode.")
    return default


VAR_DIR = Path(env.str("PORTAGE_VAR", default=str(BASE_DIR / "var")))
SECRET_KEY = required_in_production("SECRET_KEY", default="practice-only-key-that-protects-nothing-real-000000000000")
if IS_PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is shorter than 50 characters. Use a long random text.")
ALLOWED_HOSTS = required_in_production(
    "ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1],.localhost,testserver"
).split(",")
PORTAL_URL = required_in_production("PORTAL_URL", default="http://localhost:8000").rstrip("/")
#: Where somebody who finds a weakness writes, as a "mailto:" or the address of a page.
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default=f"{PORTAL_URL}/en/contact/")
if not PORTAL_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured(f"PORTAL_URL is '{PORTAL_URL}': it must begin with http:// or https://.")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "carm_portal.apps.OfficerAdminConfig",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.idp.oidc",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "django_prometheus",
    "csp",
    "core",
    "reference",
    "ledger",
    "documents",
    "notifications",
    "accounts",
    "delegation",
    "security",
    "releases",
    "declarations",
    "statements",
    "payments",
    "standing",
    "registration",
    "support",
    "integrations",
    "simulation",
    "dashboard",
]

MIDDLEWARE = [
    "core.http.RequestIdMiddleware",
    "core.http.ClockMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.PersonMiddleware",
    "core.http.DomainErrorMiddleware",
]

ROOT_URLCONF = "carm_portal.urls"
WSGI_APPLICATION = "carm_portal.wsgi.application"
FORM_RENDERER = "core.forms.PortageRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.frame",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "core.templatetags.portage",
            ],
        },
    }
]
COTTON_DIR = "components"

# --- Databases: SQLite embedded by default, PostgreSQL in the real deployment
DATABASE_URL = required_in_production("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portage.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
_database["CONN_MAX_AGE"] = 600
if _database["ENGINE"].endswith("sqlite3"):
    _database["CONN_MAX_AGE"] = 0
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
_test_name = env.str("TEST_DATABASE_NAME", default="")
if not _test_name and _database["ENGINE"].endswith("sqlite3"):
    _test_name = str(VAR_DIR / "test.sqlite3")
_database["TEST"] = {"NAME": _test_name or None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = required_in_production("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis:// or rediss://.")
CACHES = {
    "default": (
        {"BACKEND": "core.caches.ForgivingRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "portage"}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portage_cache"}
    )
}

# --- Celery
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://")
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT = "core.queue_files:Transport"
    _queue = VAR_DIR / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "processed_folder": str(_queue / "done"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
    }
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=MODE == "test")
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_DB_REUSE_MAX = 1000
CELERY_TIMEZONE = "America/Toronto"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "core.tick", "schedule": timedelta(seconds=30)},
    "deliver-outbox": {"task": "core.deliver_outbox", "schedule": timedelta(seconds=20)},
    "hand-over-events": {"task": "integrations.hand_over", "schedule": timedelta(seconds=20)},
    "sweep-chunks": {"task": "core.sweep_chunks", "schedule": timedelta(seconds=60)},
    "sweep-payments": {"task": "payments.sweep", "schedule": timedelta(seconds=60)},
    "sweep-files": {"task": "statements.sweep_files", "schedule": timedelta(seconds=60)},
    "resume-clock-moves": {"task": "core.resume_clock_moves", "schedule": timedelta(seconds=30)},
    "close-lapsed-email-changes": {"task": "accounts.close_lapsed_email_changes", "schedule": timedelta(minutes=10)},
    "sweep-documents": {"task": "documents.sweep", "schedule": timedelta(seconds=60)},
    "seal-audit": {"task": "core.seal_audit", "schedule": timedelta(seconds=60)},
}

# --- Language, time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/Toronto"

# --- Static files and stored documents
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_DIR", default=str(VAR_DIR / "static")))
# Files that people hand in lie outside the static tree and are sent through a door only: there is no MEDIA_URL.
MEDIA_ROOT = VAR_DIR / "documents"
LARGEST_DOCUMENT = env.int("LARGEST_DOCUMENT", default=10_000_000)
# A transaction history longer than this is exported by a job instead of at once.
HISTORY_ROWS_AT_ONCE = env.int("HISTORY_ROWS_AT_ONCE", default=5_000)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE != "test"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Tests make many browsers: files are looked up when asked for, not listed anew for each.
WHITENOISE_USE_FINDERS = MODE == "test"
WHITENOISE_AUTOREFRESH = MODE == "test"
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000

# --- People and sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "dashboard:start"
LOGOUT_REDIRECT_URL = "dashboard:public_home"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_REQUIRED = {"socialaccount"}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Portage] "
ACCOUNT_LOGIN_TIMEOUT = 45 * 60
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_QUERY_EMAIL = False
# A sign-in, or a confirmation, lets a person make sensitive changes for so many seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
# Passkeys need no exception for practice: browser and server both take http://localhost for a safe origin.
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
SESSION_ENGINE = "core.sessions"
SESSION_COOKIE_NAME = "portage_session"
CSRF_COOKIE_NAME = "portage_csrf"
CSRF_FAILURE_VIEW = "core.http.form_expired"
# A session is written at most every so many seconds, and so lives that much longer than the idle limit, never shorter.
SESSION_SAVED_EVERY = 30
SESSION_COOKIE_AGE = 20 * 60 + SESSION_SAVED_EVERY
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- Counterparts: where the simulated outside world answers
GCKEY_URL = env.str("GCKEY_URL", default="http://localhost:8101")
PARTNER_URL = env.str("PARTNER_URL", default="http://localhost:8102")
STAFF_URL = env.str("STAFF_URL", default="http://localhost:8103")
# In tests there is a bank only where one is started: elsewhere nobody answers, at once.
BANK_URL = env.str("BANK_URL", default="" if MODE == "test" else "http://localhost:8104")
COUNTERPART_SECRET = required_in_production("COUNTERPART_SECRET", default="practice-only-counterpart-secret")
IDENTITY_PROVIDERS = {"gckey": GCKEY_URL, "partner": PARTNER_URL, "staff": STAFF_URL}
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": provider_id,
                "name": provider_id,
                "client_id": "portage",
                "secret": COUNTERPART_SECRET,
                "settings": {"server_url": url + "/.well-known/openid-configuration", "fetch_userinfo": True},
            }
            for provider_id, url in IDENTITY_PROVIDERS.items()
        ],
    }
}

# --- Mail: every message is a row of the outbox; it also leaves by SMTP when SMTP_URL is set
EMAIL_BACKEND = "core.mail.OutboxBackend"
SMTP_URL = env.str("SMTP_URL", default="")
SMTP_SERVER = {
    name.removeprefix("EMAIL_").lower(): value
    for name, value in (env.email_url_config(SMTP_URL) if SMTP_URL else {}).items()
    if name not in {"EMAIL_BACKEND", "EMAIL_FILE_PATH"}
}
DEFAULT_FROM_EMAIL = "Portage simulation <no-reply@portage.example>"

# --- API---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.rest_defaults.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.rest_defaults.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [],
    "EXCEPTION_HANDLER": "core.rest.error_response",
    "DEFAULT_THROTTLE_RATES": {"calculators": "600/min", "api": "1200/min"},
    "COERCE_DECIMAL_TO_STRING": True,
    "PAGE_SIZE": 25,
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", default=0),
}
SPECTACULAR_SETTINGS = {
    "DEFAULT_GENERATOR_CLASS": "core.rest_schema.KeptSchemaGenerator",
    "TITLE": "Portage API",
    "DESCRIPTION": "A simulation of CARM for practice and testing. Not the Government of Canada.",
    "VERSION": "1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "integrations.schema.describe"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "OverdueStep": "standing.rules.Step",
        "EntryKind": "ledger.rules.EntryKind",
        "StatementState": ["nothing_due", "paid", "due", "partly_paid", "overdue"],
        "PaymentMethod": "payments.models.Payment.Method",
        "PaymentState": "payments.models.Payment.State",
        "ReleaseKind": "releases.models.Release.Kind",
        "ReleaseState": "releases.models.Release.State",
        "BondState": "security.rules.BondState",
        "DeclarationType": "declarations.models.Declaration.Type",
        "RiderType": ["INCREASE", "DECREASE", "REALLOCATE", "NAME_CHANGE", "EXTEND"],
        "DeclarationState": "declarations.models.Declaration.State",
        "ProgramRole": "accounts.models.PROGRAM_ROLES",
        "MemberRole": "accounts.models.Membership.Role",
        "InvitationState": "accounts.models.Invitation.State",
        "DelegationState": "delegation.models.Delegation.State",
        "ChangeState": "declarations.changes.rules.ChangeState",
        "ChangeKind": "declarations.changes.rules.ChangeKind",
        "AskedChangeKind": ["ADJUSTMENT", "REFUND", "WITHDRAWAL", "APPEAL"],
    },
}

# --- Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *IDENTITY_PROVIDERS.values(), BANK_URL],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
_https = PORTAL_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = IS_PRODUCTION and _https and env.bool("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None

# --- What fires when, and the policy of this world
TIMETABLE = "carm_portal.schedule.TIMETABLE"
CHUNK_DISPATCH = "core.tasks.dispatch_chunks"
OUTBOX_DISPATCH = "core.tasks.dispatch_outbox"
OUTBOX_BOUNCED = "accounts.services.email.note_bounce"
DOCUMENT_DISPATCH = "documents.tasks.dispatch"
FILE_DISPATCH = "statements.tasks.dispatch"
DOCUMENT_CHECKED = "registration.applications.services.document_checked"
# Files that people ask for: each kind's maker, who wakes it, and who tells the person.
REQUESTED_FILES = {"accounts_in_reach": "delegation.services.reach_file.ACCOUNTS_IN_REACH"}
REQUESTED_FILE_DISPATCH = "documents.tasks.dispatch_request"
REQUESTED_FILE_DONE = "accounts.services.tell_of_file"
CLOCK_DISPATCH = "core.tasks.dispatch_clock_move"
RUN_DISPATCH = "core.tasks.dispatch_run"
FRAME_NAVIGATION = "carm_portal.navigation.items"
FRAME_SWITCH = "delegation:switch"
ACCOUNT_HOME = "dashboard:home"
TRANSACTIONS_PREVIEW = "declarations.queries.preview_transactions"
REVIEW_CYCLE = env.str("REVIEW_CYCLE", default="july")
if REVIEW_CYCLE not in {"july", "october", "dated"}:
    raise ImproperlyConfigured(f"REVIEW_CYCLE is '{REVIEW_CYCLE}': use july, october or dated.")
# The key that signs files which leave the portal; made at first use.
SIGNING_KEY_FILE = env.str("SIGNING_KEY_FILE", default=str(VAR_DIR / "signing.key"))
# Program accounts in one part of the yearly review.
REVIEW_PART = env.int("REVIEW_PART", default=2500)
IDLE_LIMIT_MINUTES = 20
IDLE_WARNING_MINUTES = 18

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
