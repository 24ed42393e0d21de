"""Settings of the practice bank. Nothing here is shared with the portal but the secret both are given."""

import os

from csp.constants import NONE, SELF

from counterparts.shell import environment

MODE = environment.mode()
COUNTERPART_NAME = "bank"
VAR_DIR = environment.var_dir()
COUNTERPART_SECRET = environment.shared_secret()
PORTAL_URL = environment.web_address("PORTAL_URL", default="http://localhost:8000")
# Where the bank itself reaches the portal, when that differs from the browser's address.
PORTAL_INTERNAL_URL = environment.optional_address("PORTAL_INTERNAL_URL") or PORTAL_URL
PUBLIC_URL = environment.optional_address("BANK_PUBLIC_URL")
OUTAGE_FILE = environment.outage_file(VAR_DIR, "bank")
WEBHOOK_PATH = "/webhooks/bank/"
SLOW_SECONDS = float(os.environ.get("BANK_SLOW_SECONDS") or 6)
# Without a code there is no operator's page; the practice one is known to everybody.
DESK_CODE = os.environ.get("BANK_DESK_CODE") or ("" if MODE == "production" else "practice")
# The operator who began an outage must be able to end it.
OUTAGE_SPARES = ("/en/desk/", "/fr/desk/")
# A list of twenty thousand debits.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000

SECRET_KEY = environment.kept_text(VAR_DIR / "bank.key", environment.random_key)
DEBUG = False
ALLOWED_HOSTS = environment.allowed_hosts(PUBLIC_URL)

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "counterparts.bank",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "counterparts.shell.middleware.OutageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "counterparts.bank.urls"
WSGI_APPLICATION = "counterparts.bank.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [environment.BASE_DIR / "counterparts" / "bank" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.request",
                "counterparts.shell.context.frame",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "bank.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_COOKIE_NAME = "bank_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/Toronto"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

# Names of its own: a browser sends cookies to every port of the same host.
SESSION_COOKIE_NAME = "bank_session"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME = "bank_csrf"
CSRF_FAILURE_VIEW = "counterparts.shell.views.form_expired"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# The redirect that follows the posted card form leads to the portal, and browsers hold it to form-action as well.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF, PORTAL_URL],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s bank %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL") or "WARNING"},
}
